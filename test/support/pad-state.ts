import type { PadStatus } from "../../src/domain/pad.js";
import type { PadState } from "../../src/domain/state.js";
import { metres, seconds, speedFromKmh } from "../../src/domain/units.js";

/** A status of a pad whose counters are at `count` seconds, as many metres, and twice as many steps. */
export const statusAt = (count: number, kmh = 3.6): PadStatus => ({
  activity: kmh > 0 ? "running" : "resting",
  code: 0,
  speed: speedFromKmh(kmh),
  elapsed: seconds(count),
  distance: metres(count),
  steps: 2 * count,
});

/** A C2 that is walked on at 3.5 km/h. */
export const WALKING: PadState = {
  belt: "running",
  running: true,
  moving: true,
  mode: "manual",
  speed: speedFromKmh(3.5),
  targetSpeed: speedFromKmh(3.5),
  incline: null,
  heartRate: null,
  link: "ready",
  stopConfirmed: true,
  problem: null,
  protocol: "wilink",
  model: "C2",
  rssi: null,
  lastStatusAt: null,
};
