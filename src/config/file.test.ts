import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readSecretFile, readYamlFile } from "./file.js";
import { loadConfig } from "./load.js";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "config-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const write = (content: string | Uint8Array, name = "file"): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const failures = (read: ReturnType<typeof readYamlFile>): string[] =>
  read.ok ? [] : read.errors.map(({ message }) => message.replaceAll(`${folder}/`, ""));

const broken: readonly (readonly [name: string, yaml: string, ...errors: string[]])[] = [
  [
    "a key twice",
    "mqtt:\n  url: a\n  url: b\n",
    "file, line 3, column 3: this key is given twice; allowed: YAML",
  ],
  [
    "a tab",
    "mqtt:\n\turl: a\n",
    "file, line 2, column 1: a tab cannot indent, only spaces can; allowed: YAML",
  ],
  [
    "an open quote",
    'mqtt:\n  password: "hunter22\n',
    "file, line 3, column 1: a quote, comma, bracket or colon is missing; allowed: YAML",
  ],
  [
    "an alias by accident",
    "mqtt:\n  password: *hunter22\n",
    "file: a value that begins with * needs quotes; allowed: YAML",
  ],
  [
    "a tag by accident",
    "mqtt:\n  password: !hunter22\n",
    "file, line 2, column 13: a value that begins with ! needs quotes; allowed: YAML",
  ],
  [
    "a reserved character",
    "mqtt:\n  password: @hunter22\n",
    "file, line 2, column 13: a value that begins with @, ` or % needs quotes; allowed: YAML",
  ],
  [
    "an escape",
    'mqtt: {password: "hunter22\\q"}',
    "file, line 1, column 27: a backslash in double quotes must be doubled; in single quotes it is literal; allowed: YAML",
  ],
  [
    "a missing space",
    "mqtt:\n  url: a\n  password:hunter22\n  keepalive: 3\n",
    "file, line 3, column 3: the line before has no colon and space after its key; allowed: YAML",
  ],
  [
    "two documents",
    "mqtt: {}\n---\nmqtt: {}\n",
    "file, line 2, column 1: there is more than one document (---); allowed: YAML",
  ],
  [
    "two errors",
    "mqtt: {url: a, url: b}\nlog: {level: a, level: b}\n",
    "file, line 1, column 16: this key is given twice; allowed: YAML",
    "file, line 2, column 17: this key is given twice; allowed: YAML",
  ],
];

test.each(broken)(
  "YAML that is none, with its place and without its contents: %s",
  (_name, yaml, ...errors) => {
    expect(failures(readYamlFile(write(yaml), true))).toEqual(errors);
  },
);

test("an alias bomb is refused", () => {
  const levels = Array.from(
    { length: 20 },
    (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(",")}]`,
  );
  const read = readYamlFile(write(`a0: &a0 [x]\n${levels.join("\n")}\n`), true);
  expect(read.ok).toBe(false);
});

test("files that cannot be read", () => {
  const latin1 = write(Uint8Array.of(0x6e, 0x61, 0x6d, 0x65, 0x3a, 0x20, 0xfc), "latin1");
  const allowed = "allowed: a readable YAML file";
  expect(failures(readYamlFile(join(folder, "none"), false))).toEqual([
    `none: the file does not exist; ${allowed}`,
  ]);
  expect(failures(readYamlFile(join(latin1, "none"), false))).toEqual([
    `latin1/none: the file does not exist; ${allowed}`,
  ]);
  expect(failures(readYamlFile(folder, true))).toEqual([`${folder}: this is a folder; ${allowed}`]);
  expect(failures(readYamlFile(latin1, true))).toEqual([`latin1: the file is not UTF-8 text; ${allowed}`]);
  expect(failures(readYamlFile("a\0b", true))).toEqual([
    `a\\u0000b: the file cannot be read (ERR_INVALID_ARG_VALUE); ${allowed}`,
  ]);
});

test.skipIf(process.getuid?.() === 0)("a file without permission", () => {
  const path = write("mqtt:", "locked");
  chmodSync(path, 0o000);
  const allowed = "allowed: a readable YAML file";
  const [failure] = failures(readYamlFile(path, true));
  expect(failure).toMatch(/locked: cannot be read: .*its mode forbids it: chmod u\+rwX/);
  expect(failure).toContain(allowed);
});

test("only the default file may be missing", () => {
  expect(readYamlFile(join(folder, "none"), true)).toEqual({ ok: true, value: null });
  expect(loadConfig({ file: join(folder, "none"), explicit: false, env: {} }).ok).toBe(true);
  expect(loadConfig({ file: join(folder, "none"), explicit: true, env: {} }).ok).toBe(false);
});

test("a file that cannot be read hides no error of the environment, and makes up none", () => {
  const env = {
    WALKINGPAD2MQTT_MQTT_URL: "embedded",
    WALKINGPAD2MQTT_EMBEDDED_BROKER_HOST: "0.0.0.0",
    WALKINGPAD2MQTT_LOG_LEVEL: "x",
  };
  const result = loadConfig({ file: write("mqtt: {"), explicit: true, env });
  expect(result.ok ? [] : result.errors.map(({ key }) => key.replace(`${folder}/`, ""))).toEqual([
    "file, line 1, column 8",
    "log.level",
  ]);
});

test("a byte order mark and Windows line ends are fine", () => {
  expect(readYamlFile(write("\ufeffmqtt:\r\n  username: ü\r\n"), false)).toEqual({
    ok: true,
    value: { mqtt: { username: "ü" } },
  });
});

test.each([
  ["hunter22", "hunter22"],
  ["hunter22\n", "hunter22"],
  ["hunter22\r\n", "hunter22"],
  ["hunter22\n\n", "hunter22\n"],
  [" hunter22 ", " hunter22 "],
])("of the secret file %j one trailing newline is cut", (content, value) => {
  expect(readSecretFile("mqtt.password_file", write(content), null)).toEqual({ ok: true, value });
});

const secretEnv = (password: string): NodeJS.ProcessEnv => ({ WALKINGPAD2MQTT_MQTT_PASSWORD_FILE: password });
const passwordOf = (yaml: string, env: NodeJS.ProcessEnv): unknown => {
  const result = loadConfig({ file: write(yaml, "config.yaml"), explicit: true, env });
  return result.ok
    ? [result.config.mqtt.password, result.sources.get("mqtt.password")]
    : result.errors.map(({ message }) => message.replaceAll(`${folder}/`, "/"));
};

test("a secret from a file, named in the file or in the environment", () => {
  const [one, two] = [write("one", "1"), write("two", "2")];
  expect(passwordOf(`mqtt: {password_file: ${one}}`, {})).toEqual(["one", "file"]);
  expect(passwordOf("", secretEnv(two))).toEqual(["two", "environment"]);
  expect(passwordOf(`mqtt: {password_file: ${one}}`, secretEnv(two))).toEqual(["two", "environment"]);
  expect(passwordOf(`mqtt: {password: "", password_file: ${one}}`, secretEnv(""))).toEqual(["one", "file"]);
});

test("a secret given both directly and as a file is refused, wherever each stands", () => {
  const [one, two] = [write("one", "1"), write("two", "2")];
  const refused = ["mqtt.password: is given as mqtt.password_file too; allowed: one of the two"];
  expect(passwordOf(`mqtt: {password: x, password_file: ${one}}`, {})).toEqual(refused);
  expect(passwordOf("mqtt: {password: x}", secretEnv(two))).toEqual(refused);
  expect(passwordOf(`mqtt: {password_file: ${one}}`, { WALKINGPAD2MQTT_MQTT_PASSWORD: "x" })).toEqual(
    refused,
  );
});

test("a secret file that cannot be used; what may be the secret itself is not shown", () => {
  const allowed = "allowed: the path of a readable file with the secret in it";
  const file = "mqtt.password_file";
  const variable = `${file} (WALKINGPAD2MQTT_MQTT_PASSWORD_FILE)`;
  expect(passwordOf("", secretEnv(write("\n", "empty")))).toEqual([
    `${variable}: "/empty" cannot be used: the file is empty; ${allowed}`,
  ]);
  expect(passwordOf("", secretEnv(join(folder, "none")))).toEqual([
    `${variable}: "/none" cannot be used: the file does not exist; ${allowed}`,
  ]);
  expect(passwordOf("mqtt: {password_file: hunter22}", {})).toEqual([
    `${file}: cannot be used: the file does not exist; ${allowed}`,
  ]);
  expect(passwordOf("mqtt: {password_file: [a]}", {})).toEqual([
    `${file}: cannot be used: it is no text; ${allowed}`,
  ]);
  const embedded = "mqtt: {url: embedded, username: me}\nembedded_broker: {host: 0.0.0.0}";
  expect(passwordOf(embedded, secretEnv(join(folder, "none")))).toHaveLength(1);
});
