import type { Uuid } from "../ble/radio.js";
import type { Machine } from "./machine.js";

export interface Notification {
  readonly characteristic: Uuid;
  readonly bytes: Uint8Array;
}

/** A button of the remote or the console. `stop` ends the machine's session where it knows the difference. */
export type Key = "start-stop" | "stop" | "+" | "-";

/** A pad after something has happened to it, and what it says about it, in order. */
export interface Said<Pad> {
  readonly pad: Pad;
  readonly notifications: readonly Notification[];
}

/** What every simulated pad is: a machine, and a face of its protocol on it. */
export interface MachineWithFace {
  readonly machine: Machine;
  readonly face: object;
}

/** One protocol from the pad's side, as functions of the pad. Times in milliseconds. */
export interface Behaviour<Pad extends MachineWithFace> {
  /** So much time passes; at most a tenth of a second while anything moves. */
  live(pad: Pad, ms: number): Pad;
  /** A write has arrived. */
  receive(pad: Pad, characteristic: Uuid, bytes: Uint8Array): Said<Pad>;
  /** A client wants to hear of a characteristic. */
  subscribe(pad: Pad, characteristic: Uuid): Pad;
  /** Until the pad does something by itself about its link; null: it never does, or nobody listens. */
  speaksIn(pad: Pad): number | null;
  /** What it says by itself at this moment. */
  speak(pad: Pad): Said<Pad>;
  /** The value of a readable characteristic; null where there is none. */
  valueOf(pad: Pad, characteristic: Uuid): Uint8Array | null;
  /** A new connection. */
  connected(pad: Pad): Pad;
  /** What has just happened ends the link: `crash` where the pad then refuses connections for a while. */
  ends(pad: Pad): "crash" | "drop" | null;
  press(pad: Pad, key: Key): Pad;
  /** The permission to control it is taken away, refused from now on, or refused no more. */
  control(pad: Pad, what: "lost" | "refused" | "allowed"): Pad;
  safetyKey(pad: Pad, inPlace: boolean): Pad;
  /** A notification that arrives damaged at the byte `at`. */
  damaged(bytes: Uint8Array, at: number): Uint8Array;
}
