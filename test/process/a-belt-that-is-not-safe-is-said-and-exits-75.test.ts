import { describe, expect, it, vi } from "vitest";
import { fixture, type Program } from "../support/program.js";
import { speeds } from "./pad-on-broker.js";
import { bridgeStateIs, missing, PAD, scene, simulate, unlessMissing } from "./scene.js";

vi.setConfig({ testTimeout: 90_000, maxConcurrency: 8 });

/** The shortest that is allowed: the belts get 3 s of it. */
const SHORT = { safety: { shutdown_timeout: 5 } } as const;
/** The budget, and a busy machine. */
const BUDGET_MS = 5_000;
const SLACK_MS = 2_500;

const expectWarning = (program: Program): void => {
  const said = program.lines.filter(({ level, pad }) => level === "error" && pad === "office");
  expect(said.map(({ msg }) => msg)).toContainEqual(
    expect.stringMatching(/not confirmed stopped.*(remote|mains)/),
  );
};

/** Signals, and gives how it ended and how long that took. */
const end = async (program: Program): Promise<{ readonly code: number | null; readonly tookMs: number }> => {
  const from = Date.now();
  program.signal("SIGTERM");
  const { code } = await program.exit(BUDGET_MS + 10_000);
  return { code, tookMs: Date.now() - from };
};

describe.skipIf(missing)(`at the end of a shutdown_timeout of 5 s${unlessMissing}`, () => {
  it.concurrent.for(["c2", "x21", "ks-c2", "pitpat", "pitpat-b", "pitpat-c", "sperax"])(
    "the belt of a %s that creeps instead of stopping: 75, and what to do about it",
    async (model, ctx) => {
      const { probe, program, pad } = await scene(ctx, {
        config: SHORT,
        pads: [{ id: "office", address: PAD, model }],
      });
      await pad.online();
      await pad.send("speed", "2");
      await pad.until(({ speed }) => (speed ?? 0) >= 1.5, 25_000);
      await simulate(probe, "office", { creep: 1.4 });
      const { code, tookMs } = await end(program);
      expect(code).toBe(75);
      expect(tookMs).toBeLessThan(BUDGET_MS + SLACK_MS);
      expectWarning(program);
      expect(speeds(pad).at(-1)).toBeGreaterThan(1);
      // The link was let go of, not lost: nobody regains it.
      expect(program.count("The link was lost")).toBe(0);
      await probe.until(bridgeStateIs("offline"), 2_000);
    },
  );

  it.concurrent("a link lost while the belt moved and not regained: 75", async (ctx) => {
    const { probe, program, pad } = await scene(ctx, { config: SHORT });
    await pad.walk(1);
    await simulate(probe, "office", { disconnect_after: 1, refuse_connect: true });
    await pad.until(({ link }) => link === "lost", 5_000);
    const { code, tookMs } = await end(program);
    expect(code).toBe(75);
    expect(tookMs).toBeLessThan(BUDGET_MS + SLACK_MS);
    expectWarning(program);
  });

  it.concurrent("a pad that fell silent while its belt moved: silence is not rest, 75", async (ctx) => {
    const { probe, program, pad } = await scene(ctx, { config: SHORT });
    await pad.walk(1);
    await simulate(probe, "office", { silent: 0.001 });
    const { code, tookMs } = await end(program);
    expect(code).toBe(75);
    expect(tookMs).toBeLessThan(BUDGET_MS + SLACK_MS);
    expectWarning(program);
  });

  it.concurrent("an error inside at a creeping belt: 75 outranks 70", async (ctx) => {
    const nodeFlags = ["--require", fixture("throw-on-sigurg.cjs")];
    const { probe, program, pad } = await scene(ctx, { config: SHORT, program: { nodeFlags } });
    await pad.walk(1.5);
    await simulate(probe, "office", { creep: 1.4 });
    program.signal("SIGURG");
    expect((await program.exit(BUDGET_MS + SLACK_MS)).code).toBe(75);
    expectWarning(program);
  });

  it.concurrent("a belt that is still slowing down at the end: 0, and the log shows it", async (ctx) => {
    const { program, pad } = await scene(ctx, { config: SHORT });
    await pad.online();
    await pad.send("speed", "4");
    await pad.until(({ speed }) => (speed ?? 0) >= 3, 25_000);
    const { code, tookMs } = await end(program);
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(BUDGET_MS + SLACK_MS);
    expect(program.lines).toContainEqual(
      expect.objectContaining({
        level: "warn",
        pad: "office",
        msg: expect.stringContaining("still slowing down") as string,
      }),
    );
    expect(speeds(pad).at(-1)).toBeGreaterThan(0);
  });
});
