import { RESULT_CODES, type Verb } from "../../domain/command.js";
import { PROTOCOL_NAMES, type Capabilities, type Mode } from "../../domain/pad.js";
import { BELTS, EVENT_TYPES } from "../../domain/state.js";
import type { GoalKey, Goals } from "../../domain/stats.js";
import { kmh } from "../../domain/units.js";
import type { BridgeTopics, PadTopics } from "../topics.js";

export type Platform = "sensor" | "binary_sensor" | "number" | "select" | "switch" | "button" | "event";

/** What has to be there for an entity to be of use (contract 6). */
export type Needs =
  /** Bridge `online`, pad `online`. */
  | "control"
  /** Bridge `online` or `stopping`, pad `online`. */
  | "live"
  /** Bridge `online` or `stopping`. */
  | "bridge"
  /** Bridge `online`. */
  | "working-bridge"
  | "nothing";

/** One entity: its key, which makes its unique id and never changes, and its part of the device message. */
export interface Entity {
  readonly key: string;
  readonly needs: Needs;
  readonly config: { readonly p: Platform } & Named;
}

/** Null: the main entity, which has the device's name. */
type Named = { readonly name: string | null } & Readonly<Record<string, unknown>>;

/** What the entities of a pad depend on; `capabilities` null while nothing is known of it. */
export interface PadTraits {
  readonly capabilities: Capabilities | null;
  readonly goals: Goals;
}

/** Assumed until the pad has said better. */
const UNKNOWN_SPEEDS = { min: 0.5, max: 6, step: 0.1 };

const MEASUREMENT = { state_class: "measurement" };
const DIAGNOSTIC = { entity_category: "diagnostic" };
const NOISY = { ...DIAGNOSTIC, enabled_by_default: false };
const ENUM = { device_class: "enum" };
const WHOLE = { suggested_display_precision: 0 };
const HUNDREDTHS = { suggested_display_precision: 2 };
const BPM = { unit_of_measurement: "bpm" };
const DBM = { device_class: "signal_strength", unit_of_measurement: "dBm", ...MEASUREMENT };
const SPEED = { device_class: "speed", unit_of_measurement: "km/h" };
const SPEED_SENSOR = { ...SPEED, ...MEASUREMENT, suggested_display_precision: 1 };

const BELT = { name: "Belt", icon: "mdi:walk", ...ENUM, options: BELTS };
const CONNECTION = { name: "Connection", icon: "mdi:bluetooth", entity_category: "config" };
const END_SESSION = { name: "End session", icon: "mdi:flag-checkered" };
const GOAL = { icon: "mdi:bullseye-arrow", unit_of_measurement: "%", ...MEASUREMENT, ...WHOLE };
const HEART_RATE = { name: "Heart rate", icon: "mdi:heart-pulse", ...BPM, ...MEASUREMENT };
const INCLINE = { name: "Incline", icon: "mdi:slope-uphill", unit_of_measurement: "%" };
const LAST_STATUS = { name: "Last status", device_class: "timestamp", ...NOISY };
const PROTOCOL = { name: "Protocol", ...ENUM, options: PROTOCOL_NAMES, ...DIAGNOSTIC };
const SESSION = { name: "Session", icon: "mdi:walk" };
const SIGNAL = { name: "Signal strength", ...DBM, ...NOISY };

const STATUS = { name: "Status", ...ENUM, options: ["online", "stopping", "offline"], ...DIAGNOSTIC };
const VERSION = { name: "Version", ...DIAGNOSTIC };
const RESTART = { name: "Restart", device_class: "restart", entity_category: "config", payload_press: "{}" };

/**
 * Counters of walks. Calories have no device class: `energy` means consumption and would offer them to the Energy
 * dashboard (home-assistant 7).
 */
const COUNTERS: Readonly<Record<GoalKey, Named & { readonly name: string }>> = {
  distance: { name: "Distance", device_class: "distance", unit_of_measurement: "km", ...HUNDREDTHS },
  duration: { name: "Duration", device_class: "duration", unit_of_measurement: "min", ...WHOLE },
  steps: { name: "Steps", icon: "mdi:shoe-print", unit_of_measurement: "steps", ...WHOLE },
  calories: { name: "Calories", icon: "mdi:fire", unit_of_measurement: "kcal", ...WHOLE },
};
const COUNTER_KEYS: readonly GoalKey[] = ["distance", "duration", "steps", "calories"];

/** The counters that this machine has; steps only where it counts them. */
const countersOf = (capabilities: Capabilities | null): readonly GoalKey[] =>
  COUNTER_KEYS.filter((key) => key !== "steps" || capabilities?.steps);

type Period = "session" | "today" | "total";

/**
 * Home Assistant records each value that differs from the last. In seconds, three durations would be three rows a second
 * while somebody walks; in these units and decimals they are 0.3 (home-assistant 7: no update merely because time passes).
 */
const DURATION: Readonly<Record<Period, { readonly seconds: number; readonly decimals: number }>> = {
  session: { seconds: 60, decimals: 1 },
  today: { seconds: 60, decimals: 0 },
  total: { seconds: 3600, decimals: 1 },
};

const read = (topic: string, expression: string) => ({
  state_topic: topic,
  value_template: `{{ ${expression} }}`,
});
const json = (key: string): string => `value_json.${key}`;

/** Home Assistant logs an error for a number outside its range, so that one is shown as unknown (`none`). */
const within = (key: string, min: number, max: number): string =>
  `${json(key)} if ${min} <= (${json(key)} or 0) <= ${max} else none`;

/** Home Assistant refuses a number whose `min` is not below its `max`, or whose `step` is below 0.001. */
const range = (min: number, max: number, step: number) => {
  const usable = step >= 0.001 ? step : UNKNOWN_SPEEDS.step;
  return { min, max: Math.max(max, Math.round((min + usable) * 1000) / 1000), step: usable };
};

const entity = (key: string, needs: Needs, p: Platform, config: Named): Entity => ({
  key,
  needs,
  config: { p, ...config },
});

/** The entities of a pad. */
export const padEntities = (topics: PadTopics, { capabilities, goals }: PadTraits): readonly Entity[] => [
  ...switches(topics),
  ...buttons(topics),
  targetSpeed(topics, capabilities),
  ...mode(topics, capabilities?.modes ?? []),
  ...incline(topics, capabilities?.incline ?? null),
  ...stateSensors(topics.state, capabilities),
  ...diagnostics(topics.state),
  entity("session", "bridge", "event", { ...SESSION, state_topic: topics.event, event_types: EVENT_TYPES }),
  entity("refused", "bridge", "event", refused(topics.result)),
  ...counters(topics.stats, countersOf(capabilities)),
  ...goalSensors(topics.stats, goals, countersOf(capabilities)),
];

/**
 * The bridge's own sentence about a command that was refused or failed. A result that is `ok` renders to `None`, which
 * Home Assistant's event platform ignores (core mqtt/event.py, PAYLOAD_NONE).
 */
const refused = (topic: string) => {
  const event = `{'event_type': ${json("code")}, 'command': ${json("command")}, 'message': ${json("message")}}`;
  return {
    name: "Refused command",
    icon: "mdi:alert-circle-outline",
    ...read(topic, `${event} | tojson if ${json("code")} is not none else none`),
    event_types: RESULT_CODES,
  };
};

const switches = ({ state, setKey }: PadTopics): readonly Entity[] => {
  const words = { payload_on: "ON", payload_off: "OFF", state_on: "ON", state_off: "OFF" };
  const belt = { ...read(state, json("running")), command_topic: setKey("belt"), ...words };
  const held = `'OFF' if ${json("link")} == 'off' else 'ON'`;
  const link = { ...read(state, held), command_topic: setKey("link"), ...words };
  return [
    entity("switch", "control", "switch", { name: null, icon: "mdi:walk", ...belt }),
    // Does not need the pad: that is offline once the link was let go, and this switch is the way back.
    entity("connection", "working-bridge", "switch", { ...CONNECTION, ...link }),
  ];
};

const buttons = ({ setKey }: PadTopics): readonly Entity[] => {
  const press = (topic: string, payload: string) => ({ command_topic: topic, payload_press: payload });
  const command = (verb: Verb) => press(setKey("command"), verb);
  return [
    entity("faster", "control", "button", { name: "Faster", icon: "mdi:chevron-up", ...command("faster") }),
    entity("slower", "control", "button", { name: "Slower", icon: "mdi:chevron-down", ...command("slower") }),
    // Whoever presses Stop wants the belt to stop, not the walk to end: OFF keeps the session open.
    entity("stop", "bridge", "button", { name: "Stop", icon: "mdi:stop", ...press(setKey("belt"), "OFF") }),
    entity("end-session", "control", "button", { ...END_SESSION, ...command("stop") }),
  ];
};

const targetSpeed = ({ state, setKey }: PadTopics, capabilities: Capabilities | null): Entity => {
  const { min, max, step } =
    capabilities === null
      ? UNKNOWN_SPEEDS
      : range(kmh(capabilities.minSpeed), kmh(capabilities.maxSpeed), kmh(capabilities.step));
  const limits = { command_topic: setKey("speed"), min, max, step };
  const shown = read(state, within("target_speed", min, max));
  return entity("target-speed", "control", "number", { name: "Target speed", ...SPEED, ...shown, ...limits });
};

const mode = ({ state, setKey }: PadTopics, options: readonly Mode[]): readonly Entity[] => {
  if (options.length === 0) return [];
  const words = options.map((word) => `'${word}'`).join(", ");
  const shown = read(state, `${json("mode")} if ${json("mode")} in [${words}] else none`);
  const select = { name: "Mode", icon: "mdi:tune", ...shown, command_topic: setKey("mode"), options };
  return [entity("mode", "control", "select", select)];
};

const incline = ({ state, setKey }: PadTopics, percent: Capabilities["incline"]): readonly Entity[] => {
  if (percent === null) return [];
  const limits = range(percent.min, percent.max, percent.step);
  const shown = read(state, within("incline", limits.min, limits.max));
  const number = { ...INCLINE, ...shown, command_topic: setKey("incline"), ...limits };
  return [entity("incline", "control", "number", number)];
};

const stateSensors = (state: string, capabilities: Capabilities | null): readonly Entity[] => {
  const flag = (name: string, deviceClass: string, expression: string) => ({
    name,
    device_class: deviceClass,
    ...read(state, expression),
  });
  // While the bridge ends, `stopping` is a live link that brings the belt to rest.
  const linked = `'ON' if ${json("link")} in ['ready', 'stopping'] else 'OFF'`;
  const connected = flag("Connected", "connectivity", linked);
  const problem = {
    ...flag("Problem", "problem", `'ON' if ${json("problem")} else 'OFF'`),
    json_attributes_topic: state,
    json_attributes_template: `{{ {'reason': ${json("problem")}} | tojson }}`,
  };
  const heartRate = { ...HEART_RATE, ...read(state, json("heart_rate")) };
  return [
    entity("speed", "live", "sensor", { name: "Speed", ...SPEED_SENSOR, ...read(state, json("speed")) }),
    ...(capabilities?.heartRate ? [entity("heart-rate", "live", "sensor", heartRate)] : []),
    entity("moving", "live", "binary_sensor", flag("Moving", "moving", json("moving"))),
    entity("belt", "bridge", "sensor", { ...BELT, ...read(state, json("belt")) }),
    entity("connected", "bridge", "binary_sensor", connected),
    entity("problem", "bridge", "binary_sensor", problem),
  ];
};

const diagnostics = (state: string): readonly Entity[] => [
  entity("signal-strength", "live", "sensor", { ...SIGNAL, ...read(state, json("rssi")) }),
  entity("protocol", "live", "sensor", { ...PROTOCOL, ...read(state, json("protocol")) }),
  entity("last-status", "live", "sensor", { ...LAST_STATUS, ...read(state, json("last_status_at")) }),
];

const counters = (stats: string, keys: readonly GoalKey[]): readonly Entity[] => {
  const rising = (key: GoalKey, period: Period, id: string, suffix: string): Entity => {
    const { name, ...config } = COUNTERS[key];
    const value = json(`${period}.${key}`);
    const shown = { state_class: "total_increasing", ...read(stats, value) };
    const time = key === "duration" ? durationOf(value, stats, period) : {};
    return entity(id, "bridge", "sensor", { name: `${name}${suffix}`, ...config, ...shown, ...time });
  };
  const average = { name: "Average speed", ...SPEED_SENSOR, ...read(stats, json("session.average_speed")) };
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
    ...read(stats, `(${value} / ${seconds}) | round(${decimals}) if ${value} is not none else none`),
    ...(period === "total" && { unit_of_measurement: "h", suggested_display_precision: decimals }),
  };
};

/** Percent of a day's goal. Retained stats may be older than the goal, hence the question. */
const goalSensors = (stats: string, goals: Goals, keys: readonly GoalKey[]): readonly Entity[] =>
  keys
    .filter((key) => goals[key] !== null)
    .map((key) => {
      const goal = json(`goals.${key}`);
      const shown = read(stats, `(${goal}.progress * 100) | round(0) if ${goal} else none`);
      return entity(`${key}-goal`, "bridge", "sensor", {
        name: `${COUNTERS[key].name} goal`,
        ...GOAL,
        ...shown,
      });
    });

/** The entities of the bridge itself. */
export const bridgeEntities = ({ state, info, request }: BridgeTopics): readonly Entity[] => [
  entity("status", "nothing", "sensor", { ...STATUS, ...read(state, json("state")) }),
  entity("version", "bridge", "sensor", { ...VERSION, ...read(info, json("version")) }),
  entity("restart", "working-bridge", "button", { ...RESTART, command_topic: request("restart") }),
];
