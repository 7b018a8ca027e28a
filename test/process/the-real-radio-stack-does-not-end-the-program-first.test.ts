import { describe, expect, it, vi } from "vitest";
import { nobleScene, STOP } from "./noble-scene.js";
import { speeds } from "./pad-on-broker.js";
import { bridgeSays, expectCleanEnd, missing, PAD, unlessMissing } from "./scene.js";

vi.setConfig({ testTimeout: 90_000, maxConcurrency: 8 });

/** FTMS has a stop of its own: 08 01 (wire-facts b.3). */
const FTMS_STOP = "0801";
/** WiLink's poll (wire-facts a.3), FTMS's request for control (b.3), and the preamble of MC21 (b.7.6). */
const BEFORE_A_STOP = ["f7a20000a2fd", "00", "01000d00060b0f0d"];

const SCENES = [
  { signal: "SIGINT", model: "c2", stop: STOP },
  { signal: "SIGTERM", model: "c2", stop: STOP },
  { signal: "SIGINT", model: "z1", stop: FTMS_STOP },
  { signal: "SIGTERM", model: "mc21", stop: FTMS_STOP },
  { signal: "SIGINT", model: "ftms", stop: FTMS_STOP },
] as const;

describe.skipIf(missing)(`with noble on a virtual controller${unlessMissing}`, () => {
  // noble ends the process by itself on SIGINT, and lets go of its links at exit without stopping anything (ADR 9).
  it.concurrent.for(SCENES)(
    "$signal, a $model: the stop frame is on the air, the belt seen at rest, and only then the link is closed",
    async ({ signal, model, stop }, ctx) => {
      const scene = await nobleScene(ctx, { pads: [{ address: PAD, model }] });
      const { probe, program, pad } = scene;
      await pad.walk(1);
      const before = probe.mark();
      const signalledAt = Date.now();
      program.signal(signal);
      await expectCleanEnd(program, 20_000);
      await probe.until(bridgeSays("offline"), 2_000, before);
      expect(speeds(pad, before).at(-1)).toBe(0);

      const since = scene.wire().filter(({ at }) => at >= signalledAt);
      const first = since.findIndex(({ value }) => value === stop);
      expect(first).toBeGreaterThanOrEqual(0);
      const earlier = since.slice(0, first).flatMap(({ value }) => (value === null ? [] : [value]));
      expect(earlier.filter((value) => !BEFORE_A_STOP.includes(value))).toEqual([]);
      const closed = since.findIndex(({ what }) => what === "Disconnect");
      expect(closed).toBeGreaterThan(first);
      expect(since.slice(closed).some(({ value }) => value !== null)).toBe(false);
    },
  );
});
