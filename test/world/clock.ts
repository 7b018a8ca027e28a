import type { Clock } from "../../src/clock.js";

interface Timer {
  readonly due: number;
  readonly order: number;
  run: (() => void) | null;
}

/** 2026-11-22T10:00:00Z, the example time of docs/topics.md. */
const WALL = Date.UTC(2026, 10, 22, 10);

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** As setInterval does: a period below 1 ms is 1 ms. */
const repeat = (clock: Pick<Clock, "after">, ms: number, run: () => void): (() => void) => {
  let cancel = (): void => undefined;
  const again = (): void => {
    cancel = clock.after(Math.max(1, ms), () => {
      again();
      run();
    });
  };
  again();
  return () => cancel();
};

/** The world's time, moved by hand: as `ManualClock`, with a heap, since a night of the world is some 10^8 timers. */
export class WorldClock implements Clock {
  #now = 0;
  #order = 0;
  readonly #heap: Timer[] = [];
  #held: Promise<unknown> | null = null;

  /** Time stands still until this has settled: what really waits for the disk. */
  async hold<T>(work: Promise<T>): Promise<T> {
    this.#held = work;
    try {
      return await work;
    } finally {
      this.#held = null;
    }
  }

  now(): number {
    return this.#now;
  }

  wall(): number {
    return WALL + this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const timer: Timer = { due: this.#now + Math.max(0, ms), order: this.#order++, run };
    this.#push(timer);
    return () => {
      timer.run = null;
    };
  }

  every(ms: number, run: () => void): () => void {
    return repeat(this, ms, run);
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#heap.filter(({ run }) => run !== null).length;
  }

  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await turn();
    for (;;) {
      while (this.#held) {
        await this.#held.catch(() => undefined);
        await turn();
      }
      const timer = this.#heap[0];
      if (!timer || timer.due > end) break;
      this.#pop();
      const { run } = timer;
      if (!run) continue;
      this.#now = timer.due;
      run();
      await turn();
    }
    this.#now = end;
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(timer, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = timer;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1;
      if (!before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

const before = (a: Timer, b: Timer): boolean => a.due < b.due || (a.due === b.due && a.order < b.order);

/**
 * One process's view of the time. While it stalls its timers and its input wait: at the end the timers that are due run
 * first, then what came in, each with its promises, as libuv does it. Killed, it never runs again.
 */
export class ProcessClock implements Clock {
  readonly #world: WorldClock;
  #stalledUntil = -Infinity;
  #timers: (() => void)[] = [];
  #input: (() => void)[] = [];
  #dead = false;

  constructor(world: WorldClock) {
    this.#world = world;
  }

  get dead(): boolean {
    return this.#dead;
  }

  now(): number {
    return this.#world.now();
  }

  wall(): number {
    return this.#world.wall();
  }

  after(ms: number, run: () => void): () => void {
    let live = true;
    const cancel = this.#world.after(ms, () => {
      const fire = (): void => {
        if (live && !this.#dead) run();
      };
      if (this.#stalled) this.#timers.push(fire);
      else fire();
    });
    return () => {
      live = false;
      cancel();
    };
  }

  every(ms: number, run: () => void): () => void {
    return repeat(this, ms, run);
  }

  /** Something from outside: a notification, a write that has settled, a message. */
  input(run: () => void): void {
    const fire = (): void => {
      if (!this.#dead) run();
    };
    if (this.#stalled) this.#input.push(fire);
    else fire();
  }

  stall(ms: number): void {
    const until = this.now() + ms;
    if (until <= this.#stalledUntil) return;
    this.#stalledUntil = until;
    this.#world.after(ms, () => {
      if (this.#stalledUntil === until) this.#wake();
    });
  }

  kill(): void {
    this.#dead = true;
    this.#timers = [];
    this.#input = [];
  }

  get #stalled(): boolean {
    return this.now() < this.#stalledUntil;
  }

  #wake(): void {
    this.#stalledUntil = -Infinity;
    const queued = [...this.#timers.splice(0), ...this.#input.splice(0)];
    for (const run of queued) this.#world.after(0, run);
  }
}
