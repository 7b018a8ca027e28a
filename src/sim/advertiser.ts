import type { Advertisement } from "../ble/radio.js";
import type { Clock } from "../clock.js";
import type { Peripheral } from "./peripheral.js";

/** Milliseconds between two advertisements of a pad. */
const INTERVAL = 100;

export type Listener = (advertisement: Advertisement) => void;

/** Delivers the advertisements of all pads to all listeners. Without listeners no timer runs. */
export class Advertiser {
  /** No advertisement is received while the radio connects. */
  paused = false;
  readonly #clock: Clock;
  readonly #peripherals: Iterable<Peripheral>;
  readonly #listeners = new Set<{ readonly hear: Listener }>();
  #stop: (() => void) | null = null;

  constructor(clock: Clock, peripherals: Iterable<Peripheral>) {
    this.#clock = clock;
    this.#peripherals = peripherals;
  }

  /** Returns the unsubscriber. */
  listen(hear: Listener): () => void {
    const listener = { hear };
    this.#listeners.add(listener);
    this.#stop ??= this.#clock.every(INTERVAL, () => this.#advertise());
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#stop?.();
      this.#stop = null;
    };
  }

  #advertise(): void {
    for (const peripheral of this.#peripherals) {
      if (!peripheral.isReachable) continue;
      const { advertisement } = peripheral;
      // A listener may start a connect or end a scan: no further listener is called after that.
      for (const listener of this.#listeners) if (!this.paused) listener.hear(advertisement);
    }
  }
}
