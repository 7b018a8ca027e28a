import type { Verb } from "../../domain/command.js";
import { canControl } from "../../domain/capabilities.js";
import type { Capabilities, Mode } from "../../domain/pad.js";
import { kmh } from "../../domain/units.js";
import type { PadTopics } from "../topics.js";
import { type Entity, entity, jsonValue, stateValue, SPEED } from "./entity.js";

/** Used until the pad has reported its range. */
const UNKNOWN_SPEEDS = { min: 0.5, max: 6, step: 0.1 };

const CONNECTION = { name: "Connection", icon: "mdi:bluetooth", entity_category: "config" };
const END_SESSION = { name: "End session", icon: "mdi:flag-checkered" };
const INCLINE = { name: "Incline", icon: "mdi:slope-uphill", unit_of_measurement: "%" };

/** Home Assistant logs an error for a number outside its range, so such a value is shown as unknown (`none`). */
const within = (key: string, min: number, max: number): string =>
  `${jsonValue(key)} if ${min} <= (${jsonValue(key)} or 0) <= ${max} else none`;

/** Home Assistant refuses a number whose `min` is not below its `max`, or whose `step` is below 0.001. */
const range = (min: number, max: number, step: number) => {
  const usable = step >= 0.001 ? step : UNKNOWN_SPEEDS.step;
  return { min, max: Math.max(max, Math.round((min + usable) * 1000) / 1000), step: usable };
};

/** The controls of a pad; only the link of a pad that can only be watched. */
export const controls = (topics: PadTopics, capabilities: Capabilities | null): readonly Entity[] =>
  canControl(capabilities)
    ? [
        belt(topics),
        connection(topics),
        ...buttons(topics),
        targetSpeed(topics, capabilities),
        ...mode(topics, capabilities?.modes ?? []),
        ...incline(topics, capabilities?.incline ?? null),
      ]
    : [connection(topics)];

/** `ON` and `OFF` are what Home Assistant sends and expects by default. */
const belt = ({ state, setKey }: PadTopics): Entity => {
  const config = { ...stateValue(state, jsonValue("running")), command_topic: setKey("belt") };
  return entity("switch", "control", "switch", { name: null, icon: "mdi:walk", ...config });
};

/** Does not need the pad: the pad is offline while the link is off, and this switch turns it on again. */
const connection = ({ state, setKey }: PadTopics): Entity => {
  const held = `'OFF' if ${jsonValue("link")} == 'off' else 'ON'`;
  const config = { ...stateValue(state, held), command_topic: setKey("link") };
  return entity("connection", "working-bridge", "switch", { ...CONNECTION, ...config });
};

const buttons = ({ setKey }: PadTopics): readonly Entity[] => {
  const press = (topic: string, payload: string) => ({ command_topic: topic, payload_press: payload });
  const command = (verb: Verb) => press(setKey("command"), verb);
  return [
    entity("faster", "control", "button", { name: "Faster", icon: "mdi:chevron-up", ...command("faster") }),
    entity("slower", "control", "button", { name: "Slower", icon: "mdi:chevron-down", ...command("slower") }),
    // Stop is meant for the belt, not for the session: OFF keeps the session open.
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
  const shown = stateValue(state, within("target_speed", min, max));
  return entity("target-speed", "control", "number", { name: "Target speed", ...SPEED, ...shown, ...limits });
};

const mode = ({ state, setKey }: PadTopics, options: readonly Mode[]): readonly Entity[] => {
  if (options.length === 0) return [];
  const words = options.map((word) => `'${word}'`).join(", ");
  const shown = stateValue(state, `${jsonValue("mode")} if ${jsonValue("mode")} in [${words}] else none`);
  const select = { name: "Mode", icon: "mdi:tune", ...shown, command_topic: setKey("mode"), options };
  return [entity("mode", "control", "select", select)];
};

const incline = ({ state, setKey }: PadTopics, percent: Capabilities["incline"]): readonly Entity[] => {
  if (percent === null) return [];
  const limits = range(percent.min, percent.max, percent.step);
  const shown = stateValue(state, within("incline", limits.min, limits.max));
  const number = { ...INCLINE, ...shown, command_topic: setKey("incline"), ...limits };
  return [entity("incline", "control", "number", number)];
};
