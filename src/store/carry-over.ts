import type { Totals } from "../domain/stats.js";
import { addTotals, NO_TOTALS, type Tally } from "../domain/totals.js";
import { metres, seconds } from "../domain/units.js";
import type { PadChange } from "./pending.js";

/** Sorts before every date: what was walked before the days that the tally knows. */
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

/** What a new file must be told so that totals do not fall: all that was walked, but for what waits to be written. */
export const carriedOver = ({ days, total }: Tally, { sessions }: PadChange): ReadonlyMap<string, Totals> => {
  const portions = [...sessions.values()].flatMap((held) => [...held.portions]);
  const waiting = (day: string): Totals => sum(portions.filter(([one]) => one === day).map(([, of]) => of));
  const known = Object.entries(days).map(([day, of]) => [day, less(of, waiting(day))] as const);
  const earlier = less(total, sum(Object.values(days)));
  return new Map([[EARLIER, earlier] as const, ...known].filter(([, of]) => isSome(of)));
};
