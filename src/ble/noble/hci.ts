import { EventEmitter } from "node:events";
import type { Logger } from "../../log/log.js";
import { linkLost } from "./errors.js";
import { awaitEvent } from "./event.js";
import { OwnConnections } from "./own-connections.js";
import { cancelLongWrite } from "./long-write.js";
import type { AttributeRange, HciBindings, Peripheral } from "./internals.js";
import { ACL, aclPacket, ATT_CHANNEL, EVENT, L2CAP_HEADER, rssiAnswer } from "./packets.js";
import { orAborted } from "../deadline.js";

/** An ATT error response: the request, the attribute, the reason (Core spec Vol 3 Part F 3.4.1.1). */
export interface AttError {
  readonly connection: number;
  readonly request: number;
  readonly attribute: number;
  readonly status: number;
}

interface Events {
  /** The number of packets of a connection that the controller has sent. */
  completed: [connection: number, packets: number];
  attError: [error: AttError];
  /** The reply to Read RSSI; the connection is null where the controller does not support the command. */
  rssi: [connection: number | null, rssi: number | null];
}

const NUMBER_OF_COMPLETED_PACKETS = 0x13;
const ACL_START = 0x02;
const ATT_ERROR = 0x01;
const INVALID_PDU = 0x04;
const UNLIKELY_ERROR = 0x0e;

/** A packet that was passed on: to the controller, or, with a promise, to noble. */
export interface QueuedPacket {
  readonly connection: number;
  readonly queued: Promise<void> | null;
}

/** Reads the HCI state that noble does not expose, and works around noble's faults there. Linux only. */
export class NobleHci {
  readonly bindings: HciBindings;
  readonly own: OwnConnections;
  readonly #log: Logger;
  readonly #events = new EventEmitter<Events>();
  /** The last packet that is being put into noble's queue; earlier ones are in it already. */
  #lastHanded: Promise<void> | null = null;
  /** Whether this controller reports sent packets; all real ones do. */
  #reports = false;

  /** Must come before `bindings.init()`, which binds the methods changed here to the socket. */
  constructor(bindings: HciBindings, log: Logger) {
    this.bindings = bindings;
    this.#log = log;
    // One listener for each pending operation, and there may be many pads.
    this.#events.setMaxListeners(0);
    this.#listen();
    this.own = new OwnConnections(bindings, log);
    this.#dropPacketsOfTheDead();
  }

  /**
   * Writes without response, in this turn; `sent` settles when the controller has sent it. Bypasses noble's queue, in
   * which a stop would wait behind a request that the pad never answers.
   */
  command(peripheral: Peripheral, attribute: number, bytes: Buffer): QueuedPacket {
    const connection = this.connectionOf(peripheral);
    const gatt = this.bindings._gatts[peripheral.id];
    if (connection === null || !gatt) throw linkLost(peripheral.address, undefined);
    const pdu = gatt.writeRequest(attribute, bytes, true);
    if (this.#writeNow(connection, pdu)) return { connection, queued: null };
    const queued = this.bindings._hci.writeAclDataPkt(connection, ATT_CHANNEL, pdu);
    const handed = queued.catch(() => undefined);
    this.#lastHanded = handed;
    void handed.then(() => {
      if (this.#lastHanded === handed) this.#lastHanded = null;
    });
    return { connection, queued };
  }

  /** Resolves when the controller has sent the packet, and rejects where it could not be passed on. */
  async sent({ connection, queued }: QueuedPacket, signal: AbortSignal): Promise<void> {
    if (queued) await orAborted(queued, signal);
    await this.drained(connection, signal);
  }

  /** Resolves when the controller has sent all that was handed over for a connection so far. */
  async drained(connection: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    // noble puts a packet into its queue asynchronously.
    if (this.#lastHanded) await orAborted(this.#lastHanded, signal);
    const { _aclConnections, _aclQueue } = this.bindings._hci;
    const queued = _aclQueue.filter((packet) => packet.handle === connection).length;
    let left = (_aclConnections.get(connection)?.pending ?? 0) + queued;
    if (left === 0) return;
    const sent = (handle: number, packets: number): true | undefined => {
      if (handle === connection) left -= packets;
      return left <= 0 ? true : undefined;
    };
    await awaitEvent(this.#events, "completed", () => undefined, sent, signal).catch((error: unknown) => {
      if (this.#reports) throw error;
    });
  }

  /**
   * noble passes a packet to the socket over several promises, so after everything else in the present turn of the
   * main loop, such as the program's end. Where the controller has room and its queue is empty, it is written at
   * once. False: noble has to queue it.
   */
  #writeNow(connection: number, pdu: Buffer): boolean {
    const { _aclBuffers: buffers, _aclConnections, _aclQueue, _socket } = this.bindings._hci;
    const link = _aclConnections.get(connection);
    const fits = buffers !== undefined && L2CAP_HEADER + pdu.length <= buffers.length;
    // Not before packets that are being put into the queue.
    if (!link || !fits || this.#lastHanded || _aclQueue.length > 0) return false;
    let pending = 0;
    for (const each of _aclConnections.values()) pending += each.pending;
    if (pending >= buffers.num) return false;
    link.pending += 1;
    _socket.write(aclPacket(connection, pdu));
    return true;
  }

  /** dBm of a connection; null where the controller does not report it. */
  async rssi(peripheral: Peripheral, signal: AbortSignal): Promise<number | null> {
    const connection = this.connectionOf(peripheral);
    const ask = (): void => peripheral.updateRssi();
    const answer = (of: number | null, rssi: number | null): { readonly rssi: number | null } | undefined =>
      of === null || of === connection ? { rssi } : undefined;
    return (await awaitEvent(this.#events, "rssi", ask, answer, signal)).rssi;
  }

  onAttError(listener: (error: AttError) => void): () => void {
    this.#events.on("attError", listener);
    return () => this.#events.off("attError", listener);
  }

  /** The handle of a peripheral's connection, as noble sees it. */
  connectionOf(peripheral: Peripheral): number | null {
    const handle = this.bindings._handles[peripheral.id];
    return typeof handle === "number" ? handle : null;
  }

  /** After a refused request: see long-write.ts. */
  callOffLongWrite(peripheral: Peripheral): boolean {
    const gatt = this.bindings._gatts[peripheral.id];
    return gatt !== undefined && cancelLongWrite(gatt);
  }

  attributeOf(peripheral: Peripheral, service: string, characteristic: string): AttributeRange | null {
    return this.bindings._gatts[peripheral.id]?._characteristics[service]?.[characteristic] ?? null;
  }

  /** Whether the extended commands are used for scans and connects. */
  get extended(): boolean {
    return Boolean(this.bindings._hci._isExtended);
  }

  set extended(extended: boolean) {
    this.bindings._hci._isExtended = extended;
    // The event mask depends on it.
    this.bindings._hci.setLeEventMask();
  }

  /** Removes noble's record of a peripheral that is not connected. */
  forgetPeripheral({ id, address }: Peripheral): void {
    const { _addresses, _addresseTypes, _connectable, scannable, _gap } = this.bindings;
    for (const table of [_addresses, _addresseTypes, _connectable, scannable])
      Reflect.deleteProperty(table, id);
    Reflect.deleteProperty(_gap._discoveries, address);
  }

  /** Removes all of noble's records of a controller that lost its power. */
  reset(): void {
    this.own.reset();
    this.bindings._hci._handleBuffers = {};
    this.bindings._hci._state = this.bindings._state = null;
  }

  /** Observes all events, and keeps an exception in noble's parsers from ending the program. */
  #listen(): void {
    const { _hci: hci } = this.bindings;
    const handle = hci.onSocketData.bind(hci);
    hci.onSocketData = (packet) => {
      try {
        this.#before(packet);
        const answer = rssiAnswer(packet);
        // noble reads an RSSI from an error reply too, past the end of a short one.
        if (answer) this.#events.emit("rssi", answer.connection, answer.rssi);
        else handle(packet);
        this.#after(packet);
      } catch (error) {
        this.#log.warn(
          { err: error, packet: packet.toString("hex") },
          "Bluetooth packet not handled by noble",
        );
      }
    };
  }

  /** ATT errors: noble hides most of them. `packet` begins with its H4 type (Core spec Vol 4 Part A 2). */
  #before(packet: Buffer): void {
    if (packet[0] !== ACL || packet.length < 14 || packet.readUInt16LE(1) >> 12 !== ACL_START) return;
    if (packet.readUInt16LE(7) !== ATT_CHANNEL || packet[9] !== ATT_ERROR) return;
    const status = packet.readUInt8(13);
    const connection = packet.readUInt16LE(1) & 0x0fff;
    // noble takes this status for the reply to its MTU request, and leaves the refused request and all later ones
    // pending for ever. Any other status it takes for the reply to the pending request.
    if (status === INVALID_PDU) packet.writeUInt8(UNLIKELY_ERROR, 13);
    const error = { connection, request: packet.readUInt8(10), attribute: packet.readUInt16LE(11), status };
    this.#events.emit("attError", error);
  }

  #after(packet: Buffer): void {
    if (packet[0] !== EVENT || packet[1] !== NUMBER_OF_COMPLETED_PACKETS) return;
    this.#reports = true;
    for (let at = 4; at + 4 <= packet.length; at += 4)
      this.#events.emit("completed", packet.readUInt16LE(at) & 0x0fff, packet.readUInt16LE(at + 2));
  }

  /** noble's flush throws on a packet of a connection that has ended, in a promise that no code awaits. */
  #dropPacketsOfTheDead(): void {
    const { _hci: hci } = this.bindings;
    const flush = hci.flushAcl.bind(hci);
    hci.flushAcl = async () => {
      hci._aclQueue = hci._aclQueue.filter((packet) => hci._aclConnections.has(packet.handle));
      // The packet on which it threw is removed by then; the others still wait.
      await flush().catch((error: unknown) => {
        this.#log.debug({ err: error }, "Bluetooth packet not sent by noble");
        return hci.flushAcl();
      });
    };
  }
}
