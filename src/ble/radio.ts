/** Lower case, as the radio reports it: `57:4c:4e:00:11:22`, or a UUID on macOS. */
export type Address = string;

/** UUIDs are normalised everywhere: 16-bit ones as four hex digits (`fe01`), others as 32 without dashes, lower case. */
export type Uuid = string;

/** The characteristic properties of the Core specification that pads use. */
export const PROPERTIES = ["read", "notify", "indicate", "write", "write-without-response"] as const;
export type Property = (typeof PROPERTIES)[number];

export interface Advertisement {
  readonly address: Address;
  readonly name: string | null;
  /** dBm. */
  readonly rssi: number | null;
  readonly services: readonly Uuid[];
}

export type RadioStateName = "on" | "off" | "unauthorized" | "unavailable";

/** The adapter's state and, when it cannot be used, one line of advice: what to do. */
export interface RadioState {
  readonly state: RadioStateName;
  readonly advice: string | null;
}

/** Every call on the port is bounded by the caller's signal, and by a deadline of the implementation. */
export interface Abortable {
  readonly signal: AbortSignal;
}

/**
 * The radio port. For every adapter: each promise settles within its deadline; one connect at a time, fair between
 * callers; the scan is shared by all callers and pauses while connecting; disposal is idempotent and bounded.
 */
export interface Radio extends AsyncDisposable {
  readonly state: RadioState;
  /** Called on every change of `state`; returns the unsubscriber. */
  onState(listener: (state: RadioState) => void): () => void;
  /**
   * Advertisements, duplicates included, until the signal aborts; the listener may be called synchronously.
   * Resolves when the scan of this caller has ended; rejects with a BridgeError when the radio cannot scan.
   */
  scan(onAdvertisement: (advertisement: Advertisement) => void, bounded: Abortable): Promise<void>;
  /** Connects and discovers services. Rejects with a BridgeError; after a rejection nothing is left on the controller. */
  connect(address: Address, bounded: Abortable): Promise<Link>;
}

/**
 * One connection. Link loss is an AbortSignal: after `lost` every call rejects with its reason, a
 * BridgeError("link-lost"). Notifications arrive in order. Disposal disconnects; idempotent and bounded.
 */
export interface Link extends AsyncDisposable {
  readonly address: Address;
  /** The name the pad advertised, if any was seen. */
  readonly name: string | null;
  /** The discovered GATT: service -> its characteristics. */
  readonly services: ReadonlyMap<Uuid, readonly Uuid[]>;
  /** The properties of each characteristic; where two have one UUID, of the first. */
  readonly properties: ReadonlyMap<Uuid, readonly Property[]>;
  readonly lost: AbortSignal;
  /** dBm of the connection; null where the platform or the controller does not report it. Sends nothing to the pad. */
  rssi(bounded: Abortable): Promise<number | null>;
  read(characteristic: Uuid, bounded: Abortable): Promise<Uint8Array>;
  /** Resolves when the controller is sending the bytes (without response) or the pad has answered (with response). */
  write(
    characteristic: Uuid,
    bytes: Uint8Array,
    bounded: Abortable & { readonly response: boolean },
  ): Promise<void>;
  subscribe(characteristic: Uuid, onBytes: (bytes: Uint8Array) => void, bounded: Abortable): Promise<void>;
}
