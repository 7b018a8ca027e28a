import { kcalOf, type Body } from "./calories.js";
import { NO_COUNTERS, readCounters, type Counters, type Gains } from "./counter.js";
import type { PadStatus } from "./pad.js";
import { AT_REST, type Speed } from "./units.js";

/** What is remembered of a pad from status to status, whether anybody walks or not. */
export interface Meter {
  readonly counters: Counters;
  /** Monotonic milliseconds of the last status; null before the first. */
  readonly seen: number | null;
  /** The link was lost since. */
  readonly gap: boolean;
  readonly speed: Speed;
  readonly incline: number;
  /** The machine's clock, or its kcal counter, is alive: a field that stays 0 counts nothing (wire-facts b.7.12). */
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

/** One status, measured against the one before. */
export interface Reading {
  readonly status: PadStatus;
  readonly gained: Gains;
  readonly before: Meter;
  readonly after: Meter;
  /** Milliseconds since the status before; 0 for the first. */
  readonly passed: number;
  readonly moving: boolean;
  /** Statuses are missing before this one: the link was lost, or we were asleep. */
  readonly silent: boolean;
  /** The counters rose in a silence: the belt moved while nobody looked. */
  readonly unseen: boolean;
}

/** No status for this long is a gap in what we know (docs/topics.md, belt `unknown`). */
export const SILENCE_MS = 5_000;
/** WiLink distance comes in units of 10 m and may lag: after a gap, only more than one unit shows a walk. */
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

/** Milliseconds of moving belt by our own clock: from a moving status to the next one, of a silence only its start. */
export const movedFor = ({ before, passed }: Reading): number =>
  before.speed > 0 ? Math.min(passed, SILENCE_MS) : 0;

/** Hundredths of a km/h between two statuses; where the belt was at rest at an end of a silence, it was not within. */
const speedBetween = ({ before, after, gained, silent }: Reading, duration: number): Speed => {
  const [first, last] = [before.speed, after.speed];
  if (!silent || (first > 0 && last > 0)) return ((first + last) / 2) as Speed;
  // Nobody saw any of it: the counters know the average (1 m/s is 360 hundredths of a km/h).
  return Math.max(first, last, first + last === 0 ? (gained.distance / duration) * 360 : 0) as Speed;
};

/** Hundredths of a km/h: what the status says, or of a walk that nobody saw its mean speed, `duration` seconds long. */
export const fastest = (reading: Reading, duration: number): Speed => {
  const seen = reading.status.speed ?? AT_REST;
  const unseen = reading.unseen && duration > 0 ? Math.round(speedBetween(reading, duration)) : AT_REST;
  return Math.max(seen, unseen) as Speed;
};

/** kcal of `duration` seconds from speed, incline and body. */
export const estimate = (reading: Reading, duration: number, body: Body): number =>
  duration === 0 ? 0 : kcalOf(speedBetween(reading, duration), reading.after.incline, body, duration);
