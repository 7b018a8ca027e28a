// Writes config/config.example.yaml from the schema: npx tsx scripts/config-example.ts
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { stringify } from "yaml";
import { allowedBy, type FormatName, type Rule } from "../src/config/formats.js";
import { environmentName, isRule } from "../src/config/keys.js";
import { PAD_RULES, SIMULATOR_RULES } from "../src/config/pads.js";
import { SCHEMA } from "../src/config/schema.js";

const WIDTH = 100;
const HEAD = `# Every key of walkingpad2mqtt, at its default. Copy this file to config.yaml and keep only what you change.
# Each key can also be set in the environment, such as mqtt.url by ${environmentName("mqtt.url")};
# \`walkingpad2mqtt check-config\` shows what holds in the end.
`;

/** What a list's entry could look like; it is commented out. */
const PAD = { id: "office", name: "Office pad", address: "57:4c:4e:00:11:22" };
const SIMULATED = { address: "57:4c:4e:00:11:22", name: "KS-BLC2", faults: { creep: 0.3 } };

const wrap = (text: string, indent: string): string[] => {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && `${last} ${word}`.length <= WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`${indent}# ${word}`);
  }
  return lines;
};

const setting = (key: string, value: unknown): string =>
  stringify(
    { [key]: value },
    { compat: "yaml-1.1", flowCollectionPadding: true, lineWidth: 0, collectionStyle: "flow" },
  ).replace(/^\{ |\ }\n$/g, "");

/** Omitted: it repeats the default. */
const OBVIOUS: readonly FormatName[] = ["text", "secret", "boolean", "pads", "simulator-pads", "faults"];

const comment = (rule: Rule, indent: string): string[] =>
  wrap(OBVIOUS.includes(rule.format) ? rule.doc : `${rule.doc} (${allowedBy(rule)})`, indent);

const leaf = (key: string, rule: Rule, indent: string): string[] => [
  ...comment(rule, indent),
  `${indent}${setting(key, rule.default)}`,
  ...(rule.sensitive ? [`${indent}# ${key}_file: /run/secrets/${key}`] : []),
];

/** An entry, commented out; keys that the example does not need are commented out twice. */
const entry = (
  rules: Readonly<Record<string, Rule>>,
  example: Readonly<Record<string, unknown>>,
  indent: string,
): string[] =>
  Object.entries(rules).flatMap(([key, rule], index) => {
    const line = Object.hasOwn(example, key) ? setting(key, example[key]) : `# ${setting(key, rule.default)}`;
    const first = index === 0 ? "-" : " ";
    return [...comment(rule, index === 0 ? "" : "  "), `${first} ${line}`].map(
      (text) => `${indent}# ${text}`,
    );
  });

const list = (key: string, rule: Rule, indent: string): string[] => [
  ...comment(rule, indent),
  `${indent}${key}:`,
  ...(rule.format === "pads"
    ? entry(PAD_RULES, PAD, `${indent}  `)
    : entry(SIMULATOR_RULES, SIMULATED, `${indent}  `)),
];

const lines = (node: object, indent: string): string[] =>
  (Object.entries(node) as [string, object][]).flatMap(([key, child]) => {
    if (!isRule(child)) return [`${indent}${key}:`, ...lines(child, `${indent}  `)];
    return Array.isArray(child.default) ? list(key, child, indent) : leaf(key, child, indent);
  });

/** The annotated example, as text. */
export const configExample = (): string =>
  [
    HEAD,
    ...Object.entries(SCHEMA).flatMap((section) => [...lines(Object.fromEntries([section]), ""), ""]),
  ].join("\n");

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  writeFileSync("config/config.example.yaml", configExample());
