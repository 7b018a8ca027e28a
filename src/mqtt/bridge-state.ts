import type { Clock } from "../clock.js";
import type { Logger } from "../log/log.js";
import { bridgeStatePayload, isObject, parseJson } from "../api/payloads.js";

/** docs/topics.md: a foreign `offline` is answered at most once in 5 s, and after three in a row with a warning. */
const ANSWER_EVERY_MS = 5_000;
const FOREIGN_IN_A_ROW = 3;
/** A second bridge that ended has published the pads `offline` too. Not at once: a broker that ends publishes wills. */
const EVERYTHING_MS = 1_000;
/** A series ends after this time without a foreign state; the bridge's own answers in between do not end it. */
const ROW_MS = 60_000;

export type BridgeStateValue = "online" | "stopping" | "offline";

/**
 * The payload of `bridge/state`, and the guard that keeps it true: the late will of an older connection may replace it.
 */
export class BridgeStateGuard {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #publish: (payload: string) => void;
  readonly #publishAll: () => void;
  #state: BridgeStateValue = "online";
  #reason: string | null = null;
  #since: number;
  #answeredAt = -Infinity;
  #inARow = 0;
  #contradictedAt = -Infinity;
  /** The bridge's own payloads: they come back by the subscription, perhaps after a newer one was published. */
  readonly #published = new Set<string>();
  #cancel: () => void = () => undefined;
  #cancelAll: () => void = () => undefined;

  constructor(clock: Clock, log: Logger, publish: (payload: string) => void, publishAll: () => void) {
    this.#clock = clock;
    this.#log = log;
    this.#publish = publish;
    this.#publishAll = publishAll;
    this.#since = clock.wall();
  }

  /** The payload to publish now. */
  payload(): string {
    const payload = JSON.stringify(
      bridgeStatePayload(this.#state, { reason: this.#reason, since: this.#since }),
    );
    this.#published.add(payload);
    return payload;
  }

  set(state: BridgeStateValue, reason: string | null): void {
    this.#state = state;
    this.#reason = reason;
    this.#since = this.#clock.wall();
  }

  /** A live message on the bridge's own state topic. */
  onMessage(text: string): void {
    if (this.#state === "offline") return;
    const parsed = parseJson(text);
    const truthful = isObject(parsed) && parsed["state"] === this.#state;
    if (truthful || this.#published.has(text)) return;
    const now = this.#clock.now();
    this.#inARow = now - this.#contradictedAt > ROW_MS ? 1 : this.#inARow + 1;
    this.#contradictedAt = now;
    if (this.#inARow === FOREIGN_IN_A_ROW)
      this.#log.warn(
        {},
        "Another client keeps publishing bridge/state on this base topic, probably a second bridge. " +
          "Give each bridge its own mqtt.base_topic.",
      );
    this.#answer();
  }

  end(): void {
    this.#cancel();
    this.#cancelAll();
  }

  #answer(): void {
    const wait = this.#answeredAt + ANSWER_EVERY_MS - this.#clock.now();
    this.#cancel();
    if (wait > 0) {
      this.#cancel = this.#clock.after(wait, () => this.#answer());
      return;
    }
    this.#answeredAt = this.#clock.now();
    this.#publish(this.payload());
    this.#cancelAll();
    this.#cancelAll = this.#clock.after(EVERYTHING_MS, this.#publishAll);
  }
}
