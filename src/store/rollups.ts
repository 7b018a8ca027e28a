import type { Totals } from "../domain/stats.js";
import { addTotals, NO_TOTALS, type TotalsState } from "../domain/totals.js";
import { metres, seconds } from "../domain/units.js";
import type { PadChange } from "./changes.js";

/** Sorts before every date: totals from before the days in the tally. */
const EARLIER = "";

const less = (totals: Totals, part: Totals): Totals => ({
  distance: metres(Math.max(0, totals.distance - part.distance)),
  duration: seconds(Math.max(0, totals.duration - part.duration)),
  steps: Math.max(0, totals.steps - part.steps),
  calories: Math.max(0, totals.calories - part.calories),
  sessions: Math.max(0, totals.sessions - part.sessions),
});

const sum = (all: Iterable<Totals>): Totals => [...all].reduce(addTotals, NO_TOTALS);

const isSome = ({ distance, duration, steps, calories, sessions }: Totals): boolean =>
  distance + duration + steps + calories + sessions > 0;

/** The totals for a new file, so that they do not decrease: everything, less what is pending anyway. */
export const rollupsForNewFile = (
  { days, total }: TotalsState,
  { sessions }: PadChange,
): ReadonlyMap<string, Totals> => {
  const portions = [...sessions.values()].flatMap((held) => [...held.portions]);
  const pending = (day: string): Totals => sum(portions.filter(([one]) => one === day).map(([, of]) => of));
  const known = Object.entries(days).map(([day, of]) => [day, less(of, pending(day))] as const);
  const earlier = less(total, sum(Object.values(days)));
  return new Map([[EARLIER, earlier] as const, ...known].filter(([, of]) => isSome(of)));
};
