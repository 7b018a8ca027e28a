// Writes the tables of docs/configuration.md from the schema: npx tsx scripts/config-table.ts
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { allowedBy, type Rule } from "../src/config/formats.js";
import { allKeys } from "../src/config/keys.js";
import { PAD_RULES, SIMULATOR_RULES } from "../src/config/pads.js";

const BEGIN = "<!-- config:begin -->";
const END = "<!-- config:end -->";

const cell = (text: string): string => text.replaceAll("|", "\\|");
const row = (cells: readonly string[]): string => `| ${cells.map(cell).join(" | ")} |`;

const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  ["<!-- prettier-ignore -->", row(heads), row(heads.map(() => "---")), ...rows.map(row)].join("\n");

const code = (value: unknown): string => `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
const described = (rule: Rule): string[] => [code(rule.default), allowedBy(rule), rule.doc];

const entryTable = (title: string, rules: Readonly<Record<string, Rule>>): string => {
  const rows = Object.entries(rules).map(([key, rule]) => [code(key), ...described(rule)]);
  return `${title}\n\n${table(["Key", "Default", "Allowed", "What it is"], rows)}`;
};

/** The page's generated section: a table of all keys, and one each for the entries of the two lists. */
export const configTable = (): string => {
  const secret = (rule: Rule): string =>
    rule.sensitive ? `${rule.doc}; also as a file (\`_file\`, \`_FILE\`)` : rule.doc;
  const rows = allKeys().map(({ key, env, rule }) => [
    code(key),
    code(env),
    code(rule.default),
    allowedBy(rule),
    secret(rule),
  ]);
  return [
    table(["Key", "Environment", "Default", "Allowed", "What it does"], rows),
    entryTable("Each entry of `pads`:", PAD_RULES),
    entryTable("Each entry of `simulator.pads`:", SIMULATOR_RULES),
  ].join("\n\n");
};

/** What stands between the markers; null without them. */
export const configSection = (page: string): string | null => {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  return begin < 0 || end < begin ? null : page.slice(begin + BEGIN.length, end).trim();
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const page = readFileSync("docs/configuration.md", "utf8");
  writeFileSync("docs/configuration.md", page.replace(configSection(page) ?? "", configTable()));
}
