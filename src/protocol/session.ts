import type { Answer, Request } from "./ftms/control-point-frames.js";
import type { MachineEvent } from "./ftms/machine-status.js";
import type { ProtocolName } from "../domain/pad.js";
import type { Frame, Message, Model } from "./protocol.js";

// What a connection needs of a protocol that is more than questions and answers: a handshake, a memory between
// notifications, and values that are read.

/** A connected device: its GATT, by normalised UUIDs. */
export interface Gatt {
  /** Service -> its characteristics. */
  readonly services: ReadonlyMap<string, readonly string[]>;
  /** What each characteristic allows: "notify", "write-without-response", … */
  readonly properties: ReadonlyMap<string, readonly string[]>;
}

/** The device as it is connected. */
export interface ConnectedDevice extends Gatt {
  /** The advertised name. */
  readonly name: string | null;
  /** It is known to take its speeds in miles an hour. */
  readonly imperial: boolean;
  /** Epoch milliseconds at the zero of the times that the session is given. */
  readonly epoch: number;
}

/** Done one after the other on a fresh link, before anything else. KingSmith pads want 100 ms in between (b.7.2). */
export type OpeningStep =
  | { readonly do: "subscribe"; readonly characteristic: string }
  | { readonly do: "write"; readonly frame: Frame };

/**
 * What may be written. `pending`: nothing but polls, which carry the handshake on, until it is done. `none`: polls
 * alone, since the pad speaks a variant in which nobody knows what a command would mean.
 */
export type Access = "full" | "pending" | "none";

/** What a pad said about a start that it was sent. `panel`: its own panel is in control; `locked`: its child lock. */
export interface StartVerdict {
  readonly accepted: boolean;
  readonly reason: "panel" | "locked" | null;
}

/** What came in, decoded; `fault` is the machine's own record of what is wrong with it, null when nothing is any more. */
export type DecodedMessage =
  | Message
  | { readonly kind: "answer"; readonly answer: Answer }
  | { readonly kind: "event"; readonly event: MachineEvent }
  | { readonly kind: "fault"; readonly record: string | null }
  | { readonly kind: "access"; readonly access: Access }
  | { readonly kind: "start"; readonly verdict: StartVerdict }
  /** Whether the pad is in a standby that only its own panel or remote can end. */
  | { readonly kind: "panel-standby"; readonly asleep: boolean }
  /** A value could be read: the pad is there, whatever its belt does. */
  | { readonly kind: "alive" };

/** Frames that belong together: nothing but a stop comes between them. */
export type FrameSequence = readonly Frame[];

export interface SessionStep {
  readonly session: ProtocolSession;
  readonly messages: readonly DecodedMessage[];
  /** To be written at once, in order, without being asked for: a handshake's next line, a heartbeat. */
  readonly replies?: readonly FrameSequence[];
}

/** One connection, as an immutable value: what changes it returns its successor. Total functions; times in ms. */
export interface ProtocolSession {
  readonly opening: readonly OpeningStep[];
  readonly access: Access;
  /** Ends a unit that was cut off before its last frame, where the pad would take what follows for its rest. */
  readonly interrupt: FrameSequence;
  /** A notification, an indication, or a value that was read. Never throws. */
  receive(characteristic: string, bytes: Uint8Array, now: number): SessionStep;
  /** A request was handed to the link. */
  onWritten(request: Request, now: number): ProtocolSession;
  /** The frames of a request, in order; empty where there is nothing to write for it. */
  frames(request: Request, now: number): FrameSequence;
  /** The characteristics to read for a request, of those that the device offers; their values go through `receive`. */
  reads(request: Request): readonly string[];
}

/** A protocol is a value: total functions and data, no state of its own. */
export interface Protocol {
  readonly name: ProtocolName;
  /** Whether a device with this GATT can be spoken to in it. */
  speaks(gatt: Gatt): boolean;
  /** The pad obeys a stop on a link that nothing is subscribed on: a due one is written before anything else. */
  readonly stopsWithoutTelemetry: boolean;
  /** What of a frame may be logged: a pad may send what identifies its owner. */
  masked(characteristic: string, bytes: Uint8Array): Uint8Array;
  /** A fresh link to a pad. */
  openSession(peer: ConnectedDevice, model: Model): ProtocolSession;
}

/** For protocols whose frames say nothing about anybody. */
export const unmasked = (_: string, bytes: Uint8Array): Uint8Array => bytes;
