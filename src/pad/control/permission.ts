import { failure, type Outcome } from "../../domain/command.js";
import type { Control } from "./goals.js";

/** The machine lets nobody, or not us, control it: it answered so, or said so. */
const isControlLost = ({ point: { permission } }: Control): boolean =>
  permission === "lost" || permission === "refused";

/** Lost, it stays so until permission is held again: on the way there it is neither. */
export const controlLost = (before: boolean, control: Control): boolean =>
  isControlLost(control) || (before && control.point.permission === "none");

const NO_CONTROL = failure(
  "unconfirmed",
  "The machine does not let the bridge control it, so nothing was written. Use its own buttons, or try again later.",
);

/** Why something was not written in time: `otherwise`, unless the machine would not have it. */
export const notWritten = (control: Control, otherwise: Outcome): Outcome =>
  isControlLost(control) ? NO_CONTROL : otherwise;
