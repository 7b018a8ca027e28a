import type {
  Capabilities,
  Mode,
  PadPreferences,
  PadRecord,
  PadStatus,
  ProtocolName,
} from "../domain/pad.js";
import type { Speed } from "../domain/units.js";

/** What a pad can be told. `pause` keeps the machine's own session where it can; elsewhere it is a stop. */
export type Operation =
  | { readonly op: "poll" }
  /** The permission to control, where a machine wants to be asked for it. */
  | { readonly op: "control" }
  | { readonly op: "stop" }
  | { readonly op: "pause" }
  | { readonly op: "start" }
  | { readonly op: "speed"; readonly speed: Speed }
  | { readonly op: "mode"; readonly mode: Mode }
  | { readonly op: "incline"; readonly percent: number }
  | { readonly op: "handshake" }
  | { readonly op: "preferences" }
  | { readonly op: "record" };

/** Bytes for one characteristic. */
export interface Frame {
  readonly characteristic: string;
  readonly bytes: Uint8Array;
  readonly response: boolean;
}

/** What came in, decoded. `bad` is counted and dropped; `other` is valid but tells us nothing we use. */
export type Message =
  | { readonly kind: "status"; readonly status: PadStatus }
  | { readonly kind: "preferences"; readonly preferences: PadPreferences }
  | { readonly kind: "record"; readonly record: PadRecord }
  | { readonly kind: "other"; readonly type: number }
  | { readonly kind: "bad"; readonly reason: string };

/** A row of the model table: names, limits and quirks as data. */
export interface Model {
  readonly name: string;
  readonly protocol: ProtocolName;
  /** Matches the advertised name, case-insensitively; null: the protocol's fallback row. */
  readonly advertised: RegExp | null;
  /** What is true of the model until the pad says better. */
  readonly defaults: Capabilities;
  readonly quirks: Quirks;
}

export interface Quirks {
  /** Milliseconds between two writes (WiLink 700, wire-facts a.9). The first frame of a stop ignores it. */
  readonly minGap: number;
  /** Milliseconds between polls; null: the machine notifies by itself. */
  readonly poll: number | null;
  /** It also speaks unasked: a status counts from when it came, and not as the answer to a poll (safety rule 7). */
  readonly pushes: boolean;
  /** Milliseconds between two frames of whatever is written. */
  readonly spacing: number;
  /** Milliseconds between the switch to manual mode and the start. */
  readonly modeSettle: number;
  /** Milliseconds from the first status that shows a belt moving; a speed that comes sooner is lost. */
  readonly speedAfter: number;
  /** The start opcode is a toggle: written only to a belt seen at rest (safety rule 4). */
  readonly startToggles: boolean;
  /** Manual mode is written before the first start of a connection even if it is shown already (A1 Pro, wire-facts a.4). */
  readonly manualFirst: boolean;
  /** A pad that stays at rest after a start gets manual mode and a handshake before the next one (a.4). */
  readonly manualBeforeRetry: boolean;
  /** So many start frames a command, at most. */
  readonly startTries: number;
  /** A countdown, or a movement, in its status shows that a start has taken effect. */
  readonly showsStart: boolean;
  /** What sets a speed or an incline also sets a resting belt going: neither is written on a status that is not new. */
  readonly speedStarts: boolean;
  /** It is asked for its preferences before its first status: that is a read, and an early sign of life. */
  readonly readsPreferences: boolean;
  /** It can be asked for its last walk (wire-facts a.6). */
  readonly keepsRecord: boolean;
  /** Which A5 payload the pad wants, by index into the protocol's table. */
  readonly handshake: number;
  /** What is special about a machine's FTMS; null for one that speaks something else. */
  readonly ftms: FtmsQuirks | null;
  /** What is special about a pad's text lines; null for one that speaks something else. */
  readonly text: TextQuirks | null;
}

export interface TextQuirks {
  /** The read that answers with the state; its numbers are property ids. */
  readonly telemetry: string;
  /** It answers the read of its configuration, except in its deepest standby. */
  readonly tellsConfig: boolean;
}

export interface FtmsQuirks {
  /** Written to KingSmith's characteristic before every request to the control point (wire-facts b.7.6); null: nothing. */
  readonly preamble: readonly number[] | null;
  /** Requests are answered by indications. Otherwise what they did shows in 2ADA and 2ACD only (b.7.6). */
  readonly indicates: boolean;
  /** The supplement service may want an unlock request before the machine says anything (b.7.7). */
  readonly unlock: boolean;
}
