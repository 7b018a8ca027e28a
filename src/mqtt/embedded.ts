import { createServer, type AddressInfo, type Server } from "node:net";
import type { Aedes } from "aedes";
import type { Clock } from "../clock.js";
import { BridgeError } from "../domain/errors.js";
import type { Logger } from "../log/log.js";
import { Admission } from "./embedded-admission.js";
import { createBroker, PendingDeliveries } from "./embedded-aedes.js";

export interface EmbeddedOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** With a username, clients must give it and the password. */
  readonly username: string | null;
  readonly password: string | null;
  /** The bridge's own client id: its state is always retained, whatever other clients have stored. */
  readonly ownClientId: string;
}

export interface EmbeddedBroker {
  readonly port: number;
  /** Delivers pending messages, then disconnects the clients; at the deadline at once. Idempotent. */
  close(withinMs: number): Promise<void>;
}

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
  readonly admission: Admission;
  readonly deliveries: PendingDeliveries;
  readonly clock: Clock;
}

const hangUp = ({ aedes, admission }: Parts): void => {
  // aedes disconnects its clients; connections without a CONNECT are only in the admission's list.
  aedes.close();
  for (const socket of admission.sockets) socket.destroy();
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
      for (const socket of parts.admission.sockets) socket.end();
    });
  });

/**
 * An MQTT 3.1.1 broker in this process, with retained messages and wills; nothing is stored on disk. Rejects with
 * BridgeError("port-in-use") or BridgeError("broker").
 */
export const startEmbeddedBroker = async (
  options: EmbeddedOptions,
  { log, clock }: { readonly log: Logger; readonly clock: Clock },
): Promise<EmbeddedBroker> => {
  const deliveries = new PendingDeliveries();
  const admission = new Admission(log);
  const aedes = await createBroker(options, admission, deliveries, { log, clock });
  const server = createServer((socket) => {
    // A command waits for no acknowledgement of the message before it (Nagle's algorithm: up to 40 ms).
    socket.setNoDelay(true);
    admission.enter(socket);
    aedes.handle(socket);
  });
  try {
    const port = await listening(server, options);
    server.on("error", (err) => log.error({ err }, "Embedded broker: listener error"));
    log.info({ host: options.host, port }, "Embedded broker listening (MQTT 3.1.1 only)");
    const parts = { aedes, server, admission, deliveries, clock };
    let closed: Promise<void> | null = null;
    return { port, close: (withinMs) => (closed ??= closeAll(parts, withinMs)) };
  } catch (thrown) {
    aedes.close();
    throw thrown;
  }
};
