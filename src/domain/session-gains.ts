import type { Body } from "./calories.js";
import { estimate, movedFor, type Reading } from "./meter.js";
import type { OpenSession } from "./open-session.js";
import { seconds, type Seconds } from "./units.js";

/** A machine's clock may show its last second this long after the belt stopped (wire-facts a.7: counters lag). */
const CLOCK_LAG = 3_000;

/**
 * Seconds of moving belt, by the machine's clock where it runs; else by ours. `carry`: milliseconds of it that were short
 * of a second; `rested`: since the belt was last known to move, in milliseconds, too.
 */
export const timeGained = (
  session: OpenSession,
  reading: Reading,
  carry: number,
  rested: number,
): { readonly duration: Seconds; readonly carry: number } => {
  const { before, after, gained } = reading;
  if (after.clocked) {
    const moved = session.state === "active" || rested <= CLOCK_LAG;
    // What our clock counted until the machine's came alive is in its first seconds too.
    const ours = before.clocked ? 0 : session.duration;
    return { duration: seconds(moved ? Math.max(0, gained.elapsed - ours) : 0), carry: 0 };
  }
  const total = carry + movedFor(reading);
  return { duration: seconds(Math.floor(total / 1000)), carry: total % 1000 };
};

/** kcal, by the machine's counter where it counts; else estimated. */
export const kcalGained = (session: OpenSession, reading: Reading, duration: Seconds, body: Body): number => {
  if (!reading.after.metered) return estimate(reading, duration, body);
  // As with the clock: what was estimated before the counter came alive is in its first kcal too.
  const estimated = session.caloriesSource === "estimate" ? session.calories : 0;
  return Math.max(0, reading.gained.energy - estimated);
};
