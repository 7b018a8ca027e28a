import type { PadStatus } from "./pad.js";

/** What is remembered of one of a pad's counters. Times are monotonic milliseconds. */
export interface Counter {
  /** The last reading that was believed, and when. */
  readonly value: number;
  readonly at: number;
  /** When it last showed another value; absent in a walk that an older version saved. */
  readonly changedAt?: number;
  /** What it showed before its last fall, until it climbs anew; and when it fell. */
  readonly before: number | null;
  readonly fellAt: number;
  /** A reading nothing explains: believed if the next one agrees with it. */
  readonly odd: number | null;
}

/**
 * How far a counter can move: at most `perSecond`, shown in steps of `unit`, of some machines in steps of up to `coarse`,
 * back to 0 after one of `wraps`.
 */
interface Nature {
  readonly perSecond: number;
  readonly unit: number;
  readonly coarse?: number;
  readonly wraps: readonly number[];
}

const U16 = 0x1_0000;
const U24 = 0x100_0000;

export type CounterName = "distance" | "elapsed" | "steps" | "energy";

// Rates are out of reach for a person on a belt, so that no real walk is cut: 25 km/h, 4 steps and 0.5 kcal a
// second. Odometers in steps of 100 m exist (a field report). Widths: wire-facts a.7 (u24, distance in units of 10 m) and b.1, b.2 (u24 metres, u16 or u24 steps).
const NATURES: Readonly<Record<CounterName, Nature>> = {
  distance: { perSecond: 7, unit: 10, coarse: 110, wraps: [U24, U24 * 10] },
  elapsed: { perSecond: 1, unit: 1, wraps: [U16, U24] },
  steps: { perSecond: 4, unit: 1, wraps: [U16, U24] },
  energy: { perSecond: 0.5, unit: 1, wraps: [U16] },
};

/** The pad's clock may run this much faster than ours, and its counters may lag this much behind the belt. */
const CLOCK_ERROR = 1.05;
const LAG_SECONDS = 5;
/** How long after a reset a stale frame may still show the old value; wire-facts a.9 saw one frame. */
const STALE_AFTER = 3_000;

/** Over hours a fall of any counter could be a rise across 2^16; a machine that was switched off has reset. */
const WRAP_WITHIN = 10 * 60_000;

const reach = (nature: Nature, ms: number): number =>
  nature.perSecond * ((ms / 1000) * CLOCK_ERROR + LAG_SECONDS) + nature.unit;

interface Read {
  readonly counter: Counter;
  readonly gained: number;
}

const believe = (value: number, at: number, before: number | null, fellAt: number, gained: number): Read => ({
  counter: { value, at, changedAt: at, before, fellAt, odd: null },
  gained,
});

/** One step of a counter in wide steps: nothing since the last reading, but no more than the belt did since the last step. */
const isStep = ({ at, changedAt = at }: Counter, rise: number, now: number, nature: Nature): boolean =>
  rise <= Math.min(nature.coarse ?? 0, reach(nature, now - changedAt));

/** A reading that does not follow from the last: one glitch is skipped, a second in agreement is the new truth. */
const doubt = (counter: Counter, value: number, now: number, from: number | null, bound: number): Read =>
  from !== null && value >= from && value - from <= bound
    ? believe(value, now, null, now, value - from)
    : { counter: { ...counter, odd: value }, gained: 0 };

const fall = (counter: Counter, value: number, now: number, nature: Nature, bound: number): Read => {
  const across = Math.min(bound, reach(nature, WRAP_WITHIN));
  const wrapped = nature.wraps
    .map((wrap) => value + wrap - counter.value)
    .find((rise) => rise > 0 && rise <= across);
  if (wrapped !== undefined) return believe(value, now, null, now, wrapped);
  if (value <= bound) return believe(value, now, counter.value, now, value);
  // Too much for a fresh count: a frame that came late, when it is only a little behind.
  const late = counter.value - value <= reach(nature, 0);
  return late ? { counter, gained: 0 } : doubt(counter, value, now, counter.odd, bound);
};

/**
 * What a counter gained with this reading: new − old, or new after a reset, whenever the machine chose to reset
 * (wire-facts a.9 has five habits). More than a belt can do in the time passed is never a gain; a fall that is a
 * plausible rise across 2^16 or 2^24 is a wrap. Nothing is gained by the first reading: what it shows was walked
 * before we looked.
 */
const read = (counter: Counter | null, value: number, now: number, nature: Nature): Read => {
  if (counter === null) return believe(value, now, null, now, 0);
  const bound = reach(nature, now - counter.at);
  const rise = value - counter.value;
  if (rise < 0) return fall(counter, value, now, nature, bound);
  const stale = counter.before !== null && now - counter.fellAt <= STALE_AFTER && value >= counter.before;
  if (rise > bound && !stale && isStep(counter, rise, now, nature))
    return believe(value, now, null, now, rise);
  if (rise > bound) return doubt(counter, value, now, stale ? counter.before : counter.odd, bound);
  // Either the old value once more, or a quick climb from 0: the next readings tell, and nothing is lost by waiting.
  if (stale) return { counter, gained: 0 };
  if (rise === 0) return { counter: { ...counter, at: now, odd: null }, gained: 0 };
  return believe(value, now, null, counter.fellAt, rise);
};

export type Counters = Readonly<Record<CounterName, Counter | null>>;
/** Metres, seconds, steps and kcal gained; never negative. */
export type Gains = Readonly<Record<CounterName, number>>;

export const NO_COUNTERS: Counters = { distance: null, elapsed: null, steps: null, energy: null };

/** Reads every counter of a status, each for itself: machines reset one and keep another (wire-facts a.9). */
export const readCounters = (
  counters: Counters,
  status: PadStatus,
  now: number,
): { readonly counters: Counters; readonly gained: Gains } => {
  const one = (name: CounterName): { readonly counter: Counter | null; readonly gained: number } => {
    const value = status[name];
    return value === undefined
      ? { counter: counters[name], gained: 0 }
      : read(counters[name], value, now, NATURES[name]);
  };
  const [distance, elapsed, steps, energy] = [one("distance"), one("elapsed"), one("steps"), one("energy")];
  return {
    counters: {
      distance: distance.counter,
      elapsed: elapsed.counter,
      steps: steps.counter,
      energy: energy.counter,
    },
    gained: {
      distance: distance.gained,
      elapsed: elapsed.gained,
      steps: steps.gained,
      energy: energy.gained,
    },
  };
};
