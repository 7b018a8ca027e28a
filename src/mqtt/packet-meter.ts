/** A packet's remaining length has at most four bytes (MQTT 3.1.1, 2.2.3). */
const LENGTH_BYTES = 4;

/**
 * Reads only the lengths in a stream of MQTT packets. A parser stores an incomplete packet, and a packet may claim 256
 * MB: this check sees the claim in its first five bytes.
 */
export class PacketMeter {
  readonly #most: () => number;
  /** Missing bytes of the current packet; null within its fixed header. */
  #toCome: number | null = null;
  #header: number[] = [];
  #arrived = 0;

  /** `most`: the present limit of the bytes after a fixed header. */
  constructor(most: () => number) {
    this.#most = most;
  }

  /** Bytes of the incomplete packet. */
  get pending(): number {
    return this.#arrived;
  }

  /** Takes the next bytes; false at a packet that is too long or invalid: no data after it can be read. */
  take(chunk: Uint8Array): boolean {
    for (let at = 0; at < chunk.length;) {
      if (this.#toCome === null) {
        if (!this.#takeHeader(chunk[at] ?? 0)) return false;
        at += 1;
      } else {
        const part = Math.min(this.#toCome, chunk.length - at);
        at += part;
        this.#arrived += part;
        this.#toCome -= part;
      }
      if (this.#toCome === 0) this.#next();
    }
    return true;
  }

  #takeHeader(byte: number): boolean {
    this.#header.push(byte);
    this.#arrived += 1;
    const [, ...length] = this.#header;
    if (length.length === 0 || byte >= 0x80) return length.length < LENGTH_BYTES;
    this.#toCome = length.reduce((sum, seven, index) => sum + (seven & 0x7f) * 128 ** index, 0);
    return this.#toCome <= this.#most();
  }

  #next(): void {
    this.#toCome = null;
    this.#header = [];
    this.#arrived = 0;
  }
}
