import type { EventEmitter } from "node:events";
import { Aedes } from "aedes";
import type { Clock } from "../clock.js";
import type { Logger } from "../log/log.js";
import { type Admission, CONNECT_MS } from "./embedded-admission.js";
import { authenticator } from "./embedded-login.js";
import { RetainedSizes } from "./retained-limit.js";

/** A client that does not read for this long is disconnected, before its backlog fills the memory. */
const DRAIN_MS = 20_000;
const MAX_PAYLOAD_BYTES = 1024 * 1024;
/** QoS 2 keeps a message until its PUBREL: as many as Mosquitto's max_inflight_messages, and small ones. */
const MAX_QOS2 = { messages: 20, bytes: 64 * 1024 };
/** Retained in all. A Home Assistant with some hundred devices has about a thousand configs of some kB. */
const MAX_RETAINED = { topics: 4_000, bytes: 16 * 1024 * 1024 };
/** The part of it for clients other than the bridge. */
const OTHERS_RETAINED = { topics: 3_600, bytes: 14 * 1024 * 1024 };
/** Between two warnings of one kind. */
const WARN_MS = 60_000;

/**
 * aedes acknowledges a message before it delivers it (its handlers/publish.js): a message that its sender takes for
 * published may still be on its way to the subscribers. Counts those deliveries, so that the end can wait for them.
 */
export class PendingDeliveries {
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

type AuthorizePublish = Aedes["authorizePublish"];
type Publish = Parameters<AuthorizePublish>[1];

const refusalOf = ({ topic, payload, qos }: Publish): string | null => {
  // As aedes does by default: only the broker itself publishes under $SYS.
  if (topic.startsWith("$SYS/")) return "$SYS topics are reserved";
  if (payload.length > MAX_PAYLOAD_BYTES) return "payload of more than 1 MB";
  if (qos === 2 && payload.length > MAX_QOS2.bytes) return "payload of more than 64 kB at QoS 2";
  return null;
};

/**
 * Retains what fits. A message that does not fit is delivered and not retained; the older value, now wrong, is removed.
 */
const retainer = ({ ownClientId }: Login, { log, clock }: Deps) => {
  const sizes = new RetainedSizes();
  let warnedAt = -Infinity;
  return (clientId: string | null, packet: Publish): boolean => {
    const limits = clientId === ownClientId ? MAX_RETAINED : OTHERS_RETAINED;
    if (sizes.keep(packet.topic, packet.payload.length, limits)) return true;
    if (clock.now() - warnedAt >= WARN_MS) {
      warnedAt = clock.now();
      log.warn(
        { client: clientId, topic: packet.topic, topics: sizes.topics, bytes: sizes.bytes },
        "Embedded broker keeps no more retained messages of other clients: delivered, not stored. The bridge's own are kept, " +
          "and belts can be controlled. Clear unused retained topics, or use another broker",
      );
    }
    return false;
  };
};

interface Deps {
  readonly log: Logger;
  readonly clock: Clock;
}

interface Store {
  readonly storeRetained: (packet: { readonly topic: string; readonly payload: Buffer }) => Promise<void>;
}

/** Delivers without storing; an empty payload makes aedes clear the stored value. */
const passOn = (aedes: Aedes, packet: Publish): void => {
  packet.retain = false;
  const { persistence } = aedes as unknown as { readonly persistence: Store };
  void persistence.storeRetained({ topic: packet.topic, payload: Buffer.alloc(0) });
};

/** A small payload is a view of the whole received buffer: only a copy of its own part is kept. */
const own = (payload: Publish["payload"]): Buffer => {
  const bytes = Buffer.from(payload);
  return Buffer.concat([bytes], bytes.length);
};

interface Login {
  readonly username: string | null;
  readonly password: string | null;
  readonly ownClientId: string;
}

export const createBroker = async (
  login: Login,
  admission: Admission,
  deliveries: PendingDeliveries,
  deps: Deps,
): Promise<Aedes> => {
  const { log } = deps;
  const keeps = retainer(login, deps);
  const aedes: Aedes = await Aedes.createBroker({
    connectTimeout: CONNECT_MS,
    drainTimeout: DRAIN_MS,
    maxInflightInbound: MAX_QOS2.messages,
    preConnect: (_client, packet, done) => {
      // aedes queues without bound for a client that stays away; and no command may be delivered hours later.
      packet.clean = true;
      done(admission.hasPlace ? null : new Error("too many clients"), admission.hasPlace);
    },
    authenticate: authenticator(login, deps),
    authorizePublish: (client, packet, done) => {
      const refusal = refusalOf(packet);
      if (client && !refusal) deliveries.begin();
      if (!refusal && packet.retain) {
        packet.payload = own(packet.payload);
        if (!keeps(client?.id ?? null, packet)) passOn(aedes, packet);
      }
      done(refusal ? new Error(refusal) : null);
    },
    published: (_packet, client: object | null, done) => {
      if (client) deliveries.end();
      done(null);
    },
  });
  // Without a listener these would end the program.
  const emitter: EventEmitter = aedes;
  emitter.on("error", (err: unknown) => log.error({ err }, "Embedded broker: internal error"));
  const complain = (client: { readonly id: string } | null, err: Error): void =>
    log.debug({ client: client?.id ?? null, why: err.message }, "Embedded broker dropped a client");
  aedes.on("clientError", complain);
  aedes.on("connectionError", complain);
  aedes.on("client", ({ conn }) => admission.know(conn));
  return aedes;
};
