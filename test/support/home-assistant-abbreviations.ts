type Json = Readonly<Record<string, unknown>>;

// Abbreviations of Home Assistant 2025.6.3 (core mqtt/abbreviations.py), as far as a treadmill has use for them
// (home-assistant 3), and what a component inherits from the root of its device message (core mqtt/discovery.py).

const table = (pairs: string): Readonly<Record<string, string>> =>
  Object.fromEntries(pairs.split(" ").map((pair) => pair.split("=") as [string, string]));

const COMPONENT = table(
  "avty=availability avty_mode=availability_mode avty_t=availability_topic avty_tpl=availability_template " +
    "cmd_t=command_topic cmd_tpl=command_template dev_cla=device_class e=encoding en=enabled_by_default " +
    "ent_cat=entity_category ent_pic=entity_picture evt_typ=event_types exp_aft=expire_after frc_upd=force_update " +
    "ic=icon json_attr_t=json_attributes_topic json_attr_tpl=json_attributes_template " +
    "lrst_val_tpl=last_reset_value_template off_dly=off_delay ops=options opt=optimistic p=platform " +
    "pl_avail=payload_available pl_not_avail=payload_not_available pl_off=payload_off pl_on=payload_on " +
    "pl_prs=payload_press pl_rst=payload_reset ret=retain stat_cla=state_class stat_off=state_off stat_on=state_on " +
    "stat_t=state_topic sug_dsp_prc=suggested_display_precision t=topic uniq_id=unique_id " +
    "unit_of_meas=unit_of_measurement val_tpl=value_template",
);
/** Names that have an abbreviation. */
export const FULL_NAMES: ReadonlySet<string> = new Set(Object.values(COMPONENT));

const ROOT = table("dev=device o=origin cmps=components");
const DEVICE = table(
  "cns=connections cu=configuration_url hw=hw_version ids=identifiers mdl=model mdl_id=model_id mf=manufacturer " +
    "sa=suggested_area sn=serial_number sw=sw_version",
);
const ORIGIN = table("sw=sw_version url=support_url");
const INHERITED = [
  ...["availability", "availability_mode", "availability_template", "availability_topic", "command_topic"],
  ...["payload_available", "payload_not_available", "state_topic"],
];

const expanded = (value: Json, names: Readonly<Record<string, string>>): Json =>
  Object.fromEntries(Object.entries(value).map(([key, inner]) => [names[key] ?? key, inner]));

const withAvailability = (value: Json): Json => {
  const config = expanded(value, COMPONENT);
  const list = config["availability"] as readonly Json[] | undefined;
  return list ? { ...config, availability: list.map((entry) => expanded(entry, COMPONENT)) } : config;
};

export interface FullPayload {
  readonly device: Json;
  readonly origin: Json;
  readonly components: Readonly<Record<string, Json>>;
  /** The other keys of the root. */
  readonly root: Json;
}

/** A device message as Home Assistant reads it: full names, and each component with the values that it inherits. */
export const withoutAbbreviations = (payload: object): FullPayload => {
  const { device, origin, components, ...rest } = expanded(payload as Json, ROOT);
  const root = withAvailability(rest);
  const shared = Object.fromEntries(Object.entries(root).filter(([key]) => INHERITED.includes(key)));
  return {
    device: expanded(device as Json, DEVICE),
    origin: expanded(origin as Json, ORIGIN),
    root,
    components: Object.fromEntries(
      Object.entries(components as Readonly<Record<string, Json>>).map(([key, config]) => [
        key,
        Object.keys(config).length > 1
          ? { ...shared, ...withAvailability(config) }
          : expanded(config, COMPONENT),
      ]),
    ),
  };
};
