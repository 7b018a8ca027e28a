import { RESULT_CODES } from "../../domain/command.js";
import { PROTOCOL_NAMES, type Capabilities } from "../../domain/pad.js";
import { BELTS, EVENT_TYPES } from "../../domain/state.js";
import type { Goals } from "../../domain/stats.js";
import type { BridgeTopics, PadTopics } from "../topics.js";
import { type Entity, entity, jsonValue, MEASUREMENT, stateValue, SPEED_SENSOR } from "./entity.js";
import { controls } from "./pad-controls.js";
import { walkNumbers } from "./walk-numbers.js";

/** The inputs of a pad's entities; `capabilities` is null while unknown. */
export interface PadTraits {
  readonly capabilities: Capabilities | null;
  readonly goals: Goals;
}

const DIAGNOSTIC = { entity_category: "diagnostic" };
const NOISY = { ...DIAGNOSTIC, enabled_by_default: false };
const ENUM = { device_class: "enum" };
const BPM = { unit_of_measurement: "bpm" };
const DBM = { device_class: "signal_strength", unit_of_measurement: "dBm", ...MEASUREMENT };

const BELT = { name: "Belt", icon: "mdi:walk", ...ENUM, options: BELTS };
const HEART_RATE = { name: "Heart rate", icon: "mdi:heart-pulse", ...BPM, ...MEASUREMENT };
const LAST_STATUS = { name: "Last status", device_class: "timestamp", ...NOISY };
const PROTOCOL = { name: "Protocol", ...ENUM, options: PROTOCOL_NAMES, ...DIAGNOSTIC };
const SESSION = { name: "Session", icon: "mdi:walk" };
const SIGNAL = { name: "Signal strength", ...DBM, ...NOISY };

const STATUS = { name: "Status", ...ENUM, options: ["online", "stopping", "offline"], ...DIAGNOSTIC };
const VERSION = { name: "Version", ...DIAGNOSTIC };
const RESTART = { name: "Restart", device_class: "restart", entity_category: "config", payload_press: "{}" };

/** The entities of a pad. */
export const padEntities = (topics: PadTopics, { capabilities, goals }: PadTraits): readonly Entity[] => [
  ...controls(topics, capabilities),
  ...stateSensors(topics.state, capabilities),
  ...diagnostics(topics.state),
  entity("session", "bridge", "event", { ...SESSION, state_topic: topics.event, event_types: EVENT_TYPES }),
  entity("refused", "bridge", "event", refused(topics.result)),
  ...walkNumbers(topics.stats, capabilities, goals),
];

/**
 * The bridge's sentence about a refused or failed command. A result that is `ok` renders to `None`, which Home
 * Assistant's event platform ignores (core mqtt/event.py, PAYLOAD_NONE).
 */
const refused = (topic: string) => {
  const event = `{'event_type': ${jsonValue("code")}, 'command': ${jsonValue("command")}, 'message': ${jsonValue("message")}}`;
  return {
    name: "Refused command",
    icon: "mdi:alert-circle-outline",
    ...stateValue(topic, `${event} | tojson if ${jsonValue("code")} is not none else none`),
    event_types: RESULT_CODES,
  };
};

const stateSensors = (state: string, capabilities: Capabilities | null): readonly Entity[] => {
  const flag = (name: string, deviceClass: string, expression: string) => ({
    name,
    device_class: deviceClass,
    ...stateValue(state, expression),
  });
  // While the bridge ends, `stopping` is a link that is up and brings the belt to rest.
  const linked = `'ON' if ${jsonValue("link")} in ['ready', 'stopping'] else 'OFF'`;
  const connected = flag("Connected", "connectivity", linked);
  const problem = {
    ...flag("Problem", "problem", `'ON' if ${jsonValue("problem")} else 'OFF'`),
    json_attributes_topic: state,
    json_attributes_template: `{{ {'reason': ${jsonValue("problem")}} | tojson }}`,
  };
  const heartRate = { ...HEART_RATE, ...stateValue(state, jsonValue("heart_rate")) };
  return [
    entity("speed", "live", "sensor", {
      name: "Speed",
      ...SPEED_SENSOR,
      ...stateValue(state, jsonValue("speed")),
    }),
    ...(capabilities?.heartRate ? [entity("heart-rate", "live", "sensor", heartRate)] : []),
    entity("moving", "live", "binary_sensor", flag("Moving", "moving", jsonValue("moving"))),
    entity("belt", "bridge", "sensor", { ...BELT, ...stateValue(state, jsonValue("belt")) }),
    entity("connected", "bridge", "binary_sensor", connected),
    entity("problem", "bridge", "binary_sensor", problem),
  ];
};

const diagnostics = (state: string): readonly Entity[] => [
  entity("signal-strength", "live", "sensor", { ...SIGNAL, ...stateValue(state, jsonValue("rssi")) }),
  entity("protocol", "live", "sensor", { ...PROTOCOL, ...stateValue(state, jsonValue("protocol")) }),
  entity("last-status", "live", "sensor", {
    ...LAST_STATUS,
    ...stateValue(state, jsonValue("last_status_at")),
  }),
];

/** The entities of the bridge itself. */
export const bridgeEntities = ({ state, info, request }: BridgeTopics): readonly Entity[] => [
  entity("status", "nothing", "sensor", { ...STATUS, ...stateValue(state, jsonValue("state")) }),
  entity("version", "bridge", "sensor", { ...VERSION, ...stateValue(info, jsonValue("version")) }),
  entity("restart", "working-bridge", "button", { ...RESTART, command_topic: request("restart") }),
];
