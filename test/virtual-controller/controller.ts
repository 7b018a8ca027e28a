import type { Address } from "../../src/ble/radio.js";
import { Connection } from "./connection.js";
import { type Faults, noFaults } from "./faults.js";
import * as hci from "./hci.js";
import { OPCODE, STATUS } from "./hci.js";
import type { Peripheral } from "./peripheral.js";
import { Scanner } from "./scanner.js";
import { describePacket, Wire } from "./wire.js";

/** A program's HCI socket, as the controller sees it. */
export interface HostSocket {
  receive(packet: Buffer): void;
  fail(code: string, message: string): void;
}

export interface ControllerOptions {
  /** "extended": as after BlueZ has used the extended commands, the plain ones are refused. */
  readonly commands?: "plain" | "extended";
  /** ACL packets that the controller holds at a time. */
  readonly buffers?: number;
  /** HCI version: 0x06 is Bluetooth 4.0, the first with Low Energy. */
  readonly version?: number;
}

const ACL_LENGTH = 27;
/** Where Linux controllers commonly begin. */
const FIRST_HANDLE = 0x40;

/** An LE controller (Core spec Vol 4 Part E) in front of any number of devices: what noble finds below its socket. */
export class VirtualController {
  readonly wire = new Wire();
  readonly faults: Faults = noFaults();
  /** What the adapter's socket throws on its way to the controller: EPERM, EBUSY; null: nothing. */
  denied: string | null = null;
  readonly #options: Required<ControllerOptions>;
  readonly #peripherals = new Map<Address, Peripheral>();
  readonly #connections = new Map<number, Connection>();
  readonly #sockets = new Set<HostSocket>();
  readonly #scanner: Scanner;
  #up = true;
  #plugged = true;
  #connecting: { readonly address: Address; readonly timer: NodeJS.Timeout } | null = null;

  constructor(peripherals: readonly Peripheral[] = [], options: ControllerOptions = {}) {
    this.#options = { commands: "plain", buffers: 8, version: 0x09, ...options };
    const send = (...packets: readonly Buffer[]): void => this.send(...packets);
    this.#scanner = new Scanner(this.#peripherals, this.#isExtended, send);
    for (const peripheral of peripherals) this.add(peripheral);
  }

  add(peripheral: Peripheral): void {
    this.#peripherals.set(peripheral.address, peripheral);
  }

  get isUp(): boolean {
    return this.#up && this.#plugged;
  }

  get isPlugged(): boolean {
    return this.#plugged;
  }

  get #isExtended(): boolean {
    return this.#options.commands === "extended";
  }

  /** Addresses that are connected now. */
  get connected(): readonly Address[] {
    return [...this.#connections.values()].map(({ address }) => address);
  }

  get scanning(): boolean {
    return this.#scanner.isOn;
  }

  /** Whether a connect is pending on the controller. */
  get connecting(): Address | null {
    return this.#connecting?.address ?? null;
  }

  /** Switched off, as by `hciconfig down`: without an event; the connections are gone. */
  down(): void {
    this.#up = false;
    this.#reset();
  }

  up(): void {
    this.#up = true;
  }

  /** Sockets that were bound to it are of no use any more, until they are bound anew. */
  unplug(): void {
    this.#plugged = false;
    this.#sockets.clear();
    this.#reset();
  }

  plug(): void {
    this.#plugged = true;
  }

  bind(socket: HostSocket): void {
    this.#sockets.add(socket);
  }

  unbind(socket: HostSocket): void {
    this.#sockets.delete(socket);
  }

  isBound(socket: HostSocket): boolean {
    return this.#sockets.has(socket);
  }

  /** A link breaks: with the reason in its event: 0x08 out of range, 0x13 ended by the device. */
  drop(address: Address, reason: number = STATUS.connectionTimeout): void {
    for (const connection of this.#connections.values())
      if (connection.address === address) this.#disconnect(connection, reason);
  }

  /** A packet of a program. Throws nothing: a socket reports errors by an event. */
  write(socket: HostSocket, packet: Buffer): void {
    if (!this.isBound(socket)) socket.fail("EBADFD", "File descriptor in bad state");
    else if (!this.isUp) socket.fail("ENETDOWN", "Network is down");
    else if (this.denied) socket.fail(this.denied, "refused");
    else {
      this.#record("host", packet);
      // A raw socket receives the commands of other programs too.
      for (const other of this.#sockets) if (other !== socket) setImmediate(() => other.receive(packet));
      if (packet[0] === hci.COMMAND) this.#command(packet);
      else this.#connections.get(packet.readUInt16LE(1) & 0x0fff)?.transmit(packet);
    }
  }

  /** Packets for the host, as if the controller had sent them by itself; several come in one breath. */
  send(...packets: readonly Buffer[]): void {
    for (const packet of packets) this.#record("controller", packet);
    const heard = packets.filter((packet) => !this.faults.lose(packet));
    // Later, as everything that comes through a socket; copies, as the reader may write into them.
    setImmediate(() => {
      for (const packet of heard) for (const socket of this.#sockets) socket.receive(Buffer.from(packet));
    });
  }

  #command(packet: Buffer): void {
    const opcode = packet.readUInt16LE(1);
    const refusal = this.faults.refuse(opcode) ?? (this.#isMixed(opcode) ? STATUS.disallowed : null);
    if (refusal !== null) {
      this.#refuse(opcode, refusal);
      return;
    }
    const result = this.#results[opcode];
    if (result) {
      this.send(hci.commandComplete(opcode, STATUS.success, result()));
      return;
    }
    const act = this.#acts[opcode];
    if (act) act(packet, opcode);
    else this.#refuse(opcode, STATUS.unknownCommand);
  }

  /** Plain and extended commands must not be mixed (Core spec Vol 4 Part E 3.1.1). */
  #isMixed(opcode: number): boolean {
    return this.#isExtended && PLAIN.includes(opcode);
  }

  /** A command that it does not know is answered by a status, as BlueZ's controller does. */
  #refuse(opcode: number, status: number): void {
    const asStatus = STARTS.includes(opcode) || status === STATUS.unknownCommand;
    this.send(asStatus ? hci.commandStatus(opcode, status) : hci.commandComplete(opcode, status));
  }

  readonly #results: Readonly<Partial<Record<number, () => Buffer>>> = {
    [OPCODE.setEventMask]: () => Buffer.alloc(0),
    [OPCODE.leSetEventMask]: () => Buffer.alloc(0),
    [OPCODE.writeLeHost]: () => Buffer.alloc(0),
    [OPCODE.readLeHost]: () => Buffer.of(1, 0),
    [OPCODE.readLocalVersion]: () =>
      Buffer.of(this.#options.version, 0, 0, this.#options.version, 0, 0, 0, 0),
    [OPCODE.readBdAddr]: () => hci.addressBytes("02:00:00:00:00:01"),
    [OPCODE.leReadBufferSize]: () => Buffer.concat([hci.u16(ACL_LENGTH), Buffer.of(this.#options.buffers)]),
  };

  readonly #acts: Readonly<Partial<Record<number, (packet: Buffer, opcode: number) => void>>> = {
    [OPCODE.reset]: (_packet, opcode) => {
      this.#reset();
      this.send(hci.commandComplete(opcode, STATUS.success));
    },
    [OPCODE.leSetScanParameters]: (_packet, opcode) => this.#scanner.parameters(opcode),
    [OPCODE.leSetExtendedScanParameters]: (_packet, opcode) => this.#scanner.parameters(opcode),
    [OPCODE.leSetScanEnable]: (packet, opcode) => this.#scanner.enable(opcode, packet[4] === 1),
    [OPCODE.leSetExtendedScanEnable]: (packet, opcode) => this.#scanner.enable(opcode, packet[4] === 1),
    [OPCODE.leCreateConnection]: (packet, opcode) => this.#connect(opcode, hci.addressAt(packet, 10)),
    [OPCODE.leExtendedCreateConnection]: (packet, opcode) => this.#connect(opcode, hci.addressAt(packet, 7)),
    [OPCODE.leCreateConnectionCancel]: (_packet, opcode) => this.#cancel(opcode),
    [OPCODE.disconnect]: (packet, opcode) => {
      const connection = this.#connections.get(packet.readUInt16LE(4));
      this.send(hci.commandStatus(opcode, connection ? STATUS.success : STATUS.unknownConnection));
      if (connection) this.#disconnect(connection, STATUS.localClosed);
    },
    [OPCODE.readRssi]: (packet, opcode) => {
      const connection = this.#connections.get(packet.readUInt16LE(4));
      const status = connection ? STATUS.success : STATUS.unknownConnection;
      const rssi = (connection?.peripheral.rssi() ?? 0) & 0xff;
      this.send(hci.commandComplete(opcode, status, Buffer.concat([packet.subarray(4, 6), Buffer.of(rssi)])));
    },
    [OPCODE.leStartEncryption]: (_packet, opcode) => this.send(hci.commandStatus(opcode, STATUS.success)),
  };

  #connect(opcode: number, address: Address): void {
    if (this.#connecting) this.#refuse(opcode, STATUS.disallowed);
    else if (this.connected.includes(address)) this.#refuse(opcode, STATUS.connectionExists);
    else {
      this.send(hci.commandStatus(opcode, STATUS.success));
      const timer = setInterval(() => this.#reach(address), 2).unref();
      this.#connecting = { address, timer };
    }
  }

  /** The device answers a connect when it advertises. */
  #reach(address: Address): void {
    const peripheral = this.#peripherals.get(address);
    if (!peripheral?.advertising() || this.faults.deaf(address)) return;
    this.#endConnecting();
    const status = this.faults.connectStatus(address) ?? STATUS.success;
    if (status !== STATUS.success) {
      this.send(hci.connectionComplete(status, 0, address, this.#isExtended));
      return;
    }
    const handle = this.#freeHandle();
    const { faults } = this;
    const close = (): void => this.drop(address, STATUS.remoteClosed);
    const send = (packet: Buffer): void => this.send(packet);
    const deps = { faults, now: () => performance.now(), send, close };
    this.#connections.set(handle, new Connection(handle, peripheral, deps));
    this.send(hci.connectionComplete(status, handle, address, this.#isExtended));
  }

  /** A handle is used again as soon as it is free, as by BlueZ's controller: late packets must not be mixed up. */
  #freeHandle(): number {
    let handle = FIRST_HANDLE;
    while (this.#connections.has(handle)) handle += 1;
    return handle;
  }

  #cancel(opcode: number): void {
    const address = this.#connecting?.address;
    this.send(hci.commandComplete(opcode, address === undefined ? STATUS.disallowed : STATUS.success));
    if (address === undefined) return;
    this.#endConnecting();
    this.send(hci.connectionComplete(STATUS.unknownConnection, 0, "00:00:00:00:00:00", this.#isExtended));
  }

  #endConnecting(): void {
    if (this.#connecting) clearInterval(this.#connecting.timer);
    this.#connecting = null;
  }

  #disconnect(connection: Connection, reason: number): void {
    // First said, then forgotten: what is recorded of it names the address.
    this.send(hci.disconnectionComplete(connection.handle, reason));
    this.#connections.delete(connection.handle);
    connection.end();
  }

  #reset(): void {
    for (const connection of this.#connections.values()) connection.end();
    this.#connections.clear();
    this.#endConnecting();
    this.#scanner.stop();
  }

  #record(from: "host" | "controller", packet: Buffer): void {
    this.wire.add(describePacket(from, packet, this.#connections.get(hci.handleOf(packet) ?? -1)));
  }
}

const PLAIN: readonly number[] = [
  OPCODE.leSetScanParameters,
  OPCODE.leSetScanEnable,
  OPCODE.leCreateConnection,
];
/** Commands that begin something, and are answered by a status first. */
const STARTS: readonly number[] = [
  OPCODE.leCreateConnection,
  OPCODE.leExtendedCreateConnection,
  OPCODE.disconnect,
];
