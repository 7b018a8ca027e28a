import {
  MODES,
  type Activity,
  type Mode,
  type PadPreferences,
  type PadRecord,
  type PadStatus,
} from "../../domain/pad.js";
import { metres, seconds, speedFromKmh, type Speed } from "../../domain/units.js";
import { getU24, viewOf } from "../bytes.js";

/** The mode byte, in status and command (wire-facts a.3, a.7). */
export const MODE_BYTES: Readonly<Record<Mode, number>> = { auto: 0, manual: 1, standby: 2 };

/** The mode of a mode byte; undefined for an unknown one. */
export const modeOf = (byte: number): Mode | undefined => MODES.find((mode) => MODE_BYTES[mode] === byte);

/** Every named field of an A2 reply, as sent (wire-facts a.7). */
export interface RawStatus {
  readonly state: number;
  /** 0.1 km/h. */
  readonly speed: number;
  readonly mode: number;
  /** Seconds. */
  readonly elapsed: number;
  /** 10 m. */
  readonly distance: number;
  readonly steps: number;
  /** 1/30 km/h, or the argument of the last mode or start command: for diagnosis only. */
  readonly appSpeed: number;
  readonly button: number;
}

/** Every named field of an A6 reply, as sent (wire-facts a.5). */
export interface RawPreferences {
  readonly goalType: number;
  readonly goal: number;
  readonly calibration: number;
  /** 0.1 km/h. */
  readonly maxSpeed: number;
  /** 0.1 km/h. */
  readonly startSpeed: number;
  readonly startMode: number;
  readonly sensitivity: number;
  readonly display: number;
  readonly lock: number;
  readonly unit: number;
}

/** Every named field of an A7 reply, as sent (wire-facts a.6). */
export interface RawRecord {
  /** Seconds since the pad was switched on. */
  readonly onTime: number;
  /** Seconds, on the same clock, at which the walk began. */
  readonly startTime: number;
  /** Seconds. */
  readonly elapsed: number;
  /** 10 m. */
  readonly distance: number;
  readonly steps: number;
  readonly remaining: number;
}

/** Reads a complete A2 reply; a shorter one throws RangeError. */
export const readStatus = (bytes: Uint8Array): RawStatus => {
  const view = viewOf(bytes);
  return {
    state: view.getUint8(2),
    speed: view.getUint8(3),
    mode: view.getUint8(4),
    elapsed: getU24(view, 5),
    distance: getU24(view, 8),
    steps: getU24(view, 11),
    appSpeed: view.getUint8(14),
    button: view.getUint8(16),
  };
};

/** Reads a complete A6 reply, 16 or 20 bytes: the fields are in the same places. A shorter one throws RangeError. */
export const readPreferences = (bytes: Uint8Array): RawPreferences => {
  const view = viewOf(bytes);
  return {
    goalType: view.getUint8(2),
    goal: getU24(view, 3),
    calibration: view.getUint8(6),
    maxSpeed: view.getUint8(7),
    startSpeed: view.getUint8(8),
    startMode: view.getUint8(9),
    sensitivity: view.getUint8(10),
    display: view.getUint8(11),
    lock: view.getUint8(12),
    unit: view.getUint8(13),
  };
};

/** Reads a complete A7 reply; a shorter one throws RangeError. */
export const readRecord = (bytes: Uint8Array): RawRecord => {
  const view = viewOf(bytes);
  return {
    onTime: getU24(view, 2),
    startTime: getU24(view, 5),
    elapsed: getU24(view, 8),
    distance: getU24(view, 11),
    steps: getU24(view, 14),
    remaining: view.getUint8(17),
  };
};

// Wire-facts a.8. Observation has priority over the vendor's enum: 2 is "pause" there, but running on P1 and 2026 A1.
const ACTIVITIES: readonly Activity[] = [
  "resting",
  "running",
  "running",
  "stopping",
  "stopping",
  "standby",
  "countdown",
  "countdown",
  "countdown",
  "countdown",
];

const speedOf = (tenths: number): Speed => speedFromKmh(tenths / 10);

/** The activity depends on the state alone: a genuine frame has mode standby at 0.9 km/h (wire-facts a.10). */
export const statusOf = (raw: RawStatus): PadStatus => {
  const mode = modeOf(raw.mode);
  return {
    activity: ACTIVITIES[raw.state] ?? "other",
    code: raw.state,
    speed: speedOf(raw.speed),
    ...(mode && { mode }),
    distance: metres(raw.distance * 10),
    elapsed: seconds(raw.elapsed),
    steps: raw.steps,
  };
};

/**
 * A speed of 0 is a setting that the pad did not report. Any unit but 0 (km) counts as miles: that caps, which is safe.
 */
export const preferencesOf = (raw: RawPreferences): PadPreferences => ({
  ...(raw.maxSpeed > 0 && { maxSpeed: speedOf(raw.maxSpeed) }),
  ...(raw.startSpeed > 0 && { startSpeed: speedOf(raw.startSpeed) }),
  imperial: raw.unit !== 0,
});

/** A walk that began in the future has no age: the pad's clock restarts with its power supply. */
export const recordOf = (raw: RawRecord): PadRecord => ({
  ...(raw.onTime >= raw.startTime && { age: seconds(raw.onTime - raw.startTime) }),
  elapsed: seconds(raw.elapsed),
  distance: metres(raw.distance * 10),
  steps: raw.steps,
  remaining: raw.remaining,
});
