import type { Logger } from "../../log/log.js";

const ADVICE =
  "Home Assistant does not show the entities of this config; topics, page and belt are not affected. " +
  "Raise the broker's limit for the size of a message to 16384: with MQTT 3.1.1 Mosquitto acknowledges and drops what is " +
  "larger than its message_size_limit. Or set mqtt.protocol_version to auto, where the broker gives the reason";

/**
 * The bridge receives its own configs, as Home Assistant does: one that does not come back was dropped. MQTT 3.1.1 has
 * no other way to learn it from a broker that has acknowledged the message.
 */
export class Echoes {
  readonly #log: Logger;
  /** Topics of configs that were sent and have not come back, with the number of bytes. */
  readonly #awaited = new Map<string, number>();
  readonly #reported = new Set<string>();
  #any = false;

  constructor(log: Logger) {
    this.#log = log;
  }

  sent(topic: string, payload: string): void {
    if (payload === "") this.#awaited.delete(topic);
    else this.#awaited.set(topic, Buffer.byteLength(payload));
  }

  came(topic: string): void {
    this.#any ||= this.#awaited.has(topic);
    this.#awaited.delete(topic);
  }

  /** Logs the configs that are missing, each once. Where none ever came, the bridge may not read them. */
  report(): void {
    if (!this.#any) return;
    for (const [topic, bytes] of this.#awaited) {
      if (this.#reported.has(topic)) continue;
      this.#reported.add(topic);
      this.#log.warn(
        { topic, bytes, advice: ADVICE },
        `Config of ${bytes} bytes was published, and the broker does not deliver it`,
      );
    }
  }
}
