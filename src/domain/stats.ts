import type { Metres, Seconds, Speed } from "./units.js";

/** One walk (docs/topics.md, stats). Times are epoch milliseconds. */
export interface Session {
  readonly id: string;
  readonly state: "active" | "paused" | "ended";
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly distance: Metres;
  /** Seconds of moving belt. */
  readonly duration: Seconds;
  readonly steps: number;
  /** kcal; not rounded, so that small deltas add up. */
  readonly calories: number;
  readonly caloriesSource: "pad" | "estimate";
  readonly maxSpeed: Speed;
}

/**
 * Hundredths of a km/h over the moving time of a session; null before the belt has moved for a second. Distance comes
 * in steps of up to 10 m, so the average of a short session can exceed its maximum: then the maximum is the result.
 */
export const averageSpeed = ({ distance, duration, maxSpeed }: Session): number | null =>
  // 1 m/s is 360 hundredths of a km/h.
  duration > 0 ? Math.min((distance * 360) / duration, maxSpeed) : null;

export interface Totals {
  readonly distance: Metres;
  readonly duration: Seconds;
  readonly steps: number;
  readonly calories: number;
  readonly sessions: number;
}

export type GoalKey = "distance" | "steps" | "duration" | "calories";
/** Daily targets in domain units (metres, steps, seconds, kcal); null: no such goal. */
export type Goals = Readonly<Record<GoalKey, number | null>>;

/** Progress to one goal; `eta` in seconds at the current speed, null when unknown. */
export interface GoalProgress {
  readonly target: number;
  readonly progress: number;
  readonly eta: number | null;
}

/** The content of `B/P/stats`. */
export interface Stats {
  readonly session: Session | null;
  readonly today: Totals;
  readonly total: Totals;
  readonly goals: Readonly<Partial<Record<GoalKey, GoalProgress>>>;
}
