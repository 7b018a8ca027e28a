import { failure, OK } from "../../domain/command.js";
import { AT_REST, kmh, type Speed } from "../../domain/units.js";
import type { Operation, Quirks } from "../../protocol/protocol.js";
import type { Context } from "./context.js";
import {
  type Control,
  cancelGoals,
  NOT_SENT_YET,
  type Started,
  type RequestId,
  resolve,
  type Step,
  type StopCause,
  type StopGoal,
} from "./goals.js";
import { isFresh, isActive, type Sample, showsRest, type Telemetry } from "./telemetry.js";

/** Contract rule 1: after its deadline a stop is repeated every 5 s as long as telemetry shows movement. */
const OVERDUE_REPEAT_MS = 5_000;
/** Of a machine that notifies by itself. */
const REPEAT_MS = 2_100;
/** Two polls fit between two stop frames, so that a belt at rest is proved between them; timers may be late. */
const LATE_TIMERS_MS = 100;
const repeatAfter = ({ poll, minGap }: Quirks): number =>
  poll === null ? REPEAT_MS : 3 * minGap + LATE_TIMERS_MS;
/** Contract rule 2: within this time a stop is the first write of a reconnect. */
const BLIND_STOP_MS = 60_000;
/** Contract rule 7: a start written this shortly before a stop may still take effect after it. */
const LATE_START_MS = 5_000;
/** One to a machine whose statuses do not show a start, until it acknowledges the stop (wire-facts b.7.1). */
const SPIN_UP_MS = 15_000;
/** Two statuses after that. */
const SEEN_WITHIN_MS = 3_000;
/** Contract rule 7: two consecutive statuses. */
export const PROOF = 2;

/** 0.01 km/h a second, well below the 0.53 km/h that a belt slows by (wire-facts a.9): less is a pause that was ignored. */
const OBEYED_DROP = 20;

/** Contract 3: 0.4 km/h a second + 6, at least 10 s. A belt slows by about 0.53 km/h a second (wire-facts a.9). */
export const stopTime = (speed: Speed): number => Math.max(10, kmh(speed) / 0.4 + 6) * 1000;

/**
 * A start that was written shortly before may yet move the belt: rest counts only once it showed, or in a status of 5 s
 * later. Silence since then proves nothing, however long it lasts.
 */
const startMayFollow = ({ started }: Control, { last }: Telemetry): boolean =>
  started !== null && !started.seen && (last?.at ?? -Infinity) - started.at < startWindow(started);

const startWindow = ({ slow }: Started): number => (slow ? SPIN_UP_MS : LATE_START_MS);

/** Contract rule 7: a stop's deadline does not end before a start may no longer follow. */
const startSettles = ({ started }: Control, now: number): number => {
  if (!started || started.seen) return now;
  return (started.at === NOT_SENT_YET ? now : started.at) + startWindow(started) + SEEN_WITHIN_MS;
};

/** The belt was not at rest in its last status, or a start is on its way to it. Nothing is known of an unseen pad. */
export const mayMove = (control: Control, telemetry: Telemetry): boolean =>
  telemetry.last !== null && (!showsRest(telemetry) || startMayFollow(control, telemetry));

/** Asked for so recently that a link is worth getting for it alone, and that it is the first write there (rule 2). */
export const isRecentlyRequested = (stop: StopGoal | null, now: number): boolean =>
  stop !== null && now - stop.since <= BLIND_STOP_MS;

export interface StopRequest {
  readonly refs: readonly RequestId[];
  readonly cause: StopCause;
  readonly endsSession: boolean;
  /** The link is down, and the belt moved when it was lost. */
  readonly lostMoving: boolean;
}

/** An end of the program outranks safety's reason, and that a person's wish: it decides what may come after. */
const gravest = (under: StopCause | undefined, asked: StopCause): StopCause =>
  under === undefined || under === "command" || asked === "exit" ? asked : under;

const OVERTAKEN = failure("superseded", "A stop came after it. The belt is being stopped.");

/**
 * Takes a stop: everything else is given up. One that is under way is shared: another press adds a frame when the pad
 * can take one, and leaves the proof of rest alone.
 */
export const requestStop = ({ control, telemetry, now }: Context, request: StopRequest): Step => {
  const under = control.stop;
  const speed = telemetry.last?.status.speed ?? AT_REST;
  const stop: StopGoal = {
    refs: [...(under?.refs ?? []), ...request.refs],
    cause: gravest(under?.cause, request.cause),
    accepted: request.cause !== "exit" || (under?.accepted ?? false),
    endsSession: request.endsSession || (under?.endsSession ?? false),
    asked: under?.asked ?? now,
    since: now,
    deadline: under?.deadline ?? Math.max(now + stopTime(speed), startSettles(control, now)),
    overdue: under?.overdue ?? false,
    lastWrite: under?.lastWrite ?? null,
    inGap: under?.inGap ?? false,
    ignored: under?.ignored ?? false,
    pressedAgain: under !== null,
    from: under?.from ?? null,
    proof: under?.proof ?? 0,
    movedWhenLost: request.lostMoving || (under?.movedWhenLost ?? false),
    waitsForStatus: false,
  };
  const { control: free, effects } = cancelGoals(control, OVERTAKEN);
  return { control: { ...free, stop, stopConfirmed: false, haltedBy: stop.cause }, effects };
};

const stopped = (control: Control, stop: StopGoal): Step => ({
  control: { ...control, stop: null, stopConfirmed: true, leftMoving: false },
  effects: [{ type: "stopped", goal: stop }, ...resolve(stop.refs, OK)],
});

/** Counts the proof of rule 7 with one status; confirmed, the goal is gone and its results are `ok`. */
export const proveStop = ({ control, telemetry }: Context, sample: Sample): Step => {
  const { stop } = control;
  if (!stop || sample.status.speed === undefined) return { control, effects: [] };
  if (stop.waitsForStatus) return decideLate(control, stop, telemetry);
  const rests = showsRest(telemetry) && !startMayFollow(control, telemetry);
  const isNewer = stop.lastWrite !== null && sample.poll !== null && sample.poll > stop.lastWrite;
  const proof = rests ? stop.proof + (isNewer ? 1 : 0) : 0;
  if (proof >= PROOF) return stopped(control, stop);
  const ignored = isNewer ? !showsRest(telemetry) && !hasSlowed(telemetry) : stop.ignored;
  return { control: { ...control, stop: { ...stop, proof, ignored } }, effects: [] };
};

/** The latest status is slower than the one before. */
const hasSlowed = ({ trail }: Telemetry): boolean => {
  const [before, latest] = trail.slice(-2);
  return before !== undefined && latest !== undefined && latest.speed < before.speed;
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
    control: { ...control, stop: null, haltedBy: null },
    effects: [{ type: "stop-dropped" }, ...resolve(stop.refs, outcome)],
  };
};

/** Past its deadline a stop's results are given up. The belt is not: the goal stays. */
export const reviewStop = ({ control, now }: Context): Step => {
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
    effects: [{ type: "stop-unconfirmed", unwritten: false }, ...resolve(stop.refs, outcome)],
  };
};

/** No stop frame has reached the present link yet, or none that counts. */
export const unwrittenStop = {
  lastWrite: null,
  inGap: false,
  ignored: false,
  pressedAgain: false,
  proof: 0,
} as const;

/** The link went down under a stop: its results end, the goal lives on and is written again after the reconnect. */
export const onStopLinkLost = ({ control, telemetry }: Context): Step => {
  const { stop } = control;
  if (!stop) return { control, effects: [] };
  const movedWhenLost = control.statusSeen ? mayMove(control, telemetry) : stop.movedWhenLost;
  const outcome = failure(
    "link-lost",
    "The link was lost before the belt was seen at rest. It is stopped on reconnect.",
  );
  return {
    control: { ...control, stop: { ...stop, ...unwrittenStop, refs: [], movedWhenLost } },
    effects: resolve(stop.refs, outcome),
  };
};

/** A link came up: may a waiting stop be written blindly, or does the first status decide (rule 2)? */
export const onStopLinkUp = ({ control, now }: Context): Control => {
  const { stop } = control;
  return stop ? { ...control, stop: { ...stop, waitsForStatus: !isRecentlyRequested(stop, now) } } : control;
};

/** A status that came after the last stop frame shows rest: another frame would only make the proof begin anew. */
const looksDone = ({ lastWrite }: StopGoal, telemetry: Telemetry): boolean =>
  showsRest(telemetry) && (telemetry.last?.at ?? 0) > (lastWrite ?? Infinity);

/**
 * When the next stop frame is due; null while there is none to write, or a status decides first. Only the first one
 * passes the pad's gap: a frame within the gap may be lost, and everything written into one loses the next as well.
 */
export const stopDue = (context: Context): number | null => {
  const { control, telemetry, machine, now } = context;
  const { quirks } = machine;
  const { stop, lastWrite, lastPoll } = control;
  if (!stop || stop.waitsForStatus) return null;
  if (stop.lastWrite === null) return now;
  const gapEnd = Math.max(stop.lastWrite, lastWrite ?? -Infinity) + quirks.minGap;
  if (stop.inGap) return gapEnd;
  if (looksDone(stop, telemetry) && !startMayFollow(control, telemetry)) return null;
  if (stop.ignored && stop.deadline !== null) return gapEnd;
  // Without a poll between two frames nobody would see the belt come to rest.
  const polled = quirks.poll === null || (lastPoll ?? -Infinity) > stop.lastWrite;
  if (stop.pressedAgain && polled) return gapEnd;
  const repeat = repeatAt(context, stop);
  return repeat === null ? null : Math.max(repeat, gapEnd);
};

const repeatAt = ({ telemetry, machine: { quirks }, now }: Context, stop: StopGoal): number | null => {
  const since = stop.lastWrite ?? now;
  if (stop.deadline !== null) return since + repeatAfter(quirks);
  return isFresh(telemetry, now) && (isActive(telemetry) || telemetry.blind)
    ? since + OVERDUE_REPEAT_MS
    : null;
};

/** The belt has slowed since the stop was asked for as one does that obeys. */
const obeys = ({ from, asked }: StopGoal, telemetry: Telemetry, now: number): boolean => {
  if (from === null) return true;
  const fallen = from - (telemetry.last?.status.speed ?? AT_REST);
  return fallen > 0 && fallen >= (OBEYED_DROP * (now - asked)) / 1000;
};

/** A person's OFF is a pause to a machine that knows one; where that does not slow the belt in time, a stop (contract 3). */
export const stopOperation = ({ telemetry, now }: Context, stop: StopGoal): Operation => {
  const keeps = stop.cause === "command" && !stop.endsSession && !stop.overdue;
  // One that came within the pad's gap may have been lost: that it had no effect says nothing of the pad.
  return { op: keeps && (stop.inGap || obeys(stop, telemetry, now)) ? "pause" : "stop" };
};

/** A stop frame was handed to the link; `inGap`: within the pad's gap of another write. */
export const afterStopWritten = ({ telemetry, now }: Context, stop: StopGoal, inGap: boolean): StopGoal => {
  const from = stop.from ?? telemetry.last?.status.speed ?? null;
  return { ...stop, ...unwrittenStop, from, inGap, lastWrite: now };
};

/** It has left: what was written before it, and held it up, is behind it. */
export const stopSent = (stop: StopGoal, now: number): StopGoal => ({ ...stop, lastWrite: now });
