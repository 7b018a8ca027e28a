import { metres, seconds, speedFromHundredths } from "../../domain/units.js";
import type { PadStatus } from "../../domain/pad.js";
import { getU24le, setU24le, viewOf } from "../bytes.js";

// Treadmill Data, 2ACD (FTMS 4.9, wire-facts b.1): flags, then the fields that they announce, in this order.

export type TreadmillField =
  | "speed"
  | "averageSpeed"
  | "distance"
  | "inclination"
  | "rampAngle"
  | "elevationGain"
  | "elevationLoss"
  | "pace"
  | "averagePace"
  | "energy"
  | "energyPerHour"
  | "energyPerMinute"
  | "heartRate"
  | "metabolicEquivalent"
  | "elapsed"
  | "remaining"
  | "force"
  | "power"
  | "steps";

/**
 * One notification, its fields as sent: speeds 0.01 km/h, distance m, inclination 0.1 %, angle 0.1°, elevation 0.1 m,
 * energy kcal, times s, force N, power W. A field that is missing or "not available" is absent.
 */
export interface TreadmillData extends Readonly<Partial<Record<TreadmillField, number>>> {
  readonly flags: number;
}

interface Layout {
  readonly bit: number;
  readonly name: TreadmillField;
  readonly size: 1 | 2 | 3;
  readonly signed?: true;
  /** The value that stands for "not available". */
  readonly none?: number;
}

const FIELDS: readonly Layout[] = [
  { bit: 1, name: "averageSpeed", size: 2 },
  { bit: 2, name: "distance", size: 3 },
  { bit: 3, name: "inclination", size: 2, signed: true, none: 0x7fff },
  { bit: 3, name: "rampAngle", size: 2, signed: true, none: 0x7fff },
  { bit: 4, name: "elevationGain", size: 2 },
  { bit: 4, name: "elevationLoss", size: 2 },
  { bit: 5, name: "pace", size: 1 },
  { bit: 6, name: "averagePace", size: 1 },
  { bit: 7, name: "energy", size: 2, none: 0xffff },
  { bit: 7, name: "energyPerHour", size: 2, none: 0xffff },
  { bit: 7, name: "energyPerMinute", size: 1, none: 0xff },
  { bit: 8, name: "heartRate", size: 1 },
  { bit: 9, name: "metabolicEquivalent", size: 1 },
  { bit: 10, name: "elapsed", size: 2 },
  { bit: 11, name: "remaining", size: 2 },
  { bit: 12, name: "force", size: 2, signed: true, none: 0x7fff },
  { bit: 12, name: "power", size: 2, signed: true, none: 0x7fff },
];

const SPEED: Layout = { bit: 0, name: "speed", size: 2 };
/** Reserved by FTMS 1.0, a step count in practice: u16, u16 and a zero, or u24 (wire-facts b.2). */
const STEPS_BIT = 13;
const STEPS_SIZES: readonly number[] = [2, 3];
/** No known machine uses them: a record with one of these bits is of unknown length. */
const UNKNOWN_BITS = 0xc000;

const has = (flags: number, bit: number): boolean => ((flags >> bit) & 1) === 1;

/**
 * Bit 0 is inverted: 0 means that the speed is present. Some KingSmith firmware sets it and sends the speed
 * nevertheless, and KS Fit reads it regardless (wire-facts b.1): the length decides, where every bit is known.
 */
const hasSpeed = (flags: number, length: number, announced: readonly Layout[]): boolean => {
  if (!has(flags, SPEED.bit)) return true;
  if ((flags & UNKNOWN_BITS) !== 0) return false;
  const surplus = length - 2 - announced.reduce((sum, { size }) => sum + size, 0) - SPEED.size;
  return has(flags, STEPS_BIT) ? STEPS_SIZES.includes(surplus) : surplus === 0;
};

const layoutOf = (flags: number, length: number): readonly Layout[] => {
  const announced = FIELDS.filter(({ bit }) => has(flags, bit));
  return hasSpeed(flags, length, announced) ? [SPEED, ...announced] : announced;
};

const get = (view: DataView, at: number, { size, signed }: Layout): number => {
  if (size === 1) return view.getUint8(at);
  if (size === 3) return getU24le(view, at);
  return signed ? view.getInt16(at, true) : view.getUint16(at, true);
};

const stepsAt = (view: DataView, at: number): number | undefined => {
  const left = view.byteLength - at;
  if (left < 2) return undefined;
  return left === 2 ? view.getUint16(at, true) : getU24le(view, at);
};

/** Reads one notification; null when it is too short for its flags, or for the speed that they announce. Never throws. */
export const readTreadmillData = (bytes: Uint8Array): TreadmillData | null => {
  const view = viewOf(bytes);
  if (view.byteLength < 2) return null;
  const flags = view.getUint16(0, true);
  const found: Partial<Record<TreadmillField, number>> = {};
  let at = 2;
  for (const layout of layoutOf(flags, view.byteLength)) {
    // Truncated records exist (b.1): the complete fields count.
    if (at + layout.size > view.byteLength) return layout === SPEED ? null : { flags, ...found };
    const value = get(view, at, layout);
    if (value !== layout.none) found[layout.name] = value;
    at += layout.size;
  }
  const steps = has(flags, STEPS_BIT) ? stepsAt(view, at) : undefined;
  return { flags, ...found, ...(steps !== undefined && { steps }) };
};

const put = (view: DataView, at: number, { size, signed }: Layout, value: number): void => {
  if (size === 1) view.setUint8(at, value);
  else if (size === 3) setU24le(view, at, value);
  else if (signed) view.setInt16(at, value, true);
  else view.setUint16(at, value, true);
};

/**
 * From the machine's side: the fields that `flags` announce, an absent one as "not available" or 0. Values that do not
 * fit their field wrap.
 */
export const encodeTreadmillData = (data: TreadmillData, stepBytes: 2 | 3 = 3): Uint8Array => {
  const steps: Layout = { bit: STEPS_BIT, name: "steps", size: stepBytes };
  const { flags } = data;
  const fields = [...(has(flags, SPEED.bit) ? [] : [SPEED]), ...FIELDS, steps].filter(
    (each) => each === SPEED || has(flags, each.bit),
  );
  const bytes = new Uint8Array(fields.reduce((sum, { size }) => sum + size, 2));
  const view = viewOf(bytes);
  view.setUint16(0, flags, true);
  let at = 2;
  for (const layout of fields) {
    put(view, at, layout, data[layout.name] ?? layout.none ?? 0);
    at += layout.size;
  }
  return bytes;
};

/** 0 and 255 are what machines send while no hand is on the sensor. */
const isHeartRate = (value: number | undefined): value is number =>
  value !== undefined && value > 0 && value < 0xff;

/** The status in a notification. FTMS data has no field for the belt's state: see `activity.ts`. */
export const measuredOf = (data: TreadmillData): Omit<PadStatus, "activity" | "code"> => ({
  ...(data.speed !== undefined && { speed: speedFromHundredths(data.speed) }),
  ...(data.distance !== undefined && { distance: metres(data.distance) }),
  ...(data.elapsed !== undefined && { elapsed: seconds(data.elapsed) }),
  ...(data.steps !== undefined && { steps: data.steps }),
  ...(data.energy !== undefined && { energy: data.energy }),
  ...(data.inclination !== undefined && { incline: data.inclination / 10 }),
  ...(isHeartRate(data.heartRate) && { heartRate: data.heartRate }),
});
