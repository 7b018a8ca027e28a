import type { Activity, PadPreferences, PadStatus } from "../../domain/pad.js";
import { metres, seconds, type Speed, speedFromHundredths } from "../../domain/units.js";
import { viewOf } from "../bytes.js";

/** Every named field of a status, as sent; big-endian (more-protocols 3). The serial number is not read. */
export interface RawStatus {
  /** m/h. */
  readonly speed: number;
  readonly target: number;
  readonly distance: number;
  readonly steps: number;
  /** kcal. */
  readonly energy: number;
  /** Milliseconds, of older firmware seconds. */
  readonly time: number;
  readonly firmware: number;
  readonly flags: number;
  /** m/h. */
  readonly maxSpeed: number;
  readonly type: number;
}

/** Reads a whole status; a shorter one throws RangeError. */
export const readStatus = (bytes: Uint8Array): RawStatus => {
  const view = viewOf(bytes);
  return {
    speed: view.getUint16(3),
    target: view.getUint16(5),
    distance: view.getUint32(7),
    steps: view.getUint32(14),
    energy: view.getUint16(18),
    time: view.getUint32(20),
    firmware: view.getUint8(25),
    flags: view.getUint8(26),
    maxSpeed: view.getUint16(27),
    type: view.getUint8(30) & 0x1f,
  };
};

export const STATE = { mask: 0x18, starting: 0x18, running: 0x08, paused: 0x10, stopped: 0x00 } as const;
/** The display counts in miles; the values are metric in either case (PW, measured). */
export const SHOWS_MILES = 0x80;

const ACTIVITIES: ReadonlyMap<number, Activity> = new Map([
  [STATE.starting, "countdown"],
  [STATE.running, "running"],
  [STATE.paused, "paused"],
  [STATE.stopped, "resting"],
]);

/** Later firmware counts milliseconds (HB). */
export const COUNTS_SECONDS_UP_TO = 19;

const speedOf = (metresPerHour: number): Speed => speedFromHundredths(metresPerHour / 10);

export const statusOf = ({ speed, distance, steps, energy, time, firmware, flags }: RawStatus): PadStatus => {
  const code = flags & STATE.mask;
  return {
    activity: ACTIVITIES.get(code) ?? "other",
    code,
    speed: speedOf(speed),
    distance: metres(distance),
    elapsed: seconds(Math.floor(firmware > COUNTS_SECONDS_UP_TO ? time / 1000 : time)),
    steps,
    energy,
  };
};

/** No walking treadmill has another maximum: a value outside is not a speed. */
const PLAUSIBLE = { from: 2_000, to: 20_000 } as const;

export const preferencesOf = ({ maxSpeed }: RawStatus): PadPreferences => ({
  ...(maxSpeed >= PLAUSIBLE.from && maxSpeed <= PLAUSIBLE.to && { maxSpeed: speedOf(maxSpeed) }),
  imperial: false,
});
