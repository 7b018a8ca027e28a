import type { Clock } from "../clock.js";
import type { PadPort } from "../api/pad-port.js";
import type { Goals } from "../domain/stats.js";
import type { Logger } from "../log/log.js";
import type { Broker, BrokerDeps, OutMessage, Subscription } from "./client/broker.js";
import type { TopicPlace } from "./stale-topics.js";
import type { RequestAnswer } from "./router.js";
import type { HomeAssistantTopics } from "./topics.js";

export interface BridgeDeps {
  readonly base: string;
  readonly version: string;
  readonly homeAssistant: HomeAssistantTopics & { readonly enabled: boolean };
  readonly goals: Goals;
  readonly pads: readonly PadPort[];
  /** Where the last run published; null where unknown. `keep` saves this run's place, once the broker has it. */
  readonly before: TopicPlace | null;
  readonly keepPlace: (place: TopicPlace) => void;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
  /** The payloads of bridge/info and bridge/health. */
  readonly info: () => object;
  readonly health: (broker: Broker) => object;
  /** Answers bridge/request/<verb>; settles in bounded time. */
  readonly request: (
    verb: string,
    fields: Readonly<Record<string, unknown>>,
    broker: Broker,
  ) => Promise<RequestAnswer>;
  /** The connection to the broker was made or lost. */
  readonly onConnection: (connected: boolean) => void;
  readonly connect: (
    own: { readonly will: OutMessage; readonly subscriptions: readonly Subscription[] },
    handlers: Pick<BrokerDeps, "onMessage" | "screen" | "onUnread" | "onReady" | "onLost">,
  ) => Broker;
}
