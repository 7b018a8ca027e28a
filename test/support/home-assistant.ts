import { withoutAbbreviations } from "./home-assistant-abbreviations.js";
import { render } from "./jinja.js";

// What Home Assistant 2025.6.3 takes, as data (docs/protocol/home-assistant-mqtt.md 2, 7 and 8), and what it would log otherwise.

type Json = Readonly<Record<string, unknown>>;

const words = (list: string): readonly string[] => list.split(" ");

const ROOT = words(
  "availability availability_topic availability_mode availability_template payload_available payload_not_available state_topic command_topic qos encoding",
);
const DEVICE = words(
  "identifiers connections manufacturer model model_id name hw_version sw_version serial_number suggested_area via_device configuration_url",
);
const ORIGIN = words("name sw_version support_url");
const AVAILABILITY = words("topic payload_available payload_not_available value_template");
const COMMON = words(
  "platform availability availability_mode availability_template availability_topic payload_available payload_not_available enabled_by_default encoding entity_category entity_picture icon json_attributes_template json_attributes_topic name qos unique_id",
);
const CATEGORIES: readonly unknown[] = ["config", "diagnostic"];

interface Platform {
  readonly required: readonly string[];
  readonly further: readonly string[];
  readonly classes: readonly string[];
}
const platform = (required: string, further: string, classes = ""): Platform => ({
  required: words(required),
  further: words(further),
  classes: words(classes),
});
const PLATFORMS: Readonly<Record<string, Platform>> = {
  sensor: platform(
    "state_topic",
    "device_class expire_after force_update last_reset_value_template options state_class suggested_display_precision unit_of_measurement value_template",
    "speed distance duration energy battery signal_strength timestamp enum",
  ),
  binary_sensor: platform(
    "state_topic",
    "device_class expire_after force_update off_delay payload_on payload_off value_template",
    "moving connectivity problem running",
  ),
  number: platform(
    "command_topic",
    "command_template device_class min max step mode optimistic payload_reset retain state_topic unit_of_measurement value_template",
    "speed distance duration",
  ),
  select: platform("command_topic options", "command_template optimistic retain state_topic value_template"),
  switch: platform(
    "command_topic",
    "command_template device_class optimistic payload_on payload_off state_on state_off retain state_topic value_template",
    "outlet switch",
  ),
  button: platform(
    "command_topic",
    "command_template device_class payload_press retain",
    "identify restart update",
  ),
  event: platform("state_topic event_types", "device_class value_template", "button doorbell motion"),
};

interface Quantity {
  readonly units: readonly unknown[];
  /** `undefined`: may be left out. */
  readonly states: readonly unknown[];
}
const ANY_STATE = [undefined, "measurement", "total", "total_increasing"];
const QUANTITIES: Readonly<Record<string, Quantity>> = {
  speed: { units: ["km/h", "mph", "m/s", "ft/s", "kn"], states: [undefined, "measurement"] },
  distance: { units: ["km", "m", "mi"], states: ANY_STATE },
  duration: { units: ["s", "min", "h", "d", "ms"], states: ANY_STATE },
  energy: { units: ["cal", "kcal", "kJ", "Wh", "kWh"], states: [undefined, "total", "total_increasing"] },
  battery: { units: ["%"], states: [undefined, "measurement"] },
  signal_strength: { units: ["dBm"], states: [undefined, "measurement"] },
  timestamp: { units: [undefined], states: [undefined] },
  enum: { units: [undefined], states: [undefined] },
};

const unknownKeys = (what: string, value: object, allowed: readonly string[]): string[] =>
  Object.keys(value).flatMap((key) => (allowed.includes(key) ? [] : [`${what}: extra key ${key}`]));

/** Every reason for which Home Assistant would refuse a device message or a part of it, or log a warning. */
export const rejectionReasons = (payload: object): string[] => {
  const { device, origin, components, root } = withoutAbbreviations(payload);
  const named = Array.isArray(device["identifiers"]) && typeof device["name"] === "string";
  return [
    ...unknownKeys("root", root, ROOT),
    ...unknownKeys("dev", device, DEVICE),
    ...unknownKeys("o", origin, ORIGIN),
    ...(named ? [] : ["dev: no identifiers or name"]),
    ...(URL.canParse(String(origin["support_url"])) ? [] : ["o: url"]),
    ...Object.entries(components).flatMap(([key, component]) =>
      componentComplaints(component, root).map((complaint) => `${key}: ${complaint}`),
    ),
  ];
};

const componentComplaints = (component: Json, root: Json): string[] => {
  const known = PLATFORMS[String(component["platform"])];
  if (known === undefined) return ["unknown platform"];
  const { unique_id: id, entity_category: category, icon = "mdi:x", platform: p } = component;
  // What it inherits without a use for it is dropped without a word.
  const allowed = [...COMMON, ...known.required, ...known.further, ...Object.keys(root)];
  const missing = known.required.filter((key) => !(key in component)).map((key) => `no ${key}`);
  return [
    ...unknownKeys("component", component, allowed),
    ...missing,
    ...(typeof id === "string" && id !== "" ? [] : ["no unique_id"]),
    ...(category === undefined || CATEGORIES.includes(category) ? [] : ["entity_category"]),
    ...(category === "config" && String(p).endsWith("sensor") ? ["entity_category of a sensor"] : []),
    ...(/^mdi:[a-z-]+$/.test(String(icon)) ? [] : ["icon"]),
    ...availabilityComplaints(component),
    ...classComplaints(component, known),
    ...rangeErrors(component),
  ];
};

const availabilityComplaints = ({
  availability = [],
  availability_mode: mode = "latest",
}: Json): string[] => [
  ...(availability as readonly Json[]).flatMap((entry) => [
    ...unknownKeys("availability", entry, AVAILABILITY),
    ...(typeof entry["topic"] === "string" ? [] : ["availability: no topic"]),
  ]),
  ...(["all", "any", "latest"].includes(String(mode)) ? [] : ["availability_mode"]),
];

const classComplaints = (component: Json, known: Platform): string[] => {
  const { platform: p, device_class: device, state_class: state } = component;
  const { unit_of_measurement: unit, options } = component;
  if (device === undefined) return options !== undefined && p === "sensor" ? ["options without enum"] : [];
  if (typeof device !== "string" || !known.classes.includes(device)) return ["device_class"];
  const quantity = QUANTITIES[device];
  if (quantity === undefined) return [];
  return [
    ...(quantity.units.includes(unit) ? [] : ["unit_of_measurement"]),
    ...(quantity.states.includes(state) ? [] : ["state_class"]),
    ...((device === "enum") === Array.isArray(options) ? [] : ["options"]),
  ];
};

const rangeErrors = ({ platform: p, min = 0, max = 100, step = 1 }: Json): string[] =>
  p !== "number" || (Number(min) < Number(max) && Number(step) >= 0.001) ? [] : ["min, max or step"];

/** What the entity's template makes of a payload, and whether Home Assistant takes that without a warning. */
export const shows = (
  component: Json,
  payload: unknown,
): { readonly state: string; readonly accepted: boolean } => {
  const state = render(String(component["value_template"]), payload);
  return { state, accepted: state === "None" || accepts(component, state) };
};

const eventType = (state: string): unknown => (JSON.parse(state) as { event_type: unknown }).event_type;

const accepts = (component: Json, state: string): boolean => {
  const { device_class: device, options, min, max, state_class, unit_of_measurement } = component;
  const { p: short, platform: p = short } = component;
  if (p === "event") return (component["event_types"] as readonly unknown[]).includes(eventType(state));
  if (p === "switch" || p === "binary_sensor") return ["ON", "OFF"].includes(state);
  if (p === "select" || device === "enum") return (options as readonly string[]).includes(state);
  if (p === "number") return state !== "" && Number(state) >= Number(min) && Number(state) <= Number(max);
  if (device === "timestamp") return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(state);
  const numeric = state_class !== undefined || unit_of_measurement !== undefined;
  return state !== "" && state.length <= 255 && (!numeric || Number.isFinite(Number(state)));
};
