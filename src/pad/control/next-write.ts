import { decideWrite, nextPermissionRequestAt } from "../../protocol/ftms/control-point.js";
import type { Operation } from "../../protocol/protocol.js";
import type { Context } from "./context.js";
import { inclineDue, mayIncline } from "./incline.js";
import { modeDue } from "./mode.js";
import { isUnitPending, readDue } from "./polling.js";
import { maySetSpeedStill, speedDue } from "./speed.js";
import { type Due, mayStart, startDue } from "./start.js";
import { stopDue, stopOperation } from "./stop-frames.js";

/** Allowance for a poll's answer and a late timer. Chosen: an allowed speed is based on a status of the last second. */
const POLL_ANSWER_MS = 300;

/** The next write, or when to decide again. */
export type Next = { readonly operation: Operation } | { readonly lookAgainAt: number };

/**
 * The scheduler: one write at a time, in the order stop, goals, preferences, record, poll. The first frame of a stop
 * ignores the pad's gap and everything else; polls are dropped, never queued, and never delay a stop or a goal that is
 * about to be written. `stopsOnly`: the link is not subscribed yet, or busy, and only a stop may pass.
 */
export const nextWrite = (context: Context, stopsOnly: boolean): Next => {
  const { control, machine, now } = context;
  const { stop } = control;
  if (control.access !== "full") return pollOnly(context, stopsOnly);
  const stopAt = stopDue(context);
  const admitted = (operation: Operation): Next => {
    const admission = decideWrite(control.controlPoint, operation, machine.quirks.ftms, now);
    return "write" in admission ? { operation: admission.write } : admission;
  };
  if (stop && stopAt !== null && stopAt <= now) return admitted(stopOperation(context, stop));
  if (stopsOnly) return { lookAgainAt: stopAt ?? Infinity };
  const gapEnd = control.lastWrite === null ? now : control.lastWrite + machine.quirks.minGap;
  const due = goalDue(context);
  const goalAt = due ? Math.max(due.at, gapEnd) : null;
  if (due && goalAt !== null && goalAt <= now) return sooner(admitted(due.operation), stopAt);
  const regain = control.statusSeen && !stop ? nextPermissionRequestAt(control.controlPoint) : null;
  if (regain !== null && regain <= now) return admitted({ op: "control" });
  const read = readDue(context, gapEnd);
  // A poll now would delay a frame that is due within the gap by a whole gap.
  const yields = Math.min(goalAt ?? Infinity, stopAt ?? Infinity) - now < machine.quirks.minGap;
  if (read && read.at <= now && !yields) return { operation: read.operation };
  const times = [stopAt, goalAt, regain, yields ? null : (read?.at ?? null)].filter((at) => at !== null);
  return { lookAgainAt: Math.min(...times, Infinity) };
};

/** The meaning of a command to the pad is not known yet, or unknown: only polls continue. */
const pollOnly = ({ control, machine, now }: Context, stopsOnly: boolean): Next => {
  const { poll } = machine.quirks;
  if (stopsOnly || poll === null) return { lookAgainAt: Infinity };
  const at = (control.lastPoll ?? -Infinity) + poll;
  return at <= now ? { operation: { op: "poll" } } : { lookAgainAt: at };
};

const sooner = (next: Next, at: number | null): Next =>
  "lookAgainAt" in next && at !== null ? { lookAgainAt: Math.min(next.lookAgainAt, at) } : next;

const goalDue = (context: Context): Due => {
  const { control } = context;
  if (control.stop || !control.statusSeen) return null;
  if (control.mode) return modeDue(context, control.mode);
  const { start, speed, incline } = control;
  const starts = start && startDue(context, start);
  if (starts || !isRecent(context)) return starts;
  return soonest(
    speed && !isUnitPending(context) ? speedDue(context, speed) : null,
    incline && inclineDue(context, incline),
  );
};

/**
 * A polled pad takes a speed for a start while its belt slows to a stop by its remote, which a status shows late: a
 * speed requires the answer to the last poll, not an older status. A poll precedes a write by the pad's gap. On a pad
 * that notifies by itself it requires the latest status, where a speed starts a belt.
 */
const isRecent = ({ telemetry: { last }, machine: { quirks }, now }: Context): boolean => {
  const { poll, minGap, speedStarts } = quirks;
  if (poll === null && !speedStarts) return true;
  return last !== null && now - last.at <= (poll === null ? 0 : minGap) + POLL_ANSWER_MS;
};

const soonest = (first: Due, second: Due): Due =>
  first && second ? (second.at < first.at ? second : first) : (first ?? second);

/**
 * An operation of several frames takes time: this checks before each frame that it is still allowed. A start, a speed
 * and an incline belong to a goal with that very target; the end of the program cancels all of them (safety rules 2 and
 * 5).
 */
export const isStillAllowed = (context: Context, operation: Operation): boolean => {
  const { stop, start, speed, incline, mode } = context.control;
  switch (operation.op) {
    case "stop":
    case "pause":
    case "control":
    case "poll":
      return true;
    case "start":
      return stop === null && start !== null && mayStart(context, start);
    case "speed":
      return stop === null && speed?.target === operation.speed && maySetSpeedStill(context, speed);
    case "incline":
      return incline?.percent === operation.percent && mayIncline(context);
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
