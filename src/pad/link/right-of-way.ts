import type { Clock } from "../../clock.js";

/** Resolves when the signal aborts. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });

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

  /**
   * Runs `connect`, which is aborted when another belt must be reached. Resolves with null where that came first, once
   * `pad` may connect again or `signal` aborts; `waits` is called before such a wait. Rejects as `connect` does.
   */
  async give<T>(
    pad: object,
    connect: (scope: AbortSignal) => Promise<T>,
    signal: AbortSignal,
    waits: () => void,
  ): Promise<T | null> {
    const scope = this.#watch(signal, () => !this.#isFree(pad));
    try {
      if (!scope.signal.aborted) return await connect(scope.signal);
    } catch (error) {
      if (!scope.signal.aborted) throw error;
    } finally {
      scope.end();
    }
    const free = this.#watch(signal, () => this.#isFree(pad));
    if (!free.signal.aborted) waits();
    await aborted(free.signal);
    free.end();
    return null;
  }

  #isFree(pad: object): boolean {
    return this.#claims.size === 0 || this.#claims.has(pad);
  }

  /** Aborts with `signal`, or as soon as `condition` holds. */
  #watch(
    signal: AbortSignal,
    condition: () => boolean,
  ): { readonly signal: AbortSignal; readonly end: () => void } {
    const reached = new AbortController();
    const look = (): void => {
      if (signal.aborted || condition()) reached.abort(signal.reason);
    };
    this.#listeners.add(look);
    signal.addEventListener("abort", look, { once: true });
    look();
    const end = (): void => {
      this.#listeners.delete(look);
      signal.removeEventListener("abort", look);
    };
    return { signal: reached.signal, end };
  }

  #changed(): void {
    for (const look of [...this.#listeners]) look();
  }
}
