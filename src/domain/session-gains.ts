import type { Body } from "./calories.js";
import { estimate, movedFor, type Reading } from "./meter.js";
import type { OpenSession } from "./open-session.js";
import { seconds, type Seconds } from "./units.js";

/** A machine's clock may advance this long after the belt stopped (wire-facts a.7: counters lag). */
const CLOCK_LAG = 3_000;

/**
 * Seconds of moving belt, by the machine's clock where it runs, else by the bridge's. `carry`: milliseconds of it short
 * of a second; `rested`: milliseconds since the belt was last known to move.
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
    // The time that the bridge's clock counted before the machine's started is in the machine's first seconds too.
    const ours = before.clocked ? 0 : session.duration;
    return { duration: seconds(moved ? Math.max(0, gained.elapsed - ours) : 0), carry: 0 };
  }
  const total = carry + movedFor(reading);
  return { duration: seconds(Math.floor(total / 1000)), carry: total % 1000 };
};

/**
 * The machine counts kcal. One that has counted part of this session still does after a restart of its counter or of
 * the bridge: an estimate beside its first kcal would be counted twice, or be taken back after a crash.
 */
export const isMetered = ({ caloriesSource }: OpenSession, { after, status }: Reading): boolean =>
  after.metered || (caloriesSource === "pad" && status.energy !== undefined);

/** kcal, by the machine's counter where it has one, else estimated. */
export const kcalGained = (session: OpenSession, reading: Reading, duration: Seconds, body: Body): number => {
  if (!isMetered(session, reading)) return estimate(reading, duration, body);
  // As with the clock: an estimate from before the counter's first value is contained in its first kcal.
  const estimated = session.caloriesSource === "estimate" ? session.calories : 0;
  const counted = Math.max(0, reading.gained.energy - estimated);
  // After a crash the last status may have been published but not written: its estimate is credited, so that no total
  // decreases.
  return reading.before.metered ? counted : Math.max(counted, estimate(reading, duration, body));
};
