import { type Clock, sleep } from "../../clock.js";
import { BridgeError, type ErrorCode } from "../../domain/errors.js";
import type { Logger } from "../../log/log.js";
import { linkLost } from "./errors.js";
import { disconnectGracefully } from "./disconnect.js";
import { awaitCompletion, awaitEvent } from "./event.js";
import { type Attribute, discover, type GattTable } from "./gatt.js";
import type { NobleHci } from "./hci.js";
import { AttRequests } from "./att-requests.js";
import { addressOf, nameOf } from "./scan.js";
import type { Characteristic, Peripheral } from "./internals.js";
import type { Address, Abortable, Link, Property, Uuid } from "../radio.js";
import { deadlineSignal } from "../deadline.js";

export interface LinkDeps {
  readonly hci: NobleHci | null;
  readonly clock: Clock;
  readonly log: Logger;
  /** Aborts when the adapter is gone. */
  readonly ended: AbortSignal;
  /** The connection has ended, for any reason; called once. */
  readonly onEnd: () => void;
}

/** The supervision timeout is 2 s: a packet that was not sent by then never will be. */
const SEND_MS = 2_500;
const RSSI_MS = 2_000;
/**
 * KingSmith pads silently drop CCCD writes less than about 30 ms apart; KS Fit leaves 100 ms and more (wire-facts
 * b.7.2). Timers may come a millisecond early.
 */
const CCCD_GAP_MS = 110;
const NO_RSSI = 127;

/** One connection of the real radio. */
export class NobleLink implements Link {
  readonly address: Address;
  readonly name: string | null;
  readonly lost: AbortSignal;
  readonly #peripheral: Peripheral;
  readonly #deps: LinkDeps;
  readonly #losing = new AbortController();
  readonly #closing = new AbortController();
  readonly #requests: AttRequests;
  readonly #unsubscribers = new Map<Uuid, () => void>();
  readonly #release: () => void;
  #gatt: GattTable = { services: new Map(), properties: new Map(), attributes: new Map() };
  #lastCccd = -Infinity;
  #gone = false;
  #disposal: Promise<void> | null = null;

  /** Takes over a peripheral that noble has just connected. */
  constructor(peripheral: Peripheral, deps: LinkDeps) {
    this.address = addressOf(peripheral);
    this.name = nameOf(peripheral);
    this.lost = this.#losing.signal;
    this.#peripheral = peripheral;
    this.#deps = deps;
    this.#requests = new AttRequests(peripheral, deps.hci, deps.clock);
    const disconnected = (reason?: number): void => this.#end(linkLost(this.address, reason));
    const ended = (): void => this.#end(linkLost(this.address, undefined, deps.ended.reason));
    peripheral.on("disconnect", disconnected);
    deps.ended.addEventListener("abort", ended);
    this.#release = () => {
      peripheral.off("disconnect", disconnected);
      deps.ended.removeEventListener("abort", ended);
    };
  }

  get services(): ReadonlyMap<Uuid, readonly Uuid[]> {
    return this.#gatt.services;
  }

  get properties(): ReadonlyMap<Uuid, readonly Property[]> {
    return this.#gatt.properties;
  }

  /** Lists the services; must come first. Rejects with a BridgeError. */
  async discover(signal: AbortSignal): Promise<void> {
    const { hci, clock } = this.#deps;
    this.#gatt = await discover(this.#peripheral, hci, clock, [signal, this.lost]);
  }

  async rssi({ signal }: Abortable): Promise<number | null> {
    const what = "reading the signal strength";
    const scope = deadlineSignal({ clock: this.#deps.clock, ms: RSSI_MS, what }, [...this.#ends, signal]);
    const [start, answer] = [(): void => this.#peripheral.updateRssi(), (rssi: number): number => rssi];
    const { hci } = this.#deps;
    try {
      const rssi = hci
        ? await hci.rssi(this.#peripheral, scope.signal)
        : await awaitEvent(this.#peripheral, "rssiUpdate", start, answer, scope.signal);
      return rssi === NO_RSSI ? null : rssi;
    } finally {
      scope.release();
    }
  }

  read(characteristic: Uuid, bounded: Abortable): Promise<Uint8Array> {
    return this.#request(characteristic, "read-failed", "reading", bounded, (attribute, signal) => {
      const answer = (bytes: Buffer, isNotification: boolean): Uint8Array | undefined =>
        isNotification ? undefined : Uint8Array.from(bytes);
      return awaitEvent(attribute, "data", () => attribute.read(), answer, signal);
    });
  }

  async write(
    uuid: Uuid,
    bytes: Uint8Array,
    bounded: Abortable & { readonly response: boolean },
  ): Promise<void> {
    const { characteristic, range } = this.#attribute(uuid, "write-failed");
    const sent = Buffer.from(bytes);
    if (wantsResponse(characteristic.properties, bounded.response)) {
      await this.#request(uuid, "write-failed", "writing", bounded, (attribute, signal) =>
        awaitCompletion(attribute, "write", () => attribute.write(sent, false), signal),
      );
      return;
    }
    bounded.signal.throwIfAborted();
    const { hci, clock } = this.#deps;
    // First: a stop waits for nothing.
    const handed = hci && range ? hci.command(this.#peripheral, range.valueHandle, sent) : null;
    const scope = deadlineSignal({ clock, ms: SEND_MS, what: `writing ${uuid}` }, [
      ...this.#ends,
      bounded.signal,
    ]);
    try {
      if (hci && handed) await hci.sent(handed, scope.signal);
      else
        await awaitCompletion(characteristic, "write", () => characteristic.write(sent, true), scope.signal);
    } finally {
      scope.release();
    }
  }

  subscribe(uuid: Uuid, onBytes: (bytes: Uint8Array) => void, bounded: Abortable): Promise<void> {
    return this.#request(uuid, "write-failed", "subscribing to", bounded, async (attribute, signal) => {
      await sleep(this.#deps.clock, this.#lastCccd + CCCD_GAP_MS - this.#deps.clock.now(), signal);
      const onData = (bytes: Buffer, isNotification: boolean): void => {
        if (isNotification && !this.#isOver) onBytes(Uint8Array.from(bytes));
      };
      this.#unsubscribers.get(uuid)?.();
      // Before the reply: a pad may notify as soon as it is subscribed.
      attribute.on("data", onData);
      this.#unsubscribers.set(uuid, () => attribute.off("data", onData));
      try {
        await awaitCompletion(attribute, "notify", () => attribute.subscribe(), signal);
      } catch (error) {
        attribute.off("data", onData);
        throw error;
      } finally {
        this.#lastCccd = this.#deps.clock.now();
      }
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#close();
    return this.#disposal;
  }

  async #close(): Promise<void> {
    if (this.#isOver) return;
    this.#closing.abort(new BridgeError("link-closed", `The link to ${this.address} is closed.`));
    await disconnectGracefully(this.#peripheral, this.#deps);
    this.#end(null);
  }

  /** Null: closed by the bridge. */
  #end(reason: BridgeError | null): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#release();
    for (const unsubscribe of this.#unsubscribers.values()) unsubscribe();
    if (reason && !this.#closing.signal.aborted) this.#losing.abort(reason);
    this.#deps.onEnd();
  }

  get #isOver(): boolean {
    return this.#ends.some((signal) => signal.aborted);
  }

  get #ends(): readonly AbortSignal[] {
    return [this.lost, this.#closing.signal];
  }

  async #request<T>(
    uuid: Uuid,
    code: ErrorCode,
    doing: string,
    { signal }: Abortable,
    run: (characteristic: Characteristic, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const attribute = this.#attribute(uuid, code);
    const kind = { code, what: `${doing} ${uuid}` };
    return this.#requests.run(kind, attribute, run, [...this.#ends, signal]);
  }

  #attribute(uuid: Uuid, code: ErrorCode): Attribute {
    for (const end of this.#ends) end.throwIfAborted();
    const attribute = this.#gatt.attributes.get(uuid);
    if (!attribute)
      throw new BridgeError(code, `${this.address} has no characteristic ${uuid}.`, { retry: "never" });
    return attribute;
  }
}

/**
 * The caller's choice, where the characteristic takes both (FE02 takes writes without response only, wire-facts a.1).
 */
const wantsResponse = (properties: readonly string[], wish: boolean): boolean => {
  if (!properties.includes("write")) return false;
  return wish || !properties.includes("writeWithoutResponse");
};
