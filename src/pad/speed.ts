import { failure, OK, type Outcome } from "../domain/command.js";
import type { Capabilities } from "../domain/pad.js";
import { kmh, type Speed } from "../domain/units.js";
import { type Control, settle, type SpeedGoal, type Step } from "./goals.js";
import type { Due } from "./start.js";
import { isFresh, isMoving, isRunning, type Sample, showsRest, type Telemetry } from "./telemetry.js";

/** Contract 3: within 0.1 km/h or one step of the target. */
const tolerance = (step: Speed): number => Math.max(10, step);
/** Contract 3: from rest a speed belongs to its start for 20 s. */
export const FROM_REST_MS = 20_000;
/** A speed that had no effect at all after this is written once more: writes without response get lost. */
const AGAIN_MS = 2_500;
const MAX_WRITES = 2;

/** Contract 3: 0.4 km/h a second + 5 s. */
export const speedTime = (from: Speed, to: Speed): number => (Math.abs(kmh(to) - kmh(from)) / 0.4 + 5) * 1000;

const isNear = (a: Speed, b: Speed, step: Speed): boolean => Math.abs(a - b) <= tolerance(step);

/** Contract rule 5: a speed is written only while a fresh status shows the belt running. */
export const speedDue = (
  goal: SpeedGoal,
  telemetry: Telemetry,
  capabilities: Capabilities,
  now: number,
): Due => {
  if (!isFresh(telemetry, now) || !isRunning(telemetry)) return null;
  const operation = { op: "speed", speed: goal.target } as const;
  if (!goal.wrote) return { operation, at: 0 };
  const ignored = isNear(telemetry.last?.status.speed ?? goal.target, goal.wrote.from, capabilities.step);
  const far = !isNear(goal.wrote.from, goal.target, capabilities.step);
  return ignored && far && goal.writes < MAX_WRITES ? { operation, at: goal.wrote.at + AGAIN_MS } : null;
};

const ended = (goal: SpeedGoal, telemetry: Telemetry, now: number): Outcome | null => {
  if (goal.seenMoving && showsRest(telemetry))
    return failure(
      "superseded",
      "The belt came to rest before the speed was reached. Start it again to set a speed.",
    );
  if (goal.startsBy !== null && !goal.wrote && now >= goal.startsBy)
    return failure("superseded", "The belt was not running within 20 s, so the speed was dropped.");
  if (now >= goal.deadline)
    return failure(
      "unconfirmed",
      "The belt did not reach the speed in time. It runs at the speed that state shows.",
    );
  return null;
};

/** Settles a speed with what telemetry shows; `sample` is the status that just came, if one did. */
export const reviewSpeed = (
  control: Control,
  telemetry: Telemetry,
  capabilities: Capabilities,
  now: number,
  sample?: Sample,
): Step => {
  const goal = control.speed;
  if (!goal) return { control, effects: [] };
  const measured = sample?.status.speed;
  if (goal.wrote && sample && sample.at > goal.wrote.at && measured !== undefined && isRunning(telemetry))
    if (isNear(measured, goal.target, capabilities.step))
      return {
        control: { ...control, speed: null },
        effects: [{ type: "speed-reached", target: goal.target }, ...settle(goal.refs, OK)],
      };
  const outcome = ended(goal, telemetry, now);
  if (outcome) return { control: { ...control, speed: null }, effects: settle(goal.refs, outcome) };
  const seenMoving = goal.seenMoving || isMoving(telemetry);
  return { control: { ...control, speed: { ...goal, seenMoving } }, effects: [] };
};
