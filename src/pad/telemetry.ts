import type { Activity, PadStatus } from "../domain/pad.js";
import type { Belt } from "../domain/state.js";
import { AT_REST, type Speed } from "../domain/units.js";

/** Contract 3: `unknown` once no valid status came for 5 s; the link is then recreated. */
export const SILENCE_MS = 5_000;
/** Contract rules 2, 4, 5: what a start or a speed may be based on. */
export const FRESH_MS = 2_000;
/** Contract rule 7: how long speed 0 must last where the state itself does not say "resting". */
const ZERO_IS_REST_MS = 5_000;
/** Contract 3, target_speed: a speed is settled after 3 s within 0.1 km/h. */
const SETTLED_MS = 3_000;
const SETTLED_WITHIN = 10;
/** Contract 1: a belt counts as slowing when each of its last three statuses is lower by at least 0.2 km/h. */
const FALLING_BY = 20;
const FALLING_STATUSES = 3;

/** One valid status as it came in. Times are the clock's monotonic milliseconds. */
export interface Sample {
  readonly status: PadStatus;
  readonly at: number;
  /** When the poll that this status answers was written; null when it answers a command or nobody. */
  readonly poll: number | null;
}

/** What the statuses of one pad have shown, folded. */
export interface Telemetry {
  readonly last: Sample | null;
  /** Since when every status has shown speed 0; null while the belt moves or the link is down. */
  readonly zeroSince: number | null;
  /** The speed that has held, and since when it has stayed within 0.1 km/h of it. */
  readonly steady: { readonly speed: Speed; readonly since: number } | null;
  /** The speeds of the latest statuses, newest last, for `falling`. */
  readonly trail: readonly { readonly speed: Speed; readonly at: number }[];
}

export const noTelemetry: Telemetry = { last: null, zeroSince: null, steady: null, trail: [] };

export const observe = (telemetry: Telemetry, sample: Sample): Telemetry => {
  const speed = sample.status.speed;
  if (speed === undefined) return { ...telemetry, last: sample };
  const { steady } = telemetry;
  return {
    last: sample,
    zeroSince: speed === AT_REST ? (telemetry.zeroSince ?? sample.at) : null,
    steady: steady && Math.abs(steady.speed - speed) <= SETTLED_WITHIN ? steady : { speed, since: sample.at },
    trail: [...telemetry.trail, { speed, at: sample.at }].slice(-FALLING_STATUSES - 1),
  };
};

/** A gap proves nothing about the time in between: what needs duration starts anew, the last status stays known. */
export const interrupted = (telemetry: Telemetry): Telemetry => ({
  ...noTelemetry,
  last: telemetry.last,
});

const within = (telemetry: Telemetry, now: number, ms: number): boolean =>
  telemetry.last !== null && now - telemetry.last.at <= ms;

export const isFresh = (telemetry: Telemetry, now: number): boolean => within(telemetry, now, FRESH_MS);
export const isKnown = (telemetry: Telemetry, now: number): boolean => within(telemetry, now, SILENCE_MS);

const resting: readonly Activity[] = ["resting", "standby", "paused"];

/** The latest status shows a belt at rest (contract rule 7, for one status). Silence never does. */
export const showsRest = ({ last, zeroSince }: Telemetry): boolean => {
  if (!last || zeroSince === null || last.status.activity === "countdown") return false;
  return resting.includes(last.status.activity) || last.at - zeroSince >= ZERO_IS_REST_MS;
};

export const isMoving = ({ last }: Telemetry): boolean => (last?.status.speed ?? AT_REST) > AT_REST;

/** Rule 5: the belt runs, not in a countdown, not slowing by itself. */
export const isRunning = (telemetry: Telemetry): boolean =>
  telemetry.last?.status.activity === "running" && isMoving(telemetry);

/** The belt is on its way to moving or moves: a start has nothing to write. */
export const isUnderWay = (telemetry: Telemetry): boolean => {
  const activity = telemetry.last?.status.activity;
  return activity === "countdown" || (activity === "running" && !showsRest(telemetry)) || isMoving(telemetry);
};

/** The speed that has held for 3 s while the belt ran, or null. */
export const settledSpeed = (telemetry: Telemetry): Speed | null => {
  const { last, steady } = telemetry;
  if (!last || !steady || !isRunning(telemetry) || last.at - steady.since < SETTLED_MS) return null;
  return last.status.speed ?? null;
};

/** Each of the last three statuses, all after `since`, was lower than the one before by at least 0.2 km/h (contract 1). */
export const isFalling = ({ trail }: Telemetry, since: number): boolean => {
  const drops = trail.slice(1).map((point, i) => (trail[i]?.speed ?? 0) - point.speed);
  const oldest = trail.at(-FALLING_STATUSES);
  return (
    drops.length >= FALLING_STATUSES &&
    oldest !== undefined &&
    oldest.at > since &&
    drops.slice(-FALLING_STATUSES).every((drop) => drop >= FALLING_BY)
  );
};

const restWord = ({ activity, mode }: PadStatus): Belt => {
  if (activity === "paused") return "paused";
  return activity === "standby" || mode === "standby" ? "standby" : "idle";
};

/** The belt word of contract 3. `stopping`: a stop of ours is not yet confirmed. */
export const beltWord = (telemetry: Telemetry, now: number, stopping: boolean): Belt => {
  const { last } = telemetry;
  if (!last || !isKnown(telemetry, now) || last.status.speed === undefined) return "unknown";
  const { activity } = last.status;
  if (activity === "other") return "unknown";
  if (activity === "countdown") return "starting";
  if (showsRest(telemetry)) return restWord(last.status);
  if (stopping) return "stopping";
  if (activity === "running") return isMoving(telemetry) ? "running" : "starting";
  // Speed above 0 in a resting state, or a stopping state: the pad itself says that the belt slows (wire-facts a.10).
  return "stopping";
};
