import type { Address, Uuid } from "../../src/ble/radio.js";

export type Property = "read" | "write" | "writeWithoutResponse" | "notify" | "indicate";

export interface VirtualCharacteristic {
  readonly uuid: Uuid;
  readonly properties: readonly Property[];
}

export interface VirtualService {
  readonly uuid: Uuid;
  readonly characteristics: readonly VirtualCharacteristic[];
}

/** A device on the air, without Bluetooth: the virtual controller puts the protocols around it. */
export interface Peripheral {
  readonly address: Address;
  readonly name: string | null;
  /** The largest ATT MTU that it agrees to; by default the minimum, 23. */
  readonly mtu?: number;
  /** Read anew at each connect: a firmware update may change it. */
  readonly services: readonly VirtualService[];
  /** Whether it advertises and accepts a connection. */
  advertising(): boolean;
  /** dBm. */
  rssi(): number;
  onConnect(): void;
  onDisconnect(): void;
  /** A write that arrived. */
  write(characteristic: Uuid, bytes: Uint8Array): void;
  /** Its client has asked for notifications, or indications, of a characteristic. */
  subscribed?(characteristic: Uuid): void;
  /** Null: nothing to read, answered with an ATT error. */
  read(characteristic: Uuid): Uint8Array | null;
  /** Hands over what notifications go to, for as long as the connection lives. */
  onNotify(notify: (characteristic: Uuid, bytes: Uint8Array) => void): void;
}

/** A pad of nothing: what is written to `fe02` comes back as a notification of `fe01`, and `2a00` can be read. */
export class EchoPeripheral implements Peripheral {
  readonly address: Address;
  readonly name: string;
  mtu = 23;
  services: readonly VirtualService[] = [
    { uuid: "1800", characteristics: [{ uuid: "2a00", properties: ["read", "write"] }] },
    {
      uuid: "fe00",
      characteristics: [
        { uuid: "fe01", properties: ["read", "notify"] },
        { uuid: "fe02", properties: ["writeWithoutResponse"] },
      ],
    },
    {
      uuid: "1826",
      characteristics: [
        { uuid: "2acd", properties: ["notify"] },
        { uuid: "2ad9", properties: ["write", "indicate"] },
        { uuid: "d18d2c10c44c11e8a355529269fb1459", properties: ["write"] },
      ],
    },
  ];
  /** What arrived, the oldest first. */
  readonly written: { readonly characteristic: Uuid; readonly bytes: Uint8Array }[] = [];
  connections = 0;
  asleep = false;
  #connected = false;
  #notify: (characteristic: Uuid, bytes: Uint8Array) => void = () => undefined;

  constructor(address: Address, name = "ECHO") {
    this.address = address;
    this.name = name;
  }

  advertising(): boolean {
    return !this.asleep && !this.#connected;
  }

  rssi(): number {
    return -61;
  }

  onConnect(): void {
    this.#connected = true;
    this.connections += 1;
  }

  onDisconnect(): void {
    this.#connected = false;
  }

  write(characteristic: Uuid, bytes: Uint8Array): void {
    this.written.push({ characteristic, bytes });
    if (characteristic === "fe02") this.#notify("fe01", bytes);
    if (characteristic === "2ad9") this.#notify("2ad9", Uint8Array.of(0x80, bytes[0] ?? 0, 1));
  }

  read(characteristic: Uuid): Uint8Array | null {
    return characteristic === "2a00" ? new TextEncoder().encode(this.name) : null;
  }

  onNotify(notify: (characteristic: Uuid, bytes: Uint8Array) => void): void {
    this.#notify = notify;
  }

  /** It notifies by itself. */
  say(characteristic: Uuid, bytes: Uint8Array): void {
    this.#notify(characteristic, bytes);
  }
}
