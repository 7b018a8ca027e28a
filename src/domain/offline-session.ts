import type { Counters } from "./counter.js";
import type { Reading } from "./meter.js";
import type { PadRecord } from "./pad.js";
import { metres, seconds, type Metres, type Seconds } from "./units.js";

/** The amounts of a walk, from counters or record. */
interface Measures {
  readonly elapsed: number;
  readonly distance: number;
  readonly steps: number;
}

/** A time in which the bridge received nothing from the pad. */
export interface Gap {
  /** Epoch milliseconds of the last status before it. */
  readonly since: number;
  /** Whether the belt moved then, and its counters; null where the machine has none. */
  readonly moving: boolean;
  readonly counters: Measures | null;
  /** The counters have shown walking during the gap, or somebody has walked since. */
  readonly counted: boolean;
  /** What they have gained since: it is counted, but proves no walk by itself (lag, or the last steps of one). */
  readonly gained: Measures;
  /** Statuses since then. */
  readonly statuses: number;
}

/** The state that separates an unobserved walk from one that is already counted. */
export interface OfflineSession {
  /** Epoch milliseconds of the last status; null before the first. */
  readonly seenAt: number | null;
  /** The last gap, until a record was evaluated against it. */
  readonly gap: Gap | null;
  /** A record that waits for evaluation, and the last evaluated one: a pad reports it again with every connection. */
  readonly heard: { readonly record: PadRecord; readonly at: number } | null;
  readonly weighed: Measures | null;
}

export const noOfflineSession: OfflineSession = { seenAt: null, gap: null, heard: null, weighed: null };

/** A walk, or the rest of one, that is not counted yet. Times are epoch milliseconds. */
export interface MissedSession {
  readonly from: number;
  readonly to: number;
  readonly elapsed: Seconds;
  readonly distance: Metres;
  readonly steps: number;
}

/** A counter may need a second reading before a value is accepted (counter.ts): until then its gain is unknown. */
const STATUSES_TO_WAIT = 3;
/** Gains above these are a walk, not the lag of counters that had stopped (wire-facts a.7: a unit of 10 m, a frame). */
const LAG: Measures = { elapsed: 5, distance: 10, steps: 10 };
/** Milliseconds: a shorter walk would not be kept (config `session.min_duration`). */
const WORTH_ASKING = 30_000;
/** Allowed error of the pad's clock in the age of a record; a crystal is ten times better. */
const CLOCK_ERROR = 0.005;
/** Allowed error of the recorded start and end. */
const SLACK = 10_000;
/** The record is 24 bits wide: values beyond a day, 7 m/s or 4 steps per second are no walk. */
const MOST = { elapsed: 86_400, metresPerSecond: 7, stepsPerSecond: 4 };

const measuresOf = ({ elapsed, distance, steps }: Counters): Measures | null =>
  elapsed === null && distance === null && steps === null
    ? null
    : { elapsed: elapsed?.value ?? 0, distance: distance?.value ?? 0, steps: steps?.value ?? 0 };

const NOTHING: Measures = { elapsed: 0, distance: 0, steps: 0 };

const add = (one: Measures, other: Measures): Measures => ({
  elapsed: one.elapsed + other.elapsed,
  distance: one.distance + other.distance,
  steps: one.steps + other.steps,
});

const someOf = (of: Measures, test: (value: number, key: keyof Measures) => boolean): boolean =>
  test(of.elapsed, "elapsed") || test(of.distance, "distance") || test(of.steps, "steps");

/** Updates the state with a status. A gap soon followed by another is extended: the record covers both. */
export const afterStatus = (
  state: OfflineSession,
  { silent, gained, before, moving }: Reading,
  at: number,
): OfflineSession => {
  const { seenAt, gap } = state;
  const counted = moving || someOf(gained, (value, key) => value > LAG[key]);
  if (gap && !(silent && gap.statuses >= STATUSES_TO_WAIT)) {
    const sum = add(gap.gained, gained);
    const known = { counted: gap.counted || counted, gained: sum, statuses: gap.statuses + 1 };
    return { ...state, seenAt: at, gap: { ...gap, ...known } };
  }
  if (!silent || seenAt === null) return { ...state, seenAt: at, gap: null };
  const opened = {
    since: seenAt,
    moving: before.speed > 0,
    counters: measuresOf(before.counters),
    counted,
    gained: add(NOTHING, gained),
    statuses: 1,
  };
  return { ...state, seenAt: at, gap: opened };
};

/** Whether the pad's record could contain an unobserved walk: only then is it requested. */
export const needsRecord = ({ seenAt, gap, heard }: OfflineSession): boolean =>
  gap !== null &&
  seenAt !== null &&
  heard === null &&
  !gap.counted &&
  gap.statuses >= STATUSES_TO_WAIT &&
  (gap.moving || seenAt - gap.since >= WORTH_ASKING);

/** Keeps the pad's record of its last walk; it is evaluated once the counters are clear. */
export const withRecord = (state: OfflineSession, record: PadRecord, at: number): OfflineSession => ({
  ...state,
  heard: { record, at },
});

/** Evaluates a pending record, each record once. */
export const evaluate = (
  state: OfflineSession,
): { readonly state: OfflineSession; readonly missed: MissedSession | null } => {
  const { heard, gap, weighed } = state;
  if (!heard || (gap && gap.statuses < STATUSES_TO_WAIT)) return { state, missed: null };
  const { elapsed, distance, steps } = heard.record;
  const same = weighed?.elapsed === elapsed && weighed.distance === distance && weighed.steps === steps;
  const missed = same || !gap ? null : missedSession(heard.record, gap, heard.at);
  return { state: { ...state, heard: null, gap: null, weighed: { elapsed, distance, steps } }, missed };
};

const isWalk = ({ elapsed, distance, steps }: PadRecord): boolean =>
  elapsed > 0 &&
  elapsed <= MOST.elapsed &&
  distance <= elapsed * MOST.metresPerSecond + LAG.distance &&
  steps <= elapsed * MOST.stepsPerSecond + LAG.steps;

/**
 * The part of the pad's newest record (wire-facts a.6) that is not counted yet: a walk that began in the gap, or the
 * rest of one that was under way when the gap began; null where that is not certain. Missing a walk is better than
 * counting one twice. `at`: epoch milliseconds at which the pad reported the record.
 */
export const missedSession = (record: PadRecord, gap: Gap, at: number): MissedSession | null => {
  if (gap.counted || record.age === undefined || !isWalk(record)) return null;
  const began = at - record.age * 1000;
  const doubt = record.age * 1000 * CLOCK_ERROR;
  const after = began > gap.since + doubt;
  const underWay = gap.moving && began + record.elapsed * 1000 > gap.since;
  if (!after && !underWay) return null;
  // Machines that keep their counters over a stop keep them in the record too (wire-facts a.9): their values before the
  // gap are already counted.
  const { counters } = gap;
  const includes = counters !== null && !someOf(counters, (value, key) => value > record[key]);
  if (!after && !includes) return null;
  const known = add(includes ? counters : NOTHING, gap.gained);
  return fitting(less(record, known), Math.max(began, gap.since), at + doubt + SLACK);
};

const less = (record: PadRecord, counted: Measures): Measures => ({
  elapsed: record.elapsed - counted.elapsed,
  distance: Math.max(0, record.distance - counted.distance),
  steps: Math.max(0, record.steps - counted.steps),
});

const fitting = (
  { elapsed, distance, steps }: Measures,
  from: number,
  until: number,
): MissedSession | null => {
  const to = from + elapsed * 1000;
  if (elapsed <= 0 || to > until) return null;
  return { from, to, elapsed: seconds(elapsed), distance: metres(distance), steps };
};
