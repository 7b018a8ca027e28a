import type { Uuid } from "../../src/ble/radio.js";
import type { Clock } from "../../src/clock.js";
import { Peripheral as SimulatedPad, type PeripheralSettings } from "../../src/sim/peripheral.js";
import { AttServer } from "../virtual-controller/att.js";
import * as hci from "../virtual-controller/hci.js";
import { OPCODE, STATUS } from "../virtual-controller/hci.js";
import type { Peripheral } from "../virtual-controller/peripheral.js";
import { MountedPad } from "../virtual-controller/sim-peripheral.js";
import { H4 } from "./h4.js";

/** The events on the pad's side of the link, the oldest first. */
export interface PeripheralEvent {
  readonly what: "connected" | "write" | "disconnected";
  /** Of a write. */
  readonly characteristic: Uuid | null;
  readonly value: string | null;
}

const ADVERTISING_MS = 50;
/** Machines with long statuses have about as much. */
const PAD_MTU = 185;
const RANDOM_ADDRESS = 0x01;

const command = (opcode: number, ...parts: readonly (Buffer | number)[]): Buffer => {
  const body = Buffer.concat(parts.map((part) => (typeof part === "number" ? Buffer.of(part) : part)));
  return Buffer.concat([Buffer.of(hci.COMMAND), hci.u16(opcode), Buffer.of(body.length), body]);
};

/** The data of an advertisement or scan response: 31 bytes, of which so many count. */
const padded = (data: Buffer): Buffer =>
  Buffer.concat([Buffer.of(data.length), data, Buffer.alloc(31 - data.length)]);

/** The host of a device on a controller of its own: advertises it, and serves its GATT table to one client. */
export class EmulatedPeripheral {
  readonly happened: PeripheralEvent[] = [];
  readonly #peripheral: Peripheral;
  readonly #mtu: number;
  readonly #h4: H4;
  readonly #advertising: NodeJS.Timeout;
  #connection: { readonly handle: number; readonly att: AttServer } | null = null;
  #reassembly = new hci.Reassembly();
  /** Advertising as asked for and not yet confirmed, the oldest first. */
  readonly #asked: boolean[] = [];
  #isOnAir = false;

  /** `mtu`: the largest of the device, for ATT. */
  constructor(peripheral: Peripheral, mtu = 23) {
    this.#peripheral = peripheral;
    this.#mtu = mtu;
    this.#h4 = new H4((packet) => this.#take(packet));
    const { advertisement, response } = hci.advertisingData(peripheral);
    this.#h4.send(
      command(OPCODE.reset),
      command(OPCODE.leSetRandomAddress, hci.addressBytes(peripheral.address)),
      command(
        OPCODE.leSetAdvertisingParameters,
        // Interval, connectable and scannable, by its random address, to nobody in particular, on all channels.
        Buffer.concat([hci.u16(0x20), hci.u16(0x20), Buffer.of(0, RANDOM_ADDRESS, 0), Buffer.alloc(6)]),
        Buffer.of(0x07, 0),
      ),
      command(OPCODE.leSetAdvertisingData, padded(advertisement)),
      command(OPCODE.leSetScanResponseData, padded(response)),
    );
    this.#advertise();
    this.#advertising = setInterval(() => this.#advertise(), ADVERTISING_MS).unref();
  }

  get isConnected(): boolean {
    return this.#connection !== null;
  }

  /** Whether it can be connected to now. */
  get isOnAir(): boolean {
    return this.#isOnAir;
  }

  /** Ends the link from the pad's side: 0x13 ended by the device, 0x08 supervision timeout. */
  drop(reason: number = STATUS.remoteClosed): void {
    if (this.#connection) this.#h4.send(command(OPCODE.disconnect, hci.u16(this.#connection.handle), reason));
  }

  /** Takes its controller away. The emulator tells nobody: to the other side the link is there and says nothing. */
  end(): void {
    clearInterval(this.#advertising);
    this.#disconnected();
    this.#h4.end();
  }

  /** The emulator reports an advertiser once, when it begins: it begins again and again, and is never seen pausing. */
  #advertise(): void {
    const wanted = this.#peripheral.advertising() ? [false, true] : [false];
    this.#asked.push(...wanted);
    this.#h4.send(...wanted.map((on) => command(OPCODE.leSetAdvertisingEnable, Number(on))));
  }

  #take(packet: Buffer): void {
    const name = hci.nameOf(packet);
    if (packet[0] === hci.ACL) this.#hear(packet);
    else if (name === "Connected") this.#connected(packet.readUInt16LE(5));
    else if (name === "Disconnected") this.#disconnected();
    else if (packet[1] === 0x0e && packet.readUInt16LE(4) === OPCODE.leSetAdvertisingEnable)
      // A refusal means that it was so already.
      this.#isOnAir = this.#asked.shift() ?? false;
  }

  #connected(handle: number): void {
    this.#connection = { handle, att: new AttServer(this.#peripheral, () => performance.now(), this.#mtu) };
    this.#reassembly = new hci.Reassembly();
    this.#isOnAir = false;
    this.#note("connected");
    this.#peripheral.onConnect();
    this.#peripheral.onNotify((characteristic, bytes) => {
      const pdu = this.#connection?.att.notification(characteristic, bytes);
      if (pdu) this.#h4.send(hci.acl(handle, pdu, hci.FROM_HOST));
    });
  }

  #disconnected(): void {
    if (!this.#connection) return;
    this.#connection = null;
    this.#note("disconnected");
    this.#peripheral.onDisconnect();
    this.#advertise();
  }

  #hear(packet: Buffer): void {
    const pdu = this.#reassembly.add(packet);
    if (!pdu || !this.#connection) return;
    const { handle, att } = this.#connection;
    const written = att.written(pdu);
    if (written) this.#note("write", written.characteristic, written.value.toString("hex"));
    const answer = att.handle(pdu);
    if (answer) this.#h4.send(hci.acl(handle, answer, hci.FROM_HOST));
  }

  #note(
    what: PeripheralEvent["what"],
    characteristic: Uuid | null = null,
    value: string | null = null,
  ): void {
    this.happened.push({ what, characteristic, value });
  }
}

export interface EmulatedPad {
  /** The truth about it. */
  readonly pad: SimulatedPad;
  readonly host: EmulatedPeripheral;
}

/** A simulated pad on a controller of its own: the same that the virtual controller mounts. */
export const emulatedPad = (settings: PeripheralSettings, clock: Clock): EmulatedPad => {
  const pad = new SimulatedPad(settings, clock);
  const host: EmulatedPeripheral = new EmulatedPeripheral(
    new MountedPad(pad, clock, () => host.drop()),
    PAD_MTU,
  );
  return { pad, host };
};
