import type { Clock } from "../clock.js";

/** While a stop waits for its frame. */
const STOP_MS = 100;
/** One that waits for longer waits for a pad that is away: walks on another one are written meanwhile, now and then. */
const PATIENCE_MS = 10_000;

/** When the store writes: as soon as it may after it is wanted, never in the turn that wants it. */
export class FlushTimer {
  readonly #clock: Clock;
  readonly #flush: () => void;
  /** A stop waits for its frame: the disk can wait, too. */
  readonly #stopDue: () => boolean;
  #timer: { readonly due: number; readonly cancel: () => void } | null = null;
  #notBefore = -Infinity;
  /** Since when a stop keeps it from writing. */
  #waitsSince: number | null = null;

  constructor(clock: Clock, stopDue: () => boolean, flush: () => void) {
    this.#clock = clock;
    this.#stopDue = stopDue;
    this.#flush = flush;
  }

  /** Within `ms`, or as soon after as it may. */
  want(ms: number): void {
    const now = this.#clock.now();
    const due = Math.max(now + ms, this.#notBefore);
    if (this.#timer && this.#timer.due <= due) return;
    this.cancel();
    this.#timer = { due, cancel: this.#clock.after(due - now, () => this.#ring()) };
  }

  /** Not again for `ms` from `since` on, a moment of the clock. */
  rest(ms: number, since = this.#clock.now()): void {
    this.#notBefore = since + ms;
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #ring(): void {
    this.#timer = null;
    const now = this.#clock.now();
    this.#waitsSince = this.#stopDue() ? (this.#waitsSince ?? now) : null;
    if (this.#waitsSince !== null && now - this.#waitsSince < PATIENCE_MS) return this.want(STOP_MS);
    this.#waitsSince = null;
    this.#flush();
  }
}
