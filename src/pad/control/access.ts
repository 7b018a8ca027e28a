import { failure } from "../../domain/command.js";
import type { Quirks } from "../../protocol/protocol.js";
import type { Access, StartVerdict } from "../../protocol/session.js";
import { type Control, resolve, type Step } from "./goals.js";
import { endStart } from "./start.js";

/**
 * The pad has nothing to write to, or uses a variant in which the meaning of a command is unknown: a stop could be a
 * start.
 */
export const UNKNOWN_VARIANT = failure(
  "unsupported",
  "The pad has no control that the bridge supports, so nothing was written to the belt. Use the pad's remote.",
);
const NOT_STOPPED = failure(
  "unconfirmed",
  "The pad has no control that the bridge supports, so the stop could not be written and the belt may be moving. " +
    "Use the pad's remote or its mains switch.",
);

/** The access to the pad became known, or changed. */
export const accessChanged = (control: Control, access: Access): Step => reviewAccess({ ...control, access });

/** A stop that cannot be written fails at once. The goal stays: it is written as soon as possible. */
export const reviewAccess = (control: Control): Step => {
  const { stop, access } = control;
  if (access !== "none" || !stop || stop.deadline === null) return { control, effects: [] };
  return {
    control: { ...control, stop: { ...stop, refs: [], deadline: null, overdue: true } },
    effects: [{ type: "stop-unconfirmed", unwritten: true }, ...resolve(stop.refs, NOT_STOPPED)],
  };
};

const REFUSED: Readonly<Record<NonNullable<StartVerdict["reason"]> | "none", string>> = {
  panel:
    "The pad's own panel keeps control, so the belt stays at rest. Wake the pad at its panel or remote, then try again.",
  locked:
    "The pad's child lock is on, so the belt stays at rest. Switch it off in the pad's app or at its panel.",
  none: "The pad refused the start, so the belt stays at rest. Wake it at its panel or remote, then try again.",
};

/** The pad answered the last start: a refused start may be written again; after the last attempt it has failed. */
export const startJudged = (control: Control, verdict: StartVerdict, quirks: Quirks): Step => {
  const { start, started } = control;
  const judged = { ...control, started: started && { ...started, taken: verdict.accepted } };
  if (verdict.accepted || !start || start.wroteAt === null) return { control: judged, effects: [] };
  if (start.tries >= quirks.startTries)
    return endStart(judged, start, failure("unconfirmed", REFUSED[verdict.reason ?? "none"]));
  return { control: { ...judged, start: { ...start, wroteAt: null } }, effects: [] };
};
