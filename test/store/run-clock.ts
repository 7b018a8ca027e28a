import type { Link, Radio } from "../../src/ble/radio.js";
import type { Clock } from "../../src/clock.js";
import type { BootTime } from "../../src/domain/boot-time.js";
import type { ManualClock } from "../support/clock.js";

/** The clock of one run of the bridge: its timers end with the run. Each process has its own monotonic zero. */
export class RunClock implements Clock {
  readonly #clock: ManualClock;
  readonly #zero: number;
  readonly #timers = new Set<() => void>();
  #over = false;

  constructor(clock: ManualClock) {
    this.#clock = clock;
    this.#zero = clock.now() - 12_345.678;
  }

  get over(): boolean {
    return this.#over;
  }

  now(): number {
    return this.#clock.now() - this.#zero;
  }

  wall(): number {
    return this.#clock.wall();
  }

  boot(): BootTime | null {
    return this.#clock.boot();
  }

  after(ms: number, run: () => void): () => void {
    return this.#keep((done) =>
      this.#clock.after(ms, () => {
        done();
        run();
      }),
    );
  }

  every(ms: number, run: () => void): () => void {
    return this.#keep(() => this.#clock.every(ms, run));
  }

  end(): void {
    this.#over = true;
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }

  #keep(set: (done: () => void) => () => void): () => void {
    if (this.#over) return () => undefined;
    const cancel = set(() => this.#timers.delete(cancel));
    this.#timers.add(cancel);
    return () => {
      cancel();
      this.#timers.delete(cancel);
    };
  }
}

const never = <T>(): Promise<T> => new Promise(() => undefined);

/** The radio of one process: a kill ends its links, reads and writes, while the pads continue. */
export class RunRadio implements Radio {
  readonly #radio: Radio;
  readonly #life: RunClock;
  readonly #links = new Set<Link>();
  readonly #death = new AbortController();

  constructor(radio: Radio, life: RunClock) {
    this.#radio = radio;
    this.#life = life;
  }

  get state(): Radio["state"] {
    return this.#radio.state;
  }

  onState(): () => void {
    return () => undefined;
  }

  async scan(...[onAdvertisement, { signal }]: Parameters<Radio["scan"]>): Promise<void> {
    await this.#alive(
      this.#radio.scan(onAdvertisement, { signal: AbortSignal.any([signal, this.#death.signal]) }),
    );
  }

  async connect(...[address, { signal }]: Parameters<Radio["connect"]>): Promise<Link> {
    const link = await this.#alive(
      this.#radio.connect(address, { signal: AbortSignal.any([signal, this.#death.signal]) }),
    );
    this.#links.add(link);
    return this.#living(link);
  }

  /** The operating system takes the links of a dead process down. */
  async kill(): Promise<void> {
    this.#life.end();
    this.#death.abort();
    await Promise.all([...this.#links].map((link) => link[Symbol.asyncDispose]()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#links].map((link) => link[Symbol.asyncDispose]()));
  }

  async #alive<T>(work: PromiseLike<T>): Promise<T> {
    try {
      const done = await work;
      return this.#life.over ? await never() : done;
    } catch (error) {
      if (this.#life.over) return never();
      throw error;
    }
  }

  #living(link: Link): Link {
    const lost = new AbortController();
    const lose = (): void => {
      this.#links.delete(link);
      if (!this.#life.over) lost.abort(link.lost.reason);
    };
    link.lost.addEventListener("abort", lose, { once: true });
    if (link.lost.aborted) lose();
    return {
      address: link.address,
      name: link.name,
      services: link.services,
      properties: link.properties,
      lost: lost.signal,
      rssi: (bounded) => this.#alive(link.rssi(bounded)),
      read: (characteristic, bounded) => this.#alive(link.read(characteristic, bounded)),
      write: (characteristic, bytes, bounded) => this.#alive(link.write(characteristic, bytes, bounded)),
      subscribe: (characteristic, onBytes, bounded) => {
        const hear = (bytes: Uint8Array): void => {
          if (!this.#life.over) onBytes(bytes);
        };
        return this.#alive(link.subscribe(characteristic, hear, bounded));
      },
      [Symbol.asyncDispose]: () => this.#alive(link[Symbol.asyncDispose]()),
    };
  }
}
