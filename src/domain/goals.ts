import type { GoalKey, GoalProgress, Goals, Session, Stats, Totals } from "./stats.js";
import type { Speed } from "./units.js";

const KEYS: readonly GoalKey[] = ["distance", "steps", "duration", "calories"];

/**
 * Units of `key` per second at this speed. Steps and kcal follow from the session's rate per metre, or per second on a
 * machine that counts no metres; 0 when unknown.
 */
const rate = (key: GoalKey, session: Session | null, speed: Speed): number => {
  const metresPerSecond = speed / 360;
  if (key === "distance") return metresPerSecond;
  if (key === "duration") return 1;
  if (session === null) return 0;
  if (session.distance > 0) return (session[key] / session.distance) * metresPerSecond;
  return session.duration > 0 ? session[key] / session.duration : 0;
};

const eta = (missing: number, perSecond: number): number | null => {
  if (missing <= 0) return 0;
  return perSecond > 0 ? Math.ceil(missing / perSecond) : null;
};

/**
 * Progress to each goal that is set: 1 is reached, and values above 1 are reported. `eta` is in whole seconds at the
 * current speed: 0 once reached, null while the belt rests, its speed is unknown or no rate is known.
 */
export const goalProgress = (
  goals: Goals,
  today: Totals,
  session: Session | null,
  speed: Speed | null,
): Stats["goals"] => {
  const one = (key: GoalKey, target: number): GoalProgress => ({
    target,
    progress: target > 0 ? today[key] / target : 1,
    eta: eta(target - today[key], speed === null || speed === 0 ? 0 : rate(key, session, speed)),
  });
  return Object.fromEntries(
    KEYS.flatMap((key) => {
      const target = goals[key];
      return target === null ? [] : [[key, one(key, target)]];
    }),
  );
};
