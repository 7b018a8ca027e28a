import type { Capabilities } from "../../domain/pad.js";
import type { GoalKey, Goals } from "../../domain/stats.js";
import {
  type Entity,
  entity,
  jsonValue,
  MEASUREMENT,
  type EntityConfig,
  stateValue,
  SPEED_SENSOR,
  NO_DECIMALS,
} from "./entity.js";

const HUNDREDTHS = { suggested_display_precision: 2 };
const GOAL = { icon: "mdi:bullseye-arrow", unit_of_measurement: "%", ...MEASUREMENT, ...NO_DECIMALS };

/**
 * Counters of sessions. Calories have no device class: `energy` means consumption and would offer them to the Energy
 * dashboard (home-assistant 7).
 */
const COUNTERS: Readonly<Record<GoalKey, EntityConfig & { readonly name: string }>> = {
  distance: { name: "Distance", device_class: "distance", unit_of_measurement: "km", ...HUNDREDTHS },
  duration: { name: "Duration", device_class: "duration", unit_of_measurement: "min", ...NO_DECIMALS },
  steps: { name: "Steps", icon: "mdi:shoe-print", unit_of_measurement: "steps", ...NO_DECIMALS },
  calories: { name: "Calories", icon: "mdi:fire", unit_of_measurement: "kcal", ...NO_DECIMALS },
};
const COUNTER_KEYS: readonly GoalKey[] = ["distance", "duration", "steps", "calories"];

/** The counters that this machine has; steps only where it counts them. */
const countersOf = (capabilities: Capabilities | null): readonly GoalKey[] =>
  COUNTER_KEYS.filter((key) => key !== "steps" || capabilities?.steps);

type Period = "session" | "today" | "total";

/**
 * Home Assistant records each value that differs from the last. In seconds and metres, three durations and three
 * distances would be six rows per second of a walk; in these units and decimals they are 0.6 (home-assistant 7: no
 * update merely because time passes).
 */
const DURATION: Readonly<Record<Period, { readonly seconds: number; readonly decimals: number }>> = {
  session: { seconds: 60, decimals: 1 },
  today: { seconds: 60, decimals: 0 },
  total: { seconds: 3600, decimals: 1 },
};

/** Unknown values stay unknown: Home Assistant logs a warning for arithmetic with them. */
const rounded = (value: string, decimals: number, by = 1): string =>
  `${by === 1 ? value : `(${value} / ${by})`} | round(${decimals}) if ${value} is not none else none`;

/** The numbers of this session, of today and in total, and the progress to the daily goals. */
export const walkNumbers = (
  stats: string,
  capabilities: Capabilities | null,
  goals: Goals,
): readonly Entity[] => {
  const keys = countersOf(capabilities);
  return [...counters(stats, keys), ...goalSensors(stats, goals, keys)];
};

const counters = (stats: string, keys: readonly GoalKey[]): readonly Entity[] => {
  const rising = (key: GoalKey, period: Period, id: string, suffix: string): Entity => {
    const { name, ...config } = COUNTERS[key];
    const value = jsonValue(`${period}.${key}`);
    const shown = {
      state_class: "total_increasing",
      ...stateValue(stats, key === "distance" ? rounded(value, 2) : value),
    };
    const time = key === "duration" ? durationOf(value, stats, period) : {};
    return entity(id, "bridge", "sensor", { name: `${name}${suffix}`, ...config, ...shown, ...time });
  };
  const value = rounded(jsonValue("session.average_speed"), 1);
  const average = { name: "Average speed", ...SPEED_SENSOR, ...stateValue(stats, value) };
  return [
    ...keys.map((key) => rising(key, "session", key, "")),
    entity("average-speed", "bridge", "sensor", average),
    ...keys.map((key) => rising(key, "today", `${key}-today`, " today")),
    ...keys.map((key) => rising(key, "total", `${key}-total`, " total")),
  ];
};

const durationOf = (value: string, stats: string, period: Period) => {
  const { seconds, decimals } = DURATION[period];
  return {
    ...stateValue(stats, rounded(value, decimals, seconds)),
    ...(period === "total" && { unit_of_measurement: "h", suggested_display_precision: decimals }),
  };
};

/** Percent of a daily goal. Retained stats may be older than the goal, hence the condition. */
const goalSensors = (stats: string, goals: Goals, keys: readonly GoalKey[]): readonly Entity[] =>
  keys
    .filter((key) => goals[key] !== null)
    .map((key) => {
      const goal = jsonValue(`goals.${key}`);
      const shown = stateValue(stats, `(${goal}.progress * 100) | round(0) if ${goal} else none`);
      return entity(`${key}-goal`, "bridge", "sensor", {
        name: `${COUNTERS[key].name} goal`,
        ...GOAL,
        ...shown,
      });
    });
