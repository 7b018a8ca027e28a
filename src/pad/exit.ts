import type { Control } from "./control/goals.js";
import { mayMove } from "./control/stop.js";
import { isFalling, isFresh, type Telemetry } from "./control/telemetry.js";

/** How a belt was left (contract 1, exit codes). Only `moving` makes the program end with 75. */
export type Verdict = "none" | "rest" | "falling" | "moving";

export interface ExitFacts {
  /** A valid status came since the start: the bridge is responsible for this belt. */
  readonly seen: boolean;
  /** The mark of an earlier, unclean end stands. */
  readonly crashed: boolean;
  /** A stop that the bridge is responsible for is not confirmed. */
  readonly owed: boolean;
  readonly linked: boolean;
  readonly lostMoving: boolean;
  readonly control: Control;
  readonly telemetry: Telemetry;
}

/** The last telemetry says how the belt was left; a link lost while the belt moved, and not regained, is `moving`. */
export const verdict = (facts: ExitFacts, now: number): Verdict => {
  const { seen, crashed, owed, linked, lostMoving, control, telemetry } = facts;
  if (lostMoving || (owed && !linked)) return "moving";
  if (!seen) return crashed ? "moving" : "none";
  if (!linked || !mayMove(control, telemetry)) return "rest";
  const falls = control.stop !== null && isFresh(telemetry, now) && isFalling(telemetry, control.stop.asked);
  return falls ? "falling" : "moving";
};
