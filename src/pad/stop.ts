import { failure, OK } from "../domain/command.js";
import { kmh, type Speed } from "../domain/units.js";
import {
  type Control,
  type Effect,
  type Ref,
  settle,
  type Step,
  type StopCause,
  type StopGoal,
} from "./goals.js";
import { isFresh, isMoving, isUnderWay, type Sample, showsRest, type Telemetry } from "./telemetry.js";

/** Contract rule 1: after its deadline a stop is repeated every 5 s as long as telemetry shows movement. */
const OVERDUE_REPEAT_MS = 5_000;
/** Three gaps of 0.7 s: two polls fit between two stop frames, so a belt at rest is proved between them. */
const REPEAT_MS = 2_100;
/** A second press writes another frame at once, but not more often than the pad can take (wire-facts a.9). */
const PRESS_GAP_MS = 700;
/** Contract rule 2: within this time a stop is the first write of a reconnect. */
const BLIND_STOP_MS = 60_000;
/** Contract rule 7: a start written this shortly before a stop may still take effect after it. */
const LATE_START_MS = 5_000;
/** Contract rule 7: two consecutive statuses. */
const PROOF = 2;

/** Contract 3: 0.4 km/h a second + 6, at least 10 s. A belt slows by about 0.53 km/h a second (wire-facts a.9). */
export const stopTime = (speed: Speed): number => Math.max(10, kmh(speed) / 0.4 + 6) * 1000;

export interface StopRequest {
  readonly refs: readonly Ref[];
  readonly cause: StopCause;
  readonly endsSession: boolean;
  readonly now: number;
  /** The link is down, and the belt moved when it was lost. */
  readonly lostMoving: boolean;
}

const cancelled = (control: Control): Effect[] => {
  const outcome = failure("superseded", "A stop came after it. The belt is being stopped.");
  return [control.start, control.speed, control.mode].flatMap((goal) =>
    goal ? settle(goal.refs, outcome) : [],
  );
};

/** An end of the program outranks safety's reason, and that a person's wish: it decides what may come after. */
const gravest = (under: StopCause | undefined, asked: StopCause): StopCause =>
  under === undefined || under === "command" || asked === "exit" ? asked : under;

/** Takes a stop: everything else is given up, and a stop that is under way is shared. */
export const askStop = (control: Control, telemetry: Telemetry, request: StopRequest): Step => {
  const { now } = request;
  const under = control.stop;
  const deadline = now + stopTime(telemetry.last?.status.speed ?? (0 as Speed));
  const pressAgain = under?.lastWrite != null && now - under.lastWrite < PRESS_GAP_MS;
  const stop: StopGoal = {
    refs: [...(under?.refs ?? []), ...request.refs],
    cause: gravest(under?.cause, request.cause),
    endsSession: request.endsSession || (under?.endsSession ?? false),
    since: now,
    deadline: under?.deadline ?? deadline,
    lastWrite: pressAgain ? (under?.lastWrite ?? null) : null,
    proof: pressAgain ? (under?.proof ?? 0) : 0,
    movedWhenLost: request.lostMoving || (under?.movedWhenLost ?? false),
    waitsForStatus: false,
  };
  return { control: { ...control, stop, start: null, speed: null, mode: null }, effects: cancelled(control) };
};

/** A start that was written shortly before may yet move the belt: rest counts only once it showed, or 5 s later. */
const lateStartIsOver = (control: Control, now: number): boolean =>
  control.started === null || control.started.seen || now - control.started.at >= LATE_START_MS;

/** Counts the proof of rule 7 with one status; confirmed, the goal is gone and its results are `ok`. */
export const proveStop = (control: Control, telemetry: Telemetry, sample: Sample, now: number): Step => {
  const { stop } = control;
  if (!stop) return { control, effects: [] };
  if (stop.waitsForStatus) return decideLate(control, stop, telemetry);
  const answers = stop.lastWrite !== null && sample.poll !== null && sample.poll > stop.lastWrite;
  const proof = answers && showsRest(telemetry) && lateStartIsOver(control, now) ? stop.proof + 1 : 0;
  if (proof < PROOF) return { control: { ...control, stop: { ...stop, proof } }, effects: [] };
  return {
    control: { ...control, stop: null },
    effects: [{ type: "stopped", goal: stop }, ...settle(stop.refs, OK)],
  };
};

/** Rule 2, on a late reconnect: at rest clears it, moving stops the belt if it was moving when the link was lost. */
const decideLate = (control: Control, stop: StopGoal, telemetry: Telemetry): Step => {
  if (showsRest(telemetry))
    return {
      control: { ...control, stop: null },
      effects: [{ type: "stopped", goal: stop }, ...settle(stop.refs, OK)],
    };
  if (stop.movedWhenLost)
    return { control: { ...control, stop: { ...stop, waitsForStatus: false } }, effects: [] };
  const outcome = failure(
    "unconfirmed",
    "The pad came back more than 60 s later with a belt that someone else has started. It was left running.",
  );
  return {
    control: { ...control, stop: null },
    effects: [{ type: "stop-dropped", goal: stop }, ...settle(stop.refs, outcome)],
  };
};

/** Past its deadline a stop's results are given up. The belt is not: the goal stays. */
export const reviewStop = (control: Control, now: number): Step => {
  const { stop } = control;
  if (!stop || stop.deadline === null || now < stop.deadline) return { control, effects: [] };
  const outcome = failure(
    "unconfirmed",
    stop.lastWrite === null
      ? "The pad cannot be reached, so the stop could not be written. It is the first thing written when it is back; " +
          "until then use the pad's remote or its mains switch."
      : "The belt was not seen at rest in time. The stop goes on; use the remote or the mains switch if it moves.",
  );
  return {
    control: { ...control, stop: { ...stop, refs: [], deadline: null } },
    effects: [{ type: "stop-unconfirmed", goal: stop }, ...settle(stop.refs, outcome)],
  };
};

/** The link went down under a stop: its results end, the goal lives on and is written again after the reconnect. */
export const loseStop = (control: Control, telemetry: Telemetry): Step => {
  const { stop } = control;
  if (!stop) return { control, effects: [] };
  const movedWhenLost = telemetry.last !== null && !showsRest(telemetry);
  const outcome = failure(
    "link-lost",
    "The link was lost before the belt was seen at rest. It is stopped on reconnect.",
  );
  return {
    control: {
      ...control,
      stop: { ...stop, refs: [], deadline: null, lastWrite: null, proof: 0, movedWhenLost },
    },
    effects: settle(stop.refs, outcome),
  };
};

/** A link came up: may a waiting stop be written blindly, or does the first status decide (rule 2)? */
export const rejoinStop = (control: Control, now: number): Control => {
  const { stop } = control;
  if (!stop) return control;
  const waitsForStatus = now - stop.since > BLIND_STOP_MS && stop.cause !== "exit";
  return { ...control, stop: { ...stop, lastWrite: null, proof: 0, waitsForStatus } };
};

/** When the next stop frame is due; null while it would only spoil the proof, or has to wait for a status. */
export const stopDue = (stop: StopGoal, telemetry: Telemetry, now: number): number | null => {
  if (stop.waitsForStatus) return null;
  if (stop.lastWrite === null) return now;
  if (stop.proof > 0) return null;
  if (stop.deadline !== null || stop.cause === "exit") return stop.lastWrite + REPEAT_MS;
  const moves = isFresh(telemetry, now) && (isMoving(telemetry) || isUnderWay(telemetry));
  return moves ? stop.lastWrite + OVERDUE_REPEAT_MS : null;
};
