import { kcalOf, type Body } from "./calories.js";
import { NO_COUNTERS, readCounters, type Counters, type Gains } from "./counter.js";
import type { PadStatus } from "./pad.js";
import { AT_REST, type Speed } from "./units.js";

/** The measuring state of a pad from status to status, with or without a session. */
export interface Meter {
  readonly counters: Counters;
  /** Monotonic milliseconds of the last status; null before the first. */
  readonly seen: number | null;
  /** The link was lost since then. */
  readonly gap: boolean;
  readonly speed: Speed;
  readonly incline: number;
  /** The machine's clock, or its kcal counter, works: a field that stays 0 counts nothing (wire-facts b.7.12). */
  readonly clocked: boolean;
  readonly metered: boolean;
}

export const noMeter: Meter = {
  counters: NO_COUNTERS,
  seen: null,
  gap: false,
  speed: AT_REST,
  incline: 0,
  clocked: false,
  metered: false,
};

/** One status, compared with the one before. */
export interface Reading {
  readonly status: PadStatus;
  readonly gained: Gains;
  readonly before: Meter;
  readonly after: Meter;
  /** Milliseconds since the status before; 0 for the first. */
  readonly passed: number;
  readonly moving: boolean;
  /** Statuses are missing before this one: the link was lost, or this computer was suspended. */
  readonly silent: boolean;
  /** The counters rose during a silence: the belt moved unobserved. */
  readonly unseen: boolean;
}

/** Without a status for this long the state of the belt is not known (docs/topics.md, belt `unknown`). */
export const SILENCE_MS = 5_000;
/** WiLink distance has a resolution of 10 m and may lag: after a gap, only more than one unit is proof of a walk. */
const UNSEEN_WALK = 10;

export const measure = (before: Meter, status: PadStatus, now: number): Reading => {
  const { counters, gained } = readCounters(before.counters, status, now);
  const passed = before.seen === null ? 0 : now - before.seen;
  const silent = before.gap || passed > SILENCE_MS;
  const after: Meter = {
    counters,
    seen: now,
    gap: false,
    speed: status.speed ?? before.speed,
    incline: status.incline ?? before.incline,
    clocked: before.clocked || (status.elapsed ?? 0) > 0,
    metered: before.metered || (status.energy ?? 0) > 0,
  };
  const unseen = silent && gained.distance > UNSEEN_WALK;
  return { status, gained, before, after, passed, moving: (status.speed ?? 0) > 0, silent, unseen };
};

/**
 * Milliseconds of moving belt by the bridge's clock: from a moving status to the next one; of a silence only its start.
 */
export const movedFor = ({ before, passed }: Reading): number =>
  before.speed > 0 ? Math.min(passed, SILENCE_MS) : 0;

/**
 * Hundredths of a km/h between two statuses; a belt at rest at one end of a silence is taken to have rested within it.
 */
const speedBetween = ({ before, after, gained, silent }: Reading, duration: number): Speed => {
  const [first, last] = [before.speed, after.speed];
  if (!silent || (first > 0 && last > 0)) return ((first + last) / 2) as Speed;
  // Not observed at all: the counters give the average (1 m/s is 360 hundredths of a km/h).
  return Math.max(first, last, first + last === 0 ? (gained.distance / duration) * 360 : 0) as Speed;
};

/** Hundredths of a km/h: the status's speed, or the average of an unobserved walk of `duration` seconds. */
export const fastest = (reading: Reading, duration: number): Speed => {
  const seen = reading.status.speed ?? AT_REST;
  const unseen = reading.unseen && duration > 0 ? Math.round(speedBetween(reading, duration)) : AT_REST;
  return Math.max(seen, unseen) as Speed;
};

/** Estimated kcal of `duration` seconds, from speed, incline and body. */
export const estimate = (reading: Reading, duration: number, body: Body): number =>
  duration === 0 ? 0 : kcalOf(speedBetween(reading, duration), reading.after.incline, body, duration);
