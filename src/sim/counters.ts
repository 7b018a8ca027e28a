/** A machine's counters. `steps` are counted, `shown` is the value on the display and in messages: it lags. */
export interface Counters {
  /** Milliseconds of moving belt. */
  readonly elapsed: number;
  /** Metres. */
  readonly distance: number;
  readonly steps: number;
  readonly shown: number;
  /** Milliseconds until `shown` follows. */
  readonly beat: number;
}

/** Step increments lag and can be one frame stale at a stop (wire-facts a.7): the count follows once a second. */
const BEAT = 1000;

export const NO_COUNTERS: Counters = { elapsed: 0, distance: 0, steps: 0, shown: 0, beat: BEAT };

/** Walking cadence in steps per second: a line through the captures of a.10 (1.2 at 2 km/h, 2.2 at 6 km/h). */
const cadence = (kmh: number): number => 0.7 + 0.25 * kmh;

/** The display has caught up. */
export const countersSettled = (counters: Counters): boolean => counters.shown === Math.floor(counters.steps);

/** The counters after `ms` at a mean of `kmh`; `ms` is at most `beat`, so that the count follows on time. */
export const count = (counters: Counters, kmh: number, walker: boolean, ms: number): Counters => {
  const moving = kmh > 0;
  const due = counters.beat - ms <= 0;
  return {
    elapsed: counters.elapsed + (moving ? ms : 0),
    distance: counters.distance + (kmh / 3.6) * (ms / 1000),
    steps: counters.steps + (moving && walker ? (cadence(kmh) * ms) / 1000 : 0),
    // The display shows the count of one beat ago: the steps of this beat follow with the next one.
    shown: due ? Math.floor(counters.steps) : counters.shown,
    beat: due ? BEAT : counters.beat - ms,
  };
};

/**
 * The machine zeroes its counters. `linger`: the steps shown stay until the next beat, as in the captured A1 frame
 * with state 0, time and distance 0, and 4382 steps (wire-facts a.9, a.10).
 */
export const resetCounters = (counters: Counters, linger: boolean): Counters =>
  linger ? { ...NO_COUNTERS, shown: counters.shown } : NO_COUNTERS;
