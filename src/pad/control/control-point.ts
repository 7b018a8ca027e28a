import { failure } from "../../domain/command.js";
import { AT_REST } from "../../domain/units.js";
import { answered, told, type Verdict } from "../../protocol/ftms/control-point.js";
import type { Answer } from "../../protocol/ftms/control-point-frames.js";
import type { MachineEvent } from "../../protocol/ftms/machine-status.js";
import type { Machine } from "./next-write.js";
import { type Control, settle, type Step } from "./goals.js";
import { endStart } from "./start.js";
import { unwrittenStop } from "./stop.js";

const REFUSED = failure(
  "unconfirmed",
  "The machine refused it. Look at its display: its safety key may be out, or its own program in control.",
);
const HALTED = failure("superseded", "The belt was stopped by somebody else before it moved.");

const unchanged = (control: Control): Step => ({ control, effects: [] });

/**
 * A request had no effect: its goal may write it anew. That a start was written is not forgotten, so that the next one
 * waits for newer statuses (contract rule 4), and a stop for what may still come of it (rule 7).
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
      // Contract 3: 08 01 when 08 02 is refused. As a pause that did not slow the belt, it makes way for a stop.
      return unchanged({ ...control, stop: stop && { ...stop, ...unwrittenStop, from: AT_REST } });
    case "start":
      return start ? endStart(control, start, REFUSED) : unchanged(control);
    case "speed":
      return speed
        ? { control: { ...control, speed: null }, effects: settle(speed.refs, REFUSED) }
        : unchanged(control);
    case "incline":
      return incline
        ? { control: { ...control, incline: null }, effects: settle(incline.refs, REFUSED) }
        : unchanged(control);
    default:
      return unchanged(control);
  }
};

/** A frame that is answered was not lost. */
const obeyed = (control: Control, op: Verdict["op"]): Control =>
  control.stop && (op === "stop" || op === "pause")
    ? { ...control, stop: { ...control.stop, inGap: false } }
    : control;

/** The control point answered. That something was obeyed is for telemetry to prove. */
export const answerHeard = (before: Control, answer: Answer, machine: Machine, now: number): Step => {
  const { point, verdict } = answered(before.point, answer, machine.quirks.ftms, now);
  const control = { ...before, point };
  if (verdict?.verdict === "again") return unchanged(unwritten(control, verdict.op));
  if (verdict?.verdict === "done") return unchanged(obeyed(control, verdict.op));
  return verdict?.verdict === "refused" ? refused(control, verdict.op) : unchanged(control);
};

const HALTS: readonly MachineEvent["type"][] = ["stopped", "paused", "safety-key"];

/** The machine told of something that it did. Halted in its spin-up by somebody, it is not started once more. */
export const eventHeard = (before: Control, event: MachineEvent, now: number): Step => {
  const control = { ...before, point: told(before.point, event, now) };
  const { start } = control;
  const halted = start !== null && start.wroteAt !== null && HALTS.includes(event.type);
  return halted ? endStart(control, start, HALTED) : unchanged(control);
};
