import { AT_REST } from "../../domain/units.js";
import { requestSent, pointAfterWrite } from "../../protocol/ftms/control-point.js";
import type { Operation } from "../../protocol/protocol.js";
import type { Context } from "./context.js";
import { type Control, NOT_SENT_YET } from "./goals.js";
import { afterStopWritten, stopSent } from "./stop.js";
import type { Telemetry } from "./telemetry.js";

/** An operation was handed to the link. */
export const onWriteStarted = (context: Context, operation: Operation): Control => {
  const { control: before, telemetry, machine, now } = context;
  const { quirks } = machine;
  const controlPoint = pointAfterWrite(before.controlPoint, operation, quirks.ftms, now);
  const control: Control = { ...before, lastWrite: NOT_SENT_YET, controlPoint };
  const { stop, start, speed, mode, incline, preferences, record } = control;
  switch (operation.op) {
    case "poll":
      return { ...control, lastPoll: now };
    case "stop":
    case "pause":
      return { ...control, stop: stop && afterStopWritten(context, stop, isInGap(context)) };
    case "start": {
      const slow = !quirks.showsStart;
      const started = { at: NOT_SENT_YET, statusAt: telemetry.last?.at ?? now, seen: false, slow };
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

const isInGap = ({ control: { lastWrite }, machine: { quirks }, now }: Context): boolean =>
  lastWrite !== null && now - lastWrite < quirks.minGap;

/** A write was sent to the pad: it was delayed, as by a suspend, for as long as it has taken. */
export const onWriteSent = ({ control: before, telemetry, now }: Context, operation: Operation): Control => {
  const controlPoint = requestSent(before.controlPoint, operation, now);
  const control: Control = { ...before, lastWrite: now, controlPoint };
  const { op } = operation;
  if (op === "stop" || op === "pause")
    return { ...control, stop: control.stop && stopSent(control.stop, now) };
  return op === "start" ? startSent(control, telemetry, now) : control;
};

const startSent = (control: Control, telemetry: Telemetry, now: number): Control => {
  const { start, started } = afterWritesSent(control, now);
  return {
    ...control,
    start: start && start.wroteAt !== null ? { ...start, wroteAt: now } : start,
    started: started && { ...started, statusAt: telemetry.last?.at ?? now },
  };
};

/** Writes in flight were sent, or never will be. */
export const afterWritesSent = (control: Control, now: number): Control => ({
  ...control,
  started: control.started?.at === NOT_SENT_YET ? { ...control.started, at: now } : control.started,
  lastWrite: control.lastWrite === NOT_SENT_YET ? now : control.lastWrite,
});
