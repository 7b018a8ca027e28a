import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { configExample } from "../../scripts/config-example.js";
import { configSection, configTable } from "../../scripts/config-table.js";
import { effective } from "./effective.js";
import { allKeys } from "./keys.js";
import { loadConfig, type LoadResult } from "./load.js";
import { PAD_RULES, SIMULATOR_RULES } from "./pads.js";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

const load = (yaml: string): LoadResult => {
  const folder = mkdtempSync(join(tmpdir(), "config-"));
  const file = join(folder, "config.yaml");
  writeFileSync(file, yaml);
  const result = loadConfig({ file, explicit: true, env: {} });
  rmSync(folder, { recursive: true });
  return result;
};

test("the table of docs/configuration.md is that of the schema (npx tsx scripts/config-table.ts)", () => {
  expect(configSection(read("docs/configuration.md"))).toBe(configTable());
});

test("a page without the markers, or with another table, is noticed", () => {
  expect(configSection("# Title\n")).toBeNull();
  expect(configSection("<!-- config:end --> <!-- config:begin -->")).toBeNull();
  expect(configSection("a <!-- config:begin -->\n\nold\n\n<!-- config:end --> b")).toBe("old");
});

test("the table has every key, name, default and documentation", () => {
  const lines = configTable().split("\n");
  for (const { key, env, rule } of allKeys()) {
    const [line] = lines.filter((text) => text.startsWith(`| \`${key}\` | \`${env}\` | `));
    expect(line).toContain(rule.doc);
  }
});

test("the example is that of the schema (npx tsx scripts/config-example.ts)", () => {
  expect(read("config/config.example.yaml")).toBe(configExample());
});

test("the example is a valid config with only the defaults", () => {
  const [example, defaults] = [load(configExample()), load("")];
  expect(example).toMatchObject({ ok: true, warnings: [] });
  expect(example.ok && effective(example.config)).toEqual(defaults.ok && effective(defaults.config));
});

test("with its comments taken away once the example shows a pad, and twice all of a pad's keys", () => {
  const uncomment = (text: string): string =>
    text.replaceAll(/^( +)# (- |  )/gm, "$1$2").replaceAll(/^( +)# # .*\n/gm, "");
  const once = load(uncomment(configExample()));
  expect(once.ok ? [] : once.errors).toEqual([]);
  expect(once.ok && once.config.pads).toMatchObject([{ id: "office", address: "57:4c:4e:00:11:22" }]);
  expect(once.ok && once.config.simulator.pads).toMatchObject([{ name: "KS-BLC2", faults: { creep: 0.3 } }]);
  for (const key of Object.keys({ ...PAD_RULES, ...SIMULATOR_RULES })) {
    expect(configExample()).toMatch(new RegExp(`^ +# (- |  )(# )?${key}: `, "m"));
  }
});
