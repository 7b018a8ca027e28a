import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { loadConfig } from "../../src/config/load.js";
import { ROOT } from "../support/program.js";
import { modelFor, recogniseByName } from "../../src/protocol/models.js";
import { kmh } from "../../src/domain/units.js";
import { filesBelow, isNode, text } from "./files.js";

const GUIDES = filesBelow("docs", ".md").filter((path) => !path.startsWith("docs/adr/"));
const PAGES = ["README.md", "CHANGELOG.md", ...filesBelow("docs", ".md"), ...filesBelow("docker", ".md")];

const fences = (path: string, language: string): string[] =>
  [...text(path).matchAll(new RegExp(`^( *)\`\`\`${language}\n(.*?)^\\1\`\`\``, "gms"))].map(
    ([, indent = "", body = ""]) => body.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
  );

it("there is a page for each common question", () => {
  const names = GUIDES.map((path) => path.replace("docs/", ""));
  const wanted = ["home-assistant", "migration", "quick-start", "recipes", "scaling", "supported-pads"];
  expect(names).toEqual(expect.arrayContaining([...wanted, "troubleshooting"].map((name) => `${name}.md`)));
});

describe.each(PAGES)("%s", (path) => {
  it("links to files and headings that are there", () => {
    for (const [, target = ""] of text(path).matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
      const [file = "", heading] = target.split("#");
      const found = file === "" ? path : join(dirname(path), file);
      expect(existsSync(join(ROOT, found)), `${target} in ${path}`).toBe(true);
      if (heading === undefined) continue;
      const headings = [...text(found).matchAll(/^#+ (.*)$/gm)].map(([, words = ""]) =>
        words
          .toLowerCase()
          .replaceAll(/[^a-z0-9 -]/g, "")
          .replaceAll(" ", "-"),
      );
      expect(headings, `${target} in ${path}`).toContain(heading);
    }
  });

  it("names topics that there are", () => {
    const known =
      /^walkingpad2mqtt\/(#|\+\/(state|event|set|set\/#|get)|bridge\/(state|info|health|(request|response)\/(#|…|scan|health_check|sessions|restart|simulate))|[^/]+\/(availability|state|stats|set(\/(belt|speed|mode|incline|command|link))?|get|result|event))$/;
    const named = text(path).match(/(?<![\w/.@:"-])walkingpad2mqtt\/[^\s`'",)]*/g) ?? [];
    // "All topics below walkingpad2mqtt/.": a sentence of the demo.
    const topics = named.filter((topic) => topic !== "walkingpad2mqtt/.");
    expect(topics.filter((topic) => !known.test(topic))).toEqual([]);
  });

  it("calls commands that there are", () => {
    const verbs = ["run", "demo", "scan", "check-config", "health", "sessions", "walkingpad2mqtt"];
    const called = [...text(path).matchAll(/(?<=^|[\s`])walkingpad2mqtt ([a-z][a-z0-9-]*)/gm)].flatMap(
      ([line, verb = ""]) =>
        // Of docker, systemctl and prose it is an argument.
        line === `walkingpad2mqtt ${verb}` ? [verb] : [],
    );
    expect(called.filter((verb) => !verbs.includes(verb))).toEqual([]);
  });

  it("shows YAML that can be read", () => {
    for (const block of fences(path, "yaml"))
      expect(() => parse(block, { logLevel: "error" }) as unknown).not.toThrow();
  });
});

it("the configuration in the recipes is one", () => {
  const [, safety = ""] = fences("docs/recipes.md", "yaml");
  const { safety: given } = parse(safety) as { safety: Record<string, unknown> };
  const flat = Object.entries(given).flatMap(([key, value]) =>
    isNode(value)
      ? Object.entries(value).map(([inner, each]) => [`safety.${key}.${inner}`, each])
      : [[`safety.${key}`, value]],
  );
  const overrides = Object.fromEntries(flat) as Record<string, unknown>;
  expect(loadConfig({ file: null, explicit: false, env: {}, overrides })).toMatchObject({ ok: true });
});

it("the Node-RED flow hangs together, and publishes nothing retained", () => {
  const flow = JSON.parse(text("docs/recipes/node-red.json")) as {
    id: string;
    type: string;
    wires?: string[][];
    broker?: string;
    retain?: string;
  }[];
  const ids = flow.map(({ id }) => id);
  expect(flow.flatMap(({ wires = [] }) => wires.flat()).filter((id) => !ids.includes(id))).toEqual([]);
  const mqtt = flow.filter(({ type }) => type.startsWith("mqtt "));
  expect(mqtt.map(({ broker }) => broker)).toEqual(mqtt.map(() => "w2m-broker"));
  expect(mqtt.filter(({ type }) => type === "mqtt out").map(({ retain }) => retain)).toEqual(["false"]);
});

const HEADINGS = {
  wilink: "WiLink",
  ftms: "FTMS",
  "kingsmith-text": "KingSmith\'s text",
  pitpat: "PitPat",
  sperax: "Sperax",
} as const;

describe("the table of pads", () => {
  const page = text("docs/supported-pads.md");
  const section = (heading: string): string =>
    page.split(/^## /m).find((part) => part.startsWith(heading)) ?? "";
  const rows = (heading: string) =>
    [...section(heading).matchAll(/^\| (?!-|Model)([^|]+?) +\|([^|]+)\|([^|]*)/gm)].map(
      ([, model = "", names = "", speeds = ""]) => ({
        model,
        names: [...names.matchAll(/`([^`]+?)…?`/g)].map(([, name = ""]) => name),
        speeds: speeds.trim(),
      }),
    );

  it.each([
    ["wilink", 11],
    ["ftms", 15],
    ["kingsmith-text", 8],
    ["pitpat", 5],
    ["sperax", 4],
  ] as const)("has the names and limits of the %s models", (protocol, models) => {
    const listed = rows(HEADINGS[protocol]);
    expect(listed).toHaveLength(models);
    for (const { model, names, speeds } of listed) {
      for (const name of names) expect([name, recogniseByName(name)]).toEqual([name, { protocol, model }]);
      const { name: found, defaults } = modelFor(protocol, names[0] ?? null);
      expect([found, speeds]).toEqual([model, `${kmh(defaults.minSpeed)} to ${kmh(defaults.maxSpeed)}`]);
    }
  });

  it("has those that are left alone", () => {
    for (const { model, names } of rows("Recognised"))
      for (const name of names)
        expect([name, recogniseByName(name)]).toEqual([name, { protocol: "unsupported", model }]);
  });

  it("leaves none out", () => {
    const files = ["", "kingsmith-text/", "pitpat/", "sperax/"].map(
      (folder) => `src/protocol/${folder}models.ts`,
    );
    const source = files.map(text).join("");
    const names = [...source.matchAll(/(?:(?:wilink|ftms|row)\(|^ {2}\[)"([^"]+)"/gm)].map(
      ([, name = ""]) => name,
    );
    expect(names.length).toBeGreaterThan(20);
    const listed = [...Object.values(HEADINGS), "Recognised"].flatMap((heading) =>
      rows(heading).map(({ model }) => model),
    );
    expect([...new Set(names)].filter((name) => !listed.includes(name))).toEqual([]);
  });
});
