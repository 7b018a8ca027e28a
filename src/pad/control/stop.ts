import { failure, OK } from "../../domain/command.js";
import { AT_REST, kmh, type Speed } from "../../domain/units.js";
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
import { type Sample, showsRest, type Telemetry } from "./telemetry.js";

/** Safety rule 2: within this time a stop is the first write of a reconnect. */
const BLIND_STOP_MS = 60_000;
/** Safety rule 7: a start written this shortly before a stop may still take effect after it. */
const LATE_START_MS = 5_000;
/** The same on a machine whose statuses do not show a start, until it acknowledges the stop (wire-facts b.7.1). */
const SPIN_UP_MS = 15_000;
/** A frame may be repeated just before that; then two statuses, on a slow link (350 ms a frame) in 4 s (random world). */
const SEEN_WITHIN_MS = 5_000;
/** Safety rule 7: two consecutive statuses. */
export const PROOF = 2;
/** Sooner than this after another one a status is its copy (doubled notifications), or both waited for the same turn. */
const COPY_WITHIN_MS = 100;

/** docs/topics.md: 0.4 km/h a second + 6, at least 10 s. A belt slows by about 0.53 km/h a second (wire-facts a.9). */
export const stopTime = (speed: Speed): number => Math.max(10, kmh(speed) / 0.4 + 6) * 1000;

/**
 * A start that was written shortly before may still move the belt: rest counts only once the start showed, or in a
 * status 5 s later. Silence since then proves nothing, however long it lasts. The same applies to a start at the
 * machine itself that it has reported (2ADA 04) and no status has shown: a stop in the spin-up may be lost.
 */
export const startMayFollow = ({ started }: Control, { last, startReported }: Telemetry): boolean => {
  const at = last?.at ?? -Infinity;
  const written = started !== null && !started.seen && at - started.at < startWindow(started);
  return written || (startReported !== null && at - startReported < SPIN_UP_MS);
};

const startWindow = ({ slow }: Started): number => (slow ? SPIN_UP_MS : LATE_START_MS);

/** Safety rule 7: a stop's deadline does not end while a start may still take effect. */
const startSettles = ({ started }: Control, { startReported }: Telemetry, now: number): number => {
  const reported = startReported === null ? now : startReported + SPIN_UP_MS + SEEN_WITHIN_MS;
  if (!started || started.seen) return reported;
  const written = (started.at === NOT_SENT_YET ? now : started.at) + startWindow(started) + SEEN_WITHIN_MS;
  return Math.max(written, reported);
};

/** The machine has reported a start under the stop: its deadline does not end while that may still take effect. */
export const allowForStart = ({ control, telemetry, now }: Context): Control => {
  const { stop } = control;
  if (!stop || stop.deadline === null) return control;
  const deadline = Math.max(stop.deadline, startSettles(control, telemetry, now));
  return { ...control, stop: { ...stop, deadline } };
};

/** The belt was not at rest in its last status, or a start may still follow. An unseen pad does not count. */
export const mayMove = (control: Control, telemetry: Telemetry): boolean =>
  telemetry.last !== null && (!showsRest(telemetry) || startMayFollow(control, telemetry));

/**
 * Requested so recently that the link is restored for it alone, and that it is the first write there (safety rule 2).
 */
export const isRecentlyRequested = (stop: StopGoal | null, now: number): boolean =>
  stop !== null && now - stop.since <= BLIND_STOP_MS;

export interface StopRequest {
  readonly refs: readonly RequestId[];
  readonly cause: StopCause;
  readonly endsSession: boolean;
  /** The link is down, and the belt moved when it was lost. */
  readonly lostMoving: boolean;
}

/**
 * The end of the program has priority over a safety reason, and that over a person's stop: the cause decides what may
 * follow.
 */
const gravest = (under: StopCause | undefined, asked: StopCause): StopCause =>
  under === undefined || under === "command" || asked === "exit" ? asked : under;

const OVERTAKEN = failure("superseded", "A later stop replaced this command. The belt is being stopped.");

/**
 * Accepts a stop: everything else is cancelled. A pending stop is shared: a repeated request adds a frame when the pad
 * can take one, and does not restart the proof of rest.
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
    deadline: under?.deadline ?? Math.max(now + stopTime(speed), startSettles(control, telemetry, now)),
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

/** Counts the proof of safety rule 7 with one status; once confirmed, the goal is removed and its results are `ok`. */
export const proveStop = ({ control, telemetry }: Context, sample: Sample): Step => {
  const { stop } = control;
  if (!stop || sample.status.speed === undefined) return { control, effects: [] };
  if (stop.waitsForStatus) return decideLate(control, stop, telemetry);
  const rests = showsRest(telemetry) && !startMayFollow(control, telemetry);
  const isNewer = stop.lastWrite !== null && sample.poll !== null && sample.poll > stop.lastWrite;
  const proof = rests ? stop.proof + (isNewer && !isCopy(telemetry) ? 1 : 0) : 0;
  if (proof >= PROOF) return stopped(control, stop);
  const ignored = isNewer ? !showsRest(telemetry) && !hasSlowed(telemetry) : stop.ignored;
  return { control: { ...control, stop: { ...stop, proof, ignored } }, effects: [] };
};

/** The two latest statuses came together: they are one look at the belt, not two. */
const isCopy = ({ trail }: Telemetry): boolean => {
  const [before, latest] = trail.slice(-2);
  return before !== undefined && latest !== undefined && latest.at - before.at < COPY_WITHIN_MS;
};

/** The latest status is slower than the one before. */
const hasSlowed = ({ trail }: Telemetry): boolean => {
  const [before, latest] = trail.slice(-2);
  return before !== undefined && latest !== undefined && latest.speed < before.speed;
};

/**
 * Safety rule 2, on a late reconnect: at rest clears it, moving stops the belt if it was moving when the link was lost.
 */
const decideLate = (control: Control, stop: StopGoal, telemetry: Telemetry): Step => {
  if (showsRest(telemetry)) return stopped(control, stop);
  if (stop.movedWhenLost)
    return { control: { ...control, stop: { ...stop, waitsForStatus: false } }, effects: [] };
  const outcome = failure(
    "unconfirmed",
    "The pad was back after more than 60 s with a belt that was started by another controller. It was left running.",
  );
  return {
    control: { ...control, stop: null, haltedBy: null },
    effects: [{ type: "stop-dropped" }, ...resolve(stop.refs, outcome)],
  };
};

/** Past its deadline a stop's results end as `unconfirmed`. The goal stays. */
export const reviewStop = ({ control, now }: Context): Step => {
  const { stop } = control;
  if (!stop || stop.deadline === null || now < stop.deadline) return { control, effects: [] };
  const outcome = failure(
    "unconfirmed",
    stop.lastWrite === null
      ? "The pad cannot be reached, so the stop could not be written. It is the first write when the pad is back; " +
          "until then use the pad's remote or its mains switch."
      : "The belt was not confirmed at rest in time. The bridge repeats the stop; use the remote or the mains switch if the belt moves.",
  );
  return {
    control: { ...control, stop: { ...stop, refs: [], deadline: null, overdue: true } },
    effects: [{ type: "stop-unconfirmed", unwritten: false }, ...resolve(stop.refs, outcome)],
  };
};

/** No stop frame was written to the present link yet, or none that counts. */
export const unwrittenStop = {
  lastWrite: null,
  inGap: false,
  ignored: false,
  pressedAgain: false,
  proof: 0,
} as const;

/** The link was lost during a stop: its results end, the goal stays and is written again after the reconnect. */
export const onStopLinkLost = ({ control, telemetry }: Context): Step => {
  const { stop } = control;
  if (!stop) return { control, effects: [] };
  const movedWhenLost = control.statusSeen ? mayMove(control, telemetry) : stop.movedWhenLost;
  const outcome = failure(
    "link-lost",
    "The link was lost before the belt was confirmed at rest. The bridge stops it on reconnect.",
  );
  return {
    control: { ...control, stop: { ...stop, ...unwrittenStop, refs: [], movedWhenLost } },
    effects: resolve(stop.refs, outcome),
  };
};

/** A link is up: a pending stop is written without a status, or the first status decides (safety rule 2). */
export const onStopLinkUp = ({ control, now }: Context): Control => {
  const { stop } = control;
  return stop ? { ...control, stop: { ...stop, waitsForStatus: !isRecentlyRequested(stop, now) } } : control;
};

/** A stop frame was handed to the link; `inGap`: within the pad's gap of another write. */
export const afterStopWritten = ({ telemetry, now }: Context, stop: StopGoal, inGap: boolean): StopGoal => {
  const from = stop.from ?? telemetry.last?.status.speed ?? null;
  return { ...stop, ...unwrittenStop, from, inGap, lastWrite: now };
};

/** It was sent: earlier writes, which delayed it, are sent too. */
export const stopSent = (stop: StopGoal, now: number): StopGoal => ({ ...stop, lastWrite: now });
