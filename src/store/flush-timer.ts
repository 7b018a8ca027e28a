import type { Clock } from "../clock.js";

/** Between two transactions (ADR 7). */
export const GAP_MS = 1_000;

/** When the store writes: as soon as allowed after a request, never in the turn of the request. */
export class FlushTimer {
  readonly #clock: Clock;
  readonly #flush: () => void;
  #timer: { readonly due: number; readonly cancel: () => void } | null = null;
  #notBefore = -Infinity;

  constructor(clock: Clock, flush: () => void) {
    this.#clock = clock;
    this.#flush = flush;
  }

  /** Within `ms`, or as soon after as allowed. */
  request(ms: number): void {
    const now = this.#clock.now();
    const due = Math.max(now + ms, this.#notBefore);
    if (this.#timer && this.#timer.due <= due) return;
    this.cancel();
    this.#timer = { due, cancel: this.#clock.after(due - now, () => this.#expire()) };
  }

  /** A transaction begins. */
  began(): void {
    this.cancel();
    this.#notBefore = this.#clock.now() + GAP_MS;
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
    this.#flush();
  }
}
