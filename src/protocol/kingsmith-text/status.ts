import type { Activity, PadPreferences, PadStatus } from "../../domain/pad.js";
import { metres, seconds, speedFromKmh } from "../../domain/units.js";
import type { Key } from "./lines.js";

/** The properties that the pad has reported on this link: its lines are partial, so they are merged. */
export type Props = Readonly<Partial<Record<Key, number>>>;

/** runState (more-protocols 1.5); 5 and 9 were never captured. */
const ACTIVITIES: ReadonlyMap<number, Activity> = new Map([
  [0, "resting"],
  [1, "running"],
  [5, "standby"],
  [9, "countdown"],
]);

/** ControlMode while the pad's own panel is in control. */
export const PANEL = 2;

const STATE_KEYS: readonly Key[] = [
  "runState",
  "CurrentSpeed",
  "RunningTotalTime",
  "RunningDistance",
  "BurnCalories",
  "RunningSteps",
];

/** The status of a line, with the state from the lines before it; null where the line has another subject. */
export const statusOf = (line: Props, merged: Props): PadStatus | null => {
  if (!STATE_KEYS.some((key) => line[key] !== undefined)) return null;
  const { runState = -1 } = merged;
  const {
    CurrentSpeed: kmh,
    RunningTotalTime: time,
    RunningDistance,
    BurnCalories,
    RunningSteps: steps,
  } = line;
  return {
    activity: ACTIVITIES.get(runState) ?? "other",
    code: runState,
    ...(kmh !== undefined && kmh >= 0 && { speed: speedFromKmh(kmh) }),
    ...(time !== undefined && time >= 0 && { elapsed: seconds(time) }),
    ...(RunningDistance !== undefined && RunningDistance >= 0 && { distance: metres(RunningDistance) }),
    ...(BurnCalories !== undefined && BurnCalories >= 0 && { energy: Math.floor(BurnCalories / 1000) }),
    ...(steps !== undefined && steps >= 0 && { steps: Math.floor(steps) }),
  };
};

const CONFIG_KEYS: readonly Key[] = ["Max", "StartSpeed", "unit", "ChildLockSwitch", "VelocitySensitivity"];

/** The configuration dump has several of these; a state line may have the child lock as well. */
export const isConfig = (line: Props): boolean =>
  CONFIG_KEYS.filter((key) => line[key] !== undefined).length >= 2;

const plausible = (kmh: number | undefined): kmh is number => kmh !== undefined && kmh > 0 && kmh <= 30;

/**
 * It is unknown whether CurrentSpeed is in miles per hour with another unit: any unit but 0 is capped (safety rule 12).
 */
export const preferencesOf = ({ Max, StartSpeed, unit = 0 }: Props): PadPreferences => ({
  ...(plausible(Max) && { maxSpeed: speedFromKmh(Max) }),
  ...(plausible(StartSpeed) && { startSpeed: speedFromKmh(StartSpeed) }),
  imperial: unit !== 0,
});
