import type { Control } from "./goals.js";
import { isFalling, showsRest, type Telemetry } from "./telemetry.js";

/** How a belt was left (contract 1, exit codes). Only `moving` makes the program end with 75. */
export type Verdict = "none" | "rest" | "falling" | "moving";

export interface ExitFacts {
  /** A valid status came since the start: the bridge is responsible for this belt. */
  readonly seen: boolean;
  readonly linked: boolean;
  readonly lostMoving: boolean;
  readonly control: Control;
  readonly telemetry: Telemetry;
  /** When the stop of the exit was asked for; null when none was. */
  readonly askedAt: number | null;
}

/** Fresh telemetry says how the belt was left; a link lost while the belt moved, and not regained, is `moving`. */
export const verdict = (facts: ExitFacts): Verdict => {
  const { control, telemetry } = facts;
  if (!facts.seen) return "none";
  if (facts.lostMoving) return "moving";
  if (control.stop === null || (!facts.linked && showsRest(telemetry)))
    return showsRest(telemetry) ? "rest" : "moving";
  const slowing = facts.linked && facts.askedAt !== null && isFalling(telemetry, facts.askedAt);
  return slowing ? "falling" : "moving";
};
