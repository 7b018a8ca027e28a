import type { Uuid } from "../ble/radio.js";
import type { Machine } from "./machine.js";

export interface Notification {
  readonly characteristic: Uuid;
  readonly bytes: Uint8Array;
}

/** A button of the remote or the console. `stop` ends the machine's session where the machine distinguishes it. */
export type Key = "start-stop" | "stop" | "+" | "-";

/** A pad after an event, and the notifications that it sends, in order. */
export interface WithNotifications<Pad> {
  readonly pad: Pad;
  readonly notifications: readonly Notification[];
}

/** A simulated pad: a machine, and the state of its protocol. */
export interface MachineWithState {
  readonly machine: Machine;
  readonly state: object;
}

/** One protocol from the pad's side, as functions of the pad. Times in milliseconds. */
export interface Behaviour<Pad extends MachineWithState> {
  /** Time passes; at most a tenth of a second per call while anything moves. */
  advance(pad: Pad, ms: number): Pad;
  /** A write has arrived. */
  receive(pad: Pad, characteristic: Uuid, bytes: Uint8Array): WithNotifications<Pad>;
  /** A client subscribes to a characteristic. */
  subscribe(pad: Pad, characteristic: Uuid): Pad;
  /** Milliseconds until the pad sends something or drops its link by itself; null: never, or without subscriptions. */
  nextNotificationIn(pad: Pad): number | null;
  /** The notifications that it sends by itself now. */
  notify(pad: Pad): WithNotifications<Pad>;
  /** The value of a readable characteristic; null where there is none. */
  valueOf(pad: Pad, characteristic: Uuid): Uint8Array | null;
  /** A new connection. */
  connected(pad: Pad): Pad;
  /** Whether the last event ends the link: `crash` where the pad then refuses connections for a while. */
  endsLink(pad: Pad): "crash" | "drop" | null;
  press(pad: Pad, key: Key): Pad;
  /** The permission to control it is withdrawn, refused from now on, or granted again. */
  control(pad: Pad, what: "lost" | "refused" | "allowed"): Pad;
  safetyKey(pad: Pad, inPlace: boolean): Pad;
  /** A notification that is damaged at the byte `at`. */
  damaged(bytes: Uint8Array, at: number): Uint8Array;
}
