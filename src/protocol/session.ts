import type { Answer, Request } from "./ftms/control-point-frames.js";
import type { MachineEvent } from "./ftms/machine-status.js";
import type { ProtocolName } from "../domain/pad.js";
import type { Frame, Message, Model } from "./protocol.js";

// The part of a protocol with state on a connection: a handshake, values from earlier notifications, and values that
// are read.

/** A connected device: its GATT, by normalised UUIDs. */
export interface Gatt {
  /** Service -> its characteristics. */
  readonly services: ReadonlyMap<string, readonly string[]>;
  /** The properties of each characteristic: "notify", "write-without-response", … */
  readonly properties: ReadonlyMap<string, readonly string[]>;
}

/** The connected device. */
export interface ConnectedDevice extends Gatt {
  /** The advertised name. */
  readonly name: string | null;
  /** It is known to interpret speeds as miles per hour. */
  readonly imperial: boolean;
  /** Epoch milliseconds at the zero of the session's times. */
  readonly epoch: number;
}

/** Steps on a fresh link, in sequence, before anything else. KingSmith pads need 100 ms in between (b.7.2). */
export type OpeningStep =
  | { readonly do: "subscribe"; readonly characteristic: string }
  | { readonly do: "write"; readonly frame: Frame };

/**
 * What may be written. `pending`: only polls, which continue the handshake, until it is done. `none`: only polls, since
 * the pad uses a variant in which the meaning of a command is unknown.
 */
export type Access = "full" | "pending" | "none";

/** The pad's answer to a start. `panel`: its own panel is in control; `locked`: its child lock. */
export interface StartVerdict {
  readonly accepted: boolean;
  readonly reason: "panel" | "locked" | null;
}

/** A decoded message; `fault` is the machine's own record of a fault, null when there is none any more. */
export type DecodedMessage =
  | Message
  | { readonly kind: "answer"; readonly answer: Answer }
  | { readonly kind: "event"; readonly event: MachineEvent }
  | { readonly kind: "fault"; readonly record: string | null }
  | { readonly kind: "access"; readonly access: Access }
  | { readonly kind: "start"; readonly verdict: StartVerdict }
  /** Whether the pad is in a standby that only its own panel or remote ends. */
  | { readonly kind: "panel-standby"; readonly asleep: boolean }
  /** A value was read: the pad is there, whatever its belt does. */
  | { readonly kind: "alive" }
  /** The machine accepted the unlock request that it requires. */
  | { readonly kind: "unlocked" };

/** Frames that belong together: only a stop may interrupt them. */
export type FrameSequence = readonly Frame[];

export interface SessionStep {
  readonly session: ProtocolSession;
  readonly messages: readonly DecodedMessage[];
  /** Written at once, in order, without a request: a handshake's next line, a heartbeat. */
  readonly replies?: readonly FrameSequence[];
}

/** One connection, as an immutable value: changes return its successor. Total functions; times in ms. */
export interface ProtocolSession {
  readonly opening: readonly OpeningStep[];
  readonly access: Access;
  /** Ends a sequence that was cut off before its last frame, where the pad would take the next frame for its rest. */
  readonly interrupt: FrameSequence;
  /** A notification, an indication, or a read value. Never throws. */
  receive(characteristic: string, bytes: Uint8Array, now: number): SessionStep;
  /** A request was written to the link. */
  onWritten(request: Request, now: number): ProtocolSession;
  /** The frames of a request, in order; empty where there is nothing to write for it. */
  frames(request: Request, now: number): FrameSequence;
  /** The characteristics to read for a request, of those that the device has; their values go through `receive`. */
  reads(request: Request): readonly string[];
}

/** A protocol is a value: total functions and data, no state of its own. */
export interface Protocol {
  readonly name: ProtocolName;
  /** Whether a device with this GATT supports the protocol. */
  speaks(gatt: Gatt): boolean;
  /** The pad obeys a stop on a link without subscriptions: a due stop is written before anything else. */
  readonly stopsWithoutTelemetry: boolean;
  /** The part of a frame that may be logged: a pad may send data that identifies its owner. */
  masked(characteristic: string, bytes: Uint8Array): Uint8Array;
  /** A fresh link to a pad. */
  openSession(peer: ConnectedDevice, model: Model): ProtocolSession;
}

/** For protocols whose frames carry no personal data. */
export const unmasked = (_: string, bytes: Uint8Array): Uint8Array => bytes;
