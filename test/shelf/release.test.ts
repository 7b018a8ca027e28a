import { describe, expect, it } from "vitest";
import { isNext, notesOf, released, unreleased, VERSIONED } from "../../scripts/changelog.js";
import { text, yaml } from "./files.js";

const CHANGELOG =
  "# Changelog\n\nWords.\n\n## Unreleased\n\n### Added\n\n- This.\n\n## 0.1.0 - 2026-01-01\n\n- That.\n";

describe("the changelog at a release", () => {
  it("moves what is unreleased under its version, and leaves the rest", () => {
    const after = released(CHANGELOG, "0.2.0", "2026-11-22");
    expect(after).toContain(
      "## Unreleased\n\n## 0.2.0 - 2026-11-22\n\n### Added\n\n- This.\n\n## 0.1.0 - 2026-01-01",
    );
    expect(after.startsWith("# Changelog\n\nWords.\n")).toBe(true);
  });

  it("gives back the text of a version", () => {
    expect(notesOf(released(CHANGELOG, "0.2.0", "2026-11-22"), "0.2.0")).toBe("### Added\n\n- This.");
    expect(notesOf(CHANGELOG, "0.1.0")).toBe("- That.");
    expect(notesOf(CHANGELOG, "9.9.9")).toBeNull();
  });

  it("requires a changelog entry for a release", () => {
    expect(unreleased(CHANGELOG)).toBe("### Added\n\n- This.");
    expect(unreleased(released(CHANGELOG, "0.2.0", "2026-11-22"))).toBeNull();
    expect(unreleased("# Changelog\n")).toBeNull();
  });

  it("of ours has an Unreleased part", () => expect(text("CHANGELOG.md")).toContain("\n## Unreleased\n"));
});

it.each([
  ["0.1.0", "0.1.1", true],
  ["0.1.9", "0.2.0", true],
  ["0.9.9", "1.0.0", true],
  ["0.1.0", "0.1.0", false],
  ["0.1.0", "0.1.2", false],
  ["0.1.3", "0.2.3", false],
  ["0.1.0", "v0.1.1", false],
  ["0.1.0", "0.1", false],
  ["0.1.0", "", false],
])("after %s, %s is the next: %s", (current, next, is) => expect(isNext(current, next)).toBe(is));

it("the version stands where a release looks for it", () => {
  const { version } = JSON.parse(text("package.json")) as { version: string };
  for (const [path, line] of VERSIONED)
    expect(
      text(path)
        .split("\n")
        .filter((each) => each === line(version)),
      path,
    ).toHaveLength(1);
});

describe("the workflows", () => {
  const read = (name: string) =>
    yaml(`.github/workflows/${name}.yml`) as {
      on: unknown;
      permissions: unknown;
      jobs: Readonly<Record<string, { needs?: unknown; steps: readonly { run?: string; uses?: string }[] }>>;
    };
  const commands = (name: string) =>
    Object.values(read(name).jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));

  it("run the gate that developers run, before anything is published", () => {
    expect(commands("ci")).toContain(".ci/run");
    const { gate, ...others } = read("release").jobs;
    expect(gate?.steps.map(({ run }) => run)).toContain(".ci/run");
    for (const job of Object.values(others)) expect([job.needs].flat()).not.toEqual([undefined]);
  });

  it.each(["ci", "release"])("%s may only read unless a job declares more, and pins its actions", (name) => {
    expect(read(name).permissions).toEqual({ contents: "read" });
    const used = Object.values(read(name).jobs).flatMap(({ steps }) =>
      steps.flatMap(({ uses }) => uses ?? []),
    );
    expect(used.filter((each) => !/@v\d+$/.test(each))).toEqual([]);
  });

  it("publish the image, its tags, the add-on and the package of a tag", () => {
    const all = commands("release").join("\n");
    for (const word of ["latest", "$MINOR", "docker push", "addon-", "npm publish", "gh release create"])
      expect(all).toContain(word);
  });
});
