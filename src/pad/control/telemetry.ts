import type { Activity, PadStatus } from "../../domain/pad.js";
import type { Belt } from "../../domain/state.js";
import { AT_REST, type Speed } from "../../domain/units.js";

/** docs/topics.md: `unknown` after 5 s without a valid status; the link is then recreated. */
export const SILENCE_MS = 5_000;
/** Safety rules 2, 4 and 5: the maximum age of a status that allows a start or a speed. */
const FRESH_MS = 2_000;
/** Safety rule 7: how long speed 0 must last where the state itself is not a resting one. */
const ZERO_IS_REST_MS = 5_000;
/** docs/topics.md, target_speed: a speed is settled after 3 s within 0.1 km/h. */
const SETTLED_MS = 3_000;
export const SETTLED_WITHIN = 10;
/**
 * docs/command-line.md: a belt counts as slowing when each of its last three statuses is lower by at least 0.2 km/h.
 */
const FALLING_BY = 20;
const FALLING_STATUSES = 3;
/**
 * The time of two polls: a status that is repeated, or sent ten times a second, is hardly slower than the one before.
 */
const SLOWING_MS = 1_500;

/** One valid status as received. Times are the clock's monotonic milliseconds. */
export interface Sample {
  readonly status: PadStatus;
  readonly at: number;
  /** When the poll that this status answers was written; null when it answers a command or no write. */
  readonly poll: number | null;
}

/** The accumulated statuses of one pad. */
export interface Telemetry {
  /** The last status with a speed. */
  readonly last: Sample | null;
  /** Since when every status has shown speed 0 in a state that is not itself a resting one; null when one did not. */
  readonly stillSince: number | null;
  /** Since when every status has shown a moving belt; null: the last one did not. */
  readonly movingSince: number | null;
  /** Consecutive statuses at rest. */
  readonly rests: number;
  /** The speed that has held, and since when it has stayed within 0.1 km/h of it. */
  readonly steady: { readonly speed: Speed; readonly since: number } | null;
  /** The speeds of the latest statuses, newest last, for `isFalling` and `isSlowing`. */
  readonly trail: readonly { readonly speed: Speed; readonly at: number }[];
  /** When the machine acknowledged or last reported a start that no status has shown so far. */
  readonly startReported: number | null;
  /** Its data shows no movement though it has started: its zeros prove nothing (safety rule 7). */
  readonly blind: boolean;
}

/** Safety rule 7: a cold start takes up to 15 s until the belt moves (wire-facts b.7.1). */
const NO_MOVEMENT_MS = 20_000;

export const noTelemetry: Telemetry = {
  last: null,
  stillSince: null,
  movingSince: null,
  rests: 0,
  steady: null,
  trail: [],
  startReported: null,
  blind: false,
};

/** The machine reported a start (2ADA 04), maybe another one. The last status may show a movement that was over by then. */
export const startReported = (telemetry: Telemetry, now: number): Telemetry => ({
  ...telemetry,
  startReported: now,
});

/** It acknowledged a start, which it may have reported before. */
export const startAcknowledged = (telemetry: Telemetry, now: number): Telemetry =>
  startReported(telemetry, telemetry.startReported ?? now);

/** It acknowledged or reported a stop: a start without movement so far is over. */
export const stopReported = (telemetry: Telemetry): Telemetry =>
  telemetry.blind ? telemetry : { ...telemetry, startReported: null };

const RESTING: readonly Activity[] = ["resting", "standby", "paused"];
const reportsRest = ({ activity }: PadStatus): boolean => RESTING.includes(activity);

export const observe = (telemetry: Telemetry, sample: Sample): Telemetry => {
  const { status, at } = sample;
  const { speed } = status;
  // Safety rule 7: only a status that carries a speed counts.
  if (speed === undefined) return telemetry;
  const { steady, stillSince } = telemetry;
  // A countdown ends in state 1 at speed 0 (wire-facts a.8): rest before it does not count as rest in that state.
  const still = speed === AT_REST && !reportsRest(status) && status.activity !== "countdown";
  const startReported = speed > AT_REST ? null : startInData(telemetry, at);
  const seen = {
    last: sample,
    startReported,
    blind: startReported !== null && (telemetry.blind || at - startReported >= NO_MOVEMENT_MS),
    stillSince: still ? (stillSince ?? at) : null,
    movingSince: speed > AT_REST ? (telemetry.movingSince ?? at) : null,
    steady: steady && holds(steady.speed, speed) ? steady : { speed, since: at },
    trail: [...telemetry.trail, { speed, at }].filter(
      (point, i, all) => i >= all.length - FALLING_STATUSES - 1 || at - point.at <= SLOWING_MS,
    ),
  };
  return { ...seen, rests: showsRest(seen) ? telemetry.rests + 1 : 0 };
};

/** Time without statuses shows no lack of movement: a start, and its end, may have happened in it. */
const startInData = ({ startReported, last, blind }: Telemetry, now: number): number | null => {
  if (startReported === null || blind) return startReported;
  const before = Math.max(startReported, last?.at ?? -Infinity);
  return now - before > SILENCE_MS ? startReported + now - before : startReported;
};

/** A slow start crawls within 0.1 km/h of the countdown's 0: a belt at rest has no steady speed. */
const holds = (steady: Speed, speed: Speed): boolean =>
  steady > AT_REST && Math.abs(steady - speed) <= SETTLED_WITHIN;

/** A gap proves nothing about the time in between: durations restart, the last status stays known. */
export const interrupted = (telemetry: Telemetry): Telemetry => ({
  ...noTelemetry,
  last: telemetry.last,
  startReported: telemetry.startReported,
  blind: telemetry.blind,
});

const within = (telemetry: Telemetry, now: number, ms: number): boolean =>
  telemetry.last !== null && now - telemetry.last.at <= ms;

export const isFresh = (telemetry: Telemetry, now: number): boolean => within(telemetry, now, FRESH_MS);
export const isKnown = (telemetry: Telemetry, now: number): boolean => within(telemetry, now, SILENCE_MS);

/** The latest status shows a belt at rest (safety rule 7, for one status). Silence never does. */
export const showsRest = ({
  last,
  stillSince,
  blind,
}: Pick<Telemetry, "last" | "stillSince" | "blind">): boolean => {
  if (!last || blind || last.status.speed !== AT_REST) return false;
  return reportsRest(last.status) || (stillSince !== null && last.at - stillSince >= ZERO_IS_REST_MS);
};

export const isMoving = ({ last }: Telemetry): boolean => (last?.status.speed ?? AT_REST) > AT_REST;

/** Safety rule 5: the belt runs, not in a countdown, not slowing by itself. */
export const isRunning = (telemetry: Telemetry): boolean =>
  telemetry.last?.status.activity === "running" && isMoving(telemetry);

/** It moves, but the pad reports that it stops or has stopped: the end of a stop (wire-facts a.10, state 0 at 0.3). */
const isEnding = (telemetry: Telemetry): boolean => {
  const status = telemetry.last?.status;
  return status !== undefined && (status.activity === "stopping" || reportsRest(status));
};

/** The belt moves, and not because it is coming to rest. */
export const isDriven = (telemetry: Telemetry): boolean => isMoving(telemetry) && !isEnding(telemetry);

/** The belt moves under power or is about to: a start has nothing to write. */
export const isStartingOrDriven = (telemetry: Telemetry): boolean => {
  const activity = telemetry.last?.status.activity;
  return activity === "countdown" || (activity === "running" && !showsRest(telemetry)) || isDriven(telemetry);
};

/** The belt moves, for any reason, or is about to. */
export const isActive = (telemetry: Telemetry): boolean =>
  isMoving(telemetry) || isStartingOrDriven(telemetry);

/** The speed that has held for 3 s while the belt ran, or null. */
export const settledSpeed = (telemetry: Telemetry): Speed | null => {
  const { last, steady } = telemetry;
  if (!last || !steady || !isRunning(telemetry) || last.at - steady.since < SETTLED_MS) return null;
  return last.status.speed ?? null;
};

/** The differences between the last three speeds, the newest last; positive: slower. */
const drops = ({ trail }: Telemetry): readonly number[] => {
  const latest = trail.slice(-FALLING_STATUSES - 1);
  return latest.slice(1).map((point, i) => (latest[i]?.speed ?? AT_REST) - point.speed);
};

/** The latest status is lower by at least 0.2 km/h than the one before, or one of the last 1.5 s: the belt is slowing. */
export const isSlowing = ({ trail }: Telemetry): boolean => {
  const latest = trail.at(-1);
  if (!latest) return false;
  const recent = trail.filter((point, i) => i >= trail.length - 2 || latest.at - point.at <= SLOWING_MS);
  return Math.max(...recent.map(({ speed }) => speed)) - latest.speed >= FALLING_BY;
};

/** One status, as the first of a link, does not show whether the belt is slowing. */
export const isTrendKnown = ({ trail }: Telemetry): boolean => trail.length > 1;

/**
 * Each of the last three statuses, all after `since`, was lower than the one before by at least 0.2 km/h
 * (docs/command-line.md).
 */
export const isFalling = (telemetry: Telemetry, since: number): boolean => {
  const oldest = telemetry.trail.at(-FALLING_STATUSES);
  const last = drops(telemetry);
  return (
    last.length === FALLING_STATUSES &&
    oldest !== undefined &&
    oldest.at > since &&
    last.every((drop) => drop >= FALLING_BY)
  );
};

const restState = ({ activity, mode }: PadStatus): Belt => {
  if (activity === "paused") return "paused";
  return activity === "standby" || mode === "standby" ? "standby" : "idle";
};

/** The belt value of docs/topics.md. `stopping`: a stop of the bridge is not yet confirmed. */
export const beltState = (telemetry: Telemetry, now: number, stopping: boolean): Belt => {
  const { last } = telemetry;
  if (!last || !isKnown(telemetry, now) || telemetry.blind || last.status.activity === "other")
    return "unknown";
  const { activity } = last.status;
  if (activity === "countdown") return "starting";
  if (showsRest(telemetry)) return restState(last.status);
  if (stopping || activity !== "running") return "stopping";
  return isMoving(telemetry) ? "running" : "starting";
};
