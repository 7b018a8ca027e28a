import type { Capabilities, PadPreferences } from "../../domain/pad.js";
import { speedFromHundredths } from "../../domain/units.js";
import { viewOf } from "../bytes.js";
import { FTMS } from "./gatt.js";

// The machine's capabilities, read after the connect: Fitness Machine Feature 2ACC (FTMS 4.3), Supported Speed Range
// 2AD4 (4.11) and Supported Inclination Range 2AD5 (4.12); wire-facts b.6.

/** Two sets of bits: measured values, and supported targets. */
export interface Features {
  readonly features: number;
  readonly targets: number;
}

/** Speeds 0.01 km/h, inclinations 0.1 %. */
export interface Range {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

const FEATURE = { inclination: 3, steps: 6, heartRate: 10 } as const;
const TARGET_INCLINATION = 1;

const has = (bits: number, bit: number): boolean => ((bits >>> bit) & 1) === 1;

/** 2ACC; null when it is too short. */
const readFeatures = (bytes: Uint8Array): Features | null => {
  if (bytes.length < 8) return null;
  const view = viewOf(bytes);
  return { features: view.getUint32(0, true), targets: view.getUint32(4, true) };
};

const readRange = (bytes: Uint8Array, get: (view: DataView, at: number) => number): Range | null => {
  if (bytes.length < 6) return null;
  const view = viewOf(bytes);
  return { min: get(view, 0), max: get(view, 2), step: view.getUint16(4, true) };
};

/** 2AD4. */
const readSpeedRange = (bytes: Uint8Array): Range | null =>
  readRange(bytes, (view, at) => view.getUint16(at, true));

/** 2AD5. */
const readInclineRange = (bytes: Uint8Array): Range | null =>
  readRange(bytes, (view, at) => view.getInt16(at, true));

/** The capabilities that are known so far. */
export interface Abilities {
  readonly features: Features | null;
  readonly speed: Range | null;
  readonly incline: Range | null;
}

export const noAbilities: Abilities = { features: null, speed: null, incline: null };

/** The capabilities in a read value; null for another characteristic's, or one that is too short. Never throws. */
export const readAbility = (characteristic: string, bytes: Uint8Array): Partial<Abilities> | null => {
  const features = characteristic === FTMS.feature ? readFeatures(bytes) : null;
  const speed = characteristic === FTMS.speedRange ? readSpeedRange(bytes) : null;
  const incline = characteristic === FTMS.inclineRange ? readInclineRange(bytes) : null;
  if (features) return { features };
  if (speed) return { speed };
  return incline && { incline };
};

// An impossible range is one that the machine did not fill in.
const isRange = (range: Range | null): range is Range =>
  range !== null && range.min < range.max && range.step > 0;

const speedsOf = (range: Range | null): Partial<PadPreferences> =>
  isRange(range)
    ? {
        // 0 is a stop, whatever the machine reports as its lowest speed.
        ...(range.min > 0 && { minSpeed: speedFromHundredths(range.min) }),
        maxSpeed: speedFromHundredths(range.max),
        step: speedFromHundredths(range.step),
      }
    : {};

const inclineOf = ({ min, max, step }: Range): Capabilities["incline"] => ({
  min: min / 10,
  max: max / 10,
  step: step / 10,
});

/**
 * A range alone does not mean that the incline can be set; without a range, a machine with the target bit is unknown.
 */
const inclinesOf = (features: Features | null, range: Range | null): Partial<PadPreferences> => {
  if (!features) return {};
  if (!has(features.targets, TARGET_INCLINATION)) return { incline: null };
  return range === null ? {} : { incline: isRange(range) ? inclineOf(range) : null };
};

/** In the domain's terms. `imperial`: the machine interprets speeds as miles per hour. */
export const preferencesOf = ({ features, speed, incline }: Abilities, imperial: boolean): PadPreferences => {
  return {
    ...speedsOf(speed),
    ...inclinesOf(features, incline),
    ...(features && { heartRate: has(features.features, FEATURE.heartRate) }),
    // Machines that count steps without the feature bit are known by their model, so only a set bit counts.
    ...(features && has(features.features, FEATURE.steps) && { steps: true }),
    imperial,
  };
};
