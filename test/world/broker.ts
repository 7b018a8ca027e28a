import type { BrokerDeps, InMessage, OutMessage } from "../../src/mqtt/client/broker.js";
import { ArrivalOrder } from "../../src/mqtt/client/arrival-order.js";
import type { Connection, ConnectionEvents, OpenConnection } from "../../src/mqtt/client/connection.js";
import type { ProcessClock, WorldClock } from "./clock.js";

/** Milliseconds, chosen: a message's way to the broker or back. */
const WAY = 3;

type Screen = NonNullable<BrokerDeps["screen"]>;
type Read = (isOvertaken: boolean) => void;

/** A message as the broker hands it on. */
type Published = Omit<InMessage, "arrived">;

/** A message that has been received and waits for the parser. */
interface Waiting {
  readonly message: Published;
  readonly read: Read;
  /** A stop of its pad that came after it was handled before it. */
  overtaken: boolean;
}

interface Live {
  readonly events: ConnectionEvents;
  readonly process: ProcessClock;
  readonly screen: Screen;
  readonly order: ArrivalOrder;
  readonly waiting: Waiting[];
  open: boolean;
  over: boolean;
  /** The connection is broken, and the process has not noticed so far. */
  broken: boolean;
}

export interface Sending {
  readonly stored: boolean;
  readonly dup: boolean;
  /** The process is about to read it; `isOvertaken`: a stop of its pad that came later has been read before. */
  readonly read: Read;
}

const padOf = (topic: string): string => topic.split("/")[1] ?? "";

const text = new TextEncoder();

/**
 * A broker in place of MQTT.js and its socket, since neither can be moved by a hand-held clock: everything above, from
 * the supervisor of connections on, is the bridge's own.
 */
export class WorldBroker {
  readonly #world: WorldClock;
  readonly #published: (message: OutMessage) => void;
  #up = true;
  #live: Live | null = null;
  /** The parser is behind: what comes waits, and a stop goes ahead of it (src/mqtt/client/mqttjs.ts). */
  #isBusy = false;
  /** Commands that somebody has published with the retain flag. */
  readonly #stored = new Map<string, Uint8Array>();

  constructor(world: WorldClock, published: (message: OutMessage) => void) {
    this.#world = world;
    this.#published = published;
  }

  get up(): boolean {
    return this.#up;
  }

  /** Whether a message that is sent now gets to the process. */
  get reaches(): boolean {
    const live = this.#live;
    return this.#up && live?.open === true && !live.over && !live.broken && !live.process.dead;
  }

  /** `arrived`: when the data that the process reads now arrived, on its clock. */
  opening(process: ProcessClock, screen: Screen, arrived: () => number): OpenConnection {
    const order = new ArrivalOrder(arrived);
    return (_, events) => {
      const live: Live = {
        events,
        process,
        screen,
        order,
        waiting: [],
        open: false,
        over: false,
        broken: false,
      };
      this.#live = live;
      order.restart();
      this.#world.after(WAY, () =>
        process.input(() => {
          if (live.over) return;
          if (this.#up) this.#welcome(live);
          else this.#end(live, "unreachable");
        }),
      );
      return this.#connection(live);
    };
  }

  /** For so many milliseconds the parser is behind. */
  flood(ms: number): void {
    this.#isBusy = true;
    this.#world.after(ms, () => {
      this.#isBusy = false;
      this.#live?.process.input(() => this.#live && this.#readOn(this.#live));
    });
  }

  /** The broker goes away, or comes back. */
  turn(up: boolean): void {
    this.#up = up;
    const live = this.#live;
    if (!up && live) this.#cut(live);
  }

  /** The connection breaks, and the broker is there at once. */
  flap(): void {
    if (this.#live) this.#cut(this.#live);
  }

  /** `stored`: it was published with the retain flag while nobody was subscribed, and comes as such to whoever subscribes. */
  publish(topic: string, payload: string, { stored, dup, read }: Sending): void {
    const bytes = text.encode(payload);
    if (stored) this.#stored.set(topic, bytes);
    if (this.#up && this.#live) this.#hand(this.#live, { topic, payload: bytes, retain: stored, dup }, read);
  }

  #cut(live: Live): void {
    if (live.over) return;
    live.broken = true;
    live.process.input(() => this.#end(live, "lost"));
  }

  #end(live: Live, kind: "lost" | "unreachable"): void {
    if (live.over) return;
    live.over = true;
    live.events.onClosed({ kind, detail: "the broker is away" });
  }

  #welcome(live: Live): void {
    live.open = true;
    for (const [topic, payload] of this.#stored)
      this.#hand(live, { topic, payload, retain: true, dup: false });
    live.events.onOpen({ receiveMaximum: 65_535, maximumPacketSize: Infinity });
  }

  #hand(live: Live, message: Published, read: Read = () => undefined): void {
    this.#world.after(WAY, () =>
      live.process.input(() => {
        if (!live.open || live.over) return;
        if (!this.#isBusy) this.#readOn(live);
        this.#receive(live, { message, read, overtaken: false });
      }),
    );
  }

  #receive(live: Live, one: Waiting): void {
    const { message, read } = one;
    const { order } = live;
    if (!this.#isBusy) {
      order.arrive();
      return this.#read(live, one);
    }
    // Stored messages are never screened (packet-filter.ts).
    const isAhead =
      !message.retain && live.screen(message.topic, message.payload, live.waiting.length > 0) === "ahead";
    if (!isAhead) {
      order.arrive();
      return void live.waiting.push(one);
    }
    for (const each of live.waiting) each.overtaken ||= padOf(each.message.topic) === padOf(message.topic);
    read(false);
    live.events.onMessage({ ...message, ...order.arriveAhead(), ahead: true });
  }

  #readOn(live: Live): void {
    for (const each of live.waiting.splice(0)) if (live.open && !live.over) this.#read(live, each);
  }

  #read(live: Live, { message, read, overtaken }: Waiting): void {
    read(overtaken);
    live.events.onMessage({ ...message, ...live.order.handle() });
  }

  #connection(live: Live): Connection {
    return {
      send: (message, settled) => {
        this.#world.after(WAY, () => {
          if (live.over || !this.#up) return;
          if (message.retain && message.payload.length === 0) this.#stored.delete(message.topic);
          this.#published(message);
          live.process.input(() => !live.over && settled(null));
        });
      },
      end: () => {
        live.over = true;
        return Promise.resolve();
      },
      drop: () => {
        live.over = true;
      },
    };
  }
}
