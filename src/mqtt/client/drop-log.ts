import type { Logger } from "../../log/log.js";
import type { OutMessage } from "./broker.js";
import type { DropReason, QueueEntry } from "./publish-queue.js";

const withMissing = (advice: string, { missing }: OutMessage): string =>
  missing === undefined ? advice : `${advice}. ${missing}`;

/** Counts and logs the messages that the broker does not get; repetitions on one connection at debug. */
export class DropLog {
  readonly #log: Logger;
  #count = 0;
  #warned = false;
  /** Topics with a refused message on this connection. */
  readonly #refused = new Set<string>();

  constructor(log: Logger) {
    this.#log = log;
  }

  get count(): number {
    return this.#count;
  }

  connected(): void {
    this.#warned = false;
    this.#refused.clear();
  }

  refused({ topic, bytes, message }: QueueEntry, why: string): void {
    this.#count += 1;
    const level = this.#refused.has(topic) ? "debug" : "warn";
    this.#refused.add(topic);
    const advice = withMissing(
      "check the broker's access list for this user, and its limit for the size of a message",
      message,
    );
    this.#log[level]({ topic, bytes, why, advice }, "Broker refused a message");
  }

  gaveUp({ topic, bytes, message }: QueueEntry, why: DropReason): void {
    this.#count += 1;
    if (why === "connection lost twice while it was sent") {
      const advice = withMissing(
        "raise the broker's limit for the size of a message (Mosquitto: message_size_limit, max_packet_size)",
        message,
      );
      this.#log.warn(
        { topic, bytes, advice },
        `Broker closed the connection twice at a message of ${bytes} bytes on ${topic}; message not sent for now`,
      );
      return;
    }
    const level = this.#warned || why === "not taken before" ? "debug" : "warn";
    this.#warned ||= level === "warn";
    this.#log[level]({ topic, bytes, why }, `Message dropped: ${why}`);
  }
}
