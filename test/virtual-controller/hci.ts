import type { Address } from "../../src/ble/radio.js";
import { uuidBytes } from "./att.js";
import type { Peripheral } from "./peripheral.js";

// The packets of HCI, as they go through the socket: with their H4 type in front (Core spec Vol 4 Part A 2, Part E 7).

export const COMMAND = 0x01;
export const ACL = 0x02;
export const EVENT = 0x04;

export const OPCODE = {
  disconnect: 0x0406,
  setEventMask: 0x0c01,
  reset: 0x0c03,
  readLeHost: 0x0c6c,
  writeLeHost: 0x0c6d,
  readLocalVersion: 0x1001,
  readBdAddr: 0x1009,
  readRssi: 0x1405,
  leSetEventMask: 0x2001,
  leReadBufferSize: 0x2002,
  leSetRandomAddress: 0x2005,
  leSetAdvertisingParameters: 0x2006,
  leSetAdvertisingData: 0x2008,
  leSetScanResponseData: 0x2009,
  leSetAdvertisingEnable: 0x200a,
  leSetScanParameters: 0x200b,
  leSetScanEnable: 0x200c,
  leCreateConnection: 0x200d,
  leCreateConnectionCancel: 0x200e,
  leStartEncryption: 0x2019,
  leSetExtendedScanParameters: 0x2041,
  leSetExtendedScanEnable: 0x2042,
  leExtendedCreateConnection: 0x2043,
} as const;

/** Status codes (Core spec Vol 1 Part F). */
export const STATUS = {
  success: 0x00,
  unknownCommand: 0x01,
  unknownConnection: 0x02,
  connectionTimeout: 0x08,
  connectionExists: 0x0b,
  disallowed: 0x0c,
  remoteClosed: 0x13,
  localClosed: 0x16,
} as const;

const event = (code: number, ...parts: readonly (Buffer | number)[]): Buffer => {
  const body = Buffer.concat(parts.map((part) => (typeof part === "number" ? Buffer.of(part) : part)));
  return Buffer.concat([Buffer.of(EVENT, code, body.length), body]);
};

export const u16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
};

export const addressBytes = (address: Address): Buffer =>
  Buffer.from(address.replaceAll(":", ""), "hex").reverse();

export const addressAt = (packet: Buffer, offset: number): Address =>
  [...packet.subarray(offset, offset + 6)]
    .reverse()
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join(":");

export const commandComplete = (opcode: number, status: number, result: Buffer = Buffer.alloc(0)): Buffer =>
  event(0x0e, 1, u16(opcode), status, result);

export const commandStatus = (opcode: number, status: number): Buffer => event(0x0f, status, 1, u16(opcode));

export const disconnectionComplete = (handle: number, reason: number): Buffer =>
  event(0x05, 0, u16(handle), reason);

export const completedPackets = (handle: number, packets: number): Buffer =>
  event(0x13, 1, u16(handle), u16(packets));

/** A packet boundary flag (Core spec Vol 4 Part E 5.4.2): of a first packet from the controller, and from the host. */
const FROM_CONTROLLER = 0x02;
export const FROM_HOST = 0x00;
/** A packet that carries on with a PDU, either way; it has no L2CAP header, and may be one byte long. */
const CONTINUATION = 0x01;

/** An ATT PDU in one ACL packet. */
export const acl = (handle: number, pdu: Buffer, flag = FROM_CONTROLLER): Buffer => {
  const start = u16(handle | (flag << 12));
  return Buffer.concat([Buffer.of(ACL), start, u16(pdu.length + 4), u16(pdu.length), u16(0x0004), pdu]);
};

const isContinuation = (packet: Buffer): boolean => ((packet.readUInt16LE(1) >> 12) & 0x03) === CONTINUATION;

/** ACL packets of one connection, and one direction, back to the PDUs of their channel. */
export class Reassembly {
  #fragments: Buffer = Buffer.alloc(0);

  /** The PDU that this packet completes, without its L2CAP header; null: more is to come. */
  add(packet: Buffer): Buffer | null {
    const bytes = packet.subarray(5);
    this.#fragments = isContinuation(packet) ? Buffer.concat([this.#fragments, bytes]) : bytes;
    const length = this.#fragments.readUInt16LE(0);
    return this.#fragments.length >= length + 4 ? this.#fragments.subarray(4, length + 4) : null;
  }
}

/** LE Connection Complete, or its enhanced form. 30 ms interval, no latency, 2 s supervision. */
export const connectionComplete = (
  status: number,
  handle: number,
  address: Address,
  enhanced: boolean,
): Buffer => {
  const peer = [status, u16(handle), 0, 0, addressBytes(address)] as const;
  const parameters = [u16(24), u16(0), u16(200), 0] as const;
  return enhanced
    ? event(0x3e, 0x0a, ...peer, Buffer.alloc(12), ...parameters)
    : event(0x3e, 0x01, ...peer, ...parameters);
};

/** A peripheral's advertisement (flags, 16-bit services) and its scan response (name). */
export const advertisingData = (
  peripheral: Peripheral,
): { readonly advertisement: Buffer; readonly response: Buffer } => {
  const short = peripheral.services
    .filter(({ uuid }) => uuid.length === 4)
    .map(({ uuid }) => uuidBytes(uuid));
  const name = Buffer.from(peripheral.name ?? "");
  const advertisement = Buffer.concat([field(0x01, Buffer.of(0x06)), field(0x03, Buffer.concat(short))]);
  const response = peripheral.name === null ? Buffer.alloc(0) : field(0x09, name);
  return { advertisement, response };
};

/** The advertisement and the scan response of a peripheral. */
export const advertisingReports = (peripheral: Peripheral, extended: boolean): readonly Buffer[] => {
  const { advertisement, response } = advertisingData(peripheral);
  const report = extended ? extendedReport : legacyReport;
  return [report(peripheral, false, advertisement), report(peripheral, true, response)];
};

const field = (type: number, bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.of(bytes.length + 1, type), bytes]);

const legacyReport = (peripheral: Peripheral, isResponse: boolean, data: Buffer): Buffer => {
  const address = addressBytes(peripheral.address);
  return event(
    0x3e,
    0x02,
    1,
    isResponse ? 0x04 : 0x00,
    0,
    address,
    data.length,
    data,
    peripheral.rssi() & 0xff,
  );
};

const extendedReport = (peripheral: Peripheral, isResponse: boolean, data: Buffer): Buffer => {
  const head = [
    u16(isResponse ? 0x1b : 0x13),
    0,
    addressBytes(peripheral.address),
    1,
    0,
    0xff,
    0x7f,
  ] as const;
  const rest = [peripheral.rssi() & 0xff, u16(0), 0, Buffer.alloc(6), data.length, data] as const;
  return event(0x3e, 0x0d, 1, ...head, ...rest);
};

const NAMES: Readonly<Partial<Record<number, string>>> = {
  [OPCODE.disconnect]: "Disconnect",
  [OPCODE.readRssi]: "Read RSSI",
  [OPCODE.leSetScanEnable]: "Set Scan Enable",
  [OPCODE.leSetExtendedScanEnable]: "Set Scan Enable",
  [OPCODE.leCreateConnection]: "Create Connection",
  [OPCODE.leExtendedCreateConnection]: "Create Connection",
  [OPCODE.leCreateConnectionCancel]: "Cancel Connection",
  [OPCODE.leStartEncryption]: "Start Encryption",
};

/** What a packet is, in words. */
export const nameOf = (packet: Buffer): string => {
  if (packet[0] === COMMAND) {
    const opcode = packet.readUInt16LE(1);
    const name = NAMES[opcode] ?? `command ${opcode.toString(16)}`;
    if (name === "Set Scan Enable") return packet[4] === 1 ? "Scan On" : "Scan Off";
    return name;
  }
  if (packet[0] === ACL && isContinuation(packet)) return "ACL continuation";
  // The channel of the security manager: pairing.
  if (packet[0] === ACL)
    return packet.readUInt16LE(7) === 0x0006 ? "SMP" : `ATT ${(packet[9] ?? 0).toString(16)}`;
  if (packet[1] === 0x05) return "Disconnected";
  if (packet[1] === 0x13) return "Completed Packets";
  if (packet[1] !== 0x3e) return `event ${(packet[1] ?? 0).toString(16)}`;
  return packet[3] === 0x02 || packet[3] === 0x0d
    ? "Advertisement"
    : packet[4] === 0
      ? "Connected"
      : "Not Connected";
};

/** The connection that a packet is about. */
export const handleOf = (packet: Buffer): number | null => {
  if (packet[0] === ACL) return packet.readUInt16LE(1) & 0x0fff;
  if (packet[0] === COMMAND)
    return [0x0406, 0x1405].includes(packet.readUInt16LE(1)) ? packet.readUInt16LE(4) : null;
  return packet[1] === 0x05 || packet[1] === 0x13 ? packet.readUInt16LE(4) : null;
};

/** The device that a packet names. */
export const addressOf = (packet: Buffer): Address | null => {
  const name = nameOf(packet);
  if (name === "Create Connection") return addressAt(packet, packet.length === 29 ? 10 : 7);
  return name === "Connected" ? addressAt(packet, 9) : null;
};
