import { failure } from "../../domain/command.js";

import { AT_REST } from "../../domain/units.js";
import { admit, regainAt, requestSent, written } from "../../protocol/ftms/control-point.js";
import type { Operation, Quirks } from "../../protocol/protocol.js";
import { reviewAccess } from "./access.js";
import { type Control, freshLink, giveUp, ON_ITS_WAY, type Step } from "./goals.js";
import type { Machine } from "./machine.js";
import { inclineDue, mayIncline, reviewIncline } from "./incline.js";
import { modeDue, reviewMode } from "./mode.js";
import { limitMayFollow, readDue } from "./polling.js";
import { followTarget, maySetSpeedStill, reviewSpeed, speedDue } from "./speed.js";
import { type Due, mayStart, reviewStart, startDue, startWindowEnd } from "./start.js";
import {
  onStopLinkLost,
  PROOF,
  proveStop,
  reviewStop,
  stopDue,
  stopHanded,
  stopOperation,
  stopSent,
} from "./stop.js";
import { isMoving, type Sample, settledSpeed, type Telemetry } from "./telemetry.js";

/** What a poll's answer and a late timer may take. Chosen: an allowed speed is based on a status of the last second. */
const POLL_ANSWER_MS = 300;

/** The next write, or when to look again. */
export type Next = { readonly operation: Operation } | { readonly lookAgainAt: number };

/**
 * The scheduler: one write at a time, in the order stop, goals, preferences, record, poll. The first frame of a stop
 * ignores the pad's gap and everything else; polls are dropped, never queued, and never delay a stop or a goal that is
 * about to be written. `stopsOnly`: the link is not subscribed yet, or busy, and nothing but a stop may pass.
 */
export const nextWrite = (
  control: Control,
  telemetry: Telemetry,
  machine: Machine,
  now: number,
  stopsOnly: boolean,
): Next => {
  const { stop } = control;
  if (control.access !== "full") return pollOnly(control, machine.quirks, now, stopsOnly);
  const stopAt = stopDue(control, telemetry, machine.quirks, now);
  const admitted = (operation: Operation): Next => {
    const admission = admit(control.controlPoint, operation, machine.quirks.ftms, now);
    return "write" in admission ? { operation: admission.write } : admission;
  };
  if (stop && stopAt !== null && stopAt <= now) return admitted(stopOperation(stop, telemetry, now));
  if (stopsOnly) return { lookAgainAt: stopAt ?? Infinity };
  const gapEnd = control.lastWrite === null ? now : control.lastWrite + machine.quirks.minGap;
  const due = goalDue(control, telemetry, machine, now);
  const goalAt = due ? Math.max(due.at, gapEnd) : null;
  if (due && goalAt !== null && goalAt <= now) return sooner(admitted(due.operation), stopAt);
  const regain = control.statusSeen && !stop ? regainAt(control.controlPoint) : null;
  if (regain !== null && regain <= now) return admitted({ op: "control" });
  const read = readDue(control, telemetry, machine.quirks, gapEnd);
  // A poll written now would push what is due within the gap back by a whole gap.
  const yields = Math.min(goalAt ?? Infinity, stopAt ?? Infinity) - now < machine.quirks.minGap;
  if (read && read.at <= now && !yields) return { operation: read.operation };
  const times = [stopAt, goalAt, regain, yields ? null : (read?.at ?? null)].filter((at) => at !== null);
  return { lookAgainAt: Math.min(...times, Infinity) };
};

/** Nobody knows yet, or at all, what a command would mean to the pad: the polls alone go on. */
const pollOnly = ({ lastPoll }: Control, { poll }: Quirks, now: number, stopsOnly: boolean): Next => {
  if (stopsOnly || poll === null) return { lookAgainAt: Infinity };
  const at = (lastPoll ?? -Infinity) + poll;
  return at <= now ? { operation: { op: "poll" } } : { lookAgainAt: at };
};

const sooner = (next: Next, at: number | null): Next =>
  "lookAgainAt" in next && at !== null ? { lookAgainAt: Math.min(next.lookAgainAt, at) } : next;

const goalDue = (control: Control, telemetry: Telemetry, machine: Machine, now: number): Due => {
  if (control.stop || !control.statusSeen) return null;
  if (control.mode) return modeDue(control.mode, telemetry, now);
  const { start, speed, incline } = control;
  const starts = start && startDue(control, start, telemetry, machine.quirks, now);
  if (starts || !isRecent(telemetry, machine.quirks, now)) return starts;
  return soonest(
    speed && !limitMayFollow(control, machine.quirks, now)
      ? speedDue(speed, telemetry, machine.capabilities, now)
      : null,
    incline && inclineDue(control, incline, telemetry, machine.quirks, now),
  );
};

/**
 * A polled pad takes a speed for a start while its belt slows to a stop of its remote's, which a status shows late: what
 * allows the speed is the answer to the last poll, not an older one. A poll comes before a write by the pad's gap. Of a
 * pad that notifies by itself it is the status that has just come, where a speed starts a belt.
 */
const isRecent = ({ last }: Telemetry, { poll, minGap, speedStarts }: Quirks, now: number): boolean => {
  if (poll === null && !speedStarts) return true;
  return last !== null && now - last.at <= (poll === null ? 0 : minGap) + POLL_ANSWER_MS;
};

const soonest = (first: Due, second: Due): Due =>
  first && second ? (second.at < first.at ? second : first) : (first ?? second);

/**
 * An operation of several frames takes its time: is what allowed it still true before the next one? A start, a speed
 * and an incline belong to a goal with that very target; the end of the program takes all of them (contract rules 2, 5).
 */
export const isStillAllowed = (
  operation: Operation,
  control: Control,
  telemetry: Telemetry,
  now: number,
): boolean => {
  const { stop, start, speed, incline, mode } = control;
  switch (operation.op) {
    case "stop":
    case "pause":
    case "control":
    case "poll":
      return true;
    case "start":
      return stop === null && start !== null && mayStart(start, telemetry, now);
    case "speed":
      return stop === null && speed?.target === operation.speed && maySetSpeedStill(speed, telemetry, now);
    case "incline":
      return incline?.percent === operation.percent && mayIncline(control, telemetry, now);
    case "mode":
      return (
        stop === null && (mode?.mode === operation.mode || (start !== null && operation.mode === "manual"))
      );
    case "handshake":
      return stop === null && start !== null;
    default:
      return stop === null;
  }
};

/** An operation was handed to the link. */
export const onWriteStarted = (
  before: Control,
  operation: Operation,
  telemetry: Telemetry,
  quirks: Quirks,
  now: number,
): Control => {
  const controlPoint = written(before.controlPoint, operation, quirks.ftms, now);
  const control: Control = { ...before, lastWrite: ON_ITS_WAY, controlPoint };
  const { stop, start, speed, mode, incline, preferences, record } = control;
  switch (operation.op) {
    case "poll":
      return { ...control, lastPoll: now };
    case "stop":
    case "pause":
      return { ...control, stop: stop && stopHanded(stop, telemetry, isInGap(before, quirks, now), now) };
    case "start": {
      const slow = !quirks.showsStart;
      const started = { at: ON_ITS_WAY, statusAt: telemetry.last?.at ?? now, seen: false, slow };
      return { ...control, start: start && { ...start, tries: start.tries + 1, wroteAt: now }, started };
    }
    case "speed": {
      const wrote = { at: now, from: telemetry.last?.status.speed ?? AT_REST, left: false };
      return { ...control, speed: speed && { ...speed, wrote, writes: speed.writes + 1 } };
    }
    case "mode":
      return {
        ...control,
        mode: mode && { ...mode, writtenAt: now },
        start: start && operation.mode === "manual" ? { ...start, manualAt: now } : start,
        manualDone: control.manualDone || operation.mode === "manual",
      };
    case "handshake":
      return { ...control, handshakeDone: true, start: start && { ...start, handshakeAt: now } };
    case "preferences":
      return { ...control, preferences: { ...preferences, tries: preferences.tries + 1, askedAt: now } };
    case "record":
      return { ...control, record: { ...record, tries: record.tries + 1, askedAt: now } };
    case "incline":
      return { ...control, incline: incline && { ...incline, wroteAt: now } };
    case "control":
      return control;
  }
};

const isInGap = ({ lastWrite }: Control, { minGap }: Quirks, now: number): boolean =>
  lastWrite !== null && now - lastWrite < minGap;

/** A write has left for the pad: it was held up, as by a suspend, for as long as it has taken. */
export const onWriteSent = (
  before: Control,
  operation: Operation,
  telemetry: Telemetry,
  now: number,
): Control => {
  const controlPoint = requestSent(before.controlPoint, operation, now);
  const control: Control = { ...before, lastWrite: now, controlPoint };
  const { op } = operation;
  if (op === "stop" || op === "pause")
    return { ...control, stop: control.stop && stopSent(control.stop, now) };
  return op === "start" ? startSent(control, telemetry, now) : control;
};

const startSent = (control: Control, telemetry: Telemetry, now: number): Control => {
  const { start, started } = sent(control, now);
  return {
    ...control,
    start: start && start.wroteAt !== null ? { ...start, wroteAt: now } : start,
    started: started && { ...started, statusAt: telemetry.last?.at ?? now },
  };
};

const sent = (control: Control, now: number): Control => ({
  ...control,
  started: control.started?.at === ON_ITS_WAY ? { ...control.started, at: now } : control.started,
  lastWrite: control.lastWrite === ON_ITS_WAY ? now : control.lastWrite,
});

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
    reviewAccess,
    (c: Control) => reviewStart(c, telemetry, now),
    (c: Control) => reviewSpeed(c, telemetry, machine.capabilities, now, sample),
    (c: Control) => reviewMode(c, telemetry, now),
    (c: Control) => reviewIncline(c, telemetry, machine.capabilities, now, sample),
  ].reduce(chain, { control, effects: [] });

/**
 * What brings, or brought, the belt to rest still does. After a crash nobody saw the stop confirmed, and it is over all
 * the same once the belt keeps a speed: what stops it then is somebody else.
 */
const isHalting = ({ stop, stopConfirmed }: Control, telemetry: Telemetry): boolean =>
  stop !== null || !isMoving(telemetry) || (!stopConfirmed && settledSpeed(telemetry) === null);

/** A valid status came in; `telemetry` has it already. */
export const onStatus = (
  before: Control,
  telemetry: Telemetry,
  machine: Machine,
  sample: Sample,
  now: number,
): Step => {
  const moves = isMoving(telemetry);
  const shows = machine.quirks.showsStart && (moves || sample.status.activity === "countdown");
  const control: Control = {
    ...before,
    statusSeen: true,
    started: before.started && { ...before.started, seen: before.started.seen || shows },
    haltedBy: isHalting(before, telemetry) ? before.haltedBy : null,
    leftMoving: before.leftMoving && telemetry.rests < PROOF,
    // A stop that was dropped (rule 2) is over once the belt has come to rest all the same.
    stopConfirmed: before.stopConfirmed || (!before.stop && telemetry.rests >= PROOF),
  };
  const reviewed = chain(proveStop(control, telemetry, sample), (c) =>
    review(c, telemetry, machine, now, sample),
  );
  return { ...reviewed, control: followTarget(reviewed.control, telemetry) };
};

const LOST = failure("link-lost", "The Bluetooth link was lost on the way. The command is not repeated.");

/** The link is gone: starts, speeds and modes end with it, a stop lives on (contract rule 2). */
export const onLinkLost = (control: Control, telemetry: Telemetry, now: number): Step => {
  const step = chain(giveUp(control, LOST), (c) => onStopLinkLost(c, telemetry));
  // What was on its way has arrived by now, or never will.
  return { ...step, control: { ...sent(step.control, now), ...freshLink, target: null } };
};

/** The moments at which time alone decides something. */
export const deadlines = (control: Control): readonly number[] =>
  [
    control.stop?.deadline,
    control.start?.deadline,
    control.start && startWindowEnd(control.start) + 1,
    control.speed?.deadline,
    control.speed?.writeBy,
    control.mode?.deadline,
    control.incline?.deadline,
    control.incline?.writeBy,
  ].filter((at) => typeof at === "number");
