import { KM_PER_MILE } from "../../domain/units.js";

// Some machines interpret written speeds as miles per hour, and report their speed in km/h nevertheless (wire-facts
// b.7.11). That shows once the belt has settled after a speed of the bridge: at the number, or at 1.6 times the number.

export interface SpeedScale {
  /** Speeds are to be sent as 0.01 mph. */
  readonly imperial: boolean;
  /** The model is known for it: the belt's behaviour does not change it. */
  readonly fixed: boolean;
  /** The last settled speed contradicted `imperial`. A person's button can do that once: the next one decides. */
  readonly doubted: boolean;
  /** The number last written, the speed at that time, and whether the belt has left that speed since. */
  readonly sent: { readonly number: number; readonly from: number; readonly left: boolean } | null;
  /** The belt's constant speed in 0.01 km/h, and since when. */
  readonly steady: { readonly speed: number; readonly since: number } | null;
}

/** `known`: by its model; `imperial`: what was learned of it earlier. */
export const newScale = (known: boolean, imperial: boolean): SpeedScale => ({
  imperial: known || imperial,
  fixed: known,
  doubted: false,
  sent: null,
  steady: null,
});

/** 0.01 km/h: a belt this close to a speed keeps it (docs/topics.md, target_speed). */
const STEADY_WITHIN = 10;
/** The belt ramps at 0.53 km/h a second (wire-facts a.9), so one that keeps a speed for 2 s has arrived. */
const SETTLED_MS = 2_000;

/** Wide enough for an inexact belt, narrow enough to tell 0.5 km/h, the slowest known, from 0.5 mph. */
const isNear = (speed: number, aim: number): boolean => Math.abs(speed - aim) <= Math.max(12, aim * 0.04);

export const speedWritten = (scale: SpeedScale, number: number, speed: number): SpeedScale => ({
  ...scale,
  sent: { number, from: speed, left: false },
});

/** A stop, a start or another controller: from now on the belt's behaviour does not depend on the number. */
export const forgetWrittenSpeed = (scale: SpeedScale): SpeedScale => ({ ...scale, sent: null });

/**
 * The target that the machine reports (2ADA 05), 0.01 km/h. A target other than the written one comes from another
 * controller. Where the machine counts in miles, the plain number does too: taken for km/h it would make the belt
 * faster.
 */
export const scaleAfterTarget = (scale: SpeedScale, target: number): SpeedScale => {
  if (!scale.sent) return scale;
  const { number } = scale.sent;
  const ours = isNear(target, number * KM_PER_MILE) || (!scale.imperial && isNear(target, number));
  return ours ? scale : forgetWrittenSpeed(scale);
};

/** The speed that the machine reports, 0.01 km/h; `now` in ms. */
export const scaleAfterSpeed = (scale: SpeedScale, speed: number, now: number): SpeedScale => {
  const kept = scale.steady;
  const steady = kept && Math.abs(kept.speed - speed) <= STEADY_WITHIN ? kept : { speed, since: now };
  if (!scale.sent || speed === 0) return { ...scale, sent: null, steady };
  const sent = { ...scale.sent, left: scale.sent.left || Math.abs(speed - scale.sent.from) > STEADY_WITHIN };
  const settled = sent.left && now - steady.since >= SETTLED_MS;
  return settled
    ? { ...judged(scale, unitOf(sent.number, speed)), sent: null, steady }
    : { ...scale, sent, steady };
};

/**
 * The unit in which a belt that settled at this speed read the number; null: neither, so another controller's speed.
 */
const unitOf = (number: number, speed: number): "km/h" | "mph" | null => {
  if (isNear(speed, number)) return "km/h";
  return isNear(speed, number * KM_PER_MILE) ? "mph" : null;
};

const judged = (scale: SpeedScale, unit: "km/h" | "mph" | null): SpeedScale => {
  const contradicts = unit !== null && !scale.fixed && (unit === "mph") !== scale.imperial;
  return contradicts && scale.doubted
    ? { ...scale, imperial: !scale.imperial, doubted: false }
    : { ...scale, doubted: contradicts };
};
