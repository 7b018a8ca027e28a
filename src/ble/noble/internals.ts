import type { EventEmitter } from "node:events";

// The parts of noble 1.9.2-26 that the bridge relies on. noble's public API does not expose whether the controller has
// sent a packet and why a request failed, so its HCI bindings are typed here too; they exist on Linux and FreeBSD only.

export interface Noble extends EventEmitter {
  initialized: boolean;
  readonly _state: string;
  readonly _bindings: PlatformBindings | HciBindings;
  readonly _peripherals: Record<string, Peripheral>;
  readonly _services: Record<string, unknown>;
  readonly _characteristics: Record<string, unknown>;
  readonly _descriptors: Record<string, unknown>;
  startScanning(
    services: readonly string[],
    allowDuplicates: boolean,
    done?: (error: Error | null) => void,
  ): void;
  stopScanning(done?: () => void): void;
}

/** Where the operating system owns the HCI: macOS and Windows. */
interface PlatformBindings extends EventEmitter {
  init(): void;
  stop(): void;
}

export interface Peripheral extends EventEmitter {
  readonly id: string;
  readonly address: string;
  readonly advertisement: { readonly localName?: string; readonly serviceUuids?: readonly string[] };
  readonly rssi: number;
  readonly state: string;
  connect(parameters: ConnectionParameters): void;
  cancelConnect(): void;
  disconnect(): void;
  updateRssi(): void;
  discoverServices(uuids: readonly string[]): void;
}

/** Intervals in 1.25 ms, `timeout` in 10 ms (Core spec Vol 4 Part E 7.8.12). */
export interface ConnectionParameters {
  readonly minInterval: number;
  readonly maxInterval: number;
  readonly latency: number;
  readonly timeout: number;
}

export interface Service extends EventEmitter {
  readonly uuid: string;
  discoverCharacteristics(uuids: readonly string[]): void;
}

export interface Characteristic extends EventEmitter {
  readonly uuid: string;
  readonly properties: readonly string[];
  read(): void;
  write(bytes: Buffer, withoutResponse: boolean): void;
  subscribe(): void;
}

export interface HciBindings extends EventEmitter {
  readonly _hci: Hci;
  readonly _gap: { readonly _discoveries: Record<string, unknown> };
  /** Peripheral id to handle, and back. */
  readonly _handles: Record<string | number, string | number>;
  readonly _gatts: Record<string | number, Gatt>;
  readonly _addresses: Record<string, string>;
  readonly _addresseTypes: Record<string, string>;
  readonly _connectable: Record<string, unknown>;
  readonly scannable: Record<string, unknown>;
  _state: string | null;
  _pendingConnectionUuid: string | null;
  _connectionQueue: unknown[];
  init(): void;
  onStateChange(state: string): void;
  onLeConnComplete(...connection: LeConnection): void;
  onDisconnComplete(handle: number, reason: number): void;
}

/** Everything after the status is missing where only the command failed. */
export type LeConnection = [
  status: number,
  handle?: number,
  role?: number,
  type?: string,
  address?: string,
  ...number[],
];

export interface Hci extends EventEmitter {
  readonly _socket: HciSocket;
  readonly _deviceId: number;
  readonly _userChannel: unknown;
  /** The controller's buffers, once known: bytes per packet without its header, and number of packets. */
  readonly _aclBuffers: { readonly length: number; readonly num: number } | undefined;
  readonly _aclConnections: Map<number, { pending: number }>;
  _aclQueue: { readonly handle: number }[];
  _handleBuffers: Record<number, unknown>;
  _isExtended: unknown;
  _state: string | null;
  init(): void;
  reset(): void;
  onSocketData(packet: Buffer): void;
  flushAcl(): Promise<void>;
  writeAclDataPkt(handle: number, channel: number, bytes: Buffer): Promise<void>;
  disconnect(handle: number): void;
  cancelConnect(): void;
  setSocketFilter(): void;
  setEventMask(): void;
  setLeEventMask(): void;
  readLocalVersion(): void;
  writeLeHostSupported(): void;
  readLeHostSupported(): void;
  readLeBufferSize(): void;
  readBdAddr(): void;
}

/** @abandonware/bluetooth-hci-socket. */
export interface HciSocket extends EventEmitter {
  bindRaw(adapter: number): void;
  bindUser(adapter: number): void;
  isDevUp(): boolean;
  write(packet: Buffer): void;
  start(): void;
  stop(): void;
}

/** noble's GATT client of one connection; UUIDs in noble's spelling. */
export interface Gatt {
  _security: string;
  /** Requests behind the pending one. */
  _commandQueue: readonly { readonly buffer: Buffer }[];
  readonly _characteristics: Record<string, Record<string, AttributeRange> | undefined>;
  writeRequest(handle: number, bytes: Buffer, withoutResponse: boolean): Buffer;
}

export interface AttributeRange {
  readonly startHandle: number;
  readonly valueHandle: number;
  readonly endHandle: number;
}
