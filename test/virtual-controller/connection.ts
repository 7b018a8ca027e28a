import type { Address, Uuid } from "../../src/ble/radio.js";
import { attError, AttServer } from "./att.js";
import type { Faults } from "./faults.js";
import { acl, completedPackets, Reassembly } from "./hci.js";
import type { Peripheral } from "./peripheral.js";

export interface ConnectionDeps {
  readonly faults: Faults;
  readonly now: () => number;
  /** A packet for the host. */
  readonly send: (packet: Buffer) => void;
  /** The device has had enough. */
  readonly close: () => void;
}

/** A connection as the controller holds it: packets on their way to the device, and its ATT server there. */
export class Connection {
  readonly handle: number;
  readonly peripheral: Peripheral;
  readonly #att: AttServer;
  readonly #deps: ConnectionDeps;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #reassembly = new Reassembly();
  readonly #handedOver = new Reassembly();
  #open = true;

  constructor(handle: number, peripheral: Peripheral, deps: ConnectionDeps) {
    this.handle = handle;
    this.peripheral = peripheral;
    this.#deps = deps;
    this.#att = new AttServer(peripheral, deps.now, peripheral.mtu);
    peripheral.onConnect();
    peripheral.onNotify((characteristic, bytes) => this.#notify(characteristic, bytes));
  }

  get address(): Address {
    return this.peripheral.address;
  }

  /** An ACL packet of the host. It is on the air for a while, and only then sent. */
  transmit(packet: Buffer): void {
    this.#after(this.#deps.faults.airtime, () => {
      this.#deps.send(completedPackets(this.handle, 1));
      const pdu = this.#reassembly.add(packet);
      if (pdu) this.#receive(pdu);
    });
  }

  /** What the PDU writes that this packet of the host completes, and where. Each packet is asked about once. */
  written(packet: Buffer): { readonly characteristic: Uuid; readonly value: Buffer } | null {
    const pdu = this.#handedOver.add(packet);
    return pdu && this.#att.written(pdu);
  }

  /** Nothing more arrives, either way. */
  end(): void {
    if (!this.#open) return;
    this.#open = false;
    for (const timer of this.#timers) clearTimeout(timer);
    this.peripheral.onDisconnect();
  }

  #receive(pdu: Buffer): void {
    const { faults, close } = this.#deps;
    if (faults.disconnectOn(pdu, this.address)) {
      close();
      return;
    }
    if (faults.unanswered(pdu, this.address)) return;
    const status = faults.attError(pdu, this.address);
    const answer = status === null ? this.#att.handle(pdu) : attError(pdu, status);
    if (answer) this.#after(faults.answerDelay, () => this.#deps.send(acl(this.handle, answer)));
  }

  #notify(characteristic: Uuid, bytes: Uint8Array): void {
    const pdu = this.#open ? this.#att.notification(characteristic, bytes) : null;
    if (pdu) this.#after(this.#deps.faults.answerDelay, () => this.#deps.send(acl(this.handle, pdu)));
  }

  /** A controller keeps no process alive: its socket does. */
  #after(ms: number, run: () => void): void {
    if (ms === 0) {
      if (this.#open) run();
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, ms);
    timer.unref();
    this.#timers.add(timer);
  }
}
