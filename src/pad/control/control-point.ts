import { failure } from "../../domain/command.js";
import { AT_REST } from "../../domain/units.js";
import {
  isAnswered,
  pointAfterAnswer,
  pointAfterStatus,
  type Verdict,
} from "../../protocol/ftms/control-point.js";
import type { Answer } from "../../protocol/ftms/control-point-frames.js";
import type { MachineEvent } from "../../protocol/ftms/machine-status.js";
import type { Context } from "./context.js";
import { type Control, resolve, type Step } from "./goals.js";
import { endStart } from "./start.js";
import { allowForStart, unwrittenStop } from "./stop.js";
import {
  SETTLED_WITHIN,
  startAcknowledged,
  startReported,
  stopReported,
  type Telemetry,
} from "./telemetry.js";

const REFUSED = failure(
  "unconfirmed",
  "The machine refused the request. Check its display: its safety key may be pulled, or its own program in control.",
);
const HALTED = failure(
  "superseded",
  "The belt was stopped at the pad or by another controller before it moved.",
);

const unchanged = (control: Control): Step => ({ control, effects: [] });

/**
 * A request had no effect: its goal may write it again. The written start stays on record, so that the next one waits
 * for newer statuses (safety rule 4), and a stop for its possible effect (safety rule 7).
 */
const unwritten = (control: Control, op: Verdict["op"]): Control => {
  const { stop, start, speed, incline } = control;
  switch (op) {
    case "stop":
    case "pause":
      return { ...control, stop: stop && { ...stop, ...unwrittenStop } };
    case "start":
      return { ...control, start: start && { ...start, wroteAt: null } };
    case "speed":
      return { ...control, speed: speed && { ...speed, wrote: null } };
    case "incline":
      return { ...control, incline: incline && { ...incline, wroteAt: null } };
    default:
      return control;
  }
};

const refused = (control: Control, op: Verdict["op"]): Step => {
  const { stop, start, speed, incline } = control;
  switch (op) {
    case "pause":
      // docs/topics.md: 08 01 when 08 02 is refused. Like a pause that did not slow the belt, it is replaced by a stop.
      return unchanged({ ...control, stop: stop && { ...stop, ...unwrittenStop, from: AT_REST } });
    case "start":
      return start ? endStart(control, start, REFUSED) : unchanged(control);
    case "speed":
      return speed
        ? { control: { ...control, speed: null }, effects: resolve(speed.refs, REFUSED) }
        : unchanged(control);
    case "incline":
      return incline
        ? { control: { ...control, incline: null }, effects: resolve(incline.refs, REFUSED) }
        : unchanged(control);
    default:
      return unchanged(control);
  }
};

/**
 * An answered stop was not lost, and shortens the time in which an earlier start may still take effect (safety rule 7).
 */
const obeyed = (control: Control, op: Verdict["op"]): Control =>
  op === "stop" || op === "pause" ? stopAcknowledged(control) : control;

const stopAcknowledged = ({ stop, started, ...rest }: Control): Control => ({
  ...rest,
  stop: stop && { ...stop, inGap: false },
  started: stop && started ? { ...started, slow: false } : started,
});

/** The effect of the answer to a request on the interpretation of the belt's data. */
export const afterAnswer = (
  telemetry: Telemetry,
  { controlPoint }: Control,
  answer: Answer,
  now: number,
): Telemetry => {
  const { open } = controlPoint;
  if (answer.result !== "success" || !open || !isAnswered(controlPoint, answer, now)) return telemetry;
  if (open.op === "start") return startAcknowledged(telemetry, now);
  return open.op === "stop" || open.op === "pause" ? stopReported(telemetry) : telemetry;
};

/** The effect of an event on it. Before the first status it is the present state, replayed and maybe stale (b.4). */
export const afterEvent = (
  telemetry: Telemetry,
  { statusSeen }: Control,
  { type }: MachineEvent,
  now: number,
): Telemetry => {
  if (type === "started" && statusSeen) return startReported(telemetry, now);
  return HALTS.includes(type) ? stopReported(telemetry) : telemetry;
};

/** The control point answered. Telemetry has yet to confirm the effect. */
export const onAnswer = ({ control: before, machine, now }: Context, answer: Answer): Step => {
  const { point, verdict } = pointAfterAnswer(before.controlPoint, answer, machine.quirks.ftms, now);
  const control: Control = { ...before, controlPoint: point };
  if (verdict?.verdict === "again") return unchanged(unwritten(control, verdict.op));
  if (verdict?.verdict === "done") return unchanged(obeyed(control, verdict.op));
  return verdict?.verdict === "refused" ? refused(control, verdict.op) : unchanged(control);
};

const HALTS: readonly MachineEvent["type"][] = ["stopped", "paused", "safety-key"];

/**
 * A button was pressed since the speed was written: the machine reports only other controllers' speeds (wire-facts
 * b.4), and a steep ramp may be over before a status shows it. The speed is not written again (safety rule 5).
 */
const aimedElsewhere = (control: Control, event: MachineEvent): Control => {
  const { speed } = control;
  const isOurs =
    event.type !== "target-speed" || Math.abs(event.speed - (speed?.target ?? 0)) <= SETTLED_WITHIN;
  return isOurs || !speed?.wrote
    ? control
    : { ...control, speed: { ...speed, wrote: { ...speed.wrote, left: true } } };
};

/** The machine reported an event. A belt that was halted in its spin-up is not started again. */
export const onEvent = (context: Context, event: MachineEvent): Step => {
  const { now } = context;
  const before = event.type === "started" ? allowForStart(context) : context.control;
  const halts = HALTS.includes(event.type);
  const updated: Control = { ...before, controlPoint: pointAfterStatus(before.controlPoint, event, now) };
  const known = aimedElsewhere(updated, event);
  const control = halts && before.stop?.lastWrite !== null ? stopAcknowledged(known) : known;
  const { start } = control;
  const halted = start !== null && start.wroteAt !== null && halts;
  return halted ? endStart(control, start, HALTED) : unchanged(control);
};
