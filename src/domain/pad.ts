import type { Metres, Seconds, Speed } from "./units.js";

/** The values of `protocol` in config and state. */
export const PROTOCOL_NAMES = ["wilink", "ftms", "kingsmith-text", "pitpat", "sperax"] as const;
export type ProtocolName = (typeof PROTOCOL_NAMES)[number];
export type Mode = "auto" | "manual" | "standby";
export const MODES: readonly Mode[] = ["manual", "auto", "standby"];

/**
 * The machine's own report of its belt, independent of the protocol. `paused` exists only where the machine reports a
 * pause (FTMS); `other` is any unknown value, kept in `PadStatus.code`.
 */
export type Activity = "resting" | "standby" | "countdown" | "running" | "stopping" | "paused" | "other";

/** One valid notification. A field that it does not carry is `undefined`, never 0. */
export interface PadStatus {
  readonly activity: Activity;
  /** The machine's own number for its state, for logs and for unknown values. */
  readonly code: number;
  readonly speed?: Speed;
  readonly mode?: Mode;
  /** The machine's counters; the machine may reset them at any time (wire-facts a.9). */
  readonly distance?: Metres;
  readonly elapsed?: Seconds;
  readonly steps?: number;
  /** kcal, where the machine counts them. */
  readonly energy?: number;
  /** Percent. */
  readonly incline?: number;
  /** Beats per minute. */
  readonly heartRate?: number;
}

/** The pad's last stored walk (WiLink A7). */
export interface PadRecord {
  /** Seconds since the walk began, by the pad's own clock; absent when the pad does not report it. */
  readonly age?: Seconds;
  readonly elapsed: Seconds;
  readonly distance: Metres;
  readonly steps: number;
  readonly remaining: number;
}

/**
 * The settings and abilities that a pad reports (WiLink A6; FTMS 2ACC, 2AD4, 2AD5); read, never written (safety rule
 * 6).
 */
export interface PadPreferences {
  readonly minSpeed?: Speed;
  readonly maxSpeed?: Speed;
  readonly step?: Speed;
  readonly startSpeed?: Speed;
  /** Null: the machine reports that it has no incline. */
  readonly incline?: Capabilities["incline"];
  readonly heartRate?: boolean;
  readonly steps?: boolean;
  readonly imperial: boolean;
  /** False: nothing can be written to it, or only in an unknown format; it can only be watched. */
  readonly control?: boolean;
}

/** What this pad can do, from model, pad and config. */
export interface Capabilities {
  readonly minSpeed: Speed;
  readonly maxSpeed: Speed;
  readonly step: Speed;
  readonly modes: readonly Mode[];
  /** Percent; null where the machine has no incline. */
  readonly incline: { readonly min: number; readonly max: number; readonly step: number } | null;
  readonly heartRate: boolean;
  readonly steps: boolean;
  /** The pad counts in miles: its numbers are capped as if they were mph (safety rule 12). */
  readonly imperial: boolean;
  /** False: the machine has nothing to write to and can only be watched. Absent: it can be controlled. */
  readonly control?: boolean;
}

/** A pad as the user configured it. Exactly one of `address` and `advertisedName` is set. */
export interface PadSettings {
  readonly id: string;
  readonly name: string;
  /** Lower case, as the radio reports it. */
  readonly address: string | null;
  readonly advertisedName: string | null;
  /** The addresses of all other pads in the config, disabled ones included: a name is never bound to one of them. */
  readonly taken: readonly string[];
  readonly protocol: "auto" | ProtocolName;
  readonly maxSpeed: Speed | null;
  readonly minSpeed: Speed | null;
  readonly startSpeed: Speed | null;
}

/** The `safety` and `session` sections of the config, as the pads need them. */
export interface SafetySettings {
  readonly allowStart: boolean;
  readonly stopOnExit: boolean;
  readonly standbyOnExit: boolean;
  readonly stopAfterCrash: boolean;
  /** Milliseconds; null: keep the belt running without a broker. */
  readonly brokerLostStopAfter: number | null;
  /**
   * Milliseconds without a step on a moving belt before the event `walked_off`; `stop`: whether the belt is stopped
   * then.
   */
  readonly walkedOff: { readonly stop: boolean; readonly after: number };
  /** Seconds of moving belt; null: no limit. */
  readonly maxSession: Seconds | null;
}
