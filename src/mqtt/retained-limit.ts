/** The total of a broker's retained messages. */
export interface RetainedLimits {
  readonly topics: number;
  /** Of topics and payloads. */
  readonly bytes: number;
}

/** The sizes of a broker's retained messages. */
export class RetainedSizes {
  readonly #sizes = new Map<string, number>();
  #bytes = 0;

  get topics(): number {
    return this.#sizes.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Records a retained message, an empty one clears; false where it does not fit: then the topic keeps none. */
  keep(topic: string, payloadBytes: number, limits: RetainedLimits): boolean {
    this.#forget(topic);
    if (payloadBytes === 0) return true;
    const size = Buffer.byteLength(topic) + payloadBytes;
    if (this.#sizes.size >= limits.topics || this.#bytes + size > limits.bytes) return false;
    this.#sizes.set(topic, size);
    this.#bytes += size;
    return true;
  }

  #forget(topic: string): void {
    this.#bytes -= this.#sizes.get(topic) ?? 0;
    this.#sizes.delete(topic);
  }
}
