type Config = Readonly<Record<string, unknown>>;

/** The abbreviations of core mqtt/abbreviations.py that the bridge uses; Home Assistant 2024.11 has all of them. */
const COMPONENT: Readonly<Record<string, string>> = {
  availability: "avty",
  availability_mode: "avty_mode",
  command_topic: "cmd_t",
  device_class: "dev_cla",
  enabled_by_default: "en",
  entity_category: "ent_cat",
  event_types: "evt_typ",
  icon: "ic",
  json_attributes_template: "json_attr_tpl",
  json_attributes_topic: "json_attr_t",
  options: "ops",
  payload_press: "pl_prs",
  state_class: "stat_cla",
  state_topic: "stat_t",
  suggested_display_precision: "sug_dsp_prc",
  topic: "t",
  unique_id: "uniq_id",
  unit_of_measurement: "unit_of_meas",
  value_template: "val_tpl",
};
const DEVICE: Readonly<Record<string, string>> = {
  connections: "cns",
  identifiers: "ids",
  manufacturer: "mf",
  model: "mdl",
  sw_version: "sw",
};

const abbreviated = (config: Config, words: Readonly<Record<string, string>>): Config =>
  Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      words[key] ?? key,
      key === "availability" ? (value as readonly Config[]).map((entry) => abbreviated(entry, words)) : value,
    ]),
  );

/**
 * The options that a component sets itself: Home Assistant takes the rest from the root (core
 * _merge_common_device_options).
 */
const own = (config: Config, shared: Config): Config =>
  Object.fromEntries(
    Object.entries(config).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(shared[key])),
  );

/** A component without the `shared` options, abbreviated for Home Assistant. */
export const compactComponent = (config: Config, shared: Config): Config =>
  abbreviated(own(config, shared), COMPONENT);

export const compactDevice = (config: Config): Config => abbreviated(config, DEVICE);

/** The shared options as keys of the root. */
export const compactRoot = (shared: Config): Config => abbreviated(shared, COMPONENT);
