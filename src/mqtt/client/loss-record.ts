/** A message smaller than this is never what a broker ends a connection for. */
const HARMLESS_BYTES = 256;
/** A suspected message above this is sent after everything else: what is small is answered meanwhile. */
const LARGE_BYTES = 1024;
/** After this the message is tried once more: the broker may have got another limit, or the network was to blame. */
const HOLD_MS = 600_000;

/** A message as far as this file is concerned. */
export interface Sized {
  readonly topic: string;
  readonly bytes: number;
}

/**
 * Finds the message that a broker ends the connection for: MQTT 3.1.1 has no other way to refuse one (Mosquitto's
 * `message_size_limit` and `max_packet_size` do so). What is in flight at a loss is suspected and sent alone from then
 * on; what is alone in flight at the next loss is it, and is held back.
 */
export class LossRecord {
  readonly #suspects = new Set<string>();
  readonly #held = new Map<string, { readonly bytes: number; readonly until: number }>();

  /** Sent alone, with nothing else in flight. */
  isSuspect({ topic, bytes }: Sized): boolean {
    return bytes >= HARMLESS_BYTES && this.#suspects.has(topic);
  }

  comesLast(message: Sized): boolean {
    return message.bytes > LARGE_BYTES && this.isSuspect(message);
  }

  /** The broker has ended two connections over one like it. */
  isHeld({ topic, bytes }: Sized, now: number): boolean {
    const held = this.#held.get(topic);
    return held !== undefined && bytes >= held.bytes && now < held.until;
  }

  delivered({ topic, bytes }: Sized): void {
    if (bytes < HARMLESS_BYTES) return;
    this.#suspects.delete(topic);
    const held = this.#held.get(topic);
    if (held && bytes >= held.bytes) this.#held.delete(topic);
  }

  /** The connection was lost with these in flight: the one to give up, if it is known by now. */
  lost<M extends Sized>(inFlight: readonly M[], now: number): M | null {
    const [only, ...others] = inFlight;
    const isProved = only !== undefined && others.length === 0 && this.isSuspect(only);
    for (const { topic } of inFlight) this.#suspects.add(topic);
    if (!isProved) return null;
    this.#held.set(only.topic, { bytes: only.bytes, until: now + HOLD_MS });
    return only;
  }
}
