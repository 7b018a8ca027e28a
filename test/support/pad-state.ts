import type { PadState } from "../../src/domain/state.js";
import { speedFromKmh } from "../../src/domain/units.js";

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
