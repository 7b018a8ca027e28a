import type { Uuid } from "../../src/ble/radio.js";
import type { Peripheral, Property } from "./peripheral.js";

const CHARACTERISTIC = 0x2803;
const CCCD = 0x2902;

export const ATT = {
  error: 0x01,
  mtuRequest: 0x02,
  findInformation: 0x04,
  readByType: 0x08,
  read: 0x0a,
  readByGroupType: 0x10,
  write: 0x12,
  prepareWrite: 0x16,
  executeWrite: 0x18,
  writeCommand: 0x52,
  notification: 0x1b,
  indication: 0x1d,
  confirmation: 0x1e,
} as const;

const STATUS = {
  invalidHandle: 0x01,
  readNotPermitted: 0x02,
  writeNotPermitted: 0x03,
  notSupported: 0x06,
  invalidOffset: 0x07,
  queueFull: 0x09,
  notFound: 0x0a,
};

const BITS: Readonly<Record<Property, number>> = {
  read: 0x02,
  writeWithoutResponse: 0x04,
  write: 0x08,
  notify: 0x10,
  indicate: 0x20,
};

/** Seen on KingSmith pads: CCCD writes closer together than this are answered and forgotten (wire-facts b.7.2). */
const CCCD_GAP_MS = 30;

/** Parts of long writes that a device holds: chosen. */
const QUEUE = 32;

interface Attribute {
  readonly handle: number;
  readonly type: Uuid;
  readonly value: Buffer;
  readonly end: number;
  /** The characteristic that this is the value or the CCCD of. */
  readonly characteristic: Uuid | null;
  readonly properties: readonly Property[];
}

/** A part of a long write, queued until the client executes it. */
interface Prepared {
  readonly characteristic: Uuid;
  readonly offset: number;
  readonly part: Buffer;
}

/** The bytes of a UUID as they go over the air: the last byte first. */
export const uuidBytes = (uuid: Uuid | number): Buffer =>
  Buffer.from(typeof uuid === "number" ? uuid.toString(16).padStart(4, "0") : uuid, "hex").reverse();

const u16 = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, index) => bytes.writeUInt16LE(value, index * 2));
  return bytes;
};

const tableOf = (peripheral: Peripheral): readonly Attribute[] => {
  const table: Attribute[] = [];
  let handle = 0;
  for (const service of peripheral.services) {
    const size = service.characteristics.reduce(
      (sum, { properties }) => sum + 2 + (notifies(properties) ? 1 : 0),
      0,
    );
    const end = handle + 1 + size;
    const add = (
      type: Uuid,
      value: Buffer,
      characteristic: Uuid | null,
      properties: readonly Property[],
    ): void => {
      handle += 1;
      table.push({ handle, type, value, end, characteristic, properties });
    };
    add("2800", uuidBytes(service.uuid), null, []);
    for (const { uuid, properties } of service.characteristics) {
      const bits = properties.reduce((all, property) => all | BITS[property], 0);
      add("2803", Buffer.concat([Buffer.of(bits), u16(handle + 2), uuidBytes(uuid)]), null, []);
      add(uuid, Buffer.alloc(0), uuid, properties);
      if (notifies(properties)) add("2902", u16(0), uuid, properties);
    }
  }
  return table;
};

const notifies = (properties: readonly Property[]): boolean =>
  properties.includes("notify") || properties.includes("indicate");

/** The ATT server of one connection (Core spec Vol 3 Part F): one PDU in, at most one out. */
export class AttServer {
  readonly #peripheral: Peripheral;
  readonly #table: readonly Attribute[];
  readonly #cccds = new Map<number, number>();
  readonly #now: () => number;
  readonly #maxMtu: number;
  #lastCccd = -Infinity;
  #mtu = 23;
  #prepared: readonly Prepared[] = [];

  constructor(peripheral: Peripheral, now: () => number, maxMtu = 23) {
    this.#peripheral = peripheral;
    this.#table = tableOf(peripheral);
    this.#now = now;
    this.#maxMtu = maxMtu;
  }

  /** What a PDU of the client writes, and where: the value or the CCCD of a characteristic. */
  written(pdu: Buffer): { readonly characteristic: Uuid; readonly value: Buffer } | null {
    if (pdu[0] !== ATT.write && pdu[0] !== ATT.writeCommand) return null;
    const handle = pdu.readUInt16LE(1);
    const characteristic = this.#table.find((attribute) => attribute.handle === handle)?.characteristic;
    return characteristic ? { characteristic, value: pdu.subarray(3) } : null;
  }

  /** A notification or indication, if the client has asked for it. */
  notification(characteristic: Uuid, bytes: Uint8Array): Buffer | null {
    const value = this.#table.find(
      (each) => each.type === characteristic && each.characteristic === characteristic,
    );
    const wanted = this.#cccds.get((value?.handle ?? 0) + 1) ?? 0;
    if (!value || wanted === 0) return null;
    const opcode = wanted & 1 ? ATT.notification : ATT.indication;
    return Buffer.concat([Buffer.of(opcode), u16(value.handle), bytes.subarray(0, this.#mtu - 3)]);
  }

  handle(pdu: Buffer): Buffer | null {
    // Longer than agreed upon: nobody has room for it, and so nobody answers it.
    if (pdu.length > this.#mtu) return null;
    switch (pdu[0]) {
      case ATT.mtuRequest:
        this.#mtu = Math.max(23, Math.min(this.#maxMtu, pdu.readUInt16LE(1)));
        return Buffer.concat([Buffer.of(0x03), u16(this.#maxMtu)]);
      case ATT.findInformation:
        return this.#list(
          pdu,
          0x05,
          () => true,
          (each) => Buffer.concat([u16(each.handle), uuidBytes(each.type)]),
          true,
        );
      case ATT.readByType:
        return this.#readByType(pdu);
      case ATT.readByGroupType:
        return this.#list(
          pdu,
          0x11,
          (each) => each.type === "2800",
          (each) => Buffer.concat([u16(each.handle, each.end), each.value]),
        );
      case ATT.read:
        return this.#read(pdu);
      case ATT.write:
      case ATT.writeCommand:
        return this.#write(pdu);
      case ATT.prepareWrite:
        return this.#prepareWrite(pdu);
      case ATT.executeWrite:
        return this.#executeWrite(pdu);
      case ATT.confirmation:
        return null;
      default:
        return attError(pdu, STATUS.notSupported);
    }
  }

  #readByType(pdu: Buffer): Buffer {
    const type = pdu.readUInt16LE(5);
    if (type === CHARACTERISTIC)
      return this.#list(
        pdu,
        0x09,
        (each) => each.type === "2803",
        (each) => Buffer.concat([u16(each.handle), each.value]),
      );
    if (type !== CCCD) return attError(pdu, STATUS.notFound);
    const entry = (each: Attribute): Buffer => u16(each.handle, this.#cccds.get(each.handle) ?? 0);
    return this.#list(pdu, 0x09, (each) => each.type === "2902", entry);
  }

  /** As many entries of equal length as fit into the MTU. */
  #list(
    pdu: Buffer,
    opcode: number,
    match: (attribute: Attribute) => boolean,
    entry: (attribute: Attribute) => Buffer,
    isFindInformation = false,
  ): Buffer {
    const [start, end] = [pdu.readUInt16LE(1), pdu.readUInt16LE(3)];
    const entries = this.#table
      .filter((each) => each.handle >= start && each.handle <= end && match(each))
      .map(entry);
    const length = entries[0]?.length;
    if (length === undefined) return attError(pdu, STATUS.notFound);
    const odd = entries.findIndex((each) => each.length !== length);
    const fitting = entries
      .slice(0, odd < 0 ? undefined : odd)
      .slice(0, Math.floor((this.#mtu - 2) / length));
    const second = isFindInformation ? (length === 4 ? 1 : 2) : length;
    return Buffer.concat([Buffer.of(opcode, second), ...fitting]);
  }

  #read(pdu: Buffer): Buffer {
    const handle = pdu.readUInt16LE(1);
    const attribute = this.#table.find((each) => each.handle === handle);
    if (!attribute) return attError(pdu, STATUS.invalidHandle);
    if (attribute.type === "2902") return Buffer.concat([Buffer.of(0x0b), u16(this.#cccds.get(handle) ?? 0)]);
    const { characteristic } = attribute;
    const value = characteristic === null ? attribute.value : this.#peripheral.read(characteristic);
    if (!value || (characteristic !== null && !attribute.properties.includes("read")))
      return attError(pdu, STATUS.readNotPermitted);
    return Buffer.concat([Buffer.of(0x0b), value.subarray(0, this.#mtu - 1)]);
  }

  #write(pdu: Buffer): Buffer | null {
    const handle = pdu.readUInt16LE(1);
    const attribute = this.#table.find((each) => each.handle === handle);
    const withResponse = pdu[0] === ATT.write;
    const needed = withResponse ? "write" : "writeWithoutResponse";
    if (attribute?.type === "2902") this.#subscribe(attribute, pdu.readUInt16LE(3));
    else if (attribute?.characteristic && attribute.properties.includes(needed))
      this.#peripheral.write(attribute.characteristic, Uint8Array.from(pdu.subarray(3)));
    else
      return withResponse ? attError(pdu, attribute ? STATUS.writeNotPermitted : STATUS.invalidHandle) : null;
    return withResponse ? Buffer.of(0x13) : null;
  }

  /** A part is answered with itself (Core spec Vol 3 Part F 3.4.6.1). */
  #prepareWrite(pdu: Buffer): Buffer {
    const [handle, offset] = [pdu.readUInt16LE(1), pdu.readUInt16LE(3)];
    const attribute = this.#table.find((each) => each.handle === handle);
    if (!attribute) return attError(pdu, STATUS.invalidHandle);
    const { characteristic, type, properties } = attribute;
    if (characteristic === null || type !== characteristic || !properties.includes("write"))
      return attError(pdu, STATUS.writeNotPermitted);
    if (this.#prepared.length === QUEUE) return attError(pdu, STATUS.queueFull);
    // A copy: the packet is its sender's.
    this.#prepared = [...this.#prepared, { characteristic, offset, part: Buffer.from(pdu.subarray(5)) }];
    return Buffer.concat([Buffer.of(0x17), pdu.subarray(1)]);
  }

  /** All that is held is written at once, or nothing of it, and nothing is held afterwards (3.4.6.3). */
  #executeWrite(pdu: Buffer): Buffer {
    const prepared = this.#prepared;
    this.#prepared = [];
    const values = new Map<Uuid, Buffer>();
    for (const { characteristic, offset, part } of pdu[1] === 1 ? prepared : []) {
      const before = values.get(characteristic) ?? Buffer.alloc(0);
      if (offset > before.length) return attError(pdu, STATUS.invalidOffset);
      values.set(characteristic, Buffer.concat([before.subarray(0, offset), part]));
    }
    for (const [characteristic, value] of values)
      this.#peripheral.write(characteristic, Uint8Array.from(value));
    return Buffer.of(0x19);
  }

  #subscribe({ handle, characteristic }: Attribute, value: number): void {
    const now = this.#now();
    const isHeeded = now - this.#lastCccd >= CCCD_GAP_MS;
    this.#lastCccd = now;
    if (!isHeeded) return;
    this.#cccds.set(handle, value);
    if (value !== 0 && characteristic !== null) this.#peripheral.subscribed?.(characteristic);
  }
}

/** Requests that name no attribute. */
const NAMELESS: readonly (number | undefined)[] = [ATT.mtuRequest, ATT.executeWrite];

/** The error response to a request. It names the attribute, if the request did and is known (3.4.1.1). */
export const attError = (request: Buffer, status: number): Buffer => {
  const isNamed = status !== STATUS.notSupported && !NAMELESS.includes(request[0]);
  const handle = isNamed ? request.readUInt16LE(1) : 0;
  return Buffer.concat([Buffer.of(ATT.error, request[0] ?? 0), u16(handle), Buffer.of(status)]);
};
