import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it, type TestContext, vi } from "vitest";
import type { Recorded } from "../support/mqtt-probe.js";
import type { LogLine, Program } from "../support/program.js";
import type { HookSettings } from "../virtual-controller/hook.js";
import { PadOnBroker, parsed, speeds, START_MS, wordsOf } from "./pad-on-broker.js";
import {
  BRIDGE_STATE,
  bridgeStateIs,
  configFor,
  expectCleanEnd,
  missing,
  newBroker,
  newFolder,
  newProbe,
  PAD,
  scene,
  started,
  unlessMissing,
} from "./scene.js";
import { onVirtualRadio, sendToHook } from "./virtual-radio.js";

vi.setConfig({ testTimeout: 120_000, maxConcurrency: 8 });

/** How often the belt is looked at, which nothing but the hook can tell. */
const LOOK_MS = 50;
/** Of a belt that no status shows (docs/topics.md). */
const STOP_DEADLINE_MS = 10_000;
const WILL = '{"state":"offline"}';

const VIRTUAL: HookSettings = { pads: [{ address: PAD, model: "c2" }] };

/** Someone starts the belt by the remote, out of the bridge's sight: the adapter is down until it moves. */
const alreadyMoving = async (program: Program): Promise<void> => {
  await sendToHook(program, { do: "press", address: PAD, key: "start-stop" });
  while (((await sendToHook(program, { do: "speed", address: PAD })).speed ?? 0) < 1) await pause(LOOK_MS);
  await sendToHook(program, { do: "up" });
};

describe.skipIf(missing)(`the start after kill -9 at a running belt${unlessMissing}`, () => {
  it.concurrent(
    "the broker published offline; the start first publishes unknown, then the present state",
    async (ctx) => {
      const { probe, program, pad, folder, config } = await scene(ctx);
      await pad.walk(1);
      const killed = probe.mark();
      program.signal("SIGKILL");
      const will = await probe.until(BRIDGE_STATE, 5_000, killed);
      expect(will.payload).toBe(WILL);
      expect((await program.exit(1_000)).signal).toBe("SIGKILL");

      const restarted = probe.mark();
      const next = await started(ctx, { folder, config });
      await probe.until(bridgeStateIs("online"), START_MS, restarted);
      const isOfPad = ({ topic }: Recorded): boolean => topic.startsWith(`${pad.topic}/`);
      const firstOfPad = probe.all(isOfPad, restarted);
      expect(firstOfPad[0]).toMatchObject({ topic: `${pad.topic}/availability`, payload: WILL });
      expect(wordsOf(firstOfPad.find(({ topic }) => topic === `${pad.topic}/state`)!)).toMatchObject({
        belt: "unknown",
        running: null,
        speed: null,
      });
      await pad.online(5_000, restarted);
      const known = await pad.until(({ belt }) => belt !== "unknown", 5_000, restarted);
      expect(parsed(known)).toMatchObject({ belt: "standby", running: "OFF", speed: 0, link: "ready" });
      next.signal("SIGTERM");
      await expectCleanEnd(next, 15_000);
    },
  );

  const setUp = async (ctx: TestContext, more: Readonly<Record<string, object>> = {}) => {
    const broker = await newBroker(ctx);
    const probe = await newProbe(ctx, broker.url);
    const config = {
      ...configFor(broker.url, undefined, more),
      bluetooth: { radio: "noble" },
      simulator: { pads: [] },
    };
    const folder = await newFolder(ctx);
    const run = (settings: HookSettings = VIRTUAL, other: Readonly<Record<string, unknown>> = {}) =>
      started(ctx, { folder, config: { ...config, ...other }, ...onVirtualRadio(settings) });
    const pad = new PadOnBroker(probe, "office");
    /** Kills a bridge whose belt moves. */
    const crash = async (): Promise<void> => {
      const first = await run();
      await pad.walk(1);
      first.signal("SIGKILL");
      await first.exit(2_000);
    };
    return { probe, run, pad, crash };
  };

  it.concurrent(
    "a belt that still moves is stopped before anything else, and that only once",
    async (ctx) => {
      const { probe, run, pad, crash } = await setUp(ctx);
      await crash();

      const second = await run({ ...VIRTUAL, adapter: "down" });
      await probe.until(bridgeStateIs("online"), START_MS);
      const before = probe.mark();
      await alreadyMoving(second);
      await second.untilLine("crash", 20_000);
      await pad.until(({ belt, stop_confirmed }) => belt === "idle" && stop_confirmed, 15_000, before);
      expect((await sendToHook(second, { do: "speed", address: PAD })).speed).toBe(0);
      // The mark is cleared: what a person starts now is theirs.
      await sendToHook(second, { do: "press", address: PAD, key: "start-stop" });
      await pad.until(({ belt }) => belt === "running", 15_000, probe.mark());
      second.signal("SIGTERM");
      await expectCleanEnd(second, 20_000);
    },
  );

  it.concurrent("a signal before anything has started: the belt is stopped nevertheless", async (ctx) => {
    const { probe, run, pad, crash } = await setUp(ctx);
    await crash();

    const second = await run({ ...VIRTUAL, adapter: "down" });
    await second.untilLine("walkingpad2mqtt", START_MS);
    const from = probe.mark();
    const signalledAt = Date.now();
    second.signal("SIGTERM");
    await alreadyMoving(second);
    await pad.until(({ belt, stop_confirmed }) => belt !== "unknown" && stop_confirmed, START_MS, from);
    // The stop is as old as the signal: on a busy machine its deadline, and no other, passes before the belt is at rest.
    const isOverdue = ({ msg, time }: LogLine): boolean =>
      msg.includes("Belt not confirmed stopped") &&
      Date.parse(String(time)) - signalledAt >= STOP_DEADLINE_MS;
    await expectCleanEnd(second, 20_000, isOverdue);
    const words = probe
      .all(BRIDGE_STATE, from)
      .map(({ payload }) => (JSON.parse(payload) as { state: string }).state);
    expect(words.filter((word, index) => word !== words[index - 1])).toEqual(["stopping", "offline"]);
  });

  /** The start is refused: 78, upon which no supervisor tries again. */
  const REFUSED = { mqtt: { url: "mqtts://127.0.0.1", ca: "not-mounted.pem" } };

  it.concurrent("a start that is refused: the belt is stopped nevertheless, then 78", async (ctx) => {
    const { run, crash } = await setUp(ctx);
    await crash();

    const second = await run({ ...VIRTUAL, adapter: "down" }, REFUSED);
    await second.untilLine("not-mounted.pem", START_MS);
    await alreadyMoving(second);
    await second.untilLine("Belt at rest", START_MS);
    expect((await second.exit(10_000)).code).toBe(78);
  });

  it.concurrent("a start that is refused, and no pad to be found: 75, for the supervisor", async (ctx) => {
    const { run, crash } = await setUp(ctx, { safety: { shutdown_timeout: 5 } });
    await crash();

    const second = await run({ pads: [] }, REFUSED);
    expect((await second.exit(START_MS)).code).toBe(75);
    expect(second.count("Belt not confirmed stopped")).toBe(1);
  });

  it.concurrent("a signal before anything has started, and no pad to be found: 75", async (ctx) => {
    const { run, crash } = await setUp(ctx, { safety: { shutdown_timeout: 5 } });
    await crash();

    const second = await run({ pads: [] });
    await second.untilLine("walkingpad2mqtt", START_MS);
    second.signal("SIGTERM");
    expect(await second.exit(20_000)).toEqual({ code: 75, signal: null });
    expect(second.count("Belt not confirmed stopped")).toBe(1);
  });

  it.concurrent(
    "a pad that is disabled after the crash is nobody's business: the end is clean",
    async (ctx) => {
      const { program, pad, folder, config } = await scene(ctx);
      await pad.walk(1);
      program.signal("SIGKILL");
      await program.exit(2_000);

      const pads = [{ id: "office", address: PAD, enabled: false }];
      const next = await started(ctx, { folder, config: { ...config, pads } });
      await next.untilLine("Connected to the broker", START_MS);
      next.signal("SIGTERM");
      await expectCleanEnd(next, 10_000);
    },
  );

  it.concurrent("after a clean end a moving belt is not stopped: a person has started it", async (ctx) => {
    const { probe, run, pad } = await setUp(ctx);
    const first = await run();
    await pad.walk(1);
    first.signal("SIGTERM");
    await expectCleanEnd(first, 20_000);

    const second = await run({ ...VIRTUAL, adapter: "down" });
    await probe.until(bridgeStateIs("online"), START_MS, probe.mark());
    const before = probe.mark();
    await alreadyMoving(second);
    await pad.until(({ belt, speed }) => belt === "running" && (speed ?? 0) >= 1.9, 20_000, before);
    expect(second.count("stopping the belt")).toBe(0);
    const ending = probe.mark();
    second.signal("SIGTERM");
    await expectCleanEnd(second, 20_000);
    expect(speeds(pad, ending).at(-1)).toBe(0);
  });
});
