import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { canonicalAddress, type FormatName, type Rule } from "./formats.js";
import { allKeys } from "./keys.js";
import { loadConfig, readEnvironment, type LoadInput, type LoadResult } from "./load.js";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "config-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const write = (text: string): string => {
  const path = join(folder, "config.yaml");
  writeFileSync(path, text);
  return path;
};
const load = (yaml: string, input: Partial<LoadInput> = {}): LoadResult =>
  loadConfig({ file: write(yaml), explicit: true, env: {}, ...input });
const loaded = (yaml: string, input: Partial<LoadInput> = {}): LoadResult & { ok: true } => {
  const result = load(yaml, input);
  if (!result.ok) throw new Error(result.errors.map(({ message }) => message).join("\n"));
  return result;
};
const at = (config: unknown, key: string): unknown =>
  key.split(".").reduce((node, name) => (node as Record<string, unknown>)[name], config);

describe("the layers, for every key of the schema", () => {
  const other = (rule: Rule): unknown[] => (rule.choices ?? []).filter((choice) => choice !== rule.default);
  const least = (rule: Rule): number => (rule.min ?? rule.above ?? 0) + 1;
  const address = "57:4c:4e:00:11:22";
  const pad = { id: "a", address };
  /** Two allowed values by format, of which the first is not the default, as YAML has them. */
  const samples: Readonly<Partial<Record<FormatName, (rule: Rule) => [unknown, unknown]>>> = {
    text: () => ["one", "two"],
    secret: () => ["one", "two"],
    topic: () => ["one/1", "two/2"],
    "base-topic": () => ["one/1", "two/2"],
    "broker-url": () => ["wss://one/mqtt", "mqtt://two:1884"],
    host: () => ["127.0.0.2", "localhost"],
    ip: () => ["172.30.32.2", "fd00::1"],
    boolean: (rule) => [rule.default !== true, rule.default],
    number: (rule) => [least(rule) + 0.5, least(rule) + 1],
    integer: (rule) => [least(rule), least(rule) + 1],
    choice: (rule) => [other(rule)[0], other(rule)[1] ?? rule.default],
    pads: () => [[pad], []],
    "simulator-pads": () => [[{ address }], []],
  };
  const inEnvironment = (value: unknown): string =>
    typeof value === "string" ? value : JSON.stringify(value);
  const inFile = (key: string, value: unknown): string =>
    stringify(key.split(".").reduceRight<unknown>((node, name) => ({ [name]: node }), value));
  const values = (result: LoadResult & { ok: true }, key: string): unknown => {
    const value = at(result.config, key);
    return Array.isArray(value)
      ? value.map(({ address }: { address: string }) => ({ ...pad, address }))
      : value;
  };
  const seen = (value: unknown): unknown => (Array.isArray(value) ? value.map(() => pad) : value);

  test.each(allKeys().map((one) => [one.key, one] as const))("%s", (_key, { key, env, rule }) => {
    const [first, second] = samples[rule.format]!(rule);
    const file = inFile(key, first);

    const plain = loaded("");
    expect(at(plain.config, key)).toEqual(rule.default);
    expect(plain.sources.get(key)).toBe("default");

    const fromFile = loaded(file);
    expect(values(fromFile, key)).toEqual(seen(first));
    expect(values(fromFile, key)).not.toEqual(rule.default);
    expect(fromFile.sources.get(key)).toBe("file");

    const fromEnv = loaded(file, { env: { [env]: inEnvironment(second) } });
    expect(values(fromEnv, key)).toEqual(seen(second));
    expect(fromEnv.sources.get(key)).toBe("environment");

    const fromFlag = loaded(file, { env: { [env]: inEnvironment(second) }, overrides: { [key]: first } });
    expect(values(fromFlag, key)).toEqual(seen(first));
    expect(fromFlag.sources.get(key)).toBe("flag");

    const empty = loaded(inFile(key, null), { env: { [env]: "" }, overrides: { [key]: undefined } });
    expect(at(empty.config, key)).toEqual(rule.default);
    expect(empty.sources.get(key)).toBe("default");
  });

  test("no two keys share a name in the environment", () => {
    const names = allKeys().flatMap(({ env, rule }) => (rule.sensitive ? [env, `${env}_FILE`] : [env]));
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(40);
  });
});

test("a list in the environment replaces the list of the file", () => {
  const file = "pads: [{id: a, address: 57:4c:4e:00:11:22}, {id: b, advertised_name: KS}]";
  const env = { WALKINGPAD2MQTT_PADS: '[{"id":"c","address":"57-4C-4E-00-11-33","max_speed":"4.5"}]' };
  expect(loaded(file, { env }).config.pads).toEqual([
    {
      id: "c",
      name: "c",
      enabled: true,
      address: "57:4c:4e:00:11:33",
      advertised_name: null,
      protocol: "auto",
      max_speed: 4.5,
      min_speed: null,
      start_speed: null,
      presets: null,
    },
  ]);
});

test.each([
  "",
  "\n",
  "# nothing\n",
  "null",
  "mqtt:\nsafety:\n  broker_lost:\npads:\nsimulator:\n  pads:\n",
  '{"mqtt": {}}',
])("empty means the defaults: %j", (yaml) => {
  const { config, sources } = loaded(yaml);
  expect(config).toEqual(loaded("", { file: null }).config);
  expect(new Set(sources.values())).toEqual(new Set(["default"]));
});

test("an address in the file may stand without quotes, like other values that YAML 1.1 reads as numbers", () => {
  const { config } = loaded(
    "pads: [{id: '1', address: 11:22:33:44:55:06, name: 1e}]\nmqtt: {username: 12:30}",
  );
  expect(config.pads[0]).toMatchObject({ id: "1", name: "1e", address: "11:22:33:44:55:06" });
  expect(config.mqtt.username).toBe("12:30");
});

test("an address of macOS is held without dashes", () => {
  expect(canonicalAddress("0A1B2C3D-0000-1111-2222-333344445555")).toBe("0a1b2c3d000011112222333344445555");
});

test("credentials in the URL move to where they are masked", () => {
  const { config, sources } = loaded("mqtt: {url: 'mqtts://me:p%40ss%@host:8883'}");
  expect(config.mqtt).toMatchObject({ url: "mqtts://host:8883", username: "me", password: "p@ss%" });
  expect(sources.get("mqtt.password")).toBe("file");
  const half = loaded("mqtt: {url: 'ws://me@host/mqtt', password: secret}").config.mqtt;
  expect(half).toMatchObject({ url: "ws://host/mqtt", username: "me", password: "secret" });
});

test("other programs' variables are none of our business", () => {
  const env = {
    PATH: "/bin",
    WALKINGPAD2MQTT_CONFIG: "x.yaml",
    WALKINGPAD_OTHER: "1",
    WALKINGPAD2MQTT_X: undefined,
  };
  expect(load("", { env }).ok).toBe(true);
  expect(readEnvironment(() => undefined)).toEqual(process.env);
});

test("the config is frozen all the way down", () => {
  const { config } = loaded(
    "pads: [{id: a, address: 57:4c:4e:00:11:22}]\nsimulator: {pads: [{address: 57:4c:4e:00:11:22, faults: {drop: 1}}]}",
  );
  const unfrozen = (node: unknown, path: string): string[] =>
    typeof node !== "object" || node === null
      ? []
      : [
          ...(Object.isFrozen(node) ? [] : [path]),
          ...Object.entries(node).flatMap(([key, child]) => unfrozen(child, `${path}.${key}`)),
        ];
  expect(unfrozen(config, "config")).toEqual([]);
  expect(() => {
    (config.mqtt as { url: string }).url = "mqtt://other";
  }).toThrow(TypeError);
});

test("whatever stands in the file, the answer is a config or its errors", () => {
  const value = fc.oneof(
    fc.jsonValue(),
    fc.double(),
    fc.constantFrom("1", "true", "embedded", "57:4c:4e:00:11:22"),
  );
  const keys = allKeys().map(({ key }) => key);
  const entry = fc.dictionary(
    fc.constantFrom("id", "address", "advertised_name", "name", "model", "faults"),
    value,
  );
  const given = fc.dictionary(
    fc.constantFrom(...keys, "pads", "simulator.pads"),
    fc.oneof(value, fc.array(entry)),
  );
  fc.assert(
    fc.property(given, fc.jsonValue(), (overrides, tree) => {
      for (const result of [
        loadConfig({ file: null, explicit: false, env: {}, overrides }),
        load(JSON.stringify(tree)),
      ]) {
        if (!result.ok) expect(result.errors.length).toBeGreaterThan(0);
        else expect(load(stringify(result.config))).toMatchObject({ ok: true, config: result.config });
      }
    }),
  );
});

test.each([
  [
    "mqtt: {ca: ca.pem}",
    ["mqtt.ca, mqtt.cert and mqtt.key have no effect: mqtt.url is neither mqtts:// nor wss://"],
  ],
  ["mqtt: {url: 'mqtts://h', cert: c.pem}", ["mqtt.cert and mqtt.key only have an effect together"]],
  [
    "mqtt: {url: 'wss://h', reject_unauthorized: false}",
    ["mqtt.reject_unauthorized is false: the broker's identity is not verified"],
  ],
  [
    "simulator: {pads: [{address: 57:4c:4e:00:11:22}]}",
    ["simulator.pads have no effect: bluetooth.radio is noble"],
  ],
  ["mqtt: {url: 'mqtts://h', ca: ca.pem, cert: c.pem, key: k.pem}", []],
])("warnings: %s", (yaml, warnings) => {
  expect(loaded(yaml).warnings).toEqual(warnings);
});
