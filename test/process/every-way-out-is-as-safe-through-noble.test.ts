import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import type { WireLine } from "../virtual-controller/hook.js";
import { type NobleScene, nobleScene, START, STOP } from "./noble-scene.js";
import { speeds, START_MS } from "./pad-on-broker.js";
import { bridgeStateIs, expectCleanEnd, missing, PAD, unlessMissing } from "./scene.js";

vi.setConfig({ testTimeout: 90_000, maxConcurrency: 8 });

/** There is no belt to wait for: the other stages of the shutdown path and a busy machine. */
const SOON_MS = 6_000;
const STOPPED_MS = 25_000;
/** Longer than a busy machine takes to send the signal, and the bridge to end: only a stop keeps the belt at rest. */
const COUNTDOWN_MS = 80_000;
/** A signal within 1 s of the first is the same key press (safety rule 8). */
const ANOTHER_KEY_PRESS_MS = 1_100;

const said = (wire: readonly WireLine[], ...words: readonly string[]): readonly string[] =>
  wire.map(({ what }) => what).filter((what) => words.includes(what));

/** Sends SIGINT, waits for a clean end, and gives what went over HCI since. */
const interrupted = async (scene: NobleScene, ms: number): Promise<readonly WireLine[]> => {
  const before = scene.wire().length;
  scene.program.signal("SIGINT");
  await expectCleanEnd(scene.program, ms);
  return scene.wire().slice(before);
};

/** A stop frame first, no start after it, and the link closed last and once. */
const expectStopThenDisconnect = (since: readonly WireLine[]): void => {
  const stop = since.findIndex(({ value }) => value === STOP);
  const closed = since.findIndex(({ what }) => what === "Disconnect");
  expect(stop).toBeGreaterThanOrEqual(0);
  expect(since.slice(stop).filter(({ value }) => value === START)).toEqual([]);
  expect(closed).toBeGreaterThan(stop);
  expect(since.slice(closed).filter(({ value }) => value !== null)).toEqual([]);
  expect(said(since, "Disconnect")).toHaveLength(1);
};

describe.skipIf(missing)(`SIGINT, with noble on a virtual controller${unlessMissing}`, () => {
  it.concurrent("while scanning: the scan is switched off, and no connect begins", async (ctx) => {
    const scene = await nobleScene(ctx, { pads: [] });
    await scene.pad.until(({ link }) => link === "scanning", START_MS);
    await scene.untilWire("Scan On");
    const since = await interrupted(scene, SOON_MS);
    expect(said(since, "Scan On", "Scan Off")).toEqual(["Scan Off"]);
    expect(said(scene.wire(), "Create Connection")).toEqual([]);
  });

  it.concurrent(
    "mid-connect: the connect is taken back from the controller, and no other begun",
    async (ctx) => {
      const scene = await nobleScene(ctx, { pads: [{ address: PAD, model: "c2", deaf: true }] });
      await scene.untilWire("Create Connection");
      const since = await interrupted(scene, SOON_MS);
      expect(said(since, "Create Connection", "Cancel Connection", "Not Connected")).toEqual([
        "Cancel Connection",
        "Not Connected",
      ]);
      expect(said(since, "Scan On")).toEqual([]);
    },
  );

  it.concurrent("mid-discovery: the link is closed, nothing written", async (ctx) => {
    const scene = await nobleScene(ctx, { answerDelay: 300 });
    await scene.untilWire("ATT 10");
    const since = await interrupted(scene, SOON_MS);
    expect(said(since, "Disconnect", "Disconnected")).toEqual(["Disconnect", "Disconnected"]);
    expect(scene.wire().filter(({ value }) => value !== null)).toEqual([]);
  });

  it.concurrent("in the countdown: the stop is on the air at once, and the belt never moves", async (ctx) => {
    const pads = [{ address: PAD, model: "c2", options: { countdown: COUNTDOWN_MS } }] as const;
    const scene = await nobleScene(ctx, { pads });
    await scene.pad.online();
    await scene.pad.send("belt", "ON");
    await scene.pad.until(({ belt }) => belt === "starting", START_MS);
    const before = scene.wire();
    expect(before.filter(({ value }) => value === START)).toHaveLength(1);
    scene.program.signal("SIGINT");
    await scene.probe.until(bridgeStateIs("stopping"), START_MS);
    // The stop is written before anything is published.
    expect(scene.wire().filter(({ value }) => value === STOP)).not.toEqual([]);
    await expectCleanEnd(scene.program, STOPPED_MS);
    expectStopThenDisconnect(scene.wire().slice(before.length));
    expect(speeds(scene.pad).every((speed) => speed === 0)).toBe(true);
  });

  it.concurrent(
    "with the link lost while the belt moves: the stop is the reconnect's first write",
    async (ctx) => {
      const scene = await nobleScene(ctx);
      await scene.pad.walk(1.5);
      const before = scene.probe.mark();
      await scene.ask({ do: "range", address: PAD, out: true });
      await scene.pad.until(({ link }) => link === "lost", 5_000, before);
      const sent = scene.wire().length;
      scene.program.signal("SIGINT");
      await scene.probe.until(bridgeStateIs("stopping"), 2_000, before);
      expect(await scene.ask({ do: "range", address: PAD, out: false })).toBeGreaterThan(1);
      await expectCleanEnd(scene.program, STOPPED_MS);
      const since = scene.wire().slice(sent);
      expect(said(since, "Connected")).toHaveLength(1);
      expect(since.find(({ characteristic }) => characteristic === "fe02")?.value).toBe(STOP);
      expectStopThenDisconnect(since);
      expect(speeds(scene.pad).at(-1)).toBe(0);
    },
  );

  it.concurrent.for(["x21", "ks-c2", "pitpat", "pitpat-b", "pitpat-c", "sperax", "ftms"] as const)(
    "with the link lost while the belt of a %s moves: it is regained, the belt stopped",
    async (model, ctx) => {
      const scene = await nobleScene(ctx, { pads: [{ address: PAD, model }] });
      await scene.pad.walk(1);
      const before = scene.probe.mark();
      await scene.ask({ do: "range", address: PAD, out: true });
      await scene.pad.until(({ link }) => link === "lost", 10_000, before);
      const sent = scene.wire().length;
      scene.program.signal("SIGINT");
      await scene.probe.until(bridgeStateIs("stopping"), 2_000, before);
      expect(await scene.ask({ do: "range", address: PAD, out: false })).toBeGreaterThan(0.9);
      await expectCleanEnd(scene.program, STOPPED_MS);
      expect(said(scene.wire().slice(sent), "Connected")).toHaveLength(1);
      expect(scene.program.count("Belt at rest")).toBe(1);
      expect(speeds(scene.pad, before).at(-1)).toBe(0);
    },
  );

  it.concurrent(
    "with the adapter down while the belt moves: it comes back, and the belt is stopped",
    async (ctx) => {
      const scene = await nobleScene(ctx);
      await scene.pad.walk(1.5);
      const before = scene.probe.mark();
      await scene.ask({ do: "down" });
      await scene.pad.until(({ link }) => link !== "ready", 5_000, before);
      const sent = scene.wire().length;
      scene.program.signal("SIGINT");
      await scene.probe.until(bridgeStateIs("stopping"), 2_000, before);
      await pause(ANOTHER_KEY_PRESS_MS);
      expect(said(scene.wire().slice(sent), "Create Connection")).toEqual([]);
      await scene.ask({ do: "up" });
      expect((await scene.program.exit(STOPPED_MS)).code).toBe(0);
      const since = scene.wire().slice(sent);
      expect(since.find(({ characteristic }) => characteristic === "fe02")?.value).toBe(STOP);
      expectStopThenDisconnect(since);
      expect(speeds(scene.pad).at(-1)).toBe(0);
    },
  );

  it.concurrent(
    "with an adapter that stays down while the belt moves: 75, in time, and reported",
    async (ctx) => {
      const scene = await nobleScene(ctx, {}, { safety: { shutdown_timeout: 6 } });
      await scene.pad.walk(1.5);
      const before = scene.probe.mark();
      await scene.ask({ do: "down" });
      await scene.pad.until(({ link }) => link !== "ready", 5_000, before);
      scene.program.signal("SIGINT");
      expect((await scene.program.exit(8_000)).code).toBe(75);
      expect(scene.program.count("not confirmed stopped")).toBe(1);
      await scene.probe.until(bridgeStateIs("offline"), 2_000, before);
    },
  );

  it.concurrent("twice in a row is one key press: the belt is seen at rest", async (ctx) => {
    const scene = await nobleScene(ctx);
    await scene.pad.walk(1.5);
    scene.program.signal("SIGINT");
    const since = await interrupted(scene, STOPPED_MS);
    expectStopThenDisconnect(since);
    expect(scene.program.count("Belt at rest")).toBe(1);
    expect(speeds(scene.pad).at(-1)).toBe(0);
  });

  it.concurrent(
    "a second time, later: the link is closed at once, its stop frame long on the air",
    async (ctx) => {
      const scene = await nobleScene(ctx);
      await scene.pad.walk(1.5);
      const before = scene.wire().length;
      scene.program.signal("SIGINT");
      await pause(ANOTHER_KEY_PRESS_MS);
      scene.program.signal("SIGINT");
      const { code } = await scene.program.exit(SOON_MS);
      expectStopThenDisconnect(scene.wire().slice(before));
      // 0 where it was seen slowing down for long enough by then.
      expect([0, 75]).toContain(code);
    },
  );
});
