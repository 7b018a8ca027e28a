import type { Clock } from "../../clock.js";
import { BridgeError } from "../../domain/errors.js";
import type { Logger } from "../../log/log.js";
import { adapterError } from "./errors.js";
import { awaitEvent } from "./event.js";
import { normalUuid } from "./gatt.js";
import type { NobleHci } from "./hci.js";
import type { Noble, Peripheral } from "./internals.js";
import type { Address, Advertisement } from "../radio.js";
import { orAborted, deadlineSignal } from "../deadline.js";
import type { Release } from "../mutex.js";

type Listener = (advertisement: Advertisement) => void;
type Sighting = { readonly at: number; readonly peripheral: Peripheral };

export interface ScanDeps {
  readonly adapter: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Aborts when no scan may begin any more. */
  readonly stopping: AbortSignal;
  /** Aborts when the adapter is gone. */
  readonly ended: AbortSignal;
}

/** A controller answers a command within milliseconds; after this time the command is lost. */
const ANSWER_MS = 2_000;
/** After this time without an advertisement the scan restarts: controllers and other programs end scans silently. */
const DEAF_MS = 30_000;
/** Phones change their address every 15 minutes and noble keeps all: a peripheral unseen for this long is removed. */
const FORGET_MS = 60_000;
/** The RSSI of a controller that cannot measure it (Core spec Vol 4 Part E 7.7.65.2). */
const NO_RSSI = 127;

/** One scan for all callers: on while there is a listener and no connect is pending. */
export class SharedScan {
  readonly #noble: Noble;
  readonly #hci: NobleHci | null;
  readonly #deps: ScanDeps;
  readonly #listeners = new Map<Listener, AbortController>();
  readonly #sightings = new Map<Address, Sighting>();
  #holds = 0;
  #scanning = false;
  #lastSeenAt = 0;
  /** Changes of the scan, in sequence. */
  #changes: Promise<void> = Promise.resolve();

  constructor(noble: Noble, hci: NobleHci | null, deps: ScanDeps) {
    this.#noble = noble;
    this.#hci = hci;
    this.#deps = deps;
    const onDiscover = (peripheral: Peripheral): void => this.#onDiscover(peripheral);
    const stopped = (): void => void (this.#scanning = false);
    noble.on("discover", onDiscover);
    noble.on("scanStop", stopped);
    deps.ended.addEventListener("abort", () => {
      noble.off("discover", onDiscover);
      noble.off("scanStop", stopped);
    });
  }

  /** Resolves when `signal` aborts; rejects with a BridgeError when the adapter ends or refuses to scan. */
  async run(listener: Listener, signal: AbortSignal): Promise<void> {
    const refused = new AbortController();
    // A caller may pass one listener twice: each registration is its own.
    const registered: Listener = (advertisement) => listener(advertisement);
    this.#listeners.set(registered, refused);
    void this.#adjust();
    try {
      await firstAbort([signal, refused.signal, this.#deps.stopping]);
    } finally {
      this.#listeners.delete(registered);
      void this.#adjust();
    }
    if (signal.aborted) return;
    refused.signal.throwIfAborted();
    this.#deps.stopping.throwIfAborted();
  }

  /** Resolves when the controller's scan is as it should be. */
  settled(): Promise<void> {
    return this.#adjust();
  }

  /** Pauses the scan; resolves when the controller has stopped, with the function that resumes it. */
  async hold(): Promise<Release> {
    this.#holds += 1;
    let held = true;
    await this.#adjust();
    return () => {
      if (!held) return;
      held = false;
      this.#holds -= 1;
      void this.#adjust();
    };
  }

  /** The peripheral of an address, if it advertised within the last `ms`; else waits for its advertisement. */
  async find(address: Address, ms: number, signal: AbortSignal): Promise<Peripheral> {
    const known = this.#sightings.get(address);
    if (known && this.#deps.clock.now() - known.at <= ms) return known.peripheral;
    const found = new AbortController();
    const scan = this.run((advertisement) => {
      if (advertisement.address === address) found.abort();
    }, found.signal);
    try {
      await orAborted(scan, signal);
    } finally {
      found.abort();
    }
    const seen = this.#sightings.get(address);
    if (!seen)
      throw new BridgeError("connect-failed", `${address} was not found: no advertisement received.`);
    return seen.peripheral;
  }

  /** Once a second: resumes a scan that another program ended, and removes peripherals that are gone. */
  tick(): void {
    const now = this.#deps.clock.now();
    if (this.#scanning && now - this.#lastSeenAt > DEAF_MS) this.#scanning = false;
    for (const [address, { at, peripheral }] of this.#sightings)
      if (now - at > FORGET_MS && peripheral.state !== "connected" && peripheral.state !== "connecting") {
        this.#sightings.delete(address);
        forget(this.#noble, this.#hci, peripheral);
      }
    void this.#adjust();
  }

  #onDiscover(peripheral: Peripheral): void {
    const address = addressOf(peripheral);
    this.#lastSeenAt = this.#deps.clock.now();
    this.#sightings.set(address, { at: this.#lastSeenAt, peripheral });
    const { rssi } = peripheral;
    const advertisement: Advertisement = {
      address,
      name: nameOf(peripheral),
      rssi: Number.isFinite(rssi) && rssi !== NO_RSSI ? rssi : null,
      services: (peripheral.advertisement.serviceUuids ?? []).map(normalUuid),
    };
    // A listener may begin a connect: no further listener is called after that.
    for (const listener of [...this.#listeners.keys()]) if (this.#isWanted) listener(advertisement);
  }

  get #isWanted(): boolean {
    return this.#listeners.size > 0 && this.#holds === 0 && !this.#deps.ended.aborted;
  }

  #adjust(): Promise<void> {
    this.#changes = this.#changes.then(() => this.#change());
    return this.#changes;
  }

  /** Never rejects: errors go to the listeners. */
  async #change(): Promise<void> {
    if (this.#isWanted === this.#scanning || this.#deps.ended.aborted) return;
    const scope = deadlineSignal({ ...this.#deps, ms: ANSWER_MS, what: "the scan" }, [this.#deps.ended]);
    try {
      await (this.#scanning ? this.#stop(scope.signal) : this.#start(scope.signal));
    } finally {
      scope.release();
    }
  }

  async #start(signal: AbortSignal): Promise<void> {
    this.#lastSeenAt = this.#deps.clock.now();
    this.#scanning = (await this.#enable(signal)) || (await this.#enableOtherwise(signal));
    if (this.#scanning || this.#deps.ended.aborted) return;
    const trouble = adapterError("EBUSY", this.#deps.adapter);
    for (const refused of this.#listeners.values()) refused.abort(trouble);
  }

  /**
   * BlueZ uses the extended commands where the controller has them, and a controller that has received extended
   * commands refuses the legacy ones (Core spec Vol 4 Part E 3.1.1). noble uses the configured kind without checking.
   */
  async #enableOtherwise(signal: AbortSignal): Promise<boolean> {
    if (!this.#hci || signal.aborted) return false;
    this.#hci.extended = !this.#hci.extended;
    const enabled = await this.#enable(signal);
    if (!enabled) this.#hci.extended = !this.#hci.extended;
    return enabled;
  }

  async #enable(signal: AbortSignal): Promise<boolean> {
    const start = (): void => this.#noble.startScanning([], true);
    try {
      if (!this.#hci) return await awaitEvent(this.#noble, "scanStart", start, () => true, signal);
      // noble stops the scan before it starts it, and calls back after the first reply, whatever its status.
      let answers = 0;
      const second = (status: number): number | undefined => (++answers === 2 ? status : undefined);
      const status = await awaitEvent(this.#hci.bindings._hci, "leScanEnableSet", start, second, signal);
      this.#deps.log.debug({ status, extended: this.#hci.extended }, "Scan switched on");
      return status === 0;
    } catch (error) {
      this.#deps.log.debug({ err: error }, "Scan could not be switched on");
      return false;
    }
  }

  async #stop(signal: AbortSignal): Promise<void> {
    this.#scanning = false;
    const stop = (): void => this.#noble.stopScanning();
    try {
      // A controller that was not scanning answers with an error: the scan is off, as intended.
      if (this.#hci) await awaitEvent(this.#hci.bindings._hci, "leScanEnableSet", stop, () => true, signal);
      else await awaitEvent(this.#noble, "scanStop", stop, () => true, signal);
    } catch (error) {
      this.#deps.log.debug({ err: error }, "Scan could not be switched off");
    }
  }
}

/** macOS exposes no address: its own identifier is used instead. */
export const addressOf = (peripheral: Peripheral): Address =>
  (peripheral.address || peripheral.id).toLowerCase();

/** Some pads pad their name with zeros. */
export const nameOf = (peripheral: Peripheral): string | null =>
  peripheral.advertisement.localName?.replace(/\u0000+$/, "") || null;

const firstAbort = (signals: readonly AbortSignal[]): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      for (const signal of signals) signal.removeEventListener("abort", done);
      resolve();
    };
    for (const signal of signals) signal.addEventListener("abort", done);
    if (signals.some((signal) => signal.aborted)) done();
  });

const forget = (noble: Noble, hci: NobleHci | null, peripheral: Peripheral): void => {
  const { id } = peripheral;
  for (const table of [noble._peripherals, noble._services, noble._characteristics, noble._descriptors])
    Reflect.deleteProperty(table, id);
  hci?.forgetPeripheral(peripheral);
};
