import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { freePort } from "../support/mosquitto.js";
import { childOf } from "../support/proc.js";
import { type Program, type ProgramOptions, ROOT } from "../support/program.js";
import { PadOnBroker, parsed, speeds, START_MS } from "./pad-on-broker.js";
import {
  bridgeStateIs,
  expectCleanEnd,
  missing,
  newFolder,
  newProbe,
  scene,
  started,
  unlessMissing,
} from "./scene.js";

vi.setConfig({ testTimeout: 90_000, maxConcurrency: 8 });

const ENDED_MS = 20_000;
const quoted = (command: readonly string[]): string => command.map((word) => `'${word}'`).join(" ");
const shell =
  (script: (command: string) => string) =>
  (command: readonly string[]): readonly string[] => ["sh", "-c", script(quoted(command))];

const isRoot = process.platform === "linux" && process.getuid?.() === 0;
const inContainer = (command: readonly string[]): readonly string[] => [
  ...["unshare", "--fork", "--pid", "--kill-child", "--"],
  ...command,
];

interface Start {
  readonly how: string;
  readonly program: Partial<ProgramOptions>;
  readonly press: (program: Program) => void;
}

const STARTS: readonly Start[] = [
  {
    how: 'by a shell that gives way to it, as npm does: sh -c "exec node …"',
    program: { wrap: shell((command) => `exec ${command}`) },
    press: (program) => program.signal("SIGTERM"),
  },
  {
    how: "with standard output and standard error closed",
    program: { wrap: shell((command) => `exec ${command} >&- 2>&-`) },
    press: (program) => program.signal("SIGINT"),
  },
  {
    how: "with standard input closed",
    program: { wrap: shell((command) => `exec ${command} <&-`) },
    press: (program) => program.signal("SIGHUP"),
  },
];

describe.skipIf(missing)(`the belt is stopped and the exit code is 0${unlessMissing}`, () => {
  it.concurrent.for(STARTS)("$how", async ({ program: how, press }, ctx) => {
    const { probe, program, pad } = await scene(ctx, { program: how });
    await pad.walk(1);
    const before = probe.mark();
    press(program);
    await expectCleanEnd(program, ENDED_MS);
    await probe.until(bridgeStateIs("offline"), 2_000, before);
    expect(speeds(pad, before).at(-1)).toBe(0);
  });

  it.concurrent("when the reader of its log goes away: `| head`", async (ctx) => {
    const { probe, program, pad } = await scene(ctx, { config: { log: { level: "trace" } } });
    await pad.walk(1);
    program.child.stdout?.destroy();
    program.child.stderr?.destroy();
    const walking = probe.mark();
    // It goes on: a line of the log that nobody reads has been written by then.
    await pad.ask({ speed: 2 });
    await pad.until(({ belt }) => belt === "running", 5_000, walking);
    const before = probe.mark();
    program.signal("SIGTERM");
    expect(await program.exit(ENDED_MS)).toEqual({ code: 0, signal: null });
    await probe.until(bridgeStateIs("offline"), 2_000, before);
    expect(speeds(pad, before).at(-1)).toBe(0);
  });

  it.concurrent("when Home Assistant's Restart button is pressed", async (ctx) => {
    const { probe, program, pad } = await scene(ctx);
    await pad.walk(1);
    const before = probe.mark();
    await probe.publish("walkingpad2mqtt/bridge/request/restart", '{"transaction":"again"}');
    const answer = await probe.until("walkingpad2mqtt/bridge/response/restart", 2_000, before);
    expect(parsed(answer)).toEqual({ status: "ok", transaction: "again" });
    await expectCleanEnd(program, ENDED_MS);
    const stopping = probe.all(bridgeStateIs("stopping"), before);
    expect(stopping[0]?.payload).toContain("restart");
    expect(speeds(pad, before).at(-1)).toBe(0);
  });

  it.concurrent.for(["SIGTERM", "SIGINT"] as const)("as PID 1 of a container: %s", async (signal, ctx) => {
    ctx.skip(!isRoot, "PID namespaces need root");
    const { probe, program, pad } = await scene(ctx, { program: { wrap: inContainer } });
    await pad.walk(1);
    const inner = childOf(program.pid);
    expect(readFileSync(`/proc/${inner}/status`, "utf8")).toMatch(/^NSpid:\s+\d+\s+1$/m);
    const before = probe.mark();
    process.kill(inner!, signal);
    await expectCleanEnd(program, ENDED_MS);
    await probe.until(bridgeStateIs("offline"), 2_000, before);
    expect(speeds(pad, before).at(-1)).toBe(0);
  });

  it.concurrent("by npm run demo: Ctrl-C reaches npm and the program alike, one key press", async (ctx) => {
    const port = await freePort();
    const program = await started(ctx, {
      folder: await newFolder(ctx),
      wrap: () => ["npm", "--prefix", ROOT, "run", "demo", "--", "--port", String(port)],
    });
    await program.untilLine("Connected to the broker", START_MS);
    const probe = await newProbe(ctx, `mqtt://127.0.0.1:${port}`);
    const pad = new PadOnBroker(probe, "demo-wilink");
    await pad.walk(1);
    const before = probe.mark();
    program.signalGroup("SIGINT");
    expect((await program.exit(ENDED_MS)).code).toBe(0);
    await probe.until(bridgeStateIs("offline"), 2_000, before);
    expect(program.count("Belt at rest")).toBe(2);
    expect(speeds(pad, before).at(-1)).toBe(0);
  });
});
