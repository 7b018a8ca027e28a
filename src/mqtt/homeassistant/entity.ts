export type Platform = "sensor" | "binary_sensor" | "number" | "select" | "switch" | "button" | "event";

/** The conditions under which an entity is available (docs/topics.md). */
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

/** One entity: its key, which is part of its unique id and never changes, and its part of the device message. */
export interface Entity {
  readonly key: string;
  readonly needs: Needs;
  readonly config: { readonly p: Platform } & Named;
}

/** Null: the main entity, which has the device's name. */
export type Named = { readonly name: string | null } & Readonly<Record<string, unknown>>;

export const MEASUREMENT = { state_class: "measurement" };
export const WHOLE = { suggested_display_precision: 0 };
export const SPEED = { device_class: "speed", unit_of_measurement: "km/h" };
export const SPEED_SENSOR = { ...SPEED, ...MEASUREMENT, suggested_display_precision: 1 };

export const read = (topic: string, expression: string) => ({
  state_topic: topic,
  value_template: `{{ ${expression} }}`,
});
export const json = (key: string): string => `value_json.${key}`;

export const entity = (key: string, needs: Needs, p: Platform, config: Named): Entity => ({
  key,
  needs,
  config: { p, ...config },
});
