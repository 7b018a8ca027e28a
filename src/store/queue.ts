import { type Clock, sleep } from "../clock.js";
import { StoreError } from "./store-state.js";

/** A slow disk, such as an SD card during garbage collection, takes seconds; one that takes longer hangs. */
export const STALLED_MS = 10_000;

/** The requests to the store, one after the other: reads fit earlier writes, and the pending changes. */
export class StoreQueue {
  readonly #clock: Clock;
  /** The disk has taken too long. */
  readonly #onStall: (error: StoreError) => void;
  #last: Promise<unknown> = Promise.resolve();
  #running = 0;

  constructor(clock: Clock, onStall: (error: StoreError) => void) {
    this.#clock = clock;
    this.#onStall = onStall;
  }

  /** No request is pending. */
  get idle(): boolean {
    return this.#running === 0;
  }

  /** Runs `job` once all others have ended; settles as it does. */
  run<T>(job: () => Promise<T>): Promise<T> {
    this.#running += 1;
    const result = this.#last.then(() => this.#watched(job));
    this.#last = result.then(
      () => this.#done(),
      () => this.#done(),
    );
    return result;
  }

  /**
   * As `run`; rejects with StoreError("stalled") when the answer takes too long, whatever the later result of the job.
   */
  async soon<T>(job: () => Promise<T>, ms: number): Promise<T> {
    const over = new AbortController();
    const late = sleep(this.#clock, ms, over.signal).then(() => {
      throw stalled();
    });
    // The rejection that comes second has no receiver.
    late.catch(() => undefined);
    const result = this.run(job);
    result.catch(() => undefined);
    try {
      return await Promise.race([result, late]);
    } finally {
      over.abort();
    }
  }

  #done(): void {
    this.#running -= 1;
  }

  async #watched<T>(job: () => Promise<T>): Promise<T> {
    const cancel = this.#clock.after(STALLED_MS, () => this.#onStall(stalled()));
    try {
      return await job();
    } finally {
      cancel();
    }
  }
}

const stalled = (): StoreError => new StoreError("stalled", "The disk of the store does not answer.");
