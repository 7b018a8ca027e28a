import { failure, OK, type Outcome } from "../../domain/command.js";
import type { Capabilities } from "../../domain/pad.js";
import type { Context } from "./context.js";
import { type InclineGoal, notWritten, resolve, type Step, supersede } from "./goals.js";
import { FROM_REST_MS, WRITE_WITHIN_MS } from "./speed.js";
import type { Due } from "./start.js";
import { isFresh, isRunning, type Sample, settledSpeed, showsRest } from "./telemetry.js";

type InclineRange = NonNullable<Capabilities["incline"]>;

/** 0.2 % per second + 5 s: twice the time of a slow deck, 15 % in some 40 s. */
const PERCENT_A_SECOND = 0.2;
const ANSWER_MS = 5_000;
/** Two readings of the same incline differ by less: readings are in tenths. */
const ALIKE = 0.01;

/** The time that a deck may take; from an unknown incline that of the whole range. */
const inclineTime = (from: number | null, to: number, { min, max }: InclineRange): number =>
  (Math.abs(from === null ? max - min : to - from) / PERCENT_A_SECOND) * 1000 + ANSWER_MS;

/** The nearest incline that the machine accepts: its minimum plus whole steps, within its range. */
export const roundIncline = (percent: number, { min, max, step }: InclineRange): number => {
  // Decimal fractions are inexact: a range of 6.8 has 68 steps of 0.1.
  const most = Math.floor((max - min) / step + 1e-9);
  const steps = Math.max(0, Math.min(Math.round((percent - min) / step), most));
  return Math.round((min + steps * step) * 10) / 10;
};

export interface InclineRequest extends Pick<InclineGoal, "refs" | "percent"> {
  readonly range: InclineRange;
  /** When its command arrived. */
  readonly since: number;
}

/** Requests an incline; the latest wins. With a pending start it waits for the belt to move. */
export const requestIncline = (
  { control, telemetry, now }: Context,
  { refs, percent, range, since }: InclineRequest,
): Step => {
  const withStart = control.start !== null;
  const time = inclineTime(telemetry.last?.status.incline ?? null, percent, range);
  const incline: InclineGoal = {
    refs,
    percent,
    deadline: now + time + (withStart ? FROM_REST_MS : 0),
    writeBy: withStart ? now + FROM_REST_MS : since + WRITE_WITHIN_MS,
    withStart,
    wroteAt: null,
  };
  return { control: { ...control, incline }, effects: supersede(control.incline) };
};

/**
 * Written to a belt that runs or rests: not in a spin-up, which an additional write can disturb, nor while it slows to
 * rest. Where the frame carries the speed as well, only to a belt at a constant speed: on a ramp it would hold the belt
 * there, or undo a button press (safety rule 5).
 */
export const mayIncline = ({ control, telemetry, machine, now }: Context): boolean => {
  if (control.stop !== null || !isFresh(telemetry, now)) return false;
  if (machine.quirks.speedStarts) return control.speed === null && settledSpeed(telemetry) !== null;
  return isRunning(telemetry) || (control.start === null && showsRest(telemetry));
};

export const inclineDue = (context: Context, goal: InclineGoal): Due =>
  goal.wroteAt === null && mayIncline(context)
    ? { operation: { op: "incline", percent: goal.percent }, at: 0 }
    : null;

const NOT_WRITTEN = failure(
  "unconfirmed",
  "No status showed the belt running steadily or at rest, so the incline was not written. Try again.",
);

const ended = ({ control, telemetry, now }: Context, goal: InclineGoal): Outcome | null => {
  const { wroteAt, withStart, writeBy, deadline } = goal;
  if (wroteAt === null && withStart && control.start === null && showsRest(telemetry))
    return failure("superseded", "The belt did not start, so the incline was dropped.");
  if (wroteAt === null && now >= writeBy) return notWritten(control, NOT_WRITTEN);
  return now >= deadline
    ? failure(
        "unconfirmed",
        "The machine did not report the incline in time; `incline` in the state is the reported one.",
      )
    : null;
};

/** Resolves an incline: `ok` once the machine reports it, within one step. */
export const reviewIncline = (context: Context, sample?: Sample): Step => {
  const { control, machine } = context;
  const { incline: range } = machine.capabilities;
  const { incline: goal } = control;
  if (!goal) return { control, effects: [] };
  const reported = sample?.status.incline;
  const isNew = goal.wroteAt !== null && sample !== undefined && sample.at > goal.wroteAt;
  const near = reported !== undefined && Math.abs(reported - goal.percent) <= (range?.step ?? 0) + ALIKE;
  const outcome = isNew && near ? OK : ended(context, goal);
  if (!outcome) return { control, effects: [] };
  return { control: { ...control, incline: null }, effects: resolve(goal.refs, outcome) };
};
