import { type Clock, sleep } from "../clock.js";
import { StoreError } from "./store-state.js";

/** A disk that is slow, such as an SD card that tidies up, takes seconds; one that takes longer hangs. */
export const STALLED_MS = 10_000;

/** What the store is asked, one after the other: what is read fits what was written before, and what waits to be. */
export class StoreQueue {
  readonly #clock: Clock;
  /** The disk has taken for too long. */
  readonly #onStall: (error: StoreError) => void;
  #last: Promise<unknown> = Promise.resolve();
  #running = 0;

  constructor(clock: Clock, onStall: (error: StoreError) => void) {
    this.#clock = clock;
    this.#onStall = onStall;
  }

  /** Nothing is under way. */
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

  /** As `run`; rejects with StoreError("stalled") when the answer takes too long, whatever comes of the job later. */
  async soon<T>(job: () => Promise<T>, ms: number): Promise<T> {
    const over = new AbortController();
    const late = sleep(this.#clock, ms, over.signal).then(() => {
      throw stalled();
    });
    // The one that comes second has nobody to tell.
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
