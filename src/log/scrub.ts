const MASK = "***";

/** A shorter secret would blank parts of ordinary words, so it is only masked where it stands alone. */
const SHORT = 4;

/** Both ways to percent-encode, in upper and lower case; a lone surrogate cannot be encoded, and so cannot appear. */
const encoded = (secret: string): string[] => {
  const url = new URL("mqtt://host");
  url.password = secret;
  const forms = [url.password];
  try {
    forms.push(encodeURIComponent(secret));
  } catch {
    return [];
  }
  return [...forms, ...forms.map((form) => form.replaceAll(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()))];
};

const pattern = (form: string): string => {
  const literal = form.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  return form.length < SHORT ? `(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])` : literal;
};

/** Masks every secret in a text: plain, percent-encoded in either way, and JSON-escaped. */
const textScrubber = (secrets: readonly string[]): ((text: string) => string) => {
  const forms = secrets
    .filter((secret) => secret !== "")
    .flatMap((secret) => [secret, ...encoded(secret)])
    .flatMap((form) => [form, JSON.stringify(form).slice(1, -1)]);
  const longestFirst = [...new Set(forms)].sort((a, b) => b.length - a.length);
  const any = new RegExp(longestFirst.map(pattern).join("|"), "gu");
  return (text) => text.replace(any, MASK);
};

const scrubValue = (value: unknown, scrub: (text: string) => string): unknown => {
  if (typeof value === "string") return scrub(value);
  if (typeof value === "number") return scrub(String(value)) === String(value) ? value : MASK;
  if (Array.isArray(value)) return value.map((item) => scrubValue(item, scrub));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [scrub(key), scrubValue(item, scrub)]),
  );
};

const LEVEL = /^(trace|debug|info|warn|error|fatal)$/;
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** The level and the time of a line are the bridge's own, even where a secret equals them. */
const isOurs = (key: string, value: unknown): boolean =>
  typeof value === "string" &&
  ((key === "level" && LEVEL.test(value)) || (key === "time" && ISO_TIME.test(value)));

/** The log's last defence: a function that masks the secrets in a line of JSON and keeps it valid JSON. */
export const lineScrubber = (secrets: readonly string[]): ((line: string) => string) => {
  if (secrets.every((secret) => secret === "")) return (line) => line;
  const scrub = textScrubber(secrets);
  return (line) => {
    const fields = Object.entries(JSON.parse(line) as object) as [string, unknown][];
    const clean = fields.map(([key, value]) =>
      isOurs(key, value) ? [key, value] : [scrub(key), scrubValue(value, scrub)],
    );
    return `${JSON.stringify(Object.fromEntries(clean))}\n`;
  };
};
