import type { Answer, Request } from "./ftms/control-point-frames.js";
import type { MachineEvent } from "./ftms/machine-status.js";
import type { ProtocolName } from "../domain/pad.js";
import type { Frame, Message, Model } from "./protocol.js";

// What a driver needs of a protocol that is more than questions and answers: something to say first, a memory between
// notifications, and values that are read.

/** The device as it is connected. Service -> its characteristics. */
export interface Peer {
  /** The advertised name. */
  readonly name: string | null;
  readonly services: ReadonlyMap<string, readonly string[]>;
  /** It is known to take its speeds in miles an hour. */
  readonly imperial: boolean;
}

/** Done one after the other on a fresh link, before anything else. KingSmith pads want 100 ms in between (b.7.2). */
export type OpeningStep =
  | { readonly do: "subscribe"; readonly characteristic: string }
  | { readonly do: "write"; readonly frame: Frame };

/** What came in, decoded; `fault` is the machine's own record of what is wrong with it, null when nothing is any more. */
export type Heard =
  | Message
  | { readonly kind: "answer"; readonly answer: Answer }
  | { readonly kind: "event"; readonly event: MachineEvent }
  | { readonly kind: "fault"; readonly record: string | null }
  /** A value could be read: the pad is there, whatever its belt does. */
  | { readonly kind: "alive" };

/** One connection, as an immutable value: what changes it returns its successor. Total functions; times in ms. */
export interface Conversation {
  readonly opening: readonly OpeningStep[];
  /** A notification, an indication, or a value that was read. Never throws. */
  hear(
    characteristic: string,
    bytes: Uint8Array,
    now: number,
  ): { readonly conversation: Conversation; readonly heard: readonly Heard[] };
  /** A request was handed to the link. */
  wrote(request: Request): Conversation;
  /** The frames of a request, in order; empty where there is nothing to write for it. */
  frames(request: Request): readonly Frame[];
  /** The characteristics to read for a request, of those that the device offers; what they say goes through `hear`. */
  reads(request: Request): readonly string[];
}

/** A protocol is a value: total functions and data, no state of its own. */
export interface Protocol {
  readonly name: ProtocolName;
  /** GATT service that marks the protocol. */
  readonly service: string;
  /** The pad obeys a stop on a link that nothing is subscribed on: a due one is written before anything else. */
  readonly stopsUnheard: boolean;
  /** A fresh link to a pad. */
  converse(peer: Peer, model: Model): Conversation;
}
