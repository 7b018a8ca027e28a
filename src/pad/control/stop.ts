import { failure, OK } from "../../domain/command.js";
import { AT_REST, kmh, type Speed } from "../../domain/units.js";
import type { Operation } from "../../protocol/protocol.js";
import { type Control, giveUp, type Ref, settle, type Step, type StopCause, type StopGoal } from "./goals.js";
import { isFresh, isActive, type Sample, showsRest, type Telemetry } from "./telemetry.js";

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
export const PROOF = 2;

/** 0.01 km/h a second, well below the 0.53 km/h that a belt slows by (wire-facts a.9): less is a pause that was ignored. */
const OBEDIENT = 20;

/** Contract 3: 0.4 km/h a second + 6, at least 10 s. A belt slows by about 0.53 km/h a second (wire-facts a.9). */
export const stopTime = (speed: Speed): number => Math.max(10, kmh(speed) / 0.4 + 6) * 1000;

/**
 * A start that was written shortly before may yet move the belt: rest counts only once it showed, or in a status of 5 s
 * later. Silence since then proves nothing, however long it lasts.
 */
const startMayFollow = ({ started }: Control, { last }: Telemetry): boolean =>
  started !== null && !started.seen && (last?.at ?? -Infinity) - started.at < LATE_START_MS;

/** The belt was not at rest in its last status, or a start is on its way to it. Nothing is known of an unseen pad. */
export const mayMove = (control: Control, telemetry: Telemetry): boolean =>
  telemetry.last !== null && (!showsRest(telemetry) || startMayFollow(control, telemetry));

/** Asked for so recently that a link is worth getting for it alone, and that it is the first write there (rule 2). */
export const isUrgent = (stop: StopGoal | null, now: number): boolean =>
  stop !== null && now - stop.since <= BLIND_STOP_MS;

export interface StopRequest {
  readonly refs: readonly Ref[];
  readonly cause: StopCause;
  readonly endsSession: boolean;
  /** The link is down, and the belt moved when it was lost. */
  readonly lostMoving: boolean;
}

/** An end of the program outranks safety's reason, and that a person's wish: it decides what may come after. */
const gravest = (under: StopCause | undefined, asked: StopCause): StopCause =>
  under === undefined || under === "command" || asked === "exit" ? asked : under;

const OVERTAKEN = failure("superseded", "A stop came after it. The belt is being stopped.");

/** Takes a stop: everything else is given up, and a stop that is under way is shared. */
export const askStop = (control: Control, telemetry: Telemetry, request: StopRequest, now: number): Step => {
  const under = control.stop;
  const speed = telemetry.last?.status.speed ?? AT_REST;
  const written = under?.lastWrite ?? null;
  const justWritten = written !== null && now - written < PRESS_GAP_MS;
  const stop: StopGoal = {
    refs: [...(under?.refs ?? []), ...request.refs],
    cause: gravest(under?.cause, request.cause),
    endsSession: request.endsSession || (under?.endsSession ?? false),
    asked: under?.asked ?? now,
    since: now,
    deadline: under?.deadline ?? now + stopTime(speed),
    overdue: under?.overdue ?? false,
    lastWrite: justWritten ? written : null,
    from: under?.from ?? null,
    proof: justWritten ? (under?.proof ?? 0) : 0,
    movedWhenLost: request.lostMoving || (under?.movedWhenLost ?? false),
    waitsForStatus: false,
  };
  const { control: free, effects } = giveUp(control, OVERTAKEN);
  return { control: { ...free, stop, stopConfirmed: false, haltedBy: stop.cause }, effects };
};

const stopped = (control: Control, stop: StopGoal): Step => ({
  control: { ...control, stop: null, stopConfirmed: true },
  effects: [{ type: "stopped", goal: stop }, ...settle(stop.refs, OK)],
});

/** Counts the proof of rule 7 with one status; confirmed, the goal is gone and its results are `ok`. */
export const proveStop = (control: Control, telemetry: Telemetry, sample: Sample): Step => {
  const { stop } = control;
  if (!stop || sample.status.speed === undefined) return { control, effects: [] };
  if (stop.waitsForStatus) return decideLate(control, stop, telemetry);
  const rests = showsRest(telemetry) && !startMayFollow(control, telemetry);
  const answers = stop.lastWrite !== null && sample.poll !== null && sample.poll > stop.lastWrite;
  const proof = rests ? stop.proof + (answers ? 1 : 0) : 0;
  return proof < PROOF
    ? { control: { ...control, stop: { ...stop, proof } }, effects: [] }
    : stopped(control, stop);
};

/** Rule 2, on a late reconnect: at rest clears it, moving stops the belt if it was moving when the link was lost. */
const decideLate = (control: Control, stop: StopGoal, telemetry: Telemetry): Step => {
  if (showsRest(telemetry)) return stopped(control, stop);
  if (stop.movedWhenLost)
    return { control: { ...control, stop: { ...stop, waitsForStatus: false } }, effects: [] };
  const outcome = failure(
    "unconfirmed",
    "The pad came back more than 60 s later with a belt that someone else has started. It was left running.",
  );
  return {
    control: { ...control, stop: null },
    effects: [{ type: "stop-dropped" }, ...settle(stop.refs, outcome)],
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
    control: { ...control, stop: { ...stop, refs: [], deadline: null, overdue: true } },
    effects: [{ type: "stop-unconfirmed" }, ...settle(stop.refs, outcome)],
  };
};

/** The link went down under a stop: its results end, the goal lives on and is written again after the reconnect. */
export const loseStop = (control: Control, telemetry: Telemetry): Step => {
  const { stop } = control;
  if (!stop) return { control, effects: [] };
  const movedWhenLost = control.greeted ? mayMove(control, telemetry) : stop.movedWhenLost;
  const outcome = failure(
    "link-lost",
    "The link was lost before the belt was seen at rest. It is stopped on reconnect.",
  );
  return {
    control: { ...control, stop: { ...stop, refs: [], lastWrite: null, proof: 0, movedWhenLost } },
    effects: settle(stop.refs, outcome),
  };
};

/** A link came up: may a waiting stop be written blindly, or does the first status decide (rule 2)? */
export const rejoinStop = (control: Control, now: number): Control => {
  const { stop } = control;
  return stop ? { ...control, stop: { ...stop, waitsForStatus: !isUrgent(stop, now) } } : control;
};

/** A status that came after the last stop frame shows rest: another frame would only make the proof begin anew. */
const looksDone = ({ lastWrite }: StopGoal, telemetry: Telemetry): boolean =>
  showsRest(telemetry) && (telemetry.last?.at ?? 0) > (lastWrite ?? Infinity);

/** When the next stop frame is due; null while there is none to write, or a status decides first. */
export const stopDue = (stop: StopGoal, telemetry: Telemetry, now: number): number | null => {
  if (stop.waitsForStatus) return null;
  if (stop.lastWrite === null) return now;
  if (looksDone(stop, telemetry)) return null;
  if (stop.deadline !== null) return stop.lastWrite + REPEAT_MS;
  const moves = isFresh(telemetry, now) && isActive(telemetry);
  return moves ? stop.lastWrite + OVERDUE_REPEAT_MS : null;
};

/** The belt has slowed since the stop was asked for as one does that obeys. */
const obeys = ({ from, asked }: StopGoal, telemetry: Telemetry, now: number): boolean => {
  if (from === null) return true;
  const fallen = from - (telemetry.last?.status.speed ?? AT_REST);
  return fallen > 0 && fallen >= (OBEDIENT * (now - asked)) / 1000;
};

/** A person's OFF is a pause to a machine that knows one; where that does not slow the belt in time, a stop (contract 3). */
export const stopOperation = (stop: StopGoal, telemetry: Telemetry, now: number): Operation => {
  const keeps = stop.cause === "command" && !stop.endsSession && !stop.overdue;
  return { op: keeps && obeys(stop, telemetry, now) ? "pause" : "stop" };
};

/** A stop frame was handed to the link. */
export const stopHanded = (stop: StopGoal, telemetry: Telemetry, now: number): StopGoal => {
  const from = stop.from ?? telemetry.last?.status.speed ?? null;
  return { ...stop, from, lastWrite: now, proof: 0 };
};
