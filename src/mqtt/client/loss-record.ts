/** A message smaller than this is never the reason for which a broker closes a connection. */
const HARMLESS_BYTES = 256;
/** A larger suspect is sent after everything else: small messages need not wait for it. */
const LARGE_BYTES = 1024;
/** After this time the message is tried again: the broker's limit may have changed, or the network was the reason. */
const HOLD_MS = 600_000;

/** The relevant part of a message. */
export interface MessageSize {
  readonly topic: string;
  readonly bytes: number;
}

/**
 * Finds the message for which a broker closes the connection: MQTT 3.1.1 has no other way to refuse one (Mosquitto's
 * `message_size_limit` and `max_packet_size` do so). Messages in flight at a loss are suspects and are sent alone from
 * then on; the one that is alone in flight at the next loss is the reason, and is held back.
 */
export class LossRecord {
  readonly #suspects = new Set<string>();
  readonly #held = new Map<string, { readonly bytes: number; readonly until: number }>();

  /** To be sent alone, with nothing else in flight. */
  isSuspect({ topic, bytes }: MessageSize): boolean {
    return bytes >= HARMLESS_BYTES && this.#suspects.has(topic);
  }

  comesLast(message: MessageSize): boolean {
    return message.bytes > LARGE_BYTES && this.isSuspect(message);
  }

  /** The broker has closed two connections at a message like it. */
  isHeld({ topic, bytes }: MessageSize, now: number): boolean {
    const held = this.#held.get(topic);
    return held !== undefined && bytes >= held.bytes && now < held.until;
  }

  delivered({ topic, bytes }: MessageSize): void {
    if (bytes < HARMLESS_BYTES) return;
    this.#suspects.delete(topic);
    const held = this.#held.get(topic);
    if (held && bytes >= held.bytes) this.#held.delete(topic);
  }

  /** The connection was lost with these in flight: returns the one to drop, if it is known. */
  lost<M extends MessageSize>(inFlight: readonly M[], now: number): M | null {
    const [only, ...others] = inFlight;
    const isProved = only !== undefined && others.length === 0 && this.isSuspect(only);
    for (const { topic } of inFlight) this.#suspects.add(topic);
    if (!isProved) return null;
    this.#held.set(only.topic, { bytes: only.bytes, until: now + HOLD_MS });
    return only;
  }
}
