import { configWarnings, crossCheck } from "./checks.js";
import type { Config } from "./config.js";
import { splitUrl } from "./credentials.js";
import { configError, type ConfigError, type Finding } from "./errors.js";
import { readSecretFile, readYamlFile } from "./file.js";
import { check } from "./formats.js";
import { allKeys, newConvict } from "./keys.js";
import { FILE_SUFFIX, environmentLayer, fileLayer, flagLayer, type Layer, type Source } from "./layers.js";
import { readPads, readSimulatorPads } from "./pads.js";

export interface LoadInput {
  /** The YAML file; null: none. */
  readonly file: string | null;
  /** The user named the file, so it must exist. */
  readonly explicit: boolean;
  readonly env: NodeJS.ProcessEnv;
  /** From the command line, by dotted key; they override every other source. */
  readonly overrides?: Readonly<Record<string, unknown>>;
}

export type LoadResult =
  | {
      readonly ok: true;
      readonly config: Config;
      /** The source of each key's value. */
      readonly sources: ReadonlyMap<string, Source>;
      readonly warnings: readonly string[];
    }
  | {
      readonly ok: false;
      readonly errors: readonly ConfigError[];
      /** The log format for the errors; `auto` where the format itself is invalid. */
      readonly logFormat: Config["log"]["format"];
    };

const isUsable = (timeZone: string | undefined): boolean => {
  if (timeZone === undefined) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone });
    return true;
  } catch {
    return false;
  }
};

/** Whether a `TZ` for which Node.js uses UTC is a name of UTC. The prefixes are those of the C library. */
const isUtc = (given: string | undefined): boolean => {
  const name = given?.replace(/^:?(?:posix\/|right\/)?/, "");
  return name === undefined || (isUsable(name) && zoneOf(name) === "UTC");
};

const zoneOf = (name?: string): string | undefined =>
  (
    Intl.DateTimeFormat("en", name === undefined ? {} : { timeZone: name }).resolvedOptions() as {
      readonly timeZone?: string;
    }
  ).timeZone;

/** A zone without a name is shown by its offset, in the digits of the machine's language. */
const OFFSET = /\p{Nd}/u;

/**
 * Whether the text of a date names the zone of this process, as "Central European Summer Time" does, and that is not UTC
 * for a `TZ` that is not known to mean it. For the others Intl has to tell: it takes 7 MB of memory, for good. The name is
 * in the machine's language, so it is not read.
 */
const isNamed = (): boolean => {
  const now = new Date();
  const name = /\(([^)]*)\)$/.exec(now.toString())?.[1] ?? "";
  if (name === "" || OFFSET.test(name)) return false;
  const offsets = [0, 6].map((month) => new Date(now.getFullYear(), month).getTimezoneOffset());
  return (
    offsets.some((minutes) => minutes !== 0) || ["UTC", "Etc/UTC", undefined].includes(process.env["TZ"])
  );
};

/**
 * An empty or POSIX `TZ` (`TZ=`, `TZ=GMT-3`) gives Node.js a zone that Intl refuses or does not name: UTC is used then.
 * For others (`TZ=CET-1CEST`, `TZ=+03:00`) Node.js uses UTC by itself. Returns a warning for the user, null for none.
 */
const useKnownTimeZone = (): string | null => {
  if (isNamed()) return null;
  const timeZone = zoneOf();
  if (isUsable(timeZone) && (timeZone !== "UTC" || isUtc(process.env["TZ"]))) return null;
  const given = process.env["TZ"] ?? "";
  process.env["TZ"] = "UTC";
  return `The time zone ${JSON.stringify(given)} is not usable, so days begin at midnight UTC. Set TZ to a name such as Europe/Berlin.`;
};

/**
 * The packages whose debug output contains a CONNECT with its password, a URL with its token, or a proxy's password.
 */
const TALKATIVE = "-mqtt-packet*,-mqttjs:ws,-mqttjs:socks";

/** Read by the package `debug` when a library that uses it is loaded, which is later. Excluded names win in it. */
const keepSecretsOutOfDebugOutput = (): void => {
  const wanted = process.env["DEBUG"];
  if (wanted) process.env["DEBUG"] = `${wanted},${TALKATIVE}`;
};

/** The only place that reads the environment, for `loadConfig`. `warn` receives errors in the time zone. */
export const readEnvironment = (warn: (sentence: string) => void): NodeJS.ProcessEnv => {
  const sentence = useKnownTimeZone();
  if (sentence !== null) warn(sentence);
  keepSecretsOutOfDebugOutput();
  return { ...process.env };
};

interface Collected {
  readonly layers: readonly Layer[];
  readonly errors: readonly ConfigError[];
  /** Keys whose value is unknown because a file could not be read. */
  readonly unknown: (key: string) => boolean;
}

const collect = (input: LoadInput): Collected => {
  const read = input.file === null ? null : readYamlFile(input.file, !input.explicit);
  const layers = [
    fileLayer(read?.ok ? read.value : null),
    environmentLayer(input.env),
    flagLayer(input.overrides ?? {}),
  ];
  const errors = [...(read?.ok === false ? read.errors : []), ...layers.flatMap((layer) => layer.errors)];
  return { layers, errors, unknown: () => read?.ok === false };
};

/** A secret that was given as a file; `layer` is null when it cannot be read, with the reasons in `errors`. */
const secretFromFile = (
  key: string,
  layers: readonly Layer[],
): { layer: Layer | null; errors: ConfigError[] } | null => {
  const fileKey = key + FILE_SUFFIX;
  const from = layers.findLast(({ values }) => values.has(fileKey));
  const path = from?.values.get(fileKey);
  if (from === undefined || path === undefined) return null;
  if (layers.some(({ values }) => values.has(key))) {
    const finding = { key, why: `is given as ${fileKey} too`, allowed: "one of the two" };
    return { layer: null, errors: [configError(finding)] };
  }
  const read = readSecretFile(fileKey, path.value, path.origin);
  if (!read.ok) return { layer: null, errors: [...read.errors] };
  const values = new Map([[key, { value: read.value, origin: path.origin }]]);
  return { layer: { source: from.source, values, errors: [] }, errors: [] };
};

/** Secrets given as files become layers of their own. A secret given both ways is an error, whatever the sources. */
const withSecrets = ({ layers, errors, unknown }: Collected): Collected => {
  const secrets = allKeys()
    .filter(({ rule }) => rule.sensitive)
    .flatMap(({ key }) => {
      const secret = secretFromFile(key, layers);
      return secret === null ? [] : [{ key, ...secret }];
    });
  return {
    layers: [...layers, ...secrets.flatMap(({ layer }) => layer ?? [])],
    errors: [...errors, ...secrets.flatMap((secret) => secret.errors)],
    unknown: (key) => unknown(key) || secrets.some((secret) => secret.key === key && secret.layer === null),
  };
};

interface Settled {
  readonly settings: ReturnType<typeof newConvict>;
  readonly sources: Map<string, Source>;
  readonly origins: ReadonlyMap<string, string | null>;
}

/** The defaults, overridden by file, environment and flags in this order; convict coerces each value by its format. */
const settle = (layers: readonly Layer[]): Settled => {
  const settings = newConvict();
  const sources = new Map<string, Source>(allKeys().map(({ key }) => [key, "default"]));
  const origins = new Map<string, string | null>();
  for (const { source, values } of layers) {
    for (const [key, given] of values) {
      if (!sources.has(key)) continue;
      settings.set(key, given.value);
      sources.set(key, source);
      origins.set(key, given.origin);
    }
  }
  return { settings, sources, origins };
};

interface Judged {
  /** Checked key by key; `pads` and `simulator.pads` with their defaults. */
  readonly config: Config;
  readonly findings: readonly Finding[];
}

const judge = (config: Config, unknown: (key: string) => boolean): Judged => {
  const single = allKeys().flatMap(({ key, rule }) => check(rule, key, valueAt(config, key)) ?? []);
  const isValid = (key: string): boolean => !unknown(key) && single.every((finding) => finding.key !== key);
  const pads = readPads(isValid("pads") ? config.pads : []);
  const simulated = readSimulatorPads(isValid("simulator.pads") ? config.simulator.pads : []);
  return {
    config: { ...config, pads: pads.pads, simulator: { pads: simulated.pads } },
    findings: [...single, ...pads.findings, ...simulated.findings, ...crossCheck(config, isValid)],
  };
};

const valueAt = (config: Config, key: string): unknown =>
  key.split(".").reduce<unknown>((node, name) => (node as Record<string, unknown>)[name], config);

/** The name under which the value of a finding was given; `pads[0].id` is part of `pads`. */
const originOf = (origins: Settled["origins"], { key }: Finding): string | null =>
  origins.get(key) ?? origins.get(key.replace(/\[.*$/s, "")) ?? null;

/** Moves credentials from the URL to keys where they can be masked and be missing one by one. */
const withCredentials = (config: Config, sources: Map<string, Source>): Config => {
  const { url, ...given } = splitUrl(config.mqtt.url);
  const { username, password } = config.mqtt;
  for (const part of ["username", "password"] as const) {
    if (given[part] !== null) sources.set(`mqtt.${part}`, sources.get("mqtt.url") ?? "default");
  }
  const mqtt = {
    ...config.mqtt,
    url,
    username: username ?? given.username,
    password: password ?? given.password,
  };
  return { ...config, mqtt };
};

const deepFreeze = <T>(value: T): T => {
  if (typeof value !== "object" || value === null) return value;
  for (const child of Object.values(value)) deepFreeze(child);
  return Object.freeze(value);
};

/** The configuration, frozen, or all of its errors. */
export const loadConfig = (input: LoadInput): LoadResult => {
  const { layers, errors, unknown } = withSecrets(collect(input));
  const { settings, sources, origins } = settle(layers);
  const { config, findings } = judge(settings.getProperties(), unknown);
  const all = [...errors, ...findings.map((finding) => configError(finding, originOf(origins, finding)))];
  if (all.length > 0) {
    const isKnown = findings.every(({ key }) => key !== "log.format");
    return { ok: false, errors: all, logFormat: isKnown ? config.log.format : "auto" };
  }
  // convict validates last: it throws where the checks above missed an error.
  settings.validate({ allowed: "strict" });
  const complete = deepFreeze(withCredentials(config, sources));
  return { ok: true, config: complete, sources, warnings: configWarnings(complete) };
};
