import type { Config } from "./config.js";
import { splitUrl } from "./credentials.js";
import type { Finding } from "./errors.js";

/** A check across several keys. It runs only when all of `keys` are valid by themselves. */
interface Check {
  readonly keys: readonly string[];
  readonly find: (config: Config) => Finding | null;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/i;

const CHECKS: readonly Check[] = [
  {
    keys: ["mqtt.base_topic", "homeassistant.discovery_prefix"],
    find: ({ mqtt, homeassistant }) =>
      mqtt.base_topic !== homeassistant.discovery_prefix
        ? null
        : {
            key: "homeassistant.discovery_prefix",
            value: homeassistant.discovery_prefix,
            why: "is mqtt.base_topic too",
            allowed: "another topic than mqtt.base_topic",
          },
  },
  {
    // Home Assistant would read the bridge's topics as discovery configs, and the bridge other configs as commands.
    keys: ["mqtt.base_topic", "homeassistant.discovery_prefix"],
    find: ({ mqtt, homeassistant }) =>
      !mqtt.base_topic.startsWith(`${homeassistant.discovery_prefix}/`)
        ? null
        : {
            key: "mqtt.base_topic",
            value: mqtt.base_topic,
            why: "lies below homeassistant.discovery_prefix",
            allowed: `a topic outside ${homeassistant.discovery_prefix}/, such as walkingpad2mqtt`,
          },
  },
  {
    // The bridge would take its own bridge/state for Home Assistant's birth message, and answer it for ever.
    keys: ["mqtt.base_topic", "homeassistant.status_topic"],
    find: ({ mqtt, homeassistant }) =>
      !`${homeassistant.status_topic}/`.startsWith(`${mqtt.base_topic}/`)
        ? null
        : {
            key: "homeassistant.status_topic",
            value: homeassistant.status_topic,
            why: "lies below mqtt.base_topic",
            allowed: "a topic outside mqtt.base_topic",
          },
  },
  ...(["username", "password"] as const).map((part) => ({
    keys: ["mqtt.url", `mqtt.${part}`],
    find: ({ mqtt }: Config): Finding | null =>
      mqtt[part] === null || splitUrl(mqtt.url)[part] === null
        ? null
        : {
            key: `mqtt.${part}`,
            why: "is given here and in mqtt.url",
            allowed: "one place",
          },
  })),
  {
    keys: ["mqtt.url", "embedded_broker.host", "mqtt.username", "mqtt.password"],
    find: ({ mqtt, embedded_broker: { host } }) =>
      mqtt.url !== "embedded" || LOOPBACK.test(host) || (mqtt.username !== null && mqtt.password !== null)
        ? null
        : {
            key: "embedded_broker.host",
            value: host,
            why: "would let anyone on the network start the belt",
            allowed: "127.0.0.1, or any address together with mqtt.username and mqtt.password",
          },
  },
  {
    // With a name alone the embedded broker would refuse the bridge itself; with a password alone, every client.
    keys: ["mqtt.url", "embedded_broker.host", "mqtt.username", "mqtt.password"],
    find: ({ mqtt, embedded_broker: { host } }) =>
      mqtt.url !== "embedded" || !LOOPBACK.test(host) || (mqtt.username === null) === (mqtt.password === null)
        ? null
        : {
            key: mqtt.username === null ? "mqtt.username" : "mqtt.password",
            why: "is missing",
            allowed: "both mqtt.username and mqtt.password while mqtt.url is embedded, or neither",
          },
  },
  {
    keys: ["web.enabled", "web.host", "web.password", "web.trusted_proxy"],
    find: ({ web: { enabled, host, password, trusted_proxy } }) =>
      !enabled || LOOPBACK.test(host) || password !== null || trusted_proxy !== null
        ? null
        : {
            key: "web.host",
            value: host,
            why: "would let anyone on the network start the belt",
            allowed: "127.0.0.1, or any address together with web.password",
          },
  },
  {
    keys: ["mqtt.url", "mqtt.protocol_version"],
    find: ({ mqtt }) =>
      mqtt.url !== "embedded" || mqtt.protocol_version !== 5
        ? null
        : {
            key: "mqtt.protocol_version",
            value: 5,
            why: "is not supported by the embedded broker",
            allowed: "auto or 4 while mqtt.url is embedded",
          },
  },
];

/** `isValid`: whether a key's own value is allowed; the values of other keys are not read. */
export const crossCheck = (config: Config, isValid: (key: string) => boolean): readonly Finding[] =>
  CHECKS.filter(({ keys }) => keys.every(isValid))
    .map(({ find }) => find(config))
    .filter((finding) => finding !== null);

/** Allowed values that are probably not intended. */
export const configWarnings = ({ mqtt, bluetooth, pads, simulator }: Config): readonly string[] => {
  const tls = /^(mqtts|wss):/i.test(mqtt.url);
  const files = mqtt.ca !== null || mqtt.cert !== null || mqtt.key !== null;
  const warnings: readonly (readonly [boolean, string])[] = [
    [
      files && !tls,
      "mqtt.ca, mqtt.cert and mqtt.key have no effect: mqtt.url is neither mqtts:// nor wss://",
    ],
    [(mqtt.cert === null) !== (mqtt.key === null), "mqtt.cert and mqtt.key only have an effect together"],
    [
      tls && !mqtt.reject_unauthorized,
      "mqtt.reject_unauthorized is false: the broker's identity is not verified",
    ],
    [
      simulator.pads.length > 0 && bluetooth.radio === "noble" && pads.length === 0,
      "simulator.pads have no effect: bluetooth.radio is noble",
    ],
  ];
  return warnings.filter(([is]) => is).map(([, text]) => text);
};
