import type { Clock } from "../clock.js";
import { FlushTimer, GAP_MS } from "./flush-timer.js";
import type { Memory } from "./memory.js";
import type { PendingChanges } from "./pending.js";
import type { StorePort } from "./port.js";
import type { StoreQueue } from "./queue.js";
import type { Retention } from "./retention-clock.js";
import { type StoreHealth, troubleOf } from "./store-state.js";

/** Between two attempts while the store cannot be written. */
const RETRY_MS = 10_000;

const NO_RETENTION = { trust: null, expireBefore: null };

interface FlusherDeps {
  readonly clock: Clock;
  readonly port: StorePort;
  readonly queue: StoreQueue;
  readonly memory: Memory;
  readonly pending: PendingChanges;
  readonly health: StoreHealth;
  readonly retention: Retention | null;
}

/** Writes the pending changes, all of them in one transaction; what could not be written is pending again. */
export class Flusher {
  readonly #deps: FlusherDeps;
  readonly #timer: FlushTimer;
  /** A pending flush: it includes the changes until it starts. */
  #flushing: Promise<void> | null = null;
  #ended = false;

  constructor(deps: FlusherDeps) {
    this.#deps = deps;
    this.#timer = new FlushTimer(deps.clock, () => void this.flush());
  }

  /** No change is accepted any more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Within this many milliseconds. Changes while the disk works are written after its answer or failure. */
  request(within: number): void {
    if (!this.#ended) this.#timer.request(within);
  }

  /** Writes now. Never rejects. */
  flush(): Promise<void> {
    this.#timer.cancel();
    this.#flushing ??= this.#deps.queue.run(() => this.#write());
    return this.#flushing;
  }

  /** A request has failed: the store is tried again later. */
  retryAfter(error: unknown): void {
    this.#deps.health.failed(error);
    if (!this.#ended) this.#timer.retryIn(troubleOf(error) === "busy" ? GAP_MS : RETRY_MS);
  }

  /** Later requests are ignored. */
  end(): void {
    this.#ended = true;
    this.#timer.cancel();
  }

  async #write(): Promise<void> {
    const { port, memory, pending, health, retention } = this.#deps;
    this.#flushing = null;
    this.#timer.began();
    const changes = pending.take();
    try {
      const { trust, expireBefore } = retention?.look() ?? NO_RETENTION;
      const { renewed, renewal, expired, more } = await port.write({ changes, trust, expireBefore });
      if (renewed) {
        pending.putBack(changes);
        memory.rewriteAll();
      }
      health.ok(renewal);
      if (renewed) {
        await this.#write();
        return;
      }
      if (expireBefore !== null) retention?.done(expireBefore, expired, more);
      if (more) this.request(0);
    } catch (error) {
      pending.putBack(changes);
      this.retryAfter(error);
    }
  }
}
