import type { Activity, PadPreferences, PadStatus } from "../../domain/pad.js";
import { KM_PER_MILE, metres, seconds, speedFromKmh } from "../../domain/units.js";
import { viewOf } from "../bytes.js";

/** Every named field of the telemetry, as sent; big-endian (more-protocols 2). */
export interface RawTelemetry {
  readonly state: number;
  /** Seconds. */
  readonly elapsed: number;
  /** 10 m. */
  readonly distance: number;
  /** kcal. */
  readonly energy: number;
  readonly steps: number;
  /** 0.1 km/h. */
  readonly speed: number;
  readonly incline: number;
  /** The last level that was set, whether or not it is on. */
  readonly vibration: number;
}

export const TELEMETRY_LENGTH = 19;

/** Reads a whole body; a shorter one throws RangeError. */
export const readTelemetry = (body: Uint8Array): RawTelemetry => {
  const view = viewOf(body);
  return {
    state: view.getUint8(4),
    elapsed: view.getUint16(7),
    distance: view.getUint16(9),
    energy: view.getUint16(11),
    steps: view.getUint16(13),
    speed: view.getUint8(15),
    incline: view.getUint8(16),
    vibration: view.getUint8(18),
  };
};

export const STATE = {
  idle: 0x00,
  stopped: 0x01,
  ready: 0x02,
  stopping: 0x0f,
  running: 0x10,
  countdown: [0x11, 0x12, 0x13],
  vibrating: 0x50,
} as const;

const ACTIVITIES: ReadonlyMap<number, Activity> = new Map<number, Activity>([
  [STATE.idle, "resting"],
  [STATE.stopped, "resting"],
  [STATE.ready, "resting"],
  [STATE.stopping, "stopping"],
  [STATE.running, "running"],
  ...STATE.countdown.map((state) => [state, "countdown"] as const),
  // The vibration stops the belt, and the belt the vibration.
  [STATE.vibrating, "resting"],
]);

export const statusOf = (raw: RawTelemetry): PadStatus => ({
  activity: ACTIVITIES.get(raw.state) ?? "other",
  code: raw.state,
  speed: speedFromKmh(raw.speed / 10),
  distance: metres(raw.distance * 10),
  elapsed: seconds(raw.elapsed),
  steps: raw.steps,
  energy: raw.energy,
  incline: raw.incline,
});

/** The position of the limits in the answer to hello: in km/h, and the same in mph. */
const LIMITS = { minKmh: 10, maxKmh: 11, maxMph: 13 } as const;
const MPH_WITHIN = 2;

/**
 * The limits in the answer to hello. No source names its fields: they count only where the highest speed is there
 * twice, in tenths of a km/h and of a mile per hour, as in both published answers.
 */
export const preferencesOf = (body: Uint8Array): PadPreferences => {
  const at = (index: number): number => body[index] ?? 0;
  const [min, max] = [at(LIMITS.minKmh), at(LIMITS.maxKmh)];
  const twice = Math.abs(at(LIMITS.maxMph) * KM_PER_MILE - max) <= MPH_WITHIN;
  if (!twice || min === 0 || min >= max) return { imperial: false };
  return { minSpeed: speedFromKmh(min / 10), maxSpeed: speedFromKmh(max / 10), imperial: false };
};
