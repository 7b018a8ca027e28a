import type { Clock } from "../../clock.js";

/** As long as a stop is the first write of a reconnect (safety rule 2): a pad that is gone must not keep others away. */
const CLAIM_MS = 60_000;

/**
 * The pads of one adapter: while a belt must be stopped, or may have to, and has no link, no other pad connects. A
 * connect to a pad that advertises and does not answer holds the adapter for 6 s, and the scan with it.
 */
export class RightOfWay {
  readonly #clock: Clock;
  readonly #claims = new Map<object, () => void>();
  readonly #listeners = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `pad` must be reached at once; a repeated claim begins anew. */
  claim(pad: object): void {
    this.#claims.get(pad)?.();
    const cancel = this.#clock.after(CLAIM_MS, () => this.release(pad));
    this.#claims.set(pad, cancel);
    this.#changed();
  }

  release(pad: object): void {
    const cancel = this.#claims.get(pad);
    if (!cancel) return;
    cancel();
    this.#claims.delete(pad);
    this.#changed();
  }

  /** Whether this pad may connect. */
  isFree(pad: object): boolean {
    return this.#claims.size === 0 || this.#claims.has(pad);
  }

  /** Calls `run` after each change until the returned function is called. */
  onChange(run: () => void): () => void {
    this.#listeners.add(run);
    return () => this.#listeners.delete(run);
  }

  #changed(): void {
    for (const run of [...this.#listeners]) run();
  }
}
