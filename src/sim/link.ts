import type { Address, Abortable, Link, Uuid } from "../ble/radio.js";
import { withTimeout } from "../ble/deadline.js";
import { sleep } from "../clock.js";
import type { Clock } from "../clock.js";
import { BridgeError } from "../domain/errors.js";
import type { Access } from "./machine-model.js";
import type { Peripheral } from "./peripheral.js";

/** Milliseconds, chosen: a frame waits for the next connection event, its answer for the one after. */
const WRITE = 10;
const ANSWER = 20;
/** A link that receives nothing for this long is lost: the 4 s supervision timeout of wire-facts a.1. */
const SUPERVISION = 4000;
/** The adapter's own deadline for a call. */
const DEADLINE = 5000;

interface LinkDeps {
  readonly clock: Clock;
  /** A frame has reached the pad; `obey` runs the pad's reaction. */
  readonly onFrame: (characteristic: Uuid, bytes: Uint8Array, obey: () => void) => void;
  /** The link has ended, for any reason; called once. */
  readonly onEnd: () => void;
}

/** One connection to a simulated pad. */
export class SimulatedLink implements Link {
  readonly address: Address;
  readonly name: string;
  readonly services: ReadonlyMap<Uuid, readonly Uuid[]>;
  readonly properties: ReadonlyMap<Uuid, readonly Access[]>;
  readonly lost: AbortSignal;
  readonly #peripheral: Peripheral;
  readonly #deps: LinkDeps;
  readonly #losing = new AbortController();
  readonly #closing = new AbortController();
  readonly #listeners = new Map<Uuid, (bytes: Uint8Array) => void>();
  readonly #timers = new Set<() => void>();
  #cancelDoom = (): void => undefined;
  #waiting: (() => void)[] = [];
  #hung = false;
  #disposal: Promise<void> | null = null;

  constructor(peripheral: Peripheral, deps: LinkDeps) {
    this.address = peripheral.address;
    this.name = peripheral.name;
    this.services = peripheral.services;
    this.properties = peripheral.properties;
    this.lost = this.#losing.signal;
    this.#peripheral = peripheral;
    this.#deps = deps;
    peripheral.connect({
      onNotification: ({ characteristic, bytes }) => this.#onNotification(characteristic, bytes),
      drop: () => this.lose(),
    });
    this.review();
  }

  /** Checks again what may end or block the link: faults and range may have changed. */
  review(): void {
    const { failsIn, inRange } = this.#peripheral;
    this.#cancelDoom();
    const doomed = Math.min(failsIn ?? Infinity, inRange ? Infinity : SUPERVISION);
    if (doomed < Infinity) this.#cancelDoom = this.#deps.clock.after(doomed, () => this.lose());
    this.#flush();
  }

  /** While hung, writes do not arrive; pending ones are sent when it ends. */
  hang(hung: boolean): void {
    this.#hung = hung;
    this.#flush();
  }

  /** The link is lost. */
  lose(): void {
    if (this.#isOver) return;
    this.#losing.abort(
      new BridgeError("link-lost", `The link to ${this.address} was lost.`, { retry: "now" }),
    );
    this.#end();
  }

  async rssi(bounded: Abortable): Promise<number | null> {
    await this.#onAir(ANSWER, "reading the signal strength", bounded);
    return this.#peripheral.rssi;
  }

  async read(characteristic: Uuid, bounded: Abortable): Promise<Uint8Array> {
    this.#assertUsable(bounded.signal);
    this.#assertAllowed(characteristic, "read");
    await this.#onAir(ANSWER, `reading ${characteristic}`, bounded);
    const value = this.#peripheral.read(characteristic);
    if (value) return value;
    throw new BridgeError("read-failed", `${this.address} does not answer when ${characteristic} is read.`);
  }

  async write(
    characteristic: Uuid,
    bytes: Uint8Array,
    { signal, response }: Abortable & { readonly response: boolean },
  ): Promise<void> {
    this.#assertUsable(signal);
    this.#assertAllowed(characteristic, response ? "write" : "write-without-response");
    const sent = bytes.slice();
    await this.#onAir(WRITE, `writing ${characteristic}`, { signal }, () =>
      this.#deliver(characteristic, sent),
    );
  }

  async subscribe(
    characteristic: Uuid,
    onBytes: (bytes: Uint8Array) => void,
    bounded: Abortable,
  ): Promise<void> {
    this.#assertUsable(bounded.signal);
    this.#assertAllowed(characteristic, "notify", "indicate");
    await this.#onAir(ANSWER, `subscribing to ${characteristic}`, bounded, () => {
      this.#listeners.set(characteristic, onBytes);
      this.#peripheral.subscribe(characteristic);
    });
  }

  /** Frames that have not reached the pad by now never do: seen with noble (ADR 9). */
  [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#close();
    return this.#disposal;
  }

  async #close(): Promise<void> {
    if (this.#isOver) return;
    this.#closing.abort(new BridgeError("link-closed", `The link to ${this.address} is closed.`));
    this.#stopTimers();
    await sleep(this.#deps.clock, ANSWER);
    this.#end();
  }

  #end(): void {
    this.#stopTimers();
    this.#listeners.clear();
    this.#peripheral.disconnect();
    this.#deps.onEnd();
  }

  #stopTimers(): void {
    this.#cancelDoom();
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
    this.#waiting = [];
  }

  get #isOver(): boolean {
    return this.lost.aborted || this.#closing.signal.aborted;
  }

  #assertUsable(signal: AbortSignal): void {
    for (const each of [this.lost, this.#closing.signal, signal]) each.throwIfAborted();
  }

  #assertAllowed(characteristic: Uuid, ...either: readonly Access[]): void {
    if (either.some((access) => this.#peripheral.allows(characteristic, access))) return;
    const code = either.includes("read") ? "read-failed" : "write-failed";
    throw new BridgeError(
      code,
      `${characteristic} of ${this.address} does not offer "${either.join('", "')}".`,
    );
  }

  /**
   * Resolves, and runs `arrive`, after `ms` and once nothing blocks the link; rejects when the link or the wait ends
   * first.
   */
  async #onAir(ms: number, what: string, { signal }: Abortable, arrive?: () => void): Promise<void> {
    this.#assertUsable(signal);
    const arrived = new Promise<void>((resolve) => {
      this.#after(ms, () => {
        this.#waiting.push(() => {
          arrive?.();
          resolve();
        });
        this.#flush();
      });
    });
    const signals = [this.lost, this.#closing.signal, signal];
    await withTimeout(arrived, { clock: this.#deps.clock, ms: DEADLINE, what, signal: signals });
  }

  /** Pending frames reach the pad in order, once the link is free. A caller's abort does not take a frame back. */
  #flush(): void {
    if (this.#hung || !this.#peripheral.inRange) return;
    for (const arrive of this.#waiting.splice(0)) arrive();
  }

  #deliver(characteristic: Uuid, bytes: Uint8Array): void {
    this.#deps.onFrame(characteristic, bytes, () => {
      for (const sent of this.#peripheral.receive(characteristic, bytes))
        this.#onNotification(sent.characteristic, sent.bytes);
    });
  }

  #onNotification(characteristic: Uuid, bytes: Uint8Array): void {
    if (this.#hung || this.#isOver) return;
    this.#after(ANSWER, () => this.#listeners.get(characteristic)?.(bytes));
  }

  #after(ms: number, run: () => unknown): void {
    const cancel = this.#deps.clock.after(ms, () => {
      this.#timers.delete(cancel);
      run();
    });
    this.#timers.add(cancel);
  }
}
