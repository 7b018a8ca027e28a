import { describe, expect, it } from "vitest";
import { isNext, released, unreleased, VERSIONED } from "../../scripts/changelog.js";
import { text } from "./files.js";

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

  it("has something to tell, or there is no release", () => {
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
