import type { Session } from "./stats.js";
import { NO_TOTALS, type Delta } from "./totals.js";
import { AT_REST, metres, seconds, type Speed } from "./units.js";

export type OpenSession = Session & { readonly state: "active" | "paused" };

/** A session of this boot with what it gained before the clock was set: its days are not known yet. */
export interface UndatedSession {
  readonly session: Session;
  readonly gains: readonly Delta[];
}

export const isOpen = (session: Session | null): session is OpenSession =>
  session !== null && session.state !== "ended";

/** Epoch milliseconds in base 36: as text, ids sort by start until the year 5188. */
const sessionId = (startedAt: number): string =>
  Math.max(0, Math.trunc(startedAt)).toString(36).padStart(9, "0");

/** A session whose belt has just begun to move. */
export const newSession = (startedAt: number, caloriesSource: Session["caloriesSource"]): OpenSession => {
  const { distance, duration, steps, calories } = NO_TOTALS;
  return {
    id: sessionId(startedAt),
    state: "active",
    startedAt,
    endedAt: null,
    distance,
    duration,
    steps,
    calories,
    caloriesSource,
    maxSpeed: AT_REST,
  };
};

/** The session with this delta added; `speed` in hundredths of a km/h. */
export const addDelta = (
  session: OpenSession,
  delta: Delta,
  caloriesSource: Session["caloriesSource"],
  speed: number,
): OpenSession => ({
  ...session,
  distance: metres(session.distance + delta.distance),
  duration: seconds(session.duration + delta.duration),
  steps: session.steps + delta.steps,
  calories: session.calories + delta.calories,
  caloriesSource,
  maxSpeed: Math.max(session.maxSpeed, speed) as Speed,
});
