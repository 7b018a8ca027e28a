import { EventEmitter } from "node:events";
import type { Logger } from "../../log/log.js";
import { awaitCompletion } from "./event.js";
import type { HciBindings, LeConnection, Peripheral } from "./internals.js";
import type { Address } from "../radio.js";

/** "Connection terminated by local host" (Core spec Vol 1 Part F). */
const CLOSED_BY_US = 0x16;
/** How a cancelled connect ends: "unknown connection identifier", "operation cancelled by host". */
const CANCELLED: readonly number[] = [0x02, 0x44];

/**
 * Which connections of the adapter belong to the bridge. A raw HCI socket shows all of them, BlueZ's included, and
 * noble adopts and uses every one; it would also keep a connection that completes after its connect was cancelled.
 */
export class OwnConnections {
  readonly #bindings: HciBindings;
  readonly #log: Logger;
  /** "gone": a cancelled connect has left nothing behind. */
  readonly #events = new EventEmitter<{ gone: [] }>();
  /** The address whose connection is awaited. */
  #awaited: Address | null = null;
  /** Addresses whose connect was cancelled and may still complete. */
  readonly #cancelled = new Set<Address>();
  /** Connections that completed after they were cancelled, and are being disconnected. */
  readonly #orphans = new Set<number>();
  /** Connections, by peripheral, whose disconnect was requested and never confirmed. */
  readonly #leftovers = new Map<string, number>();

  /** Must come before `bindings.init()`, which binds the methods changed here to the HCI. */
  constructor(bindings: HciBindings, log: Logger) {
    this.#bindings = bindings;
    this.#log = log;
    const connected = bindings.onLeConnComplete.bind(bindings);
    bindings.onLeConnComplete = (...connection) => {
      this.#releaseHandle(connection);
      if (this.#isForeign(connection)) return;
      connected(...connection);
      const gatt = connection[1] === undefined ? undefined : bindings._gatts[connection[1]];
      // noble pairs when a pad answers "insufficient authentication", unless its security level is already raised: R1
      // Pro pads disconnect a central that tries to pair (wire-facts a.1).
      if (gatt) gatt._security = "medium";
    };
    const disconnected = bindings.onDisconnComplete.bind(bindings);
    bindings.onDisconnComplete = (handle, reason) => {
      if (this.#orphans.delete(handle)) this.#events.emit("gone");
      else if (bindings._handles[handle] !== undefined) disconnected(handle, reason);
    };
  }

  /** From now on a connection to this address is ours; null: no connection is. */
  expect(address: Address | null): void {
    this.#awaited = address;
    if (address !== null) this.#cancelled.delete(address);
  }

  /**
   * Cancels a pending connect on the controller: resolves when it is gone there. A connection that completes in spite
   * of the cancellation is disconnected. After an abort noble's record of the attempt is removed by force, or it would
   * queue all later ones behind it.
   */
  async cancel(peripheral: Peripheral, address: Address, signal: AbortSignal): Promise<void> {
    this.#awaited = null;
    this.#cancelled.add(address);
    try {
      await awaitCompletion(this.#events, "gone", () => peripheral.cancelConnect(), signal);
    } finally {
      this.#bindings._pendingConnectionUuid = null;
      this.#bindings._connectionQueue = [];
    }
  }

  /** Removes noble's record of a connection whose end was not reported, as if it had been reported. */
  forget(connection: number): void {
    const { _hci, _handles } = this.#bindings;
    const peripheral = _handles[connection];
    if (typeof peripheral === "string") this.#leftovers.set(peripheral, connection);
    _hci._aclConnections.delete(connection);
    _hci._aclQueue = _hci._aclQueue.filter((packet) => packet.handle !== connection);
    if (peripheral !== undefined) this.#bindings.onDisconnComplete(connection, CLOSED_BY_US);
  }

  /** Disconnects once more what may be left of an earlier connection to this peripheral. */
  closeLeftover({ id }: Peripheral): void {
    const connection = this.#leftovers.get(id);
    this.#leftovers.delete(id);
    if (connection !== undefined) this.#bindings._hci.disconnect(connection);
  }

  /** The controller has lost its power, and all connections with it. */
  reset(): void {
    for (const connection of [...this.#bindings._hci._aclConnections.keys()]) this.forget(connection);
    this.#bindings._pendingConnectionUuid = null;
    this.#bindings._connectionQueue = [];
    this.#orphans.clear();
    this.#leftovers.clear();
    this.#cancelled.clear();
    this.#awaited = null;
  }

  /** A controller uses a handle again as soon as it is free: the earlier connection has ended, reported or not. */
  #releaseHandle([status, handle]: LeConnection): void {
    if (status !== 0 || handle === undefined) return;
    this.#orphans.delete(handle);
    for (const [peripheral, leftover] of this.#leftovers)
      if (leftover === handle) this.#leftovers.delete(peripheral);
  }

  #isForeign([status, handle, , , address]: LeConnection): boolean {
    if (status !== 0) return this.#isForeignFailure(status);
    if (address === this.#awaited || handle === undefined) return false;
    this.#bindings._hci._aclConnections.delete(handle);
    if (address !== undefined && this.#cancelled.delete(address)) {
      this.#orphans.add(handle);
      this.#bindings._hci.disconnect(handle);
    } else this.#log.debug({ address }, "Another program connected through the same adapter");
    return true;
  }

  /** A failure carries no address: it ends a connect that was cancelled, or the awaited one. */
  #isForeignFailure(status: number): boolean {
    if (this.#cancelled.size === 0 || !CANCELLED.includes(status)) return this.#awaited === null;
    this.#cancelled.clear();
    this.#events.emit("gone");
    return this.#awaited !== null;
  }
}
