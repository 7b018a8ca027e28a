import type { PadStatus } from "./pad.js";

/** The state of one of a pad's counters. Times are monotonic milliseconds. */
export interface Counter {
  /** The last accepted reading, and its time. */
  readonly value: number;
  readonly at: number;
  /** When the value last changed; absent in a session that an older version saved. */
  readonly changedAt?: number;
  /** The value before its last decrease, until the counter rises again; and the time of the decrease. */
  readonly before: number | null;
  readonly fellAt: number;
  /** An unexplained reading: accepted if the next one agrees with it. */
  readonly odd: number | null;
}

/**
 * The limits of a counter: it rises by at most `perSecond`, in steps of `unit`, on some machines in steps of up to
 * `coarse`, and returns to 0 after one of `wraps`.
 */
interface Nature {
  readonly perSecond: number;
  readonly unit: number;
  readonly coarse: number;
  readonly wraps: readonly number[];
}

const U16 = 0x1_0000;
const U24 = 0x100_0000;

export type CounterName = "distance" | "elapsed" | "steps" | "energy";

// No person on a belt reaches these rates, so no real session is cut: 25 km/h, 4 steps and 0.5 kcal per second.
// Odometers in steps of 100 m exist (a field report); the others follow: 0.1 mile, a clock of minutes, steps and kcal
// that are told twice a minute, or in tens. Widths: wire-facts a.7 (u24, distance in units of 10 m) and b.1,
// b.2 (u24 metres, u16 or u24 steps).
const NATURES: Readonly<Record<CounterName, Nature>> = {
  distance: { perSecond: 7, unit: 10, coarse: 170, wraps: [U24, U24 * 10] },
  elapsed: { perSecond: 1, unit: 1, coarse: 60, wraps: [U16, U24] },
  steps: { perSecond: 4, unit: 1, coarse: 100, wraps: [U16, U24] },
  energy: { perSecond: 0.5, unit: 1, coarse: 10, wraps: [U16] },
};

/** The pad's clock may run this much faster than the bridge's, and its counters may lag this much behind the belt. */
const CLOCK_ERROR = 1.05;
const LAG_SECONDS = 5;
/** How long after a reset a stale frame may still show the old value; wire-facts a.9 reports one frame. */
const STALE_AFTER = 3_000;

/** Over hours a decrease of any counter could be a rise across 2^16; a machine that was switched off has reset. */
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

/**
 * One step of a coarse counter: no change since the last reading, and no more than the belt moved since the last step.
 */
const isStep = ({ at, changedAt = at }: Counter, rise: number, now: number, nature: Nature): boolean =>
  rise <= Math.min(nature.coarse, reach(nature, now - changedAt));

/**
 * A reading that does not follow from the last: a single glitch is skipped, a second reading that agrees is accepted.
 */
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
  // Too high for a count from 0: a late frame, when it is only slightly below the last value.
  const late = counter.value - value <= reach(nature, 0);
  return late ? { counter, gained: 0 } : doubt(counter, value, now, counter.odd, bound);
};

/**
 * The gain of a counter by this reading: new − old, or new after a reset, whenever the machine resets (wire-facts a.9
 * has five behaviours). More than a belt can do in the elapsed time is never a gain; a decrease that is a plausible
 * rise across 2^16 or 2^24 is a wrap. The first reading gains nothing: its value was walked before the bridge received
 * it.
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
  // Either the old value once more, or a quick rise from 0: the next readings decide, and waiting loses nothing.
  if (stale) return { counter, gained: 0 };
  if (rise === 0) return { counter: { ...counter, at: now, odd: null }, gained: 0 };
  return believe(value, now, null, counter.fellAt, rise);
};

export type Counters = Readonly<Record<CounterName, Counter | null>>;
/** Metres, seconds, steps and kcal gained; never negative. */
export type Gains = Readonly<Record<CounterName, number>>;

export const NO_COUNTERS: Counters = { distance: null, elapsed: null, steps: null, energy: null };

/** Reads every counter of a status separately: machines reset one and keep another (wire-facts a.9). */
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
