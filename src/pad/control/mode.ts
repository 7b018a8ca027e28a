import { failure, OK } from "../../domain/command.js";
import type { Mode } from "../../domain/pad.js";
import type { Context } from "./context.js";
import { type ModeGoal, type RequestId, resolve, type Step, supersede } from "./goals.js";
import type { Due } from "./start.js";
import { isFresh, showsRest, type Telemetry } from "./telemetry.js";

/** docs/topics.md: reported by the pad within 5 s. */
const MODE_DEADLINE_MS = 5_000;
/** Repeats fit well before the deadline. */
const AGAIN_MS = 2_000;

/** Requests a mode, after a pending stop: the stop's time is added to the deadline. */
export const requestMode = ({ control, now }: Context, refs: readonly RequestId[], mode: Mode): Step => {
  const deadline = Math.max(now, control.stop?.deadline ?? now) + MODE_DEADLINE_MS;
  const goal = { refs, mode, deadline, writtenAt: null };
  return { control: { ...control, mode: goal }, effects: supersede(control.mode) };
};

const isAtRest = (telemetry: Telemetry, now: number): boolean =>
  isFresh(telemetry, now) && showsRest(telemetry);
const isReported = (goal: ModeGoal, telemetry: Telemetry): boolean =>
  telemetry.last?.status.mode === goal.mode;

/**
 * A mode is written only to a belt at rest, after any stop was confirmed (docs/topics.md, safety rule 6), and never if
 * it is set already.
 */
export const modeDue = ({ telemetry, now }: Context, goal: ModeGoal): Due => {
  if (!isAtRest(telemetry, now) || isReported(goal, telemetry)) return null;
  return {
    operation: { op: "mode", mode: goal.mode },
    at: goal.writtenAt === null ? 0 : goal.writtenAt + AGAIN_MS,
  };
};

/** Resolves a mode; one that waits for a stop does not outlive its deadline either. */
export const reviewMode = ({ control, telemetry, now }: Context): Step => {
  const goal = control.mode;
  if (!goal) return { control, effects: [] };
  if (!control.stop && isAtRest(telemetry, now) && isReported(goal, telemetry))
    return { control: { ...control, mode: null }, effects: resolve(goal.refs, OK) };
  if (now < goal.deadline) return { control, effects: [] };
  const outcome = failure("unconfirmed", `The pad did not report mode ${goal.mode} in time.`);
  return { control: { ...control, mode: null }, effects: resolve(goal.refs, outcome) };
};
