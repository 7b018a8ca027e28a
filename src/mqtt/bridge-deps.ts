import type { Clock } from "../clock.js";
import type { Capabilities, ProtocolName } from "../domain/pad.js";
import type { EventType, PadState } from "../domain/state.js";
import type { Goals, Session, Stats } from "../domain/stats.js";
import type { Logger } from "../log/log.js";
import type { Broker, BrokerDeps, OutMessage, Subscription } from "./client/broker.js";
import type { Answer } from "./router.js";
import type { CommandTaker } from "./router.js";
import type { HomeAssistantTopics } from "./topics.js";

/** Something that happened to a pad; `at` is epoch milliseconds. */
export interface Happening {
  readonly type: EventType;
  readonly at: number;
  readonly session?: Session;
}

/** A pad as the bridge sees it. */
export interface BridgedPad extends CommandTaker {
  readonly settings: { readonly id: string; readonly name: string; readonly address: string | null };
  view(): {
    readonly available: boolean;
    readonly state: PadState;
    /** Null until the store has been read. */
    readonly stats: Stats | null;
    readonly identity: {
      readonly protocol: ProtocolName | null;
      readonly model: string | null;
      readonly capabilities: Capabilities | null;
      readonly bound: { readonly address: string } | null;
    };
  };
  subscribe(listener: { changed(): void; happened(pad: unknown, event: Happening): void }): () => void;
}

export interface BridgeDeps {
  readonly base: string;
  readonly version: string;
  readonly homeAssistant: HomeAssistantTopics & { readonly enabled: boolean };
  readonly goals: Goals;
  readonly pads: readonly BridgedPad[];
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
  /** When what is read now came in, on the clock. */
  readonly arrived: () => number;
  /** The payloads of bridge/info and bridge/health. */
  readonly info: () => object;
  readonly health: (broker: Broker) => object;
  /** Answers bridge/request/<verb>; settles in bounded time. */
  readonly request: (
    verb: string,
    fields: Readonly<Record<string, unknown>>,
    broker: Broker,
  ) => Promise<Answer>;
  /** The broker came or went. */
  readonly onConnection: (connected: boolean) => void;
  readonly connect: (
    own: { readonly will: OutMessage; readonly subscriptions: readonly Subscription[] },
    handlers: Pick<BrokerDeps, "onMessage" | "onReady" | "onLost">,
  ) => Broker;
}
