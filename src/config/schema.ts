import type { Config } from "./config.js";
import type { Rule } from "./formats.js";

type Scalar = string | number | boolean | null;
/** A rule for every key of the config, no more and no less. */
type Tree<T> = {
  readonly [K in keyof T]: [T[K]] extends [Scalar | readonly unknown[]] ? Rule<T[K]> : Tree<T[K]>;
};

/** The single source of every key: description, default and allowed values (docs/configuration.md). */
export const SCHEMA: Tree<Config> = {
  mqtt: {
    url: {
      doc: "The broker, or `embedded` for the broker in the bridge",
      format: "broker-url",
      default: "mqtt://localhost:1883",
    },
    username: { doc: "User name at the broker", format: "text", default: null },
    password: { doc: "Its password", format: "secret", default: null, sensitive: true },
    ca: { doc: "Path of the CA that signed the broker's certificate (PEM)", format: "text", default: null },
    cert: { doc: "Path of the bridge's client certificate (PEM)", format: "text", default: null },
    key: { doc: "Path of the client certificate's key (PEM)", format: "text", default: null },
    reject_unauthorized: {
      doc: "`false` accepts any certificate of the broker, including a forged one",
      format: "boolean",
      default: true,
    },
    client_id: {
      doc: "MQTT client id; by default stable and derived from `base_topic`",
      format: "text",
      default: null,
    },
    base_topic: {
      doc: "Prefix of all topics of the bridge",
      format: "base-topic",
      default: "walkingpad2mqtt",
    },
    protocol_version: {
      doc: "MQTT version; `auto` is 5, falling back to 4 (3.1.1)",
      format: "choice",
      default: "auto",
      choices: ["auto", 5, 4],
    },
    keepalive: {
      doc: "Keep alive interval in seconds",
      format: "integer",
      default: 30,
      min: 1,
      max: 65_535,
    },
  },
  embedded_broker: {
    host: {
      doc: "Address of the embedded broker (MQTT 3.1.1 only); anything but loopback needs `mqtt.username` and `mqtt.password`",
      format: "host",
      default: "127.0.0.1",
    },
    port: { doc: "Its port", format: "integer", default: 1883, min: 1, max: 65_535 },
  },
  web: {
    enabled: {
      doc: "The page: shows and controls the belts in a browser; if its port is in use, the bridge runs without the page",
      format: "boolean",
      default: true,
    },
    host: {
      doc: "Address of the page; anything but loopback needs `web.password` or `web.trusted_proxy`",
      format: "host",
      default: "127.0.0.1",
    },
    port: { doc: "Its port", format: "integer", default: 8088, min: 1, max: 65_535 },
    password: {
      doc: "The page's password (HTTP Basic; any user name)",
      format: "secret",
      default: null,
      sensitive: true,
    },
    trusted_proxy: {
      doc: "IP address of a reverse proxy that has authenticated the user; its requests need no password",
      format: "ip",
      default: null,
    },
  },
  homeassistant: {
    enabled: {
      doc: "Home Assistant discovery; `false`: the bridge removes its own configs once",
      format: "boolean",
      default: true,
    },
    discovery_prefix: {
      doc: "Home Assistant's discovery prefix; differs from `mqtt.base_topic`",
      format: "topic",
      default: "homeassistant",
    },
    status_topic: {
      doc: "Topic of Home Assistant's birth message",
      format: "topic",
      default: "homeassistant/status",
    },
  },
  bluetooth: {
    radio: {
      doc: "`noble` is the Bluetooth adapter, `simulator` the pads of `simulator.pads`",
      format: "choice",
      default: "noble",
      choices: ["noble", "simulator"],
    },
    adapter: {
      doc: "Number of the adapter: hci0, hci1, …",
      format: "integer",
      default: 0,
      min: 0,
      max: 255,
    },
  },
  pads: {
    doc: "The pads; with none the bridge runs, logs a warning, and lists the pads in range",
    format: "pads",
    default: [],
  },
  safety: {
    allow_start: {
      doc: "`false`: MQTT can stop and slow down, never start or speed up",
      format: "boolean",
      default: true,
    },
    stop_on_exit: {
      doc: "Stop the belts when the bridge ends; `false` never cancels a requested stop",
      format: "boolean",
      default: true,
    },
    standby_on_exit: {
      doc: "Put the pads into standby when the bridge ends; only written to a belt at rest",
      format: "boolean",
      default: true,
    },
    shutdown_timeout: {
      doc: "Seconds for the whole stop; a belt slows by about 0.5 km/h a second, so 6 km/h needs some 12",
      format: "number",
      default: 25,
      min: 5,
      max: 120,
    },
    stop_after_crash: {
      doc: "After a crash, stop a belt that still moves",
      format: "boolean",
      default: true,
    },
    broker_lost: {
      action: {
        doc: "What to do once the broker is gone for `after`: `keep` walking or `stop` the belt",
        format: "choice",
        default: "keep",
        choices: ["keep", "stop"],
      },
      after: { doc: "Seconds", format: "number", default: 60, min: 0, max: 86_400 },
    },
    walked_off: {
      action: {
        doc: "What to do when the belt moves and no step is counted for `after`: `none`, or `stop` the belt",
        format: "choice",
        default: "none",
        choices: ["none", "stop"],
      },
      after: { doc: "Seconds", format: "number", default: 15, min: 1, max: 86_400 },
    },
    max_session: {
      doc: "Minutes of moving belt in a session, after which the belt is stopped; `null`: no limit",
      format: "number",
      default: null,
      above: 0,
      max: 1440,
    },
  },
  session: {
    pause_timeout: {
      doc: "Minutes that a stopped belt keeps its session open",
      format: "number",
      default: 15,
      min: 0,
      max: 1440,
    },
    min_duration: {
      doc: "Seconds; shorter sessions are not kept",
      format: "number",
      default: 30,
      min: 0,
      max: 86_400,
    },
  },
  calories: {
    weight: {
      doc: "kg; the body is used where the pad reports no calories",
      format: "number",
      default: 75,
      min: 10,
      max: 500,
    },
    age: { doc: "Years", format: "number", default: null, min: 1, max: 130 },
    height: { doc: "cm", format: "number", default: null, min: 50, max: 300 },
    sex: { doc: "For the energy used at rest", format: "choice", default: null, choices: ["female", "male"] },
  },
  goals: {
    distance: { doc: "km a day; `null`: no such goal", format: "number", default: null, above: 0, max: 1000 },
    steps: { doc: "Steps a day", format: "integer", default: null, min: 1, max: 1_000_000 },
    duration: { doc: "Minutes a day", format: "number", default: null, above: 0, max: 1440 },
    calories: { doc: "kcal a day", format: "number", default: null, above: 0, max: 100_000 },
  },
  store: {
    path: { doc: "Folder for history and state", format: "text", default: "./data" },
    retention_days: {
      doc: "Days that sessions are kept; `null`: for ever",
      format: "integer",
      default: null,
      min: 1,
      max: 36_500,
    },
  },
  log: {
    level: {
      doc: "The least important lines that are logged",
      format: "choice",
      default: "info",
      choices: ["trace", "debug", "info", "warn", "error", "fatal"],
    },
    format: {
      doc: "`auto` is pretty on a terminal and JSON elsewhere",
      format: "choice",
      default: "auto",
      choices: ["auto", "json", "pretty"],
    },
  },
  simulator: {
    pads: { doc: "The pads of the simulated radio", format: "simulator-pads", default: [] },
  },
};
