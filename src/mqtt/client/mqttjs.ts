import { connect, type MqttClient, type Packet } from "mqtt";
import { asError } from "../../domain/errors.js";
import type { Broker, BrokerDeps, BrokerOptions, OutMessage } from "./broker.js";
import {
  ANSWER_MS,
  payloadBytes,
  connectOptions,
  MAXIMUM_PACKET_SIZE,
  sendAtOnce,
  waitForSlowHandshakes,
} from "./connect-options.js";
import type { BrokerLimits, Connection, ConnectionEvents, Version } from "./connection.js";
import { parseEndpoint, type Endpoint } from "./endpoint.js";
import { disconnectReasonOf, type DisconnectReason } from "./disconnect-reason.js";
import { ArrivalOrder } from "./arrival-order.js";
import { PacketFilter } from "./packet-filter.js";
import { BrokerClient } from "./broker-client.js";
import { ScreenedStream } from "./screened-stream.js";
import { ParserSlices } from "./parser-slices.js";
import { Subscriber } from "./subscriber.js";

/** The bridge neither publishes nor subscribes with QoS 2, so a broker must not send any of its packets. */
const QOS2_ONLY = ["pubrec", "pubrel", "pubcomp"];

/**
 * With this many messages in front of it a stop does not wait for its turn: some 5 ms of work, more on a small
 * computer.
 */
const BEHIND = 20;

/** One MQTT.js client, from CONNECT to its end. */
class MqttJsConnection implements Connection {
  readonly #client: MqttClient;
  readonly #options: BrokerOptions;
  readonly #endpoint: Endpoint;
  readonly #deps: BrokerDeps;
  readonly #events: ConnectionEvents;
  #over = false;
  #connack: number | null = null;
  #secured: boolean;
  #unparsed = 0;
  readonly #order: ArrivalOrder;
  readonly #slices: ParserSlices;
  readonly #subscriber: Subscriber;
  readonly #screened: ScreenedStream | null;
  #cancelTimer: () => void;

  constructor(
    client: MqttClient,
    options: BrokerOptions,
    endpoint: Endpoint,
    deps: BrokerDeps,
    events: ConnectionEvents,
    order: ArrivalOrder,
  ) {
    this.#client = client;
    this.#options = options;
    this.#endpoint = endpoint;
    this.#deps = deps;
    this.#events = events;
    this.#order = order;
    order.restart();
    this.#slices = new ParserSlices(deps.clock);
    this.#subscriber = new Subscriber(client, deps.clock, {
      onAnswer: (refused) => this.#events.onSubscribed(refused.map(({ topic }) => topic)),
      onError: (detail) => this.#close({ kind: "lost", detail }),
    });
    this.#secured = endpoint.scheme !== "mqtts";
    this.#cancelTimer = this.#answerWithin("CONNACK");
    this.#screened = this.#screen();
    this.#listen();
  }

  send(message: OutMessage, settled: (error: Error | null) => void): void {
    const { topic, payload, qos, retain } = message;
    try {
      this.#client.publish(topic, payloadBytes(payload), { qos, retain }, (error) => {
        if (!this.#over) settled(error ?? null);
      });
    } catch (thrown) {
      settled(asError(thrown));
    }
  }

  end(withinMs: number): Promise<void> {
    this.#release();
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        this.#client.stream.destroy();
        resolve();
      };
      const cancel = this.#deps.clock.after(withinMs, done);
      // Calls back only after all acknowledgements and the broker's close: never with a broker that does not answer.
      this.#client.end(false, done);
    });
  }

  drop(): void {
    this.#release();
    // Not end(true): after an unfinished end(false) it does nothing, and it closes the stores under packets that are
    // still being handled, which throws (MQTT.js 5.16 store.js). Without a stream the client is only garbage.
    this.#client.stream.destroy();
  }

  #screen(): ScreenedStream | null {
    const { screen, clock } = this.#deps;
    if (!screen) return null;
    const filter = new PacketFilter({
      version: this.#client.options.protocolVersion === 5 ? 5 : 4,
      order: this.#order,
      screen: (topic, payload) => screen(topic, payload, this.#order.waiting >= BEHIND),
      ahead: ({ topic, payload, dup, place, arrived }) =>
        this.#events.onMessage({ topic, payload, retain: false, dup, place, arrived, ahead: true }),
      unread: (topic) => this.#events.onUnread(topic),
    });
    return new ScreenedStream(this.#client.stream, filter, clock);
  }

  #listen(): void {
    const { stream } = this.#client;
    this.#client.on("error", (error) => this.#fail(error));
    this.#client.on("close", () => this.#fail(null));
    this.#client.on("packetreceive", (packet) => this.#inspect(packet));
    this.#client.on("connect", ({ properties }) => {
      const { receiveMaximum = 65_535, maximumPacketSize = Infinity } = properties ?? {};
      if (!this.#over) this.#open({ receiveMaximum, maximumPacketSize });
    });
    this.#client.handleMessage = (_packet, done) => this.#slices.next(done);
    this.#client.on("message", (topic, payload, { retain, dup }) => {
      // The parser of a dropped connection goes on: its messages have no place any more.
      if (this.#over) return;
      this.#slices.begin();
      this.#events.onMessage({ topic, payload, retain, dup, ...this.#order.handle() });
    });
    this.#client.on("disconnect", ({ reasonCode = 0, properties }) =>
      this.#close({ kind: "disconnected", code: reasonCode, detail: properties?.reasonString ?? "" }),
    );
    // MQTT.js swallows stream errors without a code, such as a WebSocket's HTTP 404.
    stream.on("error", (error: Error) => this.#fail(error));
    stream.on("secureConnect", () => {
      this.#secured = true;
    });
    stream.on("data", (chunk: Uint8Array) => this.#watchSize(chunk.length));
  }

  /** MQTT 3.1.1 has no maximum packet size, and the parser of MQTT.js accepts the protocol's 256 MB. */
  #watchSize(arrived: number): void {
    this.#unparsed += arrived;
    if (this.#unparsed > 2 * MAXIMUM_PACKET_SIZE)
      this.#close({ kind: "lost", detail: "the broker sent a message of more than 4 MB" });
  }

  #inspect(packet: Packet): void {
    this.#unparsed = 0;
    const qos2 = QOS2_ONLY.includes(packet.cmd) || (packet.cmd === "publish" && packet.qos === 2);
    // Packets that were parsed before the end are still handled after it, and a malformed PUBREL makes MQTT.js 5.16
    // throw out of its parser (found by fuzzing). A packet of an unknown kind is ignored.
    if (qos2 || this.#client.stream.destroyed) Object.assign(packet, { cmd: "ignored" });
    if (qos2) this.#close({ kind: "lost", detail: "protocol error: QoS 2 was never requested" });
    if (packet.cmd === "connack") {
      this.#connack = packet.reasonCode ?? packet.returnCode ?? 0;
      this.#cancelTimer();
    }
  }

  #open(limits: BrokerLimits): void {
    this.#cancelTimer = this.#answerWithin("SUBACK");
    this.#subscriber.subscribe(this.#options.subscriptions, () => {
      this.#cancelTimer();
      this.#events.onOpen(limits);
    });
  }

  #answerWithin(what: "CONNACK" | "SUBACK"): () => void {
    const kind = what === "CONNACK" ? "mute" : "lost";
    const detail = `no ${what} for ${ANSWER_MS / 1000} s`;
    return this.#deps.clock.after(ANSWER_MS, () => this.#close({ kind, detail }));
  }

  #fail(error: Error | null): void {
    const { secure } = this.#endpoint;
    this.#close(disconnectReasonOf(error, { connack: this.#connack, secure, secured: this.#secured }));
  }

  #close(reason: DisconnectReason): void {
    if (this.#over) return;
    this.drop();
    this.#events.onClosed(reason);
  }

  #release(): void {
    this.#over = true;
    this.#screened?.end();
    this.#cancelTimer();
    this.#subscriber.end();
  }
}

const refusedToStart = (thrown: unknown, deps: BrokerDeps, events: ConnectionEvents): Connection => {
  // Invalid PEM text throws here; a connection reports its end later, never while it is being opened.
  const reason: DisconnectReason = { kind: "tls", detail: asError(thrown).message };
  const cancel = deps.clock.after(0, () => events.onClosed(reason));
  const end = (): Promise<void> => {
    cancel();
    return Promise.resolve();
  };
  return { send: () => undefined, end, drop: cancel };
};

const open = (
  options: BrokerOptions,
  endpoint: Endpoint,
  deps: BrokerDeps,
  version: Version,
  events: ConnectionEvents,
  order: ArrivalOrder,
): Connection => {
  try {
    const client = connect(connectOptions(options, endpoint, version));
    sendAtOnce(client.stream);
    return new MqttJsConnection(client, options, endpoint, deps, events, order);
  } catch (thrown) {
    return refusedToStart(thrown, deps, events);
  }
};

/** Starts to connect, and reconnects until closed. Throws BridgeError("config") for an invalid address. */
export const connectBroker = (options: BrokerOptions, deps: BrokerDeps): Broker => {
  const endpoint = parseEndpoint(options.url);
  waitForSlowHandshakes();
  const { shown } = endpoint;
  const { clientId, protocolVersion } = options;
  const order = new ArrivalOrder(deps.arrived);
  const supervisor = new BrokerClient({ clientId, protocolVersion, shown }, deps, (version, events) =>
    open(options, endpoint, deps, version, events, order),
  );
  supervisor.start();
  return supervisor;
};
