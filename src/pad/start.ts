import { failure, OK, type Outcome } from "../domain/command.js";
import type { Operation, Quirks } from "../protocol/protocol.js";
import { type Control, settle, type StartGoal, type Step } from "./goals.js";
import { isFresh, isMoving, isUnderWay, showsRest, type Telemetry } from "./telemetry.js";

/** Contract 3: measured speed above 0 within 20 s. */
export const START_DEADLINE_MS = 20_000;
/** Contract rule 2: no start frame is written later than 5 s after its command came. */
const WRITE_WINDOW_MS = 5_000;
/** Contract rule 4: a second toggle only on a status at least 3 s newer that still shows rest. */
const TOGGLE_AGAIN_MS = 3_000;
/** A pad that takes a start shows a countdown in its next status; 1 s later and still at rest it is inert. */
const INERT_AFTER_MS = 1_000;
/** The mode switch is repeated once when it did not show. */
const MODE_AGAIN_MS = 2_000;

/** A write and the earliest time for it; null: nothing to write until something is seen. */
export type Due = { readonly operation: Operation; readonly at: number } | null;

/**
 * The next write towards a moving belt: standby, auto -> manual -> wait -> start; a pad that stays inert gets manual
 * mode and one A5 frame before the second start (wire-facts a.4: A1 Pro needs the first, the 2026 A1 the second).
 */
export const startDue = (
  control: Control,
  goal: StartGoal,
  telemetry: Telemetry,
  quirks: Quirks,
  now: number,
): Due => {
  if (control.mode || now - goal.since > WRITE_WINDOW_MS) return null;
  if (!isFresh(telemetry, now) || isUnderWay(telemetry) || !showsRest(telemetry)) return null;
  return (
    (goal.wrote ? againDue(control, goal, telemetry) : firstDue(control, goal, telemetry, quirks)) ?? null
  );
};

const manual: Operation = { op: "mode", mode: "manual" };

const firstDue = (control: Control, goal: StartGoal, telemetry: Telemetry, quirks: Quirks): Due => {
  const mode = telemetry.last?.status.mode;
  const wrongMode = mode !== undefined && mode !== "manual";
  if (goal.manualAt === null && (wrongMode || (quirks.manualFirst && !control.manualDone)))
    return { operation: manual, at: 0 };
  if (wrongMode) return { operation: manual, at: (goal.manualAt ?? 0) + MODE_AGAIN_MS };
  if (control.needsHandshake && !control.handshakeDone) return { operation: { op: "handshake" }, at: 0 };
  return { operation: { op: "start" }, at: goal.manualAt === null ? 0 : goal.manualAt + quirks.modeSettle };
};

const againDue = (control: Control, goal: StartGoal, telemetry: Telemetry): Due => {
  const { wrote } = goal;
  const seenAt = telemetry.last?.at ?? 0;
  if (!wrote || seenAt < wrote.at + INERT_AFTER_MS) return null;
  if (goal.manualAt === null) return { operation: manual, at: 0 };
  if (!control.handshakeDone) return { operation: { op: "handshake" }, at: 0 };
  return seenAt - wrote.statusAt >= TOGGLE_AGAIN_MS ? { operation: { op: "start" }, at: 0 } : null;
};

const failed = (goal: StartGoal, telemetry: Telemetry, now: number): Outcome | null => {
  if (now >= goal.deadline)
    return failure(
      "unconfirmed",
      "The belt did not move within 20 s of the start. Step on it, or look at the pad.",
    );
  const late = now - goal.since > WRITE_WINDOW_MS && goal.wrote === null && !isUnderWay(telemetry);
  return late
    ? failure(
        "unconfirmed",
        "The belt was not seen at rest in time for a start, so none was written. Try again.",
      )
    : null;
};

/** Settles a start: `ok` once the measured speed is above 0. A speed that belongs to a failed start fails with it. */
export const reviewStart = (control: Control, telemetry: Telemetry, now: number): Step => {
  const goal = control.start;
  if (!goal) return { control, effects: [] };
  if (isFresh(telemetry, now) && isMoving(telemetry) && isUnderWay(telemetry)) {
    const needsHandshake = control.needsHandshake || goal.handshakeAt !== null;
    return { control: { ...control, start: null, needsHandshake }, effects: settle(goal.refs, OK) };
  }
  const outcome = failed(goal, telemetry, now);
  if (!outcome) return { control, effects: [] };
  const speed = control.speed?.startsBy === null ? control.speed : null;
  const orphans = control.speed && !speed ? control.speed.refs : [];
  return {
    control: { ...control, start: null, speed },
    effects: [...settle(goal.refs, outcome), ...settle(orphans, outcome)],
  };
};
