import { failure, OK, type Outcome } from "../../domain/command.js";
import type { Operation } from "../../protocol/protocol.js";
import type { Context } from "./context.js";
import { type Control, notWritten, type RequestId, resolve, type StartGoal, type Step } from "./goals.js";
import { isFresh, isDriven, isStartingOrDriven, showsRest, type Telemetry } from "./telemetry.js";

/** docs/topics.md: measured speed above 0 within 20 s. */
const START_DEADLINE_MS = 20_000;
/** Safety rule 2: no start frame is written later than 5 s after its command arrived. */
const WRITE_WINDOW_MS = 5_000;
/** Safety rule 4: a second toggle only on a status at least 3 s newer that still shows rest. */
const TOGGLE_AGAIN_MS = 3_000;
/**
 * A pad that accepts a start shows a countdown in its next status: at rest in the first one a gap later, it is inert.
 */
const INERT_AFTER_MS = 600;
/** The mode switch is repeated once when it did not take effect. */
const MODE_AGAIN_MS = 2_000;

/** A write and its earliest time; null: nothing to write before the next event. */
export type Due = { readonly operation: Operation; readonly at: number } | null;

/** The end of the time in which a start may be written. */
export const startWindowEnd = (goal: StartGoal): number => goal.since + WRITE_WINDOW_MS;

/** Requests a moving belt. A pending start is shared; `since`: when the command arrived (safety rule 2). */
export const requestStart = (
  { control, telemetry, now }: Context,
  refs: readonly RequestId[],
  since: number,
): Step => {
  const older = control.start;
  const fresh = {
    tries: 0,
    wroteAt: null,
    manualAt: null,
    handshakeAt: null,
    joined: isStartingOrDriven(telemetry),
    deadline: now + START_DEADLINE_MS,
  };
  const start = { ...fresh, ...older, refs: [...(older?.refs ?? []), ...refs], since };
  return { control: { ...control, start }, effects: [] };
};

/** Safety rules 2 and 4: in time, and to a belt that a fresh status shows at rest. */
export const mayStart = ({ telemetry, now }: Context, goal: StartGoal): boolean =>
  !goal.joined && now <= startWindowEnd(goal) && isFresh(telemetry, now) && showsRest(telemetry);

/**
 * The next write towards a moving belt: standby, auto -> manual -> wait -> start; a pad that stays inert gets manual
 * mode and one A5 frame before the second start (wire-facts a.4: A1 Pro needs the first, the 2026 A1 the second).
 */
export const startDue = (context: Context, goal: StartGoal): Due => {
  if (goal.tries >= context.machine.quirks.startTries || !mayStart(context, goal)) return null;
  return goal.wroteAt === null ? firstDue(context, goal) : againDue(context, goal, goal.wroteAt);
};

const manual: Operation = { op: "mode", mode: "manual" };

/** Safety rule 4: the last start frame, of whichever command, may still be taking effect. */
const mayToggle = ({ started }: Control, telemetry: Telemetry): boolean =>
  started === null ||
  started.seen ||
  // A pad that has refused a start gets the next once a newer status shows rest: the status that allowed the last one
  // may be too old.
  (started.taken === false && (telemetry.last?.at ?? 0) > started.at) ||
  (telemetry.last?.at ?? 0) - started.statusAt >= TOGGLE_AGAIN_MS;

const startAt = ({ control, telemetry }: Context, at: number): Due =>
  mayToggle(control, telemetry) ? { operation: { op: "start" }, at } : null;

const firstDue = (context: Context, goal: StartGoal): Due => {
  const { control, telemetry, machine } = context;
  const { quirks } = machine;
  const mode = telemetry.last?.status.mode;
  const wrongMode = mode !== undefined && mode !== "manual";
  if (goal.manualAt === null && (wrongMode || (quirks.manualFirst && !control.manualDone)))
    return { operation: manual, at: 0 };
  if (wrongMode) return { operation: manual, at: (goal.manualAt ?? 0) + MODE_AGAIN_MS };
  if (control.needsHandshake && !control.handshakeDone) return { operation: { op: "handshake" }, at: 0 };
  return startAt(context, goal.manualAt === null ? 0 : goal.manualAt + quirks.modeSettle);
};

const againDue = (context: Context, goal: StartGoal, wroteAt: number): Due => {
  const { control, telemetry, machine } = context;
  const { quirks } = machine;
  const isTaken = control.started?.taken ?? false;
  if (isTaken || (telemetry.last?.at ?? 0) < wroteAt + INERT_AFTER_MS) return null;
  // Machines without modes and handshakes: only the start itself is repeated.
  if (!quirks.manualBeforeRetry) return startAt(context, 0);
  if (goal.manualAt === null) return { operation: manual, at: 0 };
  if (!control.handshakeDone) return { operation: { op: "handshake" }, at: 0 };
  return startAt(context, 0);
};

/** The belt was starting, and is at rest again: another controller has stopped it, and must not be overridden. */
const wasHalted = ({ started }: Control, goal: StartGoal, telemetry: Telemetry): boolean =>
  (goal.joined || (goal.wroteAt !== null && (started?.seen ?? false))) && showsRest(telemetry);

const TOO_LATE = failure(
  "unconfirmed",
  "The belt was not confirmed at rest in time for a start, so none was written. Try again.",
);

const failed = ({ control, telemetry, now }: Context, goal: StartGoal): Outcome | null => {
  if (wasHalted(control, goal, telemetry))
    return failure("superseded", "The belt was stopped at the pad or by another controller before it moved.");
  if (now >= goal.deadline)
    return failure(
      "unconfirmed",
      "The belt did not move within 20 s of the start. Step on it, or check the pad.",
    );
  const late = now > startWindowEnd(goal) && goal.wroteAt === null && !isStartingOrDriven(telemetry);
  return late ? notWritten(control, TOO_LATE) : null;
};

const ORPHANED = failure("superseded", "The belt did not start, so the speed was dropped.");

/** A start has failed; a speed that belongs to it is dropped with it. */
export const endStart = (control: Control, goal: StartGoal, outcome: Outcome): Step => {
  const orphan = control.speed?.fromRest ? control.speed : null;
  return {
    control: { ...control, start: null, speed: orphan ? null : control.speed },
    effects: [...resolve(goal.refs, outcome), ...resolve(orphan?.refs ?? [], ORPHANED)],
  };
};

/** Resolves a start: `ok` once the measured speed is above 0. */
export const reviewStart = (context: Context): Step => {
  const { control, telemetry, now } = context;
  const goal = control.start;
  if (!goal) return { control, effects: [] };
  if (isFresh(telemetry, now) && isDriven(telemetry)) {
    const needsHandshake = control.needsHandshake || goal.handshakeAt !== null;
    return { control: { ...control, start: null, needsHandshake }, effects: resolve(goal.refs, OK) };
  }
  const outcome = failed(context, goal);
  return outcome ? endStart(control, goal, outcome) : { control, effects: [] };
};
