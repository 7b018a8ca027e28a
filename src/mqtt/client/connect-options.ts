import { setDefaultAutoSelectFamilyAttemptTimeout, Socket } from "node:net";
import type { BrokerOptions } from "./broker.js";
import type { Version } from "./connection.js";
import type { Endpoint } from "./endpoint.js";

/** For CONNACK, and again for SUBACK: a broker on a home server answers in milliseconds, a busy one in seconds. */
export const ANSWER_MS = 10_000;
/** Commands are small; Home Assistant's configs, the largest messages that the bridge receives, are below 100 kB. */
export const MAXIMUM_PACKET_SIZE = 2 * 1024 * 1024;

/**
 * For each address of a broker's name but the last. Node's 250 ms are shorter than a handshake over a distant or waking
 * network, where one address after the other would be abandoned. Four addresses fit into the time for a CONNACK.
 */
const ADDRESS_MS = 2_500;

/** For the whole process: MQTT.js passes no such option on to node:net, and nothing else here connects to a name. */
export const waitForSlowHandshakes = (): void => setDefaultAutoSelectFamilyAttemptTimeout(ADDRESS_MS);

/**
 * Without it the kernel holds a small packet until the one before it is acknowledged (Nagle's algorithm), which Linux
 * does up to 40 ms later. MQTT.js has no option for it; WebSockets (package ws) are like this already.
 */
export const sendAtOnce = (stream: object): void => {
  if (stream instanceof Socket) stream.setNoDelay(true);
};

const tlsOptions = (options: BrokerOptions) => ({
  rejectUnauthorized: options.rejectUnauthorized,
  ...(options.ca === null ? {} : { ca: options.ca }),
  ...(options.cert === null ? {} : { cert: options.cert }),
  ...(options.key === null ? {} : { key: options.key }),
});

const credentials = (options: BrokerOptions, endpoint: Endpoint) => {
  const username = options.username ?? endpoint.username;
  const password = options.password ?? endpoint.password;
  return { ...(username === null ? {} : { username }), ...(password === null ? {} : { password }) };
};

/** MQTT.js takes payloads as strings or Buffers only; the bytes are not copied. */
export const payloadBytes = (payload: string | Uint8Array): string | Buffer =>
  typeof payload === "string" ? payload : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);

/** The options of one MQTT.js client for one connection. */
export const connectOptions = (options: BrokerOptions, endpoint: Endpoint, version: Version) => ({
  protocol: endpoint.scheme,
  host: endpoint.host,
  hostname: endpoint.host,
  port: endpoint.port,
  ...(endpoint.path === null ? {} : { path: endpoint.path }),
  // With a client certificate MQTT.js turns mqtt:// into TLS by itself, on the plain port.
  ...(endpoint.secure ? tlsOptions(options) : {}),
  ...credentials(options, endpoint),
  clientId: options.clientId,
  keepalive: options.keepalive,
  protocolVersion: version,
  clean: true,
  ...(version === 5
    ? { properties: { sessionExpiryInterval: 0, maximumPacketSize: MAXIMUM_PACKET_SIZE } }
    : {}),
  will: { ...options.will, payload: Buffer.from(payloadBytes(options.will.payload)) },
  // Each attempt is a new client: MQTT.js would retry at a fixed interval, and resend the old connection's
  // unacknowledged publishes after newer values of their topics.
  reconnectPeriod: 0,
  resubscribe: false,
  queueQoSZero: false,
  // By default mqtt-packet makes a Buffer for each of 65,536 numbers with the first packet: 7 MB, and 0.1 s of the main loop.
  writeCache: false,
  // The bridge's own deadline comes first and gives a specific reason; this one is a fallback.
  connectTimeout: 2 * ANSWER_MS,
  // By default it writes the CONNECT packet, password included, to stderr when DEBUG is set.
  log: () => undefined,
});
