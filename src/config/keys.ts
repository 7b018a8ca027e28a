import convict from "convict";
import type { Config } from "./config.js";
import { FORMAT_NAMES, accepts, allowedBy, coerce, type Rule } from "./formats.js";
import { SCHEMA } from "./schema.js";

export const PREFIX = "WALKINGPAD2MQTT_";

/** `mqtt.base_topic` -> `WALKINGPAD2MQTT_MQTT_BASE_TOPIC`. */
export const environmentName = (key: string): string => PREFIX + key.replaceAll(".", "_").toUpperCase();

export interface Key {
  /** Dotted: `safety.broker_lost.after`. */
  readonly key: string;
  readonly env: string;
  readonly rule: Rule;
}

/** A leaf of the schema; everything else in it is a section. */
export const isRule = (node: object): node is Rule => "doc" in node;

const keysBelow = (node: object, path: readonly string[]): Key[] => {
  const key = path.join(".");
  if (isRule(node)) return [{ key, env: environmentName(key), rule: node }];
  return Object.entries(node).flatMap(([name, child]) => keysBelow(child as object, [...path, name]));
};

/** Every key, in the order of the documentation. */
export const allKeys = (): readonly Key[] => keysBelow(SCHEMA, []);

type ConvictNode = Readonly<Record<string, unknown>>;

const convictNode = (node: object, path: readonly string[]): ConvictNode =>
  isRule(node)
    ? { ...node, env: environmentName(path.join(".")), nullable: node.default === null }
    : Object.fromEntries(
        Object.entries(node).map(([name, child]) => [name, convictNode(child as object, [...path, name])]),
      );

/** An empty convict with every key at its default, every format our own, blind to arguments and environment. */
export const newConvict = (): convict.Config<Config> => {
  for (const name of FORMAT_NAMES) {
    convict.addFormat({
      name,
      coerce: (text: unknown) => coerce(name, text),
      validate: (value: unknown, node) => {
        const rule = node as unknown as Rule;
        if (!accepts(rule, value)) throw new Error(`allowed: ${allowedBy(rule)}`);
      },
    });
  }
  return convict<Config>(convictNode(SCHEMA, []) as convict.Schema<Config>, { env: {}, args: [] });
};
