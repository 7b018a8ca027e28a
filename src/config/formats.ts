import { isIP } from "node:net";
import { hasHidden } from "../domain/visible.js";
import type { Finding } from "./errors.js";

export type FormatName =
  | "text"
  | "secret"
  | "boolean"
  | "number"
  | "integer"
  | "choice"
  | "topic"
  | "base-topic"
  | "broker-url"
  | "host"
  | "ip"
  | "address"
  | "pad-id"
  | "speeds"
  | "pads"
  | "simulator-pads"
  | "faults";

/** The definition of one key: documentation, default, and allowed values. A null default may stay null. */
export interface Rule<T = unknown> {
  readonly doc: string;
  readonly format: FormatName;
  readonly default: T;
  readonly sensitive?: true;
  readonly min?: number;
  readonly max?: number;
  /** Like `min`, but exclusive. */
  readonly above?: number;
  readonly choices?: readonly (string | number)[];
}

/**
 * `coerce` converts text (environment variables are text); text that it cannot convert stays unchanged and is refused
 * by `accepts`. convict's own coercion would turn "6abc" into 6 and "no" into true.
 */
interface Format {
  readonly coerce: (text: string) => unknown;
  readonly accepts: (value: unknown, rule: Rule) => boolean;
  readonly allowed: (rule: Rule) => string;
}

const asIs = (text: string): unknown => text;
/** Decimal notation: no exponent, no hexadecimal, no unit, no blank. */
const toNumber = (text: string): unknown => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text);
const toJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

const isText = (value: unknown): value is string => typeof value === "string" && value !== "";
/** C1 is not allowed either: U+0085 is a line end to some readers, as the two Unicode separators are. */
const isLine = (value: unknown): value is string => isText(value) && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(value);

const inRange = (value: unknown, { min = -Infinity, max = Infinity, above = -Infinity }: Rule): boolean =>
  typeof value === "number" && Number.isFinite(value) && value >= min && value <= max && value > above;

const range = ({ min = -Infinity, max = Infinity, above }: Rule): string =>
  above === undefined ? `from ${min} to ${max}` : `above ${above}, at most ${max}`;

/** A topic with wildcards, a leading `$` or empty ends cannot be published to, or does not match `#`. */
const isTopic = (value: unknown): value is string =>
  isText(value) &&
  !hasHidden(value) &&
  !/[+#]/.test(value) &&
  !/^[/$]|\/$/.test(value) &&
  value === value.trim();
const TOPIC = "an MQTT topic: no + or #, no / or space at either end, no leading $, no invisible character";

/** The base topic is written into templates, YAML and shell lines of other programs, where these would end a string. */
const isBaseTopic = (value: unknown): boolean => isTopic(value) && !/["'`{}\\]|\/\//.test(value);

const SCHEMES: readonly string[] = ["mqtt:", "mqtts:", "ws:", "wss:"];

/**
 * Path and query only for WebSockets. An @ after the host is part of a password that contains a /, which must be
 * percent-encoded: the host name would end before it.
 */
const isBrokerUrl = (value: unknown): boolean => {
  if (value === "embedded") return true;
  if (!isLine(value) || !/^[a-z]+:\/\/[^\s#]+$/i.test(value) || !URL.canParse(value)) return false;
  const { protocol, hostname, port, pathname, search } = new URL(value);
  const path = pathname + search;
  const pathFits = protocol.startsWith("ws") ? !path.includes("@") : path === "" || path === "/";
  return SCHEMES.includes(protocol) && hostname !== "" && port !== "0" && pathFits;
};

/** The number of buttons that fit below a belt on a phone. */
const MOST_SPEEDS = 8;

const HEX = "[0-9a-f]";
const MAC = new RegExp(`^${HEX}{2}([:-]${HEX}{2}){5}$`, "i");
/** The identifier that macOS gives instead of an address. */
const UUID = new RegExp(`^${HEX}{8}-?(${HEX}{4}-?){3}${HEX}{12}$`, "i");
const isAddress = (value: unknown): boolean => isText(value) && (MAC.test(value) || UUID.test(value));

/** As the radio reports it: lower case, colons in an address, no dashes in a UUID. */
export const canonicalAddress = (address: string): string =>
  address.toLowerCase().replaceAll("-", MAC.test(address) ? ":" : "");

const list = (allowed: string): Format => ({
  coerce: toJson,
  accepts: (value) => Array.isArray(value),
  allowed: () => allowed,
});

const FORMATS: Readonly<Record<FormatName, Format>> = {
  text: { coerce: asIs, accepts: isLine, allowed: () => "text" },
  secret: { coerce: asIs, accepts: isText, allowed: () => "text" },
  boolean: {
    coerce: (text) => (text === "true" ? true : text === "false" ? false : text),
    accepts: (value) => typeof value === "boolean",
    allowed: () => "true or false",
  },
  number: { coerce: toNumber, accepts: inRange, allowed: (rule) => `a number ${range(rule)}` },
  integer: {
    coerce: toNumber,
    accepts: (value, rule) => Number.isInteger(value) && inRange(value, rule),
    allowed: (rule) => `a whole number ${range(rule)}`,
  },
  choice: {
    coerce: (text) => (/^[1-9]\d*$/.test(text) ? Number(text) : text),
    accepts: (value, { choices }) => (choices as readonly unknown[] | undefined)?.includes(value) ?? false,
    allowed: ({ choices }) => `one of ${(choices ?? []).join(", ")}`,
  },
  topic: {
    coerce: asIs,
    accepts: isTopic,
    allowed: () => TOPIC,
  },
  "base-topic": {
    coerce: asIs,
    accepts: isBaseTopic,
    allowed: () => `${TOPIC}, no quote, brace or backslash, no empty level`,
  },
  "broker-url": {
    coerce: asIs,
    accepts: isBrokerUrl,
    allowed: () =>
      "mqtt://host:port, mqtts://host:port, ws://host:port/path, wss://host:port/path or embedded; " +
      "special characters in credentials percent-encoded",
  },
  host: {
    coerce: asIs,
    accepts: (value) =>
      isText(value) && (/^[a-z0-9._-]+$/i.test(value) || /^[0-9a-f:.]*:[0-9a-f:.]+$/i.test(value)),
    allowed: () => "a host name or an IP address",
  },
  ip: {
    coerce: asIs,
    accepts: (value) => isText(value) && isIP(value) !== 0,
    allowed: () => "an IP address",
  },
  address: {
    coerce: asIs,
    accepts: isAddress,
    allowed: () => 'a Bluetooth address such as "57:4c:4e:00:11:22" (on macOS a UUID)',
  },
  "pad-id": {
    coerce: asIs,
    accepts: (value) => isText(value) && /^[a-z0-9_-]{1,32}$/.test(value) && value !== "bridge",
    allowed: () => 'up to 32 of a-z, 0-9, _ and -, and not "bridge"',
  },
  speeds: {
    coerce: toJson,
    accepts: (value, rule) =>
      Array.isArray(value) && value.length <= MOST_SPEEDS && value.every((one) => inRange(one, rule)),
    allowed: (rule) => `a list of at most ${MOST_SPEEDS} numbers ${range(rule)}`,
  },
  pads: list("a list of pads, in the environment as JSON"),
  "simulator-pads": list("a list of simulated pads, in the environment as JSON"),
  faults: { coerce: asIs, accepts: () => true, allowed: () => "an object of faults" },
};

export const FORMAT_NAMES = Object.keys(FORMATS) as FormatName[];

export const coerce = (format: FormatName, value: unknown): unknown =>
  typeof value === "string" ? FORMATS[format].coerce(value) : value;

export const accepts = (rule: Rule, value: unknown): boolean =>
  (value === null && rule.default === null) || FORMATS[rule.format].accepts(value, rule);

export const allowedBy = (rule: Rule): string => FORMATS[rule.format].allowed(rule);

/** A number where text is required: YAML has already dropped its leading zeros, so it is refused. */
const unquoted = (rule: Rule, value: unknown): boolean =>
  (typeof value === "number" || typeof value === "boolean") &&
  accepts({ ...rule, default: undefined }, String(value));

/** Null when the value is allowed. */
export const check = (rule: Rule, key: string, value: unknown): Finding | null => {
  if (accepts(rule, value)) return null;
  const why = unquoted(rule, value) ? { why: "needs quotes around it" } : {};
  return { key, value, allowed: allowedBy(rule), sensitive: rule.sensitive ?? false, ...why };
};

/** A section as YAML and JSON give it. */
export const isSection = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Empty means not set (docs/configuration.md). */
export const isEmpty = (value: unknown): boolean => value === undefined || value === null || value === "";
