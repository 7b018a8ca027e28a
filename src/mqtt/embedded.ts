import { createHash, timingSafeEqual } from "node:crypto";
import type { EventEmitter } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { Aedes } from "aedes";
import type { Clock } from "../clock.js";
import { BridgeError } from "../domain/errors.js";
import type { Logger } from "../log/log.js";

export interface EmbeddedOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** With a username, clients must give it and the password. */
  readonly username: string | null;
  readonly password: string | null;
}

export interface EmbeddedBroker {
  readonly port: number;
  /** Lets clients have what was sent, then hangs up; at the deadline at once. Idempotent. */
  close(withinMs: number): Promise<void>;
}

const CONNECT_MS = 10_000;
/** A client that stops reading for so long is let go, before its backlog fills our memory. */
const DRAIN_MS = 20_000;
const MAX_CONNECTIONS = 100;
/** Before its CONNECT is accepted nobody needs more: client id, will, name and password. */
const MAX_STRANGER_BYTES = 64 * 1024;
const MAX_PAYLOAD_BYTES = 1024 * 1024;
/** Digests have one length, so that the comparison takes the same time for every guess. */
const digest = (text: string | Uint8Array): Buffer => createHash("sha256").update(text).digest();
const same = (expected: string, given: string | Uint8Array | undefined): boolean =>
  timingSafeEqual(digest(expected), digest(given ?? "")) && given !== undefined;

const authenticator = (options: EmbeddedOptions): Aedes["authenticate"] => {
  const { username, password } = options;
  if (username === null) return (_client, _username, _password, done) => done(null, true);
  return (_client, givenName, givenPassword, done) => {
    const name = same(username, givenName);
    const secret = same(password ?? "", givenPassword);
    // False makes CONNACK 5, "not authorized".
    done(null, name && secret);
  };
};

/**
 * aedes acknowledges a message before it delivers it (its handlers/publish.js): what a client knows as published
 * may still be on its way to the others. Counts those, so that the end can wait for them.
 */
class Deliveries {
  #open = 0;
  #idle: (() => void)[] = [];

  begin(): void {
    this.#open += 1;
  }

  end(): void {
    this.#open -= 1;
    if (this.#open === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  settled(): Promise<void> {
    return this.#open === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }
}

const createBroker = async (
  options: EmbeddedOptions,
  deliveries: Deliveries,
  log: Logger,
): Promise<Aedes> => {
  const aedes = await Aedes.createBroker({
    connectTimeout: CONNECT_MS,
    drainTimeout: DRAIN_MS,
    authenticate: authenticator(options),
    authorizePublish: (client, packet, done) => {
      // As aedes does by default: nobody but the broker itself speaks under $SYS.
      const refusal = packet.topic.startsWith("$SYS/")
        ? "$SYS topics are reserved"
        : packet.payload.length > MAX_PAYLOAD_BYTES && "payload of more than 1 MB";
      if (client && !refusal) deliveries.begin();
      done(refusal ? new Error(refusal) : null);
    },
    published: (_packet, client: object | null, done) => {
      if (client) deliveries.end();
      done(null);
    },
  });
  // Without a listener these would end the program.
  const emitter: EventEmitter = aedes;
  emitter.on("error", (err: unknown) => log.error({ err }, "embedded broker: internal error"));
  const complain = (client: { readonly id: string } | null, err: Error): void =>
    log.debug({ client: client?.id ?? null, why: err.message }, "embedded broker: client dropped");
  aedes.on("clientError", complain);
  aedes.on("connectionError", complain);
  return aedes;
};

/** aedes parses packets of any length, a stranger's too: whoever is not let in may not fill our memory. */
const boundStranger = (socket: Socket, accepted: () => boolean): void => {
  socket.on("readable", () => {
    if (socket.bytesRead > MAX_STRANGER_BYTES && !accepted()) socket.destroy();
  });
};

const cannotListen = ({ host, port }: EmbeddedOptions, cause: NodeJS.ErrnoException): BridgeError =>
  cause.code === "EADDRINUSE"
    ? new BridgeError("port-in-use", `The port ${port} of ${host} is in use.`, {
        retry: "never",
        advice:
          "If that is a broker, use it as mqtt.url; or choose a free port (embedded_broker.port, demo --port).",
        cause,
      })
    : new BridgeError("broker", `The embedded broker cannot listen on ${host}:${port}: ${cause.message}.`, {
        retry: "never",
        advice: "Check embedded_broker.host and embedded_broker.port.",
        cause,
      });

const listening = (server: Server, options: EmbeddedOptions): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once("error", (cause) => reject(cannotListen(options, cause)));
    server.listen(options.port, options.host, () => resolve((server.address() as AddressInfo).port));
  });

interface Parts {
  readonly aedes: Aedes;
  readonly server: Server;
  readonly sockets: ReadonlySet<Socket>;
  readonly deliveries: Deliveries;
  readonly clock: Clock;
}

const hangUp = ({ aedes, sockets }: Parts): void => {
  // aedes hangs up on its clients; those that never said CONNECT are only in our list.
  aedes.close();
  for (const socket of sockets) socket.destroy();
};

const closeAll = (parts: Parts, withinMs: number): Promise<void> =>
  new Promise((resolve) => {
    const cancel = parts.clock.after(withinMs, () => hangUp(parts));
    // Calls back when the last socket is gone.
    parts.server.close(() => {
      cancel();
      hangUp(parts);
      resolve();
    });
    void parts.deliveries.settled().then(() => {
      for (const socket of parts.sockets) socket.end();
    });
  });

/**
 * An MQTT 3.1.1 broker inside this process, retained messages and wills included, nothing kept on disk.
 * Rejects with BridgeError("port-in-use") or BridgeError("broker").
 */
export const startEmbeddedBroker = async (
  options: EmbeddedOptions,
  { log, clock }: { readonly log: Logger; readonly clock: Clock },
): Promise<EmbeddedBroker> => {
  const deliveries = new Deliveries();
  const aedes = await createBroker(options, deliveries, log);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    const client = aedes.handle(socket);
    boundStranger(socket, () => client.connected);
  });
  server.maxConnections = MAX_CONNECTIONS;
  try {
    const port = await listening(server, options);
    server.on("error", (err) => log.error({ err }, "embedded broker: listener error"));
    log.info({ host: options.host, port }, "embedded broker listens (MQTT 3.1.1 only)");
    const parts = { aedes, server, sockets, deliveries, clock };
    let closed: Promise<void> | null = null;
    return { port, close: (withinMs) => (closed ??= closeAll(parts, withinMs)) };
  } catch (thrown) {
    aedes.close();
    throw thrown;
  }
};
