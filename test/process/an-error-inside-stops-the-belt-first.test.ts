import { describe, expect, it, vi } from "vitest";
import { fixture, type Program } from "../support/program.js";
import { PadOnBroker, speeds } from "./pad-on-broker.js";
import { bridgeStateIs, missing, PAD, scene, SECOND, unlessMissing } from "./scene.js";

vi.setConfig({ testTimeout: 90_000, maxConcurrency: 8 });

const planted = (file: string) => ({ program: { nodeFlags: ["--require", fixture(file)] } });

/** Logged once, complete, as an internal error. */
const expectSaid = (program: Program): void => {
  const fatal = program.lines.filter(({ level }) => level === "fatal");
  expect(fatal).toHaveLength(1);
  expect(JSON.stringify(fatal[0])).toMatch(/planted by the test.*(throw|reject|break-state)-on/);
};

describe.skipIf(missing)(`an unexpected error, at a running belt${unlessMissing}`, () => {
  it.concurrent.for(["throw-on-sigurg.cjs", "reject-on-sigurg.cjs"])(
    "%s: the one path, the belt seen at rest, exit 70",
    async (file, ctx) => {
      const { probe, program, pad } = await scene(ctx, planted(file));
      await pad.walk(1);
      const before = probe.mark();
      program.signal("SIGURG");
      await probe.until(bridgeStateIs("stopping"), 2_000, before);
      expect(await program.exit(20_000)).toEqual({ code: 70, signal: null });
      await probe.until(bridgeStateIs("offline"), 2_000, before);
      expect(speeds(pad, before).at(-1)).toBe(0);
      expect(program.count("Belt at rest")).toBe(1);
      expectSaid(program);
    },
  );

  it.concurrent(
    "whenever a pad's state is published, and in every shutdown: both belts are seen at rest",
    async (ctx) => {
      const pads = [
        { id: "office", address: PAD },
        { id: "hall", address: SECOND },
      ];
      const { probe, program, pad } = await scene(ctx, { pads, ...planted("break-state-on-sigurg.cjs") });
      await Promise.all([pad.walk(1), new PadOnBroker(probe, "hall").walk(1)]);
      const before = probe.mark();
      program.signal("SIGURG");
      await probe.until(bridgeStateIs("stopping"), 2_000, before);
      expect(await program.exit(20_000)).toEqual({ code: 70, signal: null });
      await probe.until(bridgeStateIs("offline"), 2_000, before);
      expect(program.count("Belt at rest")).toBe(2);
      expectSaid(program);
    },
  );

  it.concurrent("inside the way out: no step is skipped, exit 70", async (ctx) => {
    const { probe, program, pad } = await scene(ctx, planted("throw-on-sigurg.cjs"));
    await pad.walk(1);
    const before = probe.mark();
    program.signal("SIGTERM");
    await probe.until(bridgeStateIs("stopping"), 2_000, before);
    program.signal("SIGURG");
    expect(await program.exit(20_000)).toEqual({ code: 70, signal: null });
    await probe.until(bridgeStateIs("offline"), 2_000, before);
    expect(speeds(pad, before).at(-1)).toBe(0);
    expect(program.count("Belt at rest")).toBe(1);
    expectSaid(program);
  });
});
