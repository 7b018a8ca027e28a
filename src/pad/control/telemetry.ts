import type { Activity, PadStatus } from "../../domain/pad.js";
import type { Belt } from "../../domain/state.js";
import { AT_REST, type Speed } from "../../domain/units.js";

/** Contract 3: `unknown` once no valid status came for 5 s; the link is then recreated. */
export const SILENCE_MS = 5_000;
/** Contract rules 2, 4, 5: what a start or a speed may be based on. */
const FRESH_MS = 2_000;
/** Contract rule 7: how long speed 0 must last where the state itself does not say "resting". */
const ZERO_IS_REST_MS = 5_000;
/** Contract 3, target_speed: a speed is settled after 3 s within 0.1 km/h. */
const SETTLED_MS = 3_000;
export const SETTLED_WITHIN = 10;
/** Contract 1: a belt counts as slowing when each of its last three statuses is lower by at least 0.2 km/h. */
const FALLING_BY = 20;
const FALLING_STATUSES = 3;
/** Two polls' time: a status that comes twice, or ten times a second, is hardly slower than the one before. */
const SLOWING_MS = 1_500;

/** One valid status as it came in. Times are the clock's monotonic milliseconds. */
export interface Sample {
  readonly status: PadStatus;
  readonly at: number;
  /** When the poll that this status answers was written; null when it answers a command or nobody. */
  readonly poll: number | null;
}

/** What the statuses of one pad have shown, folded. */
export interface Telemetry {
  /** The last status that told the speed. */
  readonly last: Sample | null;
  /** Since when every status has shown speed 0 in a state that does not itself say "resting"; null when one did not. */
  readonly stillSince: number | null;
  /** Since when every status has shown a moving belt; null: the last one did not. */
  readonly movingSince: number | null;
  /** Consecutive statuses at rest. */
  readonly rests: number;
  /** The speed that has held, and since when it has stayed within 0.1 km/h of it. */
  readonly steady: { readonly speed: Speed; readonly since: number } | null;
  /** The speeds of the latest statuses, newest last, for `isFalling` and `isSlowing`. */
  readonly trail: readonly { readonly speed: Speed; readonly at: number }[];
  /** When the machine acknowledged a start, or told of one, that no status has shown so far. */
  readonly startReported: number | null;
  /** Its data shows no movement though it has started: its zeros prove nothing (contract rule 7). */
  readonly blind: boolean;
}

/** Contract rule 7: a cold start takes up to 15 s until the belt moves (wire-facts b.7.1). */
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

/** The machine acknowledged a start, or told of one. */
export const startReported = (telemetry: Telemetry, now: number): Telemetry =>
  isMoving(telemetry) ? telemetry : { ...telemetry, startReported: telemetry.startReported ?? now };

/** It acknowledged a stop, or told of one: a start that has shown no movement so far is over. */
export const stopReported = (telemetry: Telemetry): Telemetry =>
  telemetry.blind ? telemetry : { ...telemetry, startReported: null };

const RESTING: readonly Activity[] = ["resting", "standby", "paused"];
const saysRest = ({ activity }: PadStatus): boolean => RESTING.includes(activity);

export const observe = (telemetry: Telemetry, sample: Sample): Telemetry => {
  const { status, at } = sample;
  const { speed } = status;
  // Contract rule 7: only a status that carries a speed says anything.
  if (speed === undefined) return telemetry;
  const { steady, stillSince } = telemetry;
  // A countdown ends in state 1 at speed 0 (wire-facts a.8): what was at rest before it is no rest in that state.
  const still = speed === AT_REST && !saysRest(status) && status.activity !== "countdown";
  const startReported = speed > AT_REST ? null : telemetry.startReported;
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

/** A slow start creeps within 0.1 km/h of the countdown's 0: a belt at rest holds no speed. */
const holds = (steady: Speed, speed: Speed): boolean =>
  steady > AT_REST && Math.abs(steady - speed) <= SETTLED_WITHIN;

/** A gap proves nothing about the time in between: what needs duration starts anew, the last status stays known. */
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

/** The latest status shows a belt at rest (contract rule 7, for one status). Silence never does. */
export const showsRest = ({
  last,
  stillSince,
  blind,
}: Pick<Telemetry, "last" | "stillSince" | "blind">): boolean => {
  if (!last || blind || last.status.speed !== AT_REST) return false;
  return saysRest(last.status) || (stillSince !== null && last.at - stillSince >= ZERO_IS_REST_MS);
};

export const isMoving = ({ last }: Telemetry): boolean => (last?.status.speed ?? AT_REST) > AT_REST;

/** Rule 5: the belt runs, not in a countdown, not slowing by itself. */
export const isRunning = (telemetry: Telemetry): boolean =>
  telemetry.last?.status.activity === "running" && isMoving(telemetry);

/** It moves, but the pad says that it stops, or that it has: the tail of a stop (wire-facts a.10, state 0 at 0.3). */
const isEnding = (telemetry: Telemetry): boolean => {
  const status = telemetry.last?.status;
  return status !== undefined && (status.activity === "stopping" || saysRest(status));
};

/** The belt moves, and not because it is coming to rest. */
export const isDriven = (telemetry: Telemetry): boolean => isMoving(telemetry) && !isEnding(telemetry);

/** The belt moves under power or is about to: a start has nothing to write. */
export const isStartingOrDriven = (telemetry: Telemetry): boolean => {
  const activity = telemetry.last?.status.activity;
  return activity === "countdown" || (activity === "running" && !showsRest(telemetry)) || isDriven(telemetry);
};

/** The belt moves, for whatever reason, or is about to. */
export const isActive = (telemetry: Telemetry): boolean =>
  isMoving(telemetry) || isStartingOrDriven(telemetry);

/** The speed that has held for 3 s while the belt ran, or null. */
export const settledSpeed = (telemetry: Telemetry): Speed | null => {
  const { last, steady } = telemetry;
  if (!last || !steady || !isRunning(telemetry) || last.at - steady.since < SETTLED_MS) return null;
  return last.status.speed ?? null;
};

/** How much lower each of the last three speeds was than the one before, the newest last. */
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

/** Each of the last three statuses, all after `since`, was lower than the one before by at least 0.2 km/h (contract 1). */
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

const restWord = ({ activity, mode }: PadStatus): Belt => {
  if (activity === "paused") return "paused";
  return activity === "standby" || mode === "standby" ? "standby" : "idle";
};

/** The belt word of contract 3. `stopping`: a stop of ours is not yet confirmed. */
export const beltState = (telemetry: Telemetry, now: number, stopping: boolean): Belt => {
  const { last } = telemetry;
  if (!last || !isKnown(telemetry, now) || telemetry.blind || last.status.activity === "other")
    return "unknown";
  const { activity } = last.status;
  if (activity === "countdown") return "starting";
  if (showsRest(telemetry)) return restWord(last.status);
  if (stopping || activity !== "running") return "stopping";
  return isMoving(telemetry) ? "running" : "starting";
};
