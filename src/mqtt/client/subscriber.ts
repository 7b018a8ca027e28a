import type { IClientSubscribeOptions, MqttClient } from "mqtt";
import type { Clock } from "../../clock.js";
import type { Subscription } from "./broker.js";

/** The lowest reason code that is a refusal; 128 is the only one of MQTT 3.1.1. */
const REFUSED = 128;
/** A broker applies a changed access list without a new connection. */
const ASK_AGAIN_MS = 60_000;

interface SubscriberEvents {
  /** The subscriptions that the broker refuses, at first and whenever a repeated request changed something. */
  onAnswer(refused: readonly Subscription[]): void;
  onError(detail: string): void;
}

/** The subscriptions of one connection; refused ones are requested again. */
export class Subscriber {
  readonly #client: MqttClient;
  readonly #clock: Clock;
  readonly #events: SubscriberEvents;
  #ended = false;
  #cancel: () => void = () => undefined;

  constructor(client: MqttClient, clock: Clock, events: SubscriberEvents) {
    this.#client = client;
    this.#clock = clock;
    this.#events = events;
  }

  subscribe(subscriptions: readonly Subscription[], onAnswered: () => void): void {
    this.#request(subscriptions, (refused) => {
      this.#events.onAnswer(refused);
      onAnswered();
    });
  }

  /** No event follows. */
  end(): void {
    this.#ended = true;
    this.#cancel();
  }

  #request(
    subscriptions: readonly Subscription[],
    answered: (refused: readonly Subscription[]) => void,
  ): void {
    // rh 0, rap 0 (safety rule 3): stored messages arrive, and can be told from live ones by RETAIN.
    const wanted: Record<string, IClientSubscribeOptions> = {};
    for (const { topic, qos, noLocal = false } of subscriptions)
      wanted[topic] = { qos, nl: noLocal, rap: false, rh: 0 };
    this.#client.subscribe(wanted, (error, asked = [], suback) => {
      if (this.#ended) return;
      if (error && !suback) {
        this.#events.onError(`cannot subscribe: ${error.message}`);
        return;
      }
      const topics = asked
        .filter((_, index) => Number(suback?.granted[index]) >= REFUSED)
        .map((one) => one.topic);
      const refused = subscriptions.filter(({ topic }) => topics.includes(topic));
      if (refused.length > 0) this.#askAgain(refused);
      answered(refused);
    });
  }

  #askAgain(subscriptions: readonly Subscription[]): void {
    this.#cancel = this.#clock.after(ASK_AGAIN_MS, () =>
      this.#request(subscriptions, (refused) => {
        if (refused.length < subscriptions.length) this.#events.onAnswer(refused);
      }),
    );
  }
}
