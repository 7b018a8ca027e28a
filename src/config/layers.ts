import { configError, type ConfigError } from "./errors.js";
import { isEmpty, isSection } from "./formats.js";
import { PREFIX, allKeys, isRule, type Key } from "./keys.js";
import { SCHEMA } from "./schema.js";
import { suggest } from "./suggest.js";

export type Source = "default" | "file" | "environment" | "flag";

/** A value from one source; `origin` is the name under which it was given, where that is not its key. */
export interface GivenValue {
  readonly value: unknown;
  readonly origin: string | null;
}

/** The values of one source, by dotted key; a secret may be given as `<key>_file` instead. Empty values are absent. */
export interface Layer {
  readonly source: Source;
  readonly values: ReadonlyMap<string, GivenValue>;
  readonly errors: readonly ConfigError[];
}

export const FILE_SUFFIX = "_file";

const CONFIG_VARIABLE = `${PREFIX}CONFIG`;

/** The names under which a value can be given: its key, and for a secret that of a file. */
const namesOf = (key: Key): { readonly key: string; readonly env: string }[] => [
  { key: key.key, env: key.env },
  ...(key.rule.sensitive ? [{ key: key.key + FILE_SUFFIX, env: `${key.env}_FILE` }] : []),
];
const allNames = (): { readonly key: string; readonly env: string }[] => allKeys().flatMap(namesOf);

/** Never shows the value: a misspelt `password` still contains one. */
const unknownKey = (key: string, names: readonly string[], allowed: string): ConfigError => {
  const meant = suggest(key, names);
  const why = meant === null ? "unknown key" : `unknown key, did you mean ${meant}?`;
  return configError({ key, why, allowed });
};

const unknownVariable = (name: string, names: readonly string[]): ConfigError => {
  const bare = (one: string): string => one.slice(PREFIX.length);
  const meant = suggest(bare(name), names.map(bare));
  const why = `unknown name in the environment${meant === null ? "" : `, did you mean ${PREFIX}${meant}?`}`;
  return configError({
    key: name,
    why,
    allowed: `${PREFIX} and a key in capitals, such as ${PREFIX}MQTT_URL`,
  });
};

interface Collected {
  readonly values: Map<string, GivenValue>;
  readonly errors: ConfigError[];
}

/** Collects `given`, the value at `path`, along the schema. */
const collect = (node: object, given: unknown, path: readonly string[], into: Collected): void => {
  if (isEmpty(given)) return;
  const key = path.join(".");
  if (isRule(node)) {
    into.values.set(key, { value: given, origin: null });
    return;
  }
  const allowed = Object.keys(node).join(", ");
  if (!isSection(given)) {
    const finding = { key: key || "the file", why: "is not a section", allowed: `a section with ${allowed}` };
    into.errors.push(configError(finding));
    return;
  }
  for (const [name, value] of Object.entries(given)) {
    const own = [...path, name];
    const child = childOf(node, name);
    if (child !== undefined) collect(child, value, own, into);
    else into.errors.push(unknownKey(own.join("."), namesNear(node, path), allowed));
  }
};

/** The schema's node of this name; for the name of a secret's file that secret. */
const childOf = (node: object, name: string): object | undefined => {
  const child = (key: string): object | undefined =>
    Object.hasOwn(node, key) ? (node as Readonly<Record<string, object>>)[key] : undefined;
  const secret = name.endsWith(FILE_SUFFIX) ? child(name.slice(0, -FILE_SUFFIX.length)) : undefined;
  return child(name) ?? (secret !== undefined && isRule(secret) && secret.sensitive ? secret : undefined);
};

/** Candidates for a misspelt name in this section: the section's own names, then every key. */
const namesNear = (node: object, path: readonly string[]): string[] => [
  ...Object.keys(node).map((name) => [...path, name].join(".")),
  ...allNames().map(({ key }) => key),
];

/** The file, as plain data; null is an empty file. */
export const fileLayer = (tree: unknown): Layer => {
  const into: Collected = { values: new Map(), errors: [] };
  collect(SCHEMA, tree, [], into);
  return { source: "file", ...into };
};

/** All variables with the bridge's prefix; others are ignored. */
export const environmentLayer = (env: NodeJS.ProcessEnv): Layer => {
  const names = new Map(allNames().map(({ key, env: name }) => [name, key]));
  const into: Collected = { values: new Map(), errors: [] };
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || !name.startsWith(PREFIX) || name === CONFIG_VARIABLE) continue;
    const key = names.get(name);
    if (key === undefined) into.errors.push(unknownVariable(name, [...names.keys()]));
    else if (!isEmpty(value)) into.values.set(key, { value, origin: name });
  }
  return { source: "environment", ...into };
};

/** The values of the command line, by dotted key. */
export const flagLayer = (overrides: Readonly<Record<string, unknown>>): Layer => {
  const names = allNames().map(({ key }) => key);
  const into: Collected = { values: new Map(), errors: [] };
  for (const [key, value] of Object.entries(overrides)) {
    if (!names.includes(key)) into.errors.push(unknownKey(key, names, "a key of the configuration"));
    else if (!isEmpty(value)) into.values.set(key, { value, origin: "command line" });
  }
  return { source: "flag", ...into };
};
