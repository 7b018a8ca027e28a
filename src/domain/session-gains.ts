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

/**
 * The machine counts kcal. One that has counted some of this session still does when its counter has begun anew, or the
 * bridge has: an estimate beside its first kcal would be counted twice, or taken back after a crash.
 */
export const isMetered = ({ caloriesSource }: OpenSession, { after, status }: Reading): boolean =>
  after.metered || (caloriesSource === "pad" && status.energy !== undefined);

/** kcal, by the machine's counter where it counts; else estimated. */
export const kcalGained = (session: OpenSession, reading: Reading, duration: Seconds, body: Body): number => {
  if (!isMetered(session, reading)) return estimate(reading, duration, body);
  // As with the clock: what was estimated before the counter came alive is in its first kcal too.
  const estimated = session.caloriesSource === "estimate" ? session.calories : 0;
  const counted = Math.max(0, reading.gained.energy - estimated);
  // After a crash the last status may have been told and not written: its estimate is made up for, so that no total falls.
  return reading.before.metered ? counted : Math.max(counted, estimate(reading, duration, body));
};
