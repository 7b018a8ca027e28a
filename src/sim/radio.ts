import type { Address, Abortable, Link, Radio, RadioState, RadioStateName } from "../ble/radio.js";
import { withTimeout } from "../ble/deadline.js";
import { Mutex } from "../ble/mutex.js";
import type { Clock } from "../clock.js";
import { BridgeError } from "../domain/errors.js";
import type { ErrorCode } from "../domain/errors.js";
import { Advertiser } from "./advertiser.js";
import type { Listener } from "./advertiser.js";
import type { Peripheral, PeripheralSettings } from "./peripheral.js";
import { controlsOf, linkTo, newWorld } from "./world.js";
import type { Observer, World, WorldControls } from "./world.js";

/** Milliseconds. */
const CONNECTING = 50;
const CONNECT_DEADLINE = 10_000;

export interface SimulatedRadio extends Radio, WorldControls {
  /** The adapter's state; anything but "on" breaks every link, connect and scan. */
  setPower(state: RadioStateName): void;
}

/** A simulated radio with its pads. */
export const simulatedRadio = (
  pads: readonly PeripheralSettings[],
  deps: { readonly clock: Clock; readonly observe?: Observer },
): SimulatedRadio => {
  const world = newWorld(pads, deps);
  return Object.assign(new Simulator(world), controlsOf(world));
};

interface Power {
  readonly code: ErrorCode;
  readonly advice: string;
}

const POWER: Readonly<Record<RadioStateName, Power | null>> = {
  on: null,
  off: { code: "radio-off", advice: "Switch the simulated radio on." },
  unauthorized: { code: "radio-unauthorized", advice: "Allow the use of the simulated radio." },
  unavailable: { code: "radio-unavailable", advice: "Plug the simulated radio in." },
};

class Simulator implements Radio {
  readonly #world: World;
  readonly #advertiser: Advertiser;
  readonly #turns = new Mutex();
  readonly #listeners = new Set<(state: RadioState) => void>();
  #power: RadioStateName = "on";
  /** Aborted when the adapter cannot be used any more. */
  #usable = new AbortController();
  #disposal: Promise<void> | null = null;

  constructor(world: World) {
    this.#world = world;
    this.#advertiser = new Advertiser(world.clock, [...world.peripherals.values()]);
  }

  get state(): RadioState {
    return { state: this.#power, advice: POWER[this.#power]?.advice ?? null };
  }

  onState(listener: (state: RadioState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async scan(onAdvertisement: Listener, { signal }: Abortable): Promise<void> {
    const usable = this.#usable.signal;
    usable.throwIfAborted();
    const stop = this.#advertiser.listen(onAdvertisement);
    await firstAborted(signal, usable);
    stop();
    if (!signal.aborted) usable.throwIfAborted();
  }

  async connect(address: Address, { signal }: Abortable): Promise<Link> {
    const release = await this.#turns.acquire(signal);
    this.#advertiser.paused = true;
    try {
      const peripheral = await this.#reach(address.toLowerCase(), signal);
      if (peripheral.refuses()) throw new BridgeError("connect-failed", `${address} refused the connection.`);
      return linkTo(this.#world, peripheral);
    } finally {
      this.#advertiser.paused = false;
      release();
    }
  }

  setPower(state: RadioStateName): void {
    if (state === this.#power || this.#disposal) return;
    this.#power = state;
    const power = POWER[state];
    if (power)
      this.#break(new BridgeError(power.code, `The radio is ${state}.`, { ...power, retry: "later" }));
    else this.#usable = new AbortController();
    for (const listener of [...this.#listeners]) listener(this.state);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#close();
    return this.#disposal;
  }

  async #close(): Promise<void> {
    this.#listeners.clear();
    this.#usable.abort(new BridgeError("link-closed", "The simulated radio is closed.", { retry: "never" }));
    await Promise.all([...this.#world.links.values()].map((link) => link[Symbol.asyncDispose]()));
  }

  #break(reason: BridgeError): void {
    this.#usable.abort(reason);
    for (const link of [...this.#world.links.values()]) link.lose();
  }

  /** Waits for the pad to be reachable, as a controller does: a connect completes at its next advertisement. */
  async #reach(address: Address, signal: AbortSignal): Promise<Peripheral> {
    const usable = this.#usable.signal;
    const { clock, peripherals } = this.#world;
    let stop = (): void => undefined;
    const there = new Promise<Peripheral>((resolve) => {
      stop = clock.every(CONNECTING, () => {
        const peripheral = peripherals.get(address);
        if (peripheral?.isReachable) resolve(peripheral);
      });
    });
    try {
      const what = `connecting to ${address}`;
      const found = await withTimeout(there, { clock, ms: CONNECT_DEADLINE, what, signal: [signal, usable] });
      for (const each of [signal, usable]) each.throwIfAborted();
      return found;
    } catch (error) {
      throw error instanceof BridgeError && error.code === "timeout" ? tooLate(address, error) : error;
    } finally {
      stop();
    }
  }
}

const tooLate = (address: Address, cause: BridgeError): BridgeError =>
  new BridgeError("connect-timeout", `${address} did not answer within ${CONNECT_DEADLINE / 1000} s.`, {
    cause,
  });

/** Resolves when either aborts, and leaves no listener on the other (AbortSignal.any leaks on long-lived ones). */
const firstAborted = (one: AbortSignal, other: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      one.removeEventListener("abort", done);
      other.removeEventListener("abort", done);
      resolve();
    };
    if (one.aborted || other.aborted) {
      done();
      return;
    }
    one.addEventListener("abort", done, { once: true });
    other.addEventListener("abort", done, { once: true });
  });
