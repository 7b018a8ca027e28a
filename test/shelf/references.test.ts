import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../support/program.js";
import { filesBelow, text } from "./files.js";

// The facts of the protocols name the files of the projects that they come from.
const PAGES = [
  "README.md",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  ...filesBelow("docs", ".md").filter((path) => !path.startsWith("docs/protocol/")),
];
const SOURCES = [
  ...["src", "test", "scripts"].flatMap((folder) =>
    [".ts", ".tsx"].flatMap((end) => filesBelow(folder, end)),
  ),
  ...filesBelow("docker", ""),
];

const there = (path: string): boolean => existsSync(join(ROOT, path));
const all = (path: string, pattern: RegExp): string[] =>
  [...text(path).matchAll(pattern)].map(([, found = ""]) => found);

describe.each(PAGES)("%s", (page) => {
  it("names files that are there, by their whole paths", () => {
    const whole = all(page, /(?<![\w./-])((?:src|test|docs|docker|scripts|\.github|\.ci)\/[\w./-]*\w)/g);
    const short = all(page, /`([\w./-]+\.(?:ts|tsx|c|cjs))`/g);
    // `docker/.env` is the user's own.
    expect([...whole, ...short].filter((path) => !there(path) && !path.endsWith("/.env"))).toEqual([]);
  });

  it("calls npm scripts that there are", () => {
    const { scripts } = JSON.parse(text("package.json")) as { scripts: Record<string, string> };
    const called = all(page, /\bnpm (?:run )?((?<=run )[a-z][\w:-]*|test\b)/g);
    expect(called.filter((name) => !(name in scripts))).toEqual([]);
  });
});

describe("what a comment cites can be looked up (CONTRIBUTING.md)", () => {
  const headings = (path: string): string[] => all(path, /^#+ \(?([a-z]?(?:\.?\d+)*)[).]? /gm);
  const facts = headings("docs/protocol/wire-facts.md");
  const more = headings("docs/protocol/more-protocols.md");
  const settled = all("docs/protocol/more-protocols.md", /^(\d+)\. /gm).map((number) => `4.${number}`);
  const quirks = all("docs/protocol/wire-facts.md", /^(\d+)\. /gm).map((number) => `b.7.${number}`);
  const rules = all("docs/safety.md", /^(\d+)\. /gm);
  const decisions = filesBelow("docs/adr", ".md").map((path) => String(Number(path.slice(9, 13))));

  it.each([
    ["wire-facts", /\bwire-facts,? ([a-d](?:\.\d+)*)/g, [...facts, ...quirks]],
    ["more-protocols", /\bmore-protocols ([\d.]*\d)/g, [...more, ...settled]],
    ["safety rules", /\b[Ss]afety rules? (\d+)/g, rules],
    ["decisions", /\bADR (\d+)/g, decisions],
  ] as const)("in %s", (_, pattern, known) => {
    const cited = SOURCES.flatMap((path) => all(path, pattern).map((number) => [path, number] as const));
    expect(cited.length).toBeGreaterThan(2);
    expect(cited.filter(([, number]) => !known.includes(number))).toEqual([]);
  });

  it("in a file of docs", () => {
    const cited = SOURCES.flatMap((path) => all(path, /\b(docs\/[\w./-]+\.md)\b/g));
    expect(cited.length).toBeGreaterThan(20);
    expect([...new Set(cited)].filter((path) => !there(path))).toEqual([]);
  });
});
