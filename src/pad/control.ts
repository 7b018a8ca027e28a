import { failure } from "../domain/command.js";
import type { Capabilities } from "../domain/pad.js";
import type { Operation, Quirks } from "../protocol/protocol.js";
import { type Control, noControl, settle, type Step } from "./goals.js";
import { modeDue, reviewMode } from "./mode.js";
import { reviewSpeed, speedDue } from "./speed.js";
import { type Due, reviewStart, startDue } from "./start.js";
import { loseStop, proveStop, rejoinStop, reviewStop, stopDue } from "./stop.js";
import { isMoving, type Sample, type Telemetry } from "./telemetry.js";

/** What the scheduler has to know of the machine. */
export interface Machine {
  readonly quirks: Quirks;
  readonly capabilities: Capabilities;
}

/** The next write, or when to look again. */
export type Next = { readonly operation: Operation } | { readonly lookAgainAt: number };

/** A pad that leaves a read of its preferences unanswered is asked three times a connection, then left alone. */
const PREFERENCE_TRIES = 3;
const PREFERENCE_AGAIN_MS = 2_000;

/**
 * The scheduler: one write at a time, in the order stop, goals, preferences, poll. A stop ignores the pad's gap and
 * everything else; polls are dropped, never queued, and never delay a goal that is about to be written.
 */
export const nextWrite = (control: Control, telemetry: Telemetry, machine: Machine, now: number): Next => {
  const { stop } = control;
  const stopAt = stop ? stopDue(stop, telemetry, now) : null;
  if (stop && stopAt !== null && stopAt <= now) {
    const keeps = stop.cause === "command" && !stop.endsSession;
    return { operation: { op: keeps ? "pause" : "stop" } };
  }
  const gapEnd = control.lastWrite === null ? now : control.lastWrite + machine.quirks.minGap;
  const due = goalDue(control, telemetry, machine, now);
  const goalAt = due ? Math.max(due.at, gapEnd) : null;
  if (due && goalAt !== null && goalAt <= now) return { operation: due.operation };
  const reads = readDue(control, machine.quirks, gapEnd, due !== null);
  // A poll written now would push a goal that is due within the gap back by a whole gap.
  const yields = goalAt !== null && goalAt - now < machine.quirks.minGap;
  if (reads && reads.at <= now && !yields) return { operation: reads.operation };
  const times = [stopAt, goalAt, yields ? null : (reads?.at ?? null)].filter((at) => at !== null);
  return { lookAgainAt: times.length > 0 ? Math.min(...times) : Infinity };
};

const goalDue = (control: Control, telemetry: Telemetry, machine: Machine, now: number): Due => {
  if (control.stop || !control.greeted) return null;
  if (control.mode) return modeDue(control.mode, telemetry, now);
  const start = control.start && startDue(control, control.start, telemetry, machine.quirks, now);
  return start ?? (control.speed && speedDue(control.speed, telemetry, machine.capabilities, now));
};

const readDue = (control: Control, quirks: Quirks, gapEnd: number, busy: boolean): Due => {
  const { preferences } = control;
  const ask =
    control.greeted && !preferences.known && preferences.tries < PREFERENCE_TRIES && !control.stop && !busy;
  const askAt = Math.max(gapEnd, (preferences.askedAt ?? -Infinity) + PREFERENCE_AGAIN_MS);
  if (quirks.poll === null) return ask ? { operation: { op: "preferences" }, at: askAt } : null;
  // Under a stop every gap carries a poll: the proof of rest is made of their answers (contract rule 7).
  const interval = control.stop ? quirks.minGap : quirks.poll;
  const pollAt = Math.max(gapEnd, (control.lastPoll ?? -Infinity) + interval);
  return ask && askAt <= pollAt
    ? { operation: { op: "preferences" }, at: askAt }
    : { operation: { op: "poll" }, at: pollAt };
};

/** An operation was handed to the link. */
export const handed = (
  control: Control,
  operation: Operation,
  telemetry: Telemetry,
  now: number,
): Control => {
  const after = { ...control, lastWrite: now };
  const { stop, start, speed, mode } = control;
  switch (operation.op) {
    case "poll":
      return { ...after, lastPoll: now };
    case "stop":
    case "pause":
      return { ...after, stop: stop && { ...stop, lastWrite: now, proof: 0 } };
    case "start": {
      const wrote = { at: now, statusAt: telemetry.last?.at ?? now };
      return { ...after, start: start && { ...start, wrote }, started: { at: now, seen: false } };
    }
    case "speed": {
      const from = telemetry.last?.status.speed ?? operation.speed;
      return { ...after, speed: speed && { ...speed, wrote: { at: now, from }, writes: speed.writes + 1 } };
    }
    case "mode":
      return {
        ...after,
        mode: mode && { ...mode, writtenAt: now },
        start: start && operation.mode === "manual" ? { ...start, manualAt: now } : start,
        manualDone: control.manualDone || operation.mode === "manual",
      };
    case "handshake":
      return { ...after, handshakeDone: true, start: start && { ...start, handshakeAt: now } };
    case "preferences":
      return {
        ...after,
        preferences: { ...control.preferences, tries: control.preferences.tries + 1, askedAt: now },
      };
    case "incline":
    case "record":
      return after;
  }
};

const chain = (step: Step, next: (control: Control) => Step): Step => {
  const after = next(step.control);
  return { control: after.control, effects: [...step.effects, ...after.effects] };
};

/** Settles what telemetry or time has decided. */
export const review = (
  control: Control,
  telemetry: Telemetry,
  machine: Machine,
  now: number,
  sample?: Sample,
): Step =>
  [
    (c: Control) => reviewStop(c, now),
    (c: Control) => reviewStart(c, telemetry, now),
    (c: Control) => reviewSpeed(c, telemetry, machine.capabilities, now, sample),
    (c: Control) => reviewMode(c, telemetry, now),
  ].reduce(chain, { control, effects: [] });

/** A valid status came in; `telemetry` has it already. */
export const statusSeen = (
  control: Control,
  telemetry: Telemetry,
  machine: Machine,
  sample: Sample,
  now: number,
): Step => {
  const shows = sample.status.activity === "countdown" || isMoving(telemetry);
  const started = control.started && { ...control.started, seen: control.started.seen || shows };
  const proved = proveStop({ ...control, greeted: true, started }, telemetry, sample, now);
  return chain(proved, (c) => review(c, telemetry, machine, now, sample));
};

/** The link is gone: starts, speeds and modes end with it, a stop lives on (contract rule 2). */
export const linkLost = (control: Control, telemetry: Telemetry): Step => {
  const outcome = failure(
    "link-lost",
    "The Bluetooth link was lost on the way. The command is not repeated.",
  );
  const ended = [control.start, control.speed, control.mode].flatMap((goal) =>
    goal ? settle(goal.refs, outcome) : [],
  );
  const stop = loseStop(control, telemetry);
  const kept = { stop: stop.control.stop, started: control.started, needsHandshake: control.needsHandshake };
  return { control: { ...noControl, ...kept }, effects: [...ended, ...stop.effects] };
};

export const linkUp = (control: Control, now: number): Control => rejoinStop(control, now);

/** The moments at which time alone decides something. */
export const deadlines = (control: Control): readonly number[] =>
  [
    control.stop?.deadline,
    control.start?.deadline,
    control.start && control.start.since + 5_001,
    control.speed?.deadline,
    control.speed?.startsBy,
    control.mode?.deadline,
  ].filter((at) => at != null);
