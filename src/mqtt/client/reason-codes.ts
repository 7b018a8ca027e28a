/** The meaning of a reason code, and what the user can do. */
export interface ReasonCode {
  readonly meaning: string;
  readonly advice: string;
}

const ask = (meaning: string): ReasonCode => ({ meaning, advice: "see the broker's log" });
const BUG = "see the broker's log; if it blames this client, please report it";

const VERSION: ReasonCode = {
  meaning: "MQTT version not accepted",
  advice: "set mqtt.protocol_version to auto or 4",
};
const CLIENT_ID: ReasonCode = {
  meaning: "client id not accepted",
  advice: "set mqtt.client_id to one that the broker allows",
};
const UNAVAILABLE: ReasonCode = {
  meaning: "broker unavailable",
  advice: "see the broker's log: it runs, but does not serve clients now",
};
const CREDENTIALS = "check mqtt.username and mqtt.password, and what the broker allows this user";

/** CONNACK of MQTT 3.1.1, table 3.1. */
const OLD: Readonly<Record<number, ReasonCode>> = {
  1: VERSION,
  2: CLIENT_ID,
  3: UNAVAILABLE,
  4: {
    meaning: "bad user name or password",
    advice: CREDENTIALS,
  },
  5: {
    meaning: "not authorized",
    advice: CREDENTIALS,
  },
};

/** CONNACK and DISCONNECT of MQTT 5, tables 3-1 and 3-10; those that a broker can send. */
const NEW: Readonly<Record<number, ReasonCode>> = {
  0: ask("normal disconnection"),
  128: ask("unspecified error"),
  129: { meaning: "malformed packet", advice: BUG },
  130: { meaning: "protocol error", advice: BUG },
  131: {
    meaning: "refused for a reason of the broker's own",
    advice: "see the broker's log; mqtt.protocol_version 4 may help",
  },
  132: VERSION,
  133: CLIENT_ID,
  134: {
    meaning: "bad user name or password",
    advice: CREDENTIALS,
  },
  135: {
    meaning: "not authorized",
    advice: CREDENTIALS,
  },
  136: UNAVAILABLE,
  137: {
    meaning: "broker busy",
    advice: "wait; if it lasts, see the broker's log and its limits for clients",
  },
  138: { meaning: "banned", advice: "lift the broker's ban on this client id, user or address" },
  139: { meaning: "broker shutting down", advice: "start the broker again, unless it does so by itself" },
  140: {
    meaning: "bad authentication method",
    advice:
      "allow user name and password, or a client certificate, at the broker: the bridge supports nothing else",
  },
  141: {
    meaning: "keep-alive timeout",
    advice:
      "check the network, and whether this machine was asleep or overloaded; a larger mqtt.keepalive waits longer",
  },
  142: {
    meaning: "session taken over",
    advice:
      "another program uses the same client id: give one of them its own mqtt.client_id and mqtt.base_topic",
  },
  143: {
    meaning: "topic filter invalid",
    advice: "choose another mqtt.base_topic: the broker does not allow subscriptions to this one",
  },
  144: {
    meaning: "topic name invalid",
    advice:
      "choose another mqtt.base_topic: the broker does not allow publishing to this one, or a last will on it",
  },
  147: { meaning: "receive maximum exceeded", advice: BUG },
  148: { meaning: "topic alias invalid", advice: BUG },
  149: {
    meaning: "packet too large",
    advice:
      "raise the broker's limit for the size of a message (Mosquitto: max_packet_size); 64 kB are enough",
  },
  150: { meaning: "message rate too high", advice: "raise the broker's limit for messages of a client" },
  151: {
    meaning: "quota exceeded",
    advice: "raise the broker's quota for this user, or clear what it stores for others",
  },
  152: {
    meaning: "administrative action",
    advice: "an administrator closed this connection at the broker: see its log",
  },
  153: { meaning: "payload format invalid", advice: BUG },
  154: {
    meaning: "retained messages not supported",
    advice:
      "let the broker store retained messages (Mosquitto: retain_available true): without them clients do not see that the " +
      "bridge is offline, and Home Assistant loses its devices at each restart",
  },
  155: {
    meaning: "QoS not supported",
    advice: "let the broker take QoS 1 (Mosquitto: max_qos 1): with QoS 0 a stop could get lost",
  },
  156: {
    meaning: "use another server",
    advice: "set mqtt.url to the server that the broker's log or its operator names",
  },
  157: { meaning: "server moved", advice: "set mqtt.url to the broker's new address" },
  158: { meaning: "shared subscriptions not supported", advice: BUG },
  159: {
    meaning: "connection rate exceeded",
    advice: "wait; if it lasts, raise the broker's limit for new connections",
  },
  160: { meaning: "maximum connect time", advice: "raise the broker's limit for the length of a connection" },
  161: { meaning: "subscription identifiers not supported", advice: BUG },
  162: {
    meaning: "wildcard subscriptions not supported",
    advice:
      "let the broker take wildcards (+ and #), or use another broker: the bridge's subscriptions need them",
  },
};

/** Null for a code that no specification defines. */
export const reasonCode = (kind: "refused" | "disconnected", code: number): ReasonCode | null =>
  (kind === "refused" ? OLD[code] : undefined) ?? NEW[code] ?? null;
