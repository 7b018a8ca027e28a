import type { Totals } from "./stats.js";
import { metres, seconds } from "./units.js";

/**
 * The gains since the delta before, and their time (epoch milliseconds). `sessions` is 1 in a session's first delta.
 */
export interface Delta extends Totals {
  readonly at: number;
}

/** All time and the last days, by local date; `day` is the present one. */
export interface TotalsState {
  readonly day: string;
  readonly days: Readonly<Record<string, Totals>>;
  readonly total: Totals;
}

export type TotalsInput =
  { readonly type: "delta"; readonly delta: Delta } | { readonly type: "tick"; readonly at: number };

export const NO_TOTALS: Totals = {
  distance: metres(0),
  duration: seconds(0),
  steps: 0,
  calories: 0,
  sessions: 0,
};
export const noTally: TotalsState = { day: "", days: {}, total: NO_TOTALS };

/** More than one day, so that after a clock was set to tomorrow and back its day is still there. */
export const DAYS_KEPT = 7;

/** Epoch milliseconds to the local date, `YYYY-MM-DD`. */
export type LocalDay = (epochMs: number) => string;

/** A clock correction by itself is smaller than this: an NTP step, or a boot without a battery-backed clock. */
const PUT_RIGHT_MS = 2 * 60 * 60_000;

/**
 * The local date at `at`; `last` is the last known one. A clock that is corrected shortly after midnight does not
 * return to the day before: that day's values would be published once more, and counted twice by a consumer that adds
 * up increases (Home Assistant).
 */
export const dayAfter = (last: string, at: number, localDay: LocalDay): string => {
  const day = localDay(at);
  return day < last && localDay(at + PUT_RIGHT_MS) >= last ? last : day;
};

export const addTotals = (totals: Totals, delta: Totals): Totals => ({
  distance: metres(totals.distance + delta.distance),
  duration: seconds(totals.duration + delta.duration),
  steps: totals.steps + delta.steps,
  calories: totals.calories + delta.calories,
  sessions: totals.sessions + delta.sessions,
});

const keepLast = (days: Readonly<Record<string, Totals>>): Readonly<Record<string, Totals>> =>
  Object.fromEntries(Object.entries(days).slice(-DAYS_KEPT));

/**
 * Sums deltas by the local day on which they happened, so that a walk across midnight is split at midnight; a tick
 * changes the day, in either direction when the clock was wrong. Totals of a day and of all time never decrease.
 */
export const updateTotals = (state: TotalsState, input: TotalsInput, localDay: LocalDay): TotalsState => {
  if (input.type === "tick") {
    const day = dayAfter(state.day, input.at, localDay);
    return day === state.day ? state : { ...state, day };
  }
  const day = localDay(input.delta.at);
  // Deltas of a session's first seconds are reported late: they belong to their day, but do not set the day back.
  return {
    day: day > state.day ? day : state.day,
    days: keepLast({ ...state.days, [day]: addTotals(state.days[day] ?? NO_TOTALS, input.delta) }),
    total: addTotals(state.total, input.delta),
  };
};

export const today = (state: TotalsState): Totals => state.days[state.day] ?? NO_TOTALS;
