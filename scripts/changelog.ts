const UNRELEASED = "## Unreleased";

/** The text under "Unreleased"; null where there is none. */
export const unreleased = (changelog: string): string | null => {
  const [, after] = changelog.split(`${UNRELEASED}\n`);
  const notes = after?.split(/^## /m)[0]?.trim() ?? "";
  return notes === "" ? null : notes;
};

/** The changelog with what was unreleased under its version and day, and an empty "Unreleased" above it. */
export const released = (changelog: string, version: string, day: string): string =>
  changelog.replace(`${UNRELEASED}\n`, `${UNRELEASED}\n\n## ${version} - ${day}\n`);

const NUMBERS = /^(\d+)\.(\d+)\.(\d+)$/;

/** Whether `next` is a version, and the patch, minor or major one after `current`. */
export const isNext = (current: string, next: string): boolean => {
  const [, ...from] = (NUMBERS.exec(current) ?? []).map(Number);
  const [major = 0, minor = 0, patch = 0] = from;
  const after = [`${major}.${minor}.${patch + 1}`, `${major}.${minor + 1}.0`, `${major + 1}.0.0`];
  return from.length === 3 && after.includes(next);
};

/** Every place that contains the version, besides package.json and its lock. */
export const VERSIONED: readonly (readonly [path: string, line: (version: string) => string])[] = [
  ["docker/Dockerfile", (version) => `ARG VERSION=${version}`],
  ["docker/addon/Dockerfile", (version) => `ARG VERSION=${version}`],
  ["docker/addon/config.yaml", (version) => `version: ${version}`],
];

/** What stands under a version; null where there is none. */
export const notesOf = (changelog: string, version: string): string | null => {
  const section = changelog.split(/^## /m).find((part) => part.startsWith(`${version} - `));
  return section?.replace(/^.*\n/, "").trim() ?? null;
};
