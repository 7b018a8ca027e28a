import { failure, OK, type Outcome } from "../../domain/command.js";
import { AT_REST, kmh, type Speed } from "../../domain/units.js";
import type { Context } from "./context.js";
import { type Control, notWritten, resolve, type SpeedGoal, type Step, supersede } from "./goals.js";
import type { Due } from "./start.js";
import {
  isFresh,
  isRunning,
  isSlowing,
  isTrendKnown,
  isActive,
  type Sample,
  settledSpeed,
  SETTLED_WITHIN,
  showsRest,
  type Telemetry,
} from "./telemetry.js";

/** docs/topics.md: within 0.1 km/h or one step of the target. */
const tolerance = (step: Speed): number => Math.max(10, step);
/** docs/topics.md: from rest a speed belongs to its start for 20 s. */
export const FROM_REST_MS = 20_000;
/** Safety rule 2: a speed never waits. A busy link and a late status get as much time as a start frame. */
export const WRITE_WITHIN_MS = 5_000;
/** A speed without any effect after this time is written once more: writes without response get lost. */
const AGAIN_MS = 2_500;
const MAX_WRITES = 2;

export interface SpeedRequest extends Pick<SpeedGoal, "refs" | "target" | "onlySlower"> {
  /** When its command arrived. */
  readonly since: number;
}

/** docs/topics.md: 0.4 km/h a second + 5 s. */
const speedTime = (from: Speed, to: Speed): number => (Math.abs(kmh(to) - kmh(from)) / 0.4 + 5) * 1000;

const isNear = (a: Speed, b: Speed, step: Speed): boolean => Math.abs(a - b) <= tolerance(step);

/**
 * Most models show "running" until the belt rests (wire-facts a.8), so a belt that slows below the requested speed
 * counts as stopped by another controller: a speed written now would start it again under a person (safety rule 5).
 */
const slowsByItself = (goal: SpeedGoal, telemetry: Telemetry): boolean => {
  const askedFor = goal.wrote ? goal.target : goal.slowingTo;
  const speed = telemetry.last?.status.speed ?? AT_REST;
  return isSlowing(telemetry) && (askedFor === null || speed < askedFor - SETTLED_WITHIN);
};

const measuredSpeed = (telemetry: Telemetry): Speed => telemetry.last?.status.speed ?? AT_REST;

/** Safety rule 5: a speed is written only while a fresh status shows the belt running, and not slowing to rest. */
const maySetSpeed = ({ telemetry, now }: Context, goal: SpeedGoal): boolean =>
  isFresh(telemetry, now) &&
  isRunning(telemetry) &&
  isTrendKnown(telemetry) &&
  !slowsByItself(goal, telemetry) &&
  (!goal.onlySlower || goal.target <= measuredSpeed(telemetry));

/** The same between the frames of one write, which its goal records already. */
export const maySetSpeedStill = (context: Context, goal: SpeedGoal): boolean =>
  maySetSpeed(context, { ...goal, wrote: null });

/** Written once, and once more only while the belt has never left the speed it had (safety rule 5). */
export const speedDue = (context: Context, goal: SpeedGoal): Due => {
  if (!maySetSpeed(context, goal)) return null;
  const { capabilities, quirks } = context.machine;
  const operation = { op: "speed", speed: goal.target } as const;
  const { wrote, writes } = goal;
  if (!wrote) return { operation, at: (context.telemetry.movingSince ?? 0) + quirks.speedAfter };
  const ignored = !wrote.left && !isNear(wrote.from, goal.target, capabilities.step);
  return ignored && writes < MAX_WRITES ? { operation, at: wrote.at + AGAIN_MS } : null;
};

const NOT_WRITTEN = failure(
  "unconfirmed",
  "No status showed the belt running steadily, so the speed was not written. Try again.",
);

const ELSEWHERE = failure(
  "superseded",
  "The belt runs steadily at another speed, set at the pad itself. It keeps that speed.",
);
const ALREADY_SLOWER = failure(
  "superseded",
  "The belt already runs slower, so nothing was written. It keeps its speed.",
);

/** The belt has left its old speed and keeps one other than the target: a button was pressed. */
const settledElsewhere = ({ wrote }: SpeedGoal, telemetry: Telemetry): boolean =>
  wrote !== null &&
  wrote.left &&
  (telemetry.steady?.since ?? -Infinity) > wrote.at &&
  settledSpeed(telemetry) !== null;

const ended = ({ control, telemetry, now }: Context, goal: SpeedGoal): Outcome | null => {
  if (goal.seenActive && showsRest(telemetry))
    return failure(
      "superseded",
      "The belt came to rest before the speed was reached. Start it again to set a speed.",
    );
  if (settledElsewhere(goal, telemetry)) return ELSEWHERE;
  if (goal.onlySlower && !goal.wrote && isRunning(telemetry) && measuredSpeed(telemetry) < goal.target)
    return ALREADY_SLOWER;
  if (!goal.wrote && now >= goal.writeBy)
    return goal.fromRest
      ? failure("superseded", "The belt was not running within 20 s, so the speed was dropped.")
      : notWritten(control, NOT_WRITTEN);
  if (now >= goal.deadline)
    return failure(
      "unconfirmed",
      "The belt did not reach the speed in time. `speed` in the state shows its speed.",
    );
  return null;
};

/**
 * The pad has reported a lower limit than the one by which the speed was accepted. A belt that was already sent above
 * it is slowed down to it.
 */
const aboveNewLimit = ({ control, machine, now }: Context, goal: SpeedGoal): Step => {
  const { maxSpeed } = machine.capabilities;
  const outcome = failure(
    "out-of-range",
    `The pad has reported a lower limit since: at most ${kmh(maxSpeed)} km/h. The belt goes no faster than that.`,
  );
  const brake: SpeedGoal = {
    ...goal,
    refs: [],
    target: maxSpeed,
    wrote: null,
    writes: 0,
    writeBy: now + WRITE_WITHIN_MS,
    onlySlower: true,
  };
  // A start that was requested for this speed alone is cancelled with it: one that the pad has ignored is not written again.
  const { start } = control;
  const isOrphan = start !== null && start.refs.length === 0;
  return {
    control: { ...control, speed: goal.writes > 0 ? brake : null, start: isOrphan ? null : start },
    effects: resolve(goal.refs, outcome),
  };
};

/**
 * Whether the belt has left the speed that it had when the target was written: it obeys the bridge or another
 * controller.
 */
const noteLeaving = (goal: SpeedGoal, sample?: Sample): SpeedGoal => {
  const { wrote } = goal;
  const measured = sample?.status.speed;
  if (!wrote || wrote.left || measured === undefined || !sample || sample.at <= wrote.at) return goal;
  const left = Math.abs(measured - wrote.from) > SETTLED_WITHIN;
  return left ? { ...goal, wrote: { ...wrote, left } } : goal;
};

/** Requests a speed; the latest wins. A speed before the belt runs belongs to its start. */
export const requestSpeed = (
  { control, telemetry, now }: Context,
  { refs, target, since, onlySlower }: SpeedRequest,
): Step => {
  const older = control.speed;
  const running = isRunning(telemetry);
  const from = running ? measuredSpeed(telemetry) : AT_REST;
  const speed: SpeedGoal = {
    refs,
    target,
    deadline: now + speedTime(from, target) + (running ? 0 : FROM_REST_MS),
    writeBy: running ? since + WRITE_WITHIN_MS : now + FROM_REST_MS,
    fromRest: !running,
    seenActive: running,
    wrote: null,
    writes: 0,
    onlySlower,
    slowingTo: older?.wrote ? older.target : (older?.slowingTo ?? null),
  };
  return { control: { ...control, speed }, effects: supersede(older) };
};

/** Resolves a speed by telemetry; `sample` is the status that has just arrived, if any. */
export const reviewSpeed = (context: Context, sample?: Sample): Step => {
  const { control, telemetry, machine } = context;
  const { capabilities } = machine;
  const goal = control.speed;
  if (!goal) return { control, effects: [] };
  if (goal.target > capabilities.maxSpeed) return aboveNewLimit(context, goal);
  const measured = sample?.status.speed;
  if (goal.wrote && sample && sample.at > goal.wrote.at && measured !== undefined && isRunning(telemetry))
    if (isNear(measured, goal.target, capabilities.step))
      return { control: { ...control, speed: null, target: goal.target }, effects: resolve(goal.refs, OK) };
  // Until its own start has succeeded, a movement is that of the belt before it, which may come to rest first.
  const seenActive = goal.seenActive || (control.start === null && isActive(telemetry));
  const seen = noteLeaving({ ...goal, seenActive }, sample);
  const outcome = ended(context, seen);
  return outcome
    ? { control: { ...control, speed: null }, effects: resolve(goal.refs, outcome) }
    : { control: { ...control, speed: seen }, effects: [] };
};

/** docs/topics.md: the requested speed, else the last speed of the belt. */
export const targetOf = ({ speed, target }: Control): Speed | null => speed?.target ?? target;

/** docs/topics.md: the target follows the pad when it settles elsewhere without a command, and is null at rest. */
export const followTarget = (control: Control, telemetry: Telemetry): Control => {
  if (showsRest(telemetry)) return { ...control, target: null };
  const settled = control.speed || control.stop ? null : settledSpeed(telemetry);
  const elsewhere =
    settled !== null && (control.target === null || Math.abs(settled - control.target) > SETTLED_WITHIN);
  return elsewhere ? { ...control, target: settled } : control;
};

/** The written number meant another speed than the requested one. */
export const rescaleSpeed = ({ control, telemetry, now }: Context): Control => {
  const { speed } = control;
  if (!speed?.wrote) return control;
  const deadline = now + speedTime(telemetry.last?.status.speed ?? AT_REST, speed.target);
  return {
    ...control,
    speed: { ...speed, wrote: null, writes: 0, writeBy: now + WRITE_WITHIN_MS, deadline },
  };
};
