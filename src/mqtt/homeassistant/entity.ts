export type Platform = "sensor" | "binary_sensor" | "number" | "select" | "switch" | "button" | "event";

/** The conditions under which an entity is available (docs/topics.md). */
export type Requirement =
  /** Bridge `online`, pad `online`. */
  | "control"
  /** Bridge `online` or `stopping`, pad `online`. */
  | "live"
  /** Bridge `online` or `stopping`. */
  | "bridge"
  /** Bridge `online`. */
  | "working-bridge"
  | "nothing";

/** One entity: its key, which is part of its unique id and never changes, and its part of the device message. */
export interface Entity {
  readonly key: string;
  readonly needs: Requirement;
  readonly config: { readonly p: Platform } & EntityConfig;
}

/** Null: the main entity, which has the device's name. */
export type EntityConfig = { readonly name: string | null } & Readonly<Record<string, unknown>>;

export const MEASUREMENT = { state_class: "measurement" };
export const NO_DECIMALS = { suggested_display_precision: 0 };
export const SPEED = { device_class: "speed", unit_of_measurement: "km/h" };
export const SPEED_SENSOR = { ...SPEED, ...MEASUREMENT, suggested_display_precision: 1 };

export const stateValue = (topic: string, expression: string) => ({
  state_topic: topic,
  value_template: `{{ ${expression} }}`,
});
export const jsonValue = (key: string): string => `value_json.${key}`;

export const entity = (key: string, needs: Requirement, p: Platform, config: EntityConfig): Entity => ({
  key,
  needs,
  config: { p, ...config },
});
