import { visible } from "../domain/visible.js";

/** One error in the configuration, in words for the user. It never contains a secret. */
export interface ConfigError {
  /** The key (`mqtt.url`, `pads[0].id`), the environment variable where no key is known, or a position in the file. */
  readonly key: string;
  /** The given value, if it may be shown; else null. */
  readonly value: string | null;
  readonly allowed: string;
  /** The whole sentence, with key, value and allowed values. */
  readonly message: string;
}

/** The result of a check. `value` is absent where it could reveal a secret. */
export interface Finding {
  readonly key: string;
  readonly value?: unknown;
  readonly allowed: string;
  /** What is wrong, to be read after the value; default: "is not allowed". */
  readonly why?: string;
  readonly sensitive?: boolean;
}

export const MASK = "***";
const LONGEST = 80;

/** A port that is not a number, after the host's colon; an IPv6 host has colons of its own, in brackets. */
const PORT_THAT_IS_NONE = /(:\/\/(?:\[[0-9a-f:.]*\]|(?!\[[0-9a-f:.]*\])[^/:]*)):(?!\d{1,5}(\/|$)).*$/is;

/**
 * A URL carries credentials before an @ (which they may contain themselves), tokens in its query and, when the host is
 * missing, a password in place of the port.
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

/** `origin`: where the value came from when the key does not show it: the environment variable, or the command line. */
export const configError = (finding: Finding, origin: string | null = null): ConfigError => {
  const given = "value" in finding;
  const value = given ? visible(finding.sensitive ? MASK : shown(finding.value)) : null;
  const what = [...(value === null ? [] : [value]), finding.why ?? "is not allowed"].join(" ");
  const where = origin === null || origin === finding.key ? finding.key : `${finding.key} (${origin})`;
  const message = visible(`${where}: ${what}; allowed: ${finding.allowed}`);
  return { key: finding.key, value, allowed: finding.allowed, message };
};
