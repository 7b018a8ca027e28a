import type { Outcome } from "../domain/command.js";
import type { Mode } from "../domain/pad.js";
import type { Speed } from "../domain/units.js";

/** Names one key of one command to whoever waits for its result. */
export type Ref = number;

/** Why a belt is being stopped. Only a person's stop lets `resume` return to the former speed (contract 3). */
export type StopCause = "command" | "exit" | "crash" | "max_session" | "broker_lost" | "walked_off";

/** A belt that has to come to rest. It stays until fresh telemetry shows it, whatever became of its results. */
export interface StopGoal {
  readonly refs: readonly Ref[];
  readonly cause: StopCause;
  /** `stop` ends the session, `OFF` and `pause` keep it open. */
  readonly endsSession: boolean;
  /** When it was (last) asked for. */
  readonly since: number;
  /** When the results are given up; the belt is not. Null once that has happened. */
  readonly deadline: number | null;
  /** When the last stop frame was handed to the present link; null: none yet. */
  readonly lastWrite: number | null;
  /** Consecutive statuses at rest that answer polls written after the last stop frame. */
  readonly proof: number;
  /** The belt moved, or might have, when the link was lost. */
  readonly movedWhenLost: boolean;
  /** Reconnected too late to write blindly: the first status decides (contract rule 2). */
  readonly waitsForStatus: boolean;
}

export interface StartGoal {
  readonly refs: readonly Ref[];
  /** When its command came; no start frame is written more than 5 s after it. */
  readonly since: number;
  readonly deadline: number;
  /** The last start frame and the status that allowed it. */
  readonly wrote: { readonly at: number; readonly statusAt: number } | null;
  readonly manualAt: number | null;
  readonly handshakeAt: number | null;
}

export interface SpeedGoal {
  readonly refs: readonly Ref[];
  readonly target: Speed;
  readonly deadline: number;
  /** It belongs to the start of this command and ends with it; null for a belt that was running already. */
  readonly startsBy: number | null;
  readonly seenMoving: boolean;
  readonly wrote: { readonly at: number; readonly from: Speed } | null;
  readonly writes: number;
}

export interface ModeGoal {
  readonly refs: readonly Ref[];
  readonly mode: Mode;
  readonly deadline: number;
  readonly writtenAt: number | null;
}

/** What a pad is wanted to do, and what was written to it to that end. Plain data; times are monotonic milliseconds. */
export interface Control {
  readonly stop: StopGoal | null;
  readonly start: StartGoal | null;
  readonly speed: SpeedGoal | null;
  readonly mode: ModeGoal | null;
  /** The last write of any kind to the present link. */
  readonly lastWrite: number | null;
  readonly lastPoll: number | null;
  /** The last start frame, and whether the belt was seen in countdown or moving since (contract rule 7). */
  readonly started: { readonly at: number; readonly seen: boolean } | null;
  /** Written on the present link. */
  readonly manualDone: boolean;
  readonly handshakeDone: boolean;
  /** This pad starts only after an A5 frame: learned by a start that needed it. */
  readonly needsHandshake: boolean;
  readonly preferences: { readonly known: boolean; readonly tries: number; readonly askedAt: number | null };
  /** A valid status came on the present link. Until then only polls and a due stop are written (contract rule 6). */
  readonly greeted: boolean;
}

export const noControl: Control = {
  stop: null,
  start: null,
  speed: null,
  mode: null,
  lastWrite: null,
  lastPoll: null,
  started: null,
  manualDone: false,
  handshakeDone: false,
  needsHandshake: false,
  preferences: { known: false, tries: 0, askedAt: null },
  greeted: false,
};

/** What a change of the goals means for the world. */
export type Effect =
  | { readonly type: "settle"; readonly refs: readonly Ref[]; readonly outcome: Outcome }
  | { readonly type: "stopped"; readonly goal: StopGoal }
  | { readonly type: "stop-dropped"; readonly goal: StopGoal }
  | { readonly type: "stop-unconfirmed"; readonly goal: StopGoal }
  | { readonly type: "speed-reached"; readonly target: Speed };

export interface Step {
  readonly control: Control;
  readonly effects: readonly Effect[];
}

export const settle = (refs: readonly Ref[], outcome: Outcome): readonly Effect[] =>
  refs.length > 0 ? [{ type: "settle", refs, outcome }] : [];
