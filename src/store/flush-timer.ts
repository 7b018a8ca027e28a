import type { Clock } from "../clock.js";

/** Between two transactions (ADR 7). */
export const GAP_MS = 1_000;
/** A suspend within a transaction is no slowness. */
const SLOWNESS = 20;
const LONGEST_GAP_MS = 60_000;
/** While a stop waits for its frame. */
const STOP_MS = 100;
/** One that waits for longer waits for a pad that is away: walks on another one are written meanwhile, now and then. */
const PATIENCE_MS = 10_000;

/** When the store writes: as soon as allowed after a request, never in the turn of the request. */
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
  request(ms: number): void {
    const now = this.#clock.now();
    const due = Math.max(now + ms, this.#notBefore);
    if (this.#timer && this.#timer.due <= due) return;
    this.cancel();
    this.#timer = { due, cancel: this.#clock.after(due - now, () => this.#expire()) };
  }

  /** A transaction that began then has ended: a slow disk gets a twentieth of the main loop's time. */
  written(began: number): void {
    const took = this.#clock.now() - began;
    this.#notBefore = began + Math.max(GAP_MS, Math.min(LONGEST_GAP_MS, took * SLOWNESS));
  }

  /** Tries again after this time. */
  retryIn(ms: number): void {
    this.#notBefore = this.#clock.now() + ms;
    this.request(0);
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #expire(): void {
    this.#timer = null;
    const now = this.#clock.now();
    this.#waitsSince = this.#stopDue() ? (this.#waitsSince ?? now) : null;
    if (this.#waitsSince !== null && now - this.#waitsSince < PATIENCE_MS) return this.request(STOP_MS);
    this.#waitsSince = null;
    this.#flush();
  }
}
