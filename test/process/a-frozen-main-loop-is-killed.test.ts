import { describe, expect, it, vi } from "vitest";
import { childOf } from "../support/proc.js";
import { fixture, type ProgramOptions } from "../support/program.js";
import { START_MS } from "./pad-on-broker.js";
import { BRIDGE_STATE, bridgeStateIs, missing, scene, unlessMissing } from "./scene.js";

vi.setConfig({ testTimeout: 90_000, maxConcurrency: 8 });

const nodeFlags = ["--require", fixture("block-on-sigurg.cjs")];
/** Safety rule 10: 15 s; the thread looks once a second, and as PID 1 it takes a second attempt. */
const LEAST_MS = 14_000;

const isRoot = process.platform === "linux" && process.getuid?.() === 0;
const CONTAINER: Partial<ProgramOptions> = {
  nodeFlags,
  wrap: (command) => ["unshare", "--fork", "--pid", "--kill-child", "--", ...command],
};

describe.skipIf(missing)(`a main loop that does not turn${unlessMissing}`, () => {
  it.concurrent(
    "is killed after 15 s, so that a supervisor restarts it; the broker publishes offline",
    async (ctx) => {
      const { probe, program } = await scene(ctx, { program: { nodeFlags } });
      await probe.until(bridgeStateIs("online"), START_MS);
      const before = probe.mark();
      const blockedAt = Date.now();
      program.signal("SIGURG");
      expect(await program.exit(30_000)).toEqual({ code: null, signal: "SIGKILL" });
      expect(Date.now() - blockedAt).toBeGreaterThan(LEAST_MS);
      expect((await probe.until(BRIDGE_STATE, 2_000, before)).payload).toBe('{"state":"offline"}');
    },
  );

  it.concurrent("as PID 1, which no signal from inside can kill (skipped unless root)", async (ctx) => {
    ctx.skip(!isRoot, "PID namespaces need root");
    const { probe, program } = await scene(ctx, { program: CONTAINER });
    await probe.until(bridgeStateIs("online"), START_MS);
    const before = probe.mark();
    const inner = childOf(program.pid);
    const blockedAt = Date.now();
    process.kill(inner!, "SIGURG");
    // What unshare makes of the end of its child: 128 and the signal (SIGTRAP, SIGILL or SIGSEGV by processor), never 0.
    expect((await program.exit(30_000)).code).not.toBe(0);
    expect(Date.now() - blockedAt).toBeGreaterThan(LEAST_MS);
    expect((await probe.until(BRIDGE_STATE, 2_000, before)).payload).toBe('{"state":"offline"}');
  });
});
