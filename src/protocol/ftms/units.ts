import { KM_PER_MILE } from "../../domain/units.js";

// Some machines read their speeds as miles an hour, and tell their speed in km/h all the same (wire-facts b.7.11). That
// shows once the belt has settled after a speed of ours: at the number, or at 1.6 times the number.

export interface SpeedScale {
  /** Speeds are to be sent as 0.01 mph. */
  readonly imperial: boolean;
  /** The number last sent, the speed at that moment, and whether the belt has left it since. */
  readonly sent: { readonly number: number; readonly from: number; readonly left: boolean } | null;
  /** 0.01 km/h that the belt keeps to, and since when. */
  readonly steady: { readonly speed: number; readonly since: number } | null;
}

export const newScale = (imperial: boolean): SpeedScale => ({ imperial, sent: null, steady: null });

/** 0.01 km/h: a belt this close to a speed keeps it (contract 3, target_speed). */
const STEADY_WITHIN = 10;
/** The belt ramps at 0.53 km/h a second (wire-facts a.9), so one that keeps a speed for 2 s has arrived. */
const SETTLED_MS = 2_000;

/** Wide enough for an inexact belt, narrow enough to keep 0.5 km/h, the slowest known, apart from 0.5 mph. */
const isNear = (speed: number, aim: number): boolean => Math.abs(speed - aim) <= Math.max(12, aim * 0.04);

export const numberSent = (scale: SpeedScale, number: number, speed: number): SpeedScale => ({
  ...scale,
  sent: { number, from: speed, left: false },
});

/** A stop, a start or another hand: what the belt does from now on says nothing about the number. */
export const forgetNumber = (scale: SpeedScale): SpeedScale => ({ ...scale, sent: null });

/** The speed that the machine tells, 0.01 km/h; `now` in ms. */
export const speedSeen = (scale: SpeedScale, speed: number, now: number): SpeedScale => {
  const kept = scale.steady;
  const steady = kept && Math.abs(kept.speed - speed) <= STEADY_WITHIN ? kept : { speed, since: now };
  if (!scale.sent || speed === 0) return { ...scale, sent: null, steady };
  const sent = { ...scale.sent, left: scale.sent.left || Math.abs(speed - scale.sent.from) > STEADY_WITHIN };
  const settled = sent.left && now - steady.since >= SETTLED_MS;
  return settled
    ? { imperial: verdict(sent.number, speed, scale.imperial), sent: null, steady }
    : { ...scale, sent, steady };
};

const verdict = (number: number, speed: number, before: boolean): boolean => {
  if (isNear(speed, number)) return false;
  return isNear(speed, number * KM_PER_MILE) || before;
};
