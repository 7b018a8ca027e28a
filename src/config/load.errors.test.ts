import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { loadConfig, type LoadInput, type LoadResult } from "./load.js";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "config-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const load = (yaml: string, input: Partial<LoadInput> = {}): LoadResult => {
  const file = join(folder, "config.yaml");
  writeFileSync(file, yaml);
  return loadConfig({ file, explicit: true, env: {}, ...input });
};
const messages = (result: LoadResult): string[] =>
  result.ok ? [] : result.errors.map(({ message }) => message);

const padKeys =
  "id, name, enabled, address, advertised_name, protocol, max_speed, min_speed, start_speed, presets";
const address = 'a Bluetooth address such as "57:4c:4e:00:11:22" (on macOS a UUID)';
const topic = "an MQTT topic: no + or #, no / or space at either end, no leading $, no invisible character";
const baseTopic = `${topic}, no quote, brace or backslash, no empty level`;
const url =
  "mqtt://host:port, mqtts://host:port, ws://host:port/path, wss://host:port/path or embedded; " +
  "special characters in credentials percent-encoded";
const notUrl = (shown: string): string => `mqtt.url: ${shown} is not allowed; allowed: ${url}`;
const sections =
  "mqtt, embedded_broker, web, homeassistant, bluetooth, pads, safety, session, calories, goals, store, log, simulator";
const id = 'up to 32 of a-z, 0-9, _ and -, and not "bridge"';
const env = (name: string, value: string): Partial<LoadInput> => ({
  env: { [`WALKINGPAD2MQTT_${name}`]: value },
});
const keepalive = (shown: string): string =>
  `mqtt.keepalive (WALKINGPAD2MQTT_MQTT_KEEPALIVE): ${shown} is not allowed; allowed: a whole number from 1 to 65535`;

const bad: readonly (readonly [yaml: string, input: Partial<LoadInput>, errors: readonly string[]])[] = [
  ["- a", {}, [`the file: is not a section; allowed: a section with ${sections}`]],
  [
    "mqtt: mqtt://me:pw@host",
    {},
    [expect.stringMatching(/^mqtt: is not a section; allowed: a section with url, /) as string],
  ],
  [
    "baseTopic: x\nmqt: {}\nsafety: {walked_off: {Action: none, afetr: 3}, shutdown: 5}",
    {},
    [
      `baseTopic: unknown key, did you mean mqtt.base_topic?; allowed: ${sections}`,
      `mqt: unknown key, did you mean mqtt?; allowed: ${sections}`,
      "safety.walked_off.Action: unknown key, did you mean safety.walked_off.action?; allowed: action, after",
      "safety.walked_off.afetr: unknown key, did you mean safety.walked_off.after?; allowed: action, after",
      "safety.shutdown: unknown key; allowed: allow_start, stop_on_exit, standby_on_exit, shutdown_timeout, stop_after_crash, broker_lost, walked_off, max_session",
    ],
  ],
  [
    "web: {host: 0.0.0.0}",
    {},
    [
      'web.host: "0.0.0.0" would let anyone on the network start the belt; allowed: 127.0.0.1, or any address together with web.password',
    ],
  ],
  ["web: {host: 0.0.0.0, password: enough}", {}, []],
  ["web: {host: 0.0.0.0, trusted_proxy: 172.30.32.2}", {}, []],
  ["web: {host: 0.0.0.0, enabled: false}", {}, []],
  [
    "web: {trusted_proxy: 172.30.32.0/23}",
    {},
    ['web.trusted_proxy: "172.30.32.0/23" is not allowed; allowed: an IP address'],
  ],
  [
    "web: {host: 0.0.0.0, password_file: /nowhere/secret}",
    {},
    [
      'web.password_file: "/nowhere/secret" cannot be used: the file does not exist; allowed: the path of a readable file with the secret in it',
    ],
  ],
  [
    "pads: [{id: a, advertised_name: a, max_speed: 4, presets: [2, 4.5]}, {id: b, advertised_name: b, presets: 3}]",
    {},
    [
      "pads[0].presets[1]: 4.5 is not allowed; allowed: a speed between min_speed and max_speed",
      "pads[1].presets: 3 is not allowed; allowed: a list of at most 8 numbers above 0, at most 30",
    ],
  ],
  [
    "mqtt: {username_file: /run/x}",
    {},
    [expect.stringMatching(/^mqtt.username_file: unknown key/) as string],
  ],
  [
    "",
    { env: { WALKINGPAD2MQTT_MQTT_PASSWROD: "hunter22", WALKINGPAD2MQTT_FOO: "" } },
    [
      "WALKINGPAD2MQTT_MQTT_PASSWROD: unknown name in the environment, did you mean WALKINGPAD2MQTT_MQTT_PASSWORD?; allowed: WALKINGPAD2MQTT_ and a key in capitals, such as WALKINGPAD2MQTT_MQTT_URL",
      "WALKINGPAD2MQTT_FOO: unknown name in the environment; allowed: WALKINGPAD2MQTT_ and a key in capitals, such as WALKINGPAD2MQTT_MQTT_URL",
    ],
  ],
  [
    "",
    { overrides: { "log.levle": "x" } },
    ["log.levle: unknown key, did you mean log.level?; allowed: a key of the configuration"],
  ],
  [
    "",
    { overrides: { "embedded_broker.port": "70000" } },
    ["embedded_broker.port (command line): 70000 is not allowed; allowed: a whole number from 1 to 65535"],
  ],
  ...[
    "6abc",
    "NaN",
    "Infinity",
    "0x10",
    "1e3",
    " 5",
    "5.",
    ".5",
    "+5",
    "1_000",
    "true",
    "5.5",
    "0",
    "65536",
  ].map(
    (text) =>
      [
        "",
        env("MQTT_KEEPALIVE", text),
        [keepalive(/^\d+(\.\d+)?$/.test(text) ? text : JSON.stringify(text))],
      ] as const,
  ),
  ...["yes", "no", "0", "1", "True", "FALSE", "on"].map(
    (text) =>
      [
        "",
        env("SAFETY_ALLOW_START", text),
        [
          `safety.allow_start (WALKINGPAD2MQTT_SAFETY_ALLOW_START): "${text}" is not allowed; allowed: true or false`,
        ],
      ] as const,
  ),
  ["safety: {allow_start: yes}", {}, ['safety.allow_start: "yes" is not allowed; allowed: true or false']],
  [
    "mqtt: {keepalive: .inf}",
    {},
    ["mqtt.keepalive: Infinity is not allowed; allowed: a whole number from 1 to 65535"],
  ],
  [
    "safety: {shutdown_timeout: 4.9}",
    {},
    ["safety.shutdown_timeout: 4.9 is not allowed; allowed: a number from 5 to 120"],
  ],
  [
    "safety: {max_session: 0}",
    {},
    ["safety.max_session: 0 is not allowed; allowed: a number above 0, at most 1440"],
  ],
  [
    "log: {level: [info]}",
    {},
    ["log.level: a list is not allowed; allowed: one of trace, debug, info, warn, error, fatal"],
  ],
  [
    "mqtt: {username: 007, password: 0815}",
    {},
    [
      "mqtt.username: 7 needs quotes around it; allowed: text",
      "mqtt.password: *** needs quotes around it; allowed: text",
    ],
  ],
  ["mqtt: {password: {a: hunter22}}", {}, ["mqtt.password: *** is not allowed; allowed: text"]],
  ...[
    "localhost",
    "mqtt:localhost",
    "tcp://host",
    "mqtt://",
    "mqtt://host:0",
    "mqtt://host:99999",
    "mqtt://host/x",
    "mqtt://ho st",
    "Embedded",
  ].map((text) => [`mqtt: {url: '${text}'}`, {}, [notUrl(JSON.stringify(text))]] as const),
  ["mqtt: {url: 'mqtt://me:hun/ter22@host'}", {}, [notUrl('"mqtt://***@host"')]],
  ["mqtt: {url: 'mqtt://me:12/ter22@host'}", {}, [notUrl('"mqtt://***@host"')]],
  ["mqtt: {url: 'mqtt://me:hunter22'}", {}, [notUrl('"mqtt://me:***"')]],
  ["mqtt: {url: 'me:hunter22@host'}", {}, [notUrl('"***@host"')]],
  ["mqtt: {url: 'mqtt://host?token=hunter22'}", {}, [notUrl('"mqtt://host?***"')]],
  ...["a/+", "#", "/a", "a/", " a", "a ", "$SYS/a", "a\tb", "a'b", "a`b", "{{a}}", "a}", "a//b"].map(
    (text) =>
      [
        stringify({ mqtt: { base_topic: text } }),
        {},
        [`mqtt.base_topic: ${JSON.stringify(text)} is not allowed; allowed: ${baseTopic}`],
      ] as const,
  ),
  ...[0x1b, 0x7f, 0x85, 0x9b, 0x202e, 0x2066, 0x200f, 0x061c, 0x2028, 0xfeff, 0x200b].flatMap((code) => {
    const text = `a${String.fromCharCode(code)}b`;
    const shown = `"a\\u${code.toString(16).padStart(4, "0")}b" is not allowed; allowed:`;
    return [
      [stringify({ mqtt: { base_topic: text } }), {}, [`mqtt.base_topic: ${shown} ${baseTopic}`]],
      [
        stringify({ homeassistant: { discovery_prefix: text } }),
        {},
        [`homeassistant.discovery_prefix: ${shown} ${topic}`],
      ],
    ] as const;
  }),
  [
    stringify({ mqtt: { base_topic: 'a"b\\' } }),
    {},
    [`mqtt.base_topic: "a\\"b\\\\" is not allowed; allowed: ${baseTopic}`],
  ],
  [
    "mqtt: {base_topic: homeassistant/device/pad}",
    {},
    [
      'mqtt.base_topic: "homeassistant/device/pad" lies below homeassistant.discovery_prefix; allowed: a topic outside homeassistant/, such as walkingpad2mqtt',
    ],
  ],
  [
    stringify({ pads: [{ id: "a", address: "57:4c:4e:00:11:22", name: "a\u2028b\u0085" }] }),
    {},
    ['pads[0].name: "a\\u2028b\\u0085" is not allowed; allowed: text'],
  ],
  ["'a\u202eb\u001b': 1\n", {}, [`a\\u202eb\\u001b: unknown key; allowed: ${sections}`]],
  [
    "mqtt: {base_topic: homeassistant}",
    {},
    [
      'homeassistant.discovery_prefix: "homeassistant" is mqtt.base_topic too; allowed: another topic than mqtt.base_topic',
      'homeassistant.status_topic: "homeassistant/status" lies below mqtt.base_topic; allowed: a topic outside mqtt.base_topic',
    ],
  ],
  [
    "mqtt: {url: 'mqtt://me:pw@host', username: me, password: pw}",
    {},
    [
      "mqtt.username: is given here and in mqtt.url; allowed: one place",
      "mqtt.password: is given here and in mqtt.url; allowed: one place",
    ],
  ],
  ...["0.0.0.0", "::", "192.168.1.2", "my-host", "127.example.com"].map(
    (host) =>
      [
        stringify({ mqtt: { url: "embedded", username: "me" }, embedded_broker: { host } }),
        {},
        [
          `embedded_broker.host: "${host}" would let anyone on the network start the belt; allowed: 127.0.0.1, or any address together with mqtt.username and mqtt.password`,
        ],
      ] as const,
  ),
  [
    "mqtt: {url: embedded, username: me}",
    {},
    [
      "mqtt.password: is missing; allowed: both mqtt.username and mqtt.password while mqtt.url is embedded, or neither",
    ],
  ],
  [
    "mqtt: {url: embedded, password: secret}",
    {},
    [
      "mqtt.username: is missing; allowed: both mqtt.username and mqtt.password while mqtt.url is embedded, or neither",
    ],
  ],
  [
    "mqtt: {url: embedded, protocol_version: 5}",
    {},
    [
      "mqtt.protocol_version: 5 is not supported by the embedded broker; allowed: auto or 4 while mqtt.url is embedded",
    ],
  ],
  [
    "",
    env("PADS", "[{"),
    ['pads (WALKINGPAD2MQTT_PADS): "[{" is not allowed; allowed: a list of pads, in the environment as JSON'],
  ],
  [
    "pads: {id: a}",
    {},
    ["pads: a section is not allowed; allowed: a list of pads, in the environment as JSON"],
  ],
  [
    "",
    env("PADS", '[{"id":"Office","address":"57:4c:4e:00:11:2"}]'),
    [
      `pads[0].id (WALKINGPAD2MQTT_PADS): "Office" is not allowed; allowed: ${id}`,
      `pads[0].address (WALKINGPAD2MQTT_PADS): "57:4c:4e:00:11:2" is not allowed; allowed: ${address}`,
    ],
  ],
  [
    "pads: [{id: bridge, advertised_name: a}, {id: 12, advertised_name: b}, null, {}]",
    {},
    [
      `pads[0].id: "bridge" is not allowed; allowed: ${id}`,
      `pads[1].id: 12 needs quotes around it; allowed: ${id}`,
      `pads[2]: nothing is not allowed; allowed: a section with ${padKeys}`,
      "pads[3].id: is missing; allowed: a short name for topics, such as office",
      "pads[3].address: is missing; allowed: either address or advertised_name",
    ],
  ],
  [
    "pads: [{id: a, address: 57:4c:4e:00:11:22}, {id: a, address: 57-4C-4E-00-11-22}, {id: b, advertised_name: KS}, {id: c, advertised_name: ks, adress: x}]",
    {},
    [
      `pads[3].adress: unknown key, did you mean address?; allowed: ${padKeys}`,
      'pads[1].id: "a" is the id of pads[0] too; allowed: a different id for each',
      'pads[1].address: "57:4c:4e:00:11:22" is the address of pads[0] too; allowed: a different address for each',
      'pads[3].advertised_name: "ks" is the advertised_name of pads[2] too; allowed: a different advertised_name for each',
    ],
  ],
  [
    "pads: [{id: a, address: 57:4c:4e:00:11:22, advertised_name: KS, min_speed: 3, max_speed: 3}, {id: b, address: 57:4c:4e:00:11:33, max_speed: 3, start_speed: 4}, {id: c, advertised_name: x, max_speed: 0}]",
    {},
    [
      "pads[0].address: is given together with advertised_name; allowed: either address or advertised_name",
      "pads[0].min_speed: 3 is not allowed; allowed: less than max_speed, which is 3",
      "pads[1].start_speed: 4 is not allowed; allowed: a speed between min_speed and max_speed",
      "pads[2].max_speed: 0 is not allowed; allowed: a number above 0, at most 30",
    ],
  ],
  [
    "simulator: {pads: [{model: c3}, {address: 57:4c:4e:00:11:22, faults: {creep: fast, frob: 1}}, {address: 57:4C:4E:00:11:22, faults: [1]}]}",
    {},
    [
      'simulator.pads[0].model: "c3" is not allowed; allowed: one of c2, a1, p1, r1pro, z1, mc21, ftms, tm11gy, urtm028, ks-c2, x21, pitpat, pitpat-b, pitpat-c, sperax',
      "simulator.pads[0].address: is missing; allowed: a Bluetooth address",
      'simulator.pads[1].faults.creep: "fast" is not allowed; allowed: km/h from 0 to 6',
      "simulator.pads[1].faults.frob: 1 is not allowed; allowed: one of creep, silent, refuse_start, refuse_connect, drop, corrupt, disconnect_after",
      "simulator.pads[2].faults: a list is not allowed; allowed: an object of creep, silent, refuse_start, refuse_connect, drop, corrupt, disconnect_after",
      'simulator.pads[2].address: "57:4c:4e:00:11:22" is the address of simulator.pads[0] too; allowed: a different address for each',
    ].map((message) => message.replace("simulator.pads[0] too", "simulator.pads[1] too")),
  ],
];

test.each(bad)("%s %j", (yaml, input, errors) => {
  expect(messages(load(yaml, input))).toEqual(errors);
});

test("an error also has its key, value and allowed values as fields", () => {
  expect(load("mqtt: {keepalive: 0, password: 1}\nfoo: 1")).toEqual({
    ok: false,
    logFormat: "auto",
    errors: [
      { key: "foo", value: null, allowed: sections, message: `foo: unknown key; allowed: ${sections}` },
      {
        key: "mqtt.password",
        value: "***",
        allowed: "text",
        message: "mqtt.password: *** needs quotes around it; allowed: text",
      },
      {
        key: "mqtt.keepalive",
        value: "0",
        allowed: "a whole number from 1 to 65535",
        message: "mqtt.keepalive: 0 is not allowed; allowed: a whole number from 1 to 65535",
      },
    ],
  });
});

test("an overridden value is not validated", () => {
  expect(load("mqtt: {keepalive: 0}", env("MQTT_KEEPALIVE", "5")).ok).toBe(true);
});
