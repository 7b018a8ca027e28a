import type {
  Capabilities,
  Mode,
  PadPreferences,
  PadRecord,
  PadStatus,
  ProtocolName,
} from "../domain/pad.js";
import type { Speed } from "../domain/units.js";

/** The operations of a pad. `pause` keeps the machine's own session where it can; elsewhere it is a stop. */
export type Operation =
  | { readonly op: "poll" }
  /** Permission to control, where a machine requires it. */
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

/** A decoded notification. `bad` is counted and dropped; `other` is valid but not used. */
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
  /** The limits of the model until the pad reports its own. */
  readonly defaults: Capabilities;
  readonly quirks: Quirks;
}

export interface Quirks {
  /** Milliseconds between two writes (WiLink 700, wire-facts a.9). The first frame of a stop ignores it. */
  readonly minGap: number;
  /** Milliseconds between polls; null: the machine notifies by itself. */
  readonly poll: number | null;
  /**
   * It also sends statuses without a poll: a status counts from its arrival, and not as the answer to a poll (safety
   * rule 7).
   */
  readonly pushes: boolean;
  /** Milliseconds between any two frames. */
  readonly spacing: number;
  /** Milliseconds between the switch to manual mode and the start. */
  readonly modeSettle: number;
  /** Milliseconds from the first status with a moving belt; an earlier speed is lost. */
  readonly speedAfter: number;
  /** The start opcode is a toggle: written only to a belt seen at rest (safety rule 4). */
  readonly startToggles: boolean;
  /**
   * Manual mode is written before the first start of a connection even if the pad is in it already (A1 Pro, wire-facts
   * a.4).
   */
  readonly manualFirst: boolean;
  /** A pad that stays at rest after a start gets manual mode and a handshake before the next one (a.4). */
  readonly manualBeforeRetry: boolean;
  /** The maximum of start frames for one command. */
  readonly startTries: number;
  /** A countdown, or a movement, in its status shows that a start has taken effect. */
  readonly showsStart: boolean;
  /** The frame of a speed or an incline also starts a resting belt: both are written only right after a status. */
  readonly speedStarts: boolean;
  /**
   * Its preferences are read before its first status: a read is allowed then, and the answer shows early that the pad
   * is there.
   */
  readonly readsPreferences: boolean;
  /** Its last walk can be read (wire-facts a.6). */
  readonly keepsRecord: boolean;
  /** The A5 payload for the pad, as an index into the protocol's table. */
  readonly handshake: number;
  /** The FTMS behaviour of a machine; null for another protocol. */
  readonly ftms: FtmsQuirks | null;
  /** The text protocol behaviour of a pad; null for another protocol. */
  readonly text: TextQuirks | null;
}

export interface TextQuirks {
  /** The query whose answer is the state; its numbers are property ids. */
  readonly telemetry: string;
  /** It answers the query of its configuration, except in its deepest standby. */
  readonly reportsConfig: boolean;
  /** It answers a command with an error until its clock was set on the link. */
  readonly clockFirst: boolean;
}

export interface FtmsQuirks {
  /** Written to KingSmith's characteristic before every request to the control point (wire-facts b.7.6); null: nothing. */
  readonly preamble: readonly number[] | null;
  /** Requests are answered by indications. Otherwise their effect shows in 2ADA and 2ACD only (b.7.6). */
  readonly indicates: boolean;
  /** The supplement service may require an unlock request before the machine sends anything (b.7.7). */
  readonly unlock: boolean;
}
