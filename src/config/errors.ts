import { visible } from "../domain/visible.js";

/** One thing wrong with the configuration, in words for its owner. No secret is ever in it. */
export interface ConfigError {
  /** The key (`mqtt.url`, `pads[0].id`), the environment's name where no key is known, or a place in the file. */
  readonly key: string;
  /** What was given, as it may be shown; null where there is nothing that may be. */
  readonly value: string | null;
  readonly allowed: string;
  /** The whole sentence, key, value and what is allowed included. */
  readonly message: string;
}

/** What a check found. `value` is left out where showing it could give a secret away. */
export interface Finding {
  readonly key: string;
  readonly value?: unknown;
  readonly allowed: string;
  /** What is wrong, to be read after the value; by default that it is not allowed. */
  readonly why?: string;
  readonly sensitive?: boolean;
}

export const MASK = "***";
const LONGEST = 80;

/** What follows the host's colon and is no number; an IPv6 host has colons of its own, in brackets. */
const PORT_THAT_IS_NONE = /(:\/\/(?:\[[0-9a-f:.]*\]|(?!\[[0-9a-f:.]*\])[^/:]*)):(?!\d{1,5}(\/|$)).*$/is;

/**
 * A URL carries credentials before an @ (which may stand in them, too), tokens in its query and, when the host was
 * forgotten, a password where the port belongs.
 */
export const maskUrl = (text: string): string =>
  text
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, `$1${MASK}@`)
    .replace(/(:\/\/[^?#]*)[?#].*$/s, `$1?${MASK}`)
    .replace(PORT_THAT_IS_NONE, `$1:${MASK}`);

const shown = (value: unknown): string => {
  if (typeof value === "string") {
    const quoted = JSON.stringify(maskUrl(value));
    return quoted.length > LONGEST ? `${quoted.slice(0, LONGEST)}…"` : quoted;
  }
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (value === undefined || value === null) return "nothing";
  return Array.isArray(value) ? "a list" : "a section";
};

/** `origin` says where it was given when the key does not: the environment's name, or the command line. */
export const configError = (finding: Finding, origin: string | null = null): ConfigError => {
  const given = "value" in finding;
  const value = given ? visible(finding.sensitive ? MASK : shown(finding.value)) : null;
  const what = [...(value === null ? [] : [value]), finding.why ?? "is not allowed"].join(" ");
  const where = origin === null || origin === finding.key ? finding.key : `${finding.key} (${origin})`;
  const message = visible(`${where}: ${what}; allowed: ${finding.allowed}`);
  return { key: finding.key, value, allowed: finding.allowed, message };
};
