import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { speeds } from "./pad-on-broker.js";
import { bridgeStateIs, expectCleanEnd, missing, scene, stopFrames, unlessMissing } from "./scene.js";

vi.setConfig({ testTimeout: 90_000, maxConcurrency: 8 });

/** A signal within 1 s of the first is the same key press (safety rule 8). */
const ANOTHER_KEY_PRESS_MS = 1_100;
/** Save, links, offline and a busy machine. */
const HURRY_MS = 4_000;

describe.skipIf(missing)(`a second signal at a running belt${unlessMissing}`, () => {
  it.concurrent("within 1 s is the same key press: the belt is seen at rest", async (ctx) => {
    const { program, pad } = await scene(ctx);
    await pad.walk(1.5);
    program.signal("SIGINT");
    program.signal("SIGINT");
    await program.untilLine("Stopping (SIGINT)", 2_000);
    program.signal("SIGTERM");
    await expectCleanEnd(program, 20_000);
    expect(program.count("Belt at rest")).toBe(1);
    expect(speeds(pad).at(-1)).toBe(0);
  });

  it.concurrent(
    "later ends the wait: at once 75, since no status showed the belt slowing down",
    async (ctx) => {
      const { probe, program, pad } = await scene(ctx, { config: { log: { level: "debug" } } });
      await pad.walk(1.5);
      program.signal("SIGTERM");
      await probe.until(bridgeStateIs("stopping"), 2_000);
      await pause(ANOTHER_KEY_PRESS_MS);
      program.signal("SIGTERM");
      expect((await program.exit(HURRY_MS)).code).toBe(75);
      expect(program.count("not confirmed stopped")).toBe(1);
      await probe.until(bridgeStateIs("offline"), 2_000);
      // The link was handed a stop frame. Another one comes with the second signal only where the pad's gap is over by then
      // (by the hand-moved clock: test/pad/the-belt-is-at-rest-before-the-bridge-lets-go.test.ts).
      expect(stopFrames(program)).toBeGreaterThan(0);
    },
  );

  it.concurrent("later, at a belt that was seen slowing down: 0", async (ctx) => {
    const { probe, program, pad } = await scene(ctx);
    await pad.online();
    await pad.send("speed", "4");
    await pad.until(({ speed }) => (speed ?? 0) >= 3, 25_000);
    const before = probe.mark();
    program.signal("SIGTERM");
    await pad.until(({ belt, speed }) => belt === "stopping" && (speed ?? 9) < 1.6, 10_000, before);
    program.signal("SIGTERM");
    expect((await program.exit(HURRY_MS)).code).toBe(0);
    expect(program.count("still slowing down")).toBe(1);
    expect(speeds(pad).at(-1)).toBeGreaterThan(0);
  });
});
