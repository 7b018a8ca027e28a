import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { secretsOf } from "./credentials.js";
import { effective, effectiveYaml } from "./effective.js";
import { loadConfig, type LoadInput, type LoadResult } from "./load.js";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "config-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const write = (text: string, name = "config.yaml"): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const yaml = (tree: unknown): Partial<LoadInput> => ({ file: write(stringify(tree)) });
const raw = (text: string): Partial<LoadInput> => ({ file: write(text) });
const env = (name: string, value: string): Partial<LoadInput> => ({
  env: { [`WALKINGPAD2MQTT_${name}`]: value },
});

/** Every way we could think of to hand over a password, the right ones and the mistakes. */
const ways: Readonly<Record<string, (secret: string) => Partial<LoadInput>>> = {
  "in the file": (secret) => yaml({ mqtt: { password: secret } }),
  "in the file, beside errors": (secret) => yaml({ mqtt: { password: secret, keepalive: 0, qos: secret } }),
  "in the environment": (secret) => env("MQTT_PASSWORD", secret),
  "in a file of its own": (secret) => env("MQTT_PASSWORD_FILE", write(secret, "secret")),
  "instead of the path of its file": (secret) => env("MQTT_PASSWORD_FILE", secret),
  "in the URL, encoded": (secret) => env("MQTT_URL", `mqtt://me:${encodeURIComponent(secret)}@host`),
  "in the URL, as it is": (secret) => env("MQTT_URL", `wss://me:${secret}@host:1/path`),
  "in the URL, without a host": (secret) => env("MQTT_URL", `mqtt://me:${secret}`),
  "in the URL, without a scheme": (secret) => env("MQTT_URL", `me:${secret}@host`),
  "in the URL's query": (secret) => env("MQTT_URL", `ws://host/mqtt?token=${encodeURIComponent(secret)}`),
  "in the URL and beside it": (secret) => ({
    ...env("MQTT_URL", `mqtt://me:${encodeURIComponent(secret)}@host`),
    ...yaml({ mqtt: { password: secret } }),
  }),
  "for the page": (secret) => yaml({ web: { password: secret } }),
  "under a misspelt key": (secret) =>
    yaml({ mqtt: { pasword: secret }, password: secret, mqt: { a: [secret] } }),
  "under a misspelt name": (secret) => env("MQTT_PASSWRD", secret),
  "as a list": (secret) => yaml({ mqtt: { password: [secret] } }),
  "as a section": (secret) => yaml({ mqtt: { password: { value: secret }, username: { of: secret } } }),
  "as the whole section": (secret) => yaml({ mqtt: secret }),
  "in a pad": (secret) => yaml({ pads: [{ id: "a", password: secret }] }),
  unquoted: (secret) => raw(`mqtt:\n  password: ${secret}\n`),
  "quoted, never closed": (secret) => raw(`mqtt:\n  password: "${secret}\n`),
  "without a space": (secret) => raw(`mqtt:\n  username: me\n  password:${secret}\n  keepalive: 5\n`),
  "as an alias": (secret) => raw(`mqtt:\n  password: *${secret}\n`),
  "as a tag": (secret) => raw(`mqtt:\n  password: !${secret}\n`),
  "in brackets": (secret) => raw(`mqtt: {password: ${secret}}\n`),
};

const texts = (result: LoadResult): string =>
  result.ok
    ? [effectiveYaml(result.config), JSON.stringify(effective(result.config)), ...result.warnings].join("\n")
    : JSON.stringify(result.errors);

const word = fc
  .string({ minLength: 3, maxLength: 20, unit: "grapheme-ascii" })
  .map((text) => `zq${text}7qz`)
  .filter((text) => text === text.trim());

test.each(Object.entries(ways))("a secret %s is never shown", (_name, way) => {
  fc.assert(
    fc.property(word, (secret) => {
      const result = loadConfig({ file: null, explicit: true, env: {}, ...way(secret) });
      const shown = texts(result);
      for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]) {
        expect(shown).not.toContain(form);
      }
      expect(shown.length).toBeGreaterThan(0);
    }),
    { numRuns: 50 },
  );
});

test("valid ways give the secret, which the log masks", () => {
  const right = ["in the file", "in the environment", "in a file of its own", "in the URL, encoded"];
  fc.assert(
    fc.property(fc.constantFrom(...right), word, (name, secret) => {
      const result = loadConfig({ file: null, explicit: true, env: {}, ...ways[name]!(secret) });
      expect(result.ok && result.config.mqtt.password).toBe(secret);
      expect(result.ok && secretsOf(result.config)).toEqual([secret]);
      expect(result.ok && effective(result.config).mqtt.password).toBe("***");
    }),
  );
});

test("the YAML of a config shows what is hidden in it, and can be read again", () => {
  const name = "a\u202eb\u200f\ufeffc\u00ad";
  const given = {
    mqtt: { username: `${name}\u2066` },
    pads: [{ id: "a", address: "57:4c:4e:00:11:22", name }],
  };
  const result = loadConfig({ explicit: true, env: {}, ...yaml(given) } as LoadInput);
  const text = result.ok ? effectiveYaml(result.config) : "";
  expect(text).not.toMatch(/[\p{Cf}\p{Zl}\p{Zp}]/u);
  expect(text).toContain(String.raw`"a\u202eb\u200f\ufeffc\u00ad"`);
  const again = loadConfig({ explicit: true, env: {}, ...raw(text) } as LoadInput);
  expect(again.ok && again.config).toEqual(result.ok && result.config);
});

test("the YAML of a config has no references: each pad is complete in itself", () => {
  const address = (last: number): string => `57:4c:4e:00:11:0${last}`;
  const given = { simulator: { pads: [{ address: address(1) }, { address: address(2) }] } };
  const result = loadConfig({ explicit: true, env: {}, ...yaml(given) } as LoadInput);
  const text = result.ok ? effectiveYaml(result.config) : "";
  for (const each of [1, 2]) expect(text).toContain(address(each));
  expect(text).not.toMatch(/[&*]a1/);
});

test("without a secret there is nothing to hide", () => {
  const result = loadConfig({ file: null, explicit: true, env: {} });
  expect(result.ok && secretsOf(result.config)).toEqual([]);
  expect(result.ok && effective(result.config)).toEqual(result.ok && result.config);
});

test.each(["mqtt://[::1]:1883", "mqtts://[fe80::1]", "ws://[::1]:9001/mqtt", "mqtt://localhost"])(
  "%s has nothing to hide and is shown as it is",
  (url) => {
    const result = loadConfig({ file: null, explicit: true, ...env("MQTT_URL", url) } as LoadInput);
    expect(result.ok && effective(result.config).mqtt.url).toBe(url);
  },
);

test("a token in the URL's query is a secret", () => {
  const result = loadConfig({
    file: null,
    explicit: true,
    ...env("MQTT_URL", "wss://host/mqtt?v=1&token=hunter22"),
  } as LoadInput);
  expect(result.ok && secretsOf(result.config)).toEqual(["hunter22"]);
  expect(result.ok && effective(result.config).mqtt.url).toBe("wss://host/mqtt?***");
});
