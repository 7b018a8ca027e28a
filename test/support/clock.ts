import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../src/clock.js";
import type { BootTime } from "../../src/domain/boot-time.js";

interface Timer {
  due: number;
  readonly order: number;
  readonly period: number | null;
  readonly run: () => void;
}

/** 2026-11-22T10:00:00Z, the example time of docs/topics.md. */
const WALL = Date.UTC(2026, 10, 22, 10);

/**
 * A clock moved by hand. `advance` runs the due timers one at a time in order of time (equal times: in order of
 * creation), with `now()` standing at each timer's own time, and lets promise chains settle in between.
 */
export class ManualClock implements Clock {
  #now = 0;
  #wall: number;
  #order = 0;
  #moving = false;
  /** Null: unknown to the system. */
  bootId: string | null = null;
  readonly #timers = new Set<Timer>();

  constructor(wall: number = WALL) {
    this.#wall = wall;
  }

  now(): number {
    return this.#now;
  }

  wall(): number {
    return this.#wall;
  }

  boot(): BootTime | null {
    return this.bootId === null ? null : { id: this.bootId, uptime: this.#now };
  }

  after(ms: number, run: () => void): () => void {
    return this.#add(ms, null, run);
  }

  every(ms: number, run: () => void): () => void {
    // As setInterval does: a period below 1 ms is 1 ms, or advance() would never come to its end.
    const period = Math.max(1, ms);
    return this.#add(period, period, run);
  }

  /** Timers that wait: a scenario that ends with some has leaked them. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Milliseconds until the next timer; null when none waits. */
  get next(): number | null {
    const timer = this.#earliest();
    return timer ? timer.due - this.#now : null;
  }

  /** Moves `now` and `wall` by `ms`, running what falls due. Rejects with whatever a timer throws. */
  async advance(ms: number): Promise<void> {
    if (this.#moving) throw new Error("advance() while another advance() is under way: await the first one");
    this.#moving = true;
    try {
      await this.settle();
      const end = this.#now + ms;
      for (let timer = this.#earliest(); timer && timer.due <= end; timer = this.#earliest()) {
        this.#move(timer.due - this.#now);
        if (timer.period === null) this.#timers.delete(timer);
        else timer.due += timer.period;
        timer.run();
        await this.settle();
      }
      this.#move(end - this.#now);
    } finally {
      this.#moving = false;
    }
  }

  /** Advances in steps until `condition` holds; throws when it does not within `limit` ms. Returns the ms it took. */
  async until(condition: () => boolean, limit = 60_000, step = 10): Promise<number> {
    const start = this.#now;
    await this.settle();
    while (!condition()) {
      if (this.#now - start >= limit)
        throw new Error(`not within ${limit} ms of the clock: ${condition.toString()}`);
      await this.advance(step);
    }
    return this.#now - start;
  }

  /** Advances until `promise` settles, and gives its outcome; throws when it does not within `limit` ms. */
  async settled<T>(promise: PromiseLike<T>, limit = 60_000, step = 10): Promise<T> {
    let done = false;
    const mark = (): void => {
      done = true;
    };
    promise.then(mark, mark);
    await this.until(() => done, limit, step);
    return promise;
  }

  /** The wall clock alone is set, as by NTP or the user. */
  jumpWall(ms: number): void {
    this.#wall += ms;
  }

  /** The machine sleeps for `ms`: both times go on, the timers stood still (libuv's timers run on CLOCK_MONOTONIC). */
  suspend(ms: number): void {
    this.#move(ms);
    for (const timer of this.#timers) timer.due += ms;
  }

  /** Lets promise chains run dry without moving time. Two turns, since a chain may pass through a `setImmediate`. */
  async settle(): Promise<void> {
    await setImmediate();
    await setImmediate();
  }

  #add(ms: number, period: number | null, run: () => void): () => void {
    const timer: Timer = { due: this.#now + Math.max(0, ms), order: this.#order++, period, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  #earliest(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (!first || timer.due < first.due || (timer.due === first.due && timer.order < first.order))
        first = timer;
    }
    return first;
  }

  #move(ms: number): void {
    this.#now += ms;
    this.#wall += ms;
  }
}
