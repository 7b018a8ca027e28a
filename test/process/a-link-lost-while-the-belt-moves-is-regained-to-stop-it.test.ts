import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import type { Recorded } from "../support/mqtt-probe.js";
import type { Program } from "../support/program.js";
import { speeds, START_MS } from "./pad-on-broker.js";
import { expectCleanEnd, missing, type Scene, scene, simulate, stopFrames, unlessMissing } from "./scene.js";

vi.setConfig({ testTimeout: 120_000, maxConcurrency: 8 });

/** Every link breaks after so many seconds: long enough to start a belt, and, once regained, to stop it. */
const LIVES = 10;

/** A walking belt whose link has just been lost, and whose pad refuses the next `seconds` (more than 1). */
const lose = async ({ probe, pad }: Scene, seconds: number): Promise<void> => {
  await pad.walk(1.5);
  const before = probe.mark();
  await simulate(probe, "office", { disconnect_after: LIVES, refuse_connect: seconds });
  await pad.until(({ link }) => link === "lost", 15_000, before);
};

/** Some 1.5 s pass until the link breaks; what is left is longer than a key press, and shorter than a stop's deadline. */
const REFUSED = 4;

/** A signal within 1 s of the first is the same key press (safety rule 8). */
const ANOTHER_KEY_PRESS_MS = 1_100;

const links = ({ lines }: Program): number =>
  lines.filter(({ msg }) => msg === "Connected to the pad").length;

describe.skipIf(missing)(`a link lost while the belt moves${unlessMissing}`, () => {
  it.concurrent(
    "is restored by itself, both events are reported, and the belt keeps its speed",
    async (ctx) => {
      const scened = await scene(ctx);
      const { probe, pad } = scened;
      await lose(scened, 1.5);
      const before = probe.mark();
      await pad.until(({ link, belt }) => link === "ready" && belt === "running", START_MS, before);
      const event = (name: string) => (message: Recorded) =>
        message.topic === `${pad.topic}/event` && message.payload.includes(`"${name}"`);
      await probe.until(event("link_restored"), 5_000, before);
      expect([probe.all(event("link_lost")).length, probe.all(event("link_restored")).length]).toEqual([
        1, 1,
      ]);
      expect(pad.states(before).filter(({ belt }) => belt === "stopping" || belt === "idle")).toEqual([]);
    },
  );

  it.concurrent("SIGTERM: it is reconnected, the belt is stopped, exit 0", async (ctx) => {
    const scened = await scene(ctx);
    const { probe, program, pad } = scened;
    await lose(scened, REFUSED);
    const before = probe.mark();
    program.signal("SIGTERM");
    await expectCleanEnd(program, 30_000);
    expect(links(program)).toBe(2);
    expect(program.count("Belt at rest")).toBe(1);
    expect(speeds(pad, before).at(-1)).toBe(0);
  });

  it.concurrent("a second SIGTERM does not end it before the belt has its stop frame", async (ctx) => {
    const scened = await scene(ctx, { config: { log: { level: "debug" } } });
    const { program } = scened;
    await lose(scened, REFUSED);
    program.signal("SIGTERM");
    await program.untilLine("Stopping (SIGTERM)", 2_000);
    await pause(ANOTHER_KEY_PRESS_MS);
    expect([links(program), stopFrames(program)]).toEqual([1, 0]);
    program.signal("SIGTERM");
    const { code } = await program.exit(20_000);
    // It ends once the stop frame was handed to the new link, which may be before that link is logged.
    expect(stopFrames(program)).toBeGreaterThan(0);
    expect(program.count("Belt at rest")).toBe(0);
    expect(program.count("not confirmed stopped")).toBe(1);
    expect(code).toBe(75);
  });
});
