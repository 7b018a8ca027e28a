import { failure, type Outcome } from "../../domain/command.js";
import type { Mode } from "../../domain/pad.js";
import type { Speed } from "../../domain/units.js";
import type { Access } from "../../protocol/session.js";
import { type ControlPoint, freshControlPoint } from "../../protocol/ftms/control-point.js";

/** Identifies one key of one command for its result. */
export type RequestId = number;

/** Why a belt is being stopped. Only a person's stop lets `resume` return to the former speed (docs/topics.md). */
export type StopCause = "command" | "exit" | "crash" | "max_session" | "broker_lost" | "walked_off";

/** A stop of the belt. The goal stays until fresh telemetry shows rest, independent of its results. */
export interface StopGoal {
  readonly refs: readonly RequestId[];
  readonly cause: StopCause;
  /** Requested by a command, or for safety: not only by the end of the program. The bridge is responsible for it. */
  readonly accepted: boolean;
  /** `stop` ends the session, `OFF` and `pause` keep it open. */
  readonly endsSession: boolean;
  /** When it was first requested, and last. */
  readonly asked: number;
  readonly since: number;
  /** When the results end as `unconfirmed`; the goal stays. Null once that has happened. */
  readonly deadline: number | null;
  /** A deadline has passed: the belt takes longer than it should. */
  readonly overdue: boolean;
  /** When the last stop frame was written to the present link; null: none yet. */
  readonly lastWrite: number | null;
  /** That frame was within the pad's gap of another write: it may be lost, and is written again one gap later. */
  readonly inGap: boolean;
  /** A newer status than that frame shows the belt neither slower nor at rest: it is written again. */
  readonly ignored: boolean;
  /** The stop was requested again since. */
  readonly pressedAgain: boolean;
  /** The speed at the first request. */
  readonly from: Speed | null;
  /** Consecutive statuses at rest that answer polls written after the last stop frame. */
  readonly proof: number;
  /** The belt moved, or might have, when the link was lost. */
  readonly movedWhenLost: boolean;
  /** Reconnected too late for a write without a status: the first status decides (safety rule 2). */
  readonly waitsForStatus: boolean;
}

export interface StartGoal {
  readonly refs: readonly RequestId[];
  /** When its command arrived; no start frame is written more than 5 s after it. */
  readonly since: number;
  /** The belt was starting or running at the request: nothing is written for it (docs/topics.md). */
  readonly joined: boolean;
  readonly deadline: number;
  /** The number of start frames written for it. */
  readonly tries: number;
  /** When its last start frame was written. */
  readonly wroteAt: number | null;
  readonly manualAt: number | null;
  readonly handshakeAt: number | null;
}

export interface SpeedGoal {
  readonly refs: readonly RequestId[];
  readonly target: Speed;
  readonly deadline: number;
  /** A speed that is not written by then is dropped. */
  readonly writeBy: number;
  /** It belongs to a start, and ends with it. */
  readonly fromRest: boolean;
  /** The belt that it is for was seen moving, or about to: once that one rests, there is nothing to set. */
  readonly seenActive: boolean;
  /** The last write: its time, the measured speed at that moment, and whether the belt has left that speed since. */
  readonly wrote: { readonly at: number; readonly from: Speed; readonly left: boolean } | null;
  readonly writes: number;
  /** Never written above the measured speed: `slower`, and every speed while `safety.allow_start` is false. */
  readonly onlySlower: boolean;
  /** The lower speed that an older goal has just written: the slowing belt was not stopped by another controller. */
  readonly slowingTo: Speed | null;
}

export interface ModeGoal {
  readonly refs: readonly RequestId[];
  readonly mode: Mode;
  readonly deadline: number;
  readonly writtenAt: number | null;
}

export interface InclineGoal {
  readonly refs: readonly RequestId[];
  readonly percent: number;
  readonly deadline: number;
  /** An incline that is not written by then is dropped. */
  readonly writeBy: number;
  /** A start was pending: the incline waits for the belt to move, and is dropped if it does not. */
  readonly withStart: boolean;
  readonly wroteAt: number | null;
}

/** An unsettled write may still arrive at any later time: the link, or this process, may be delayed. */
export const NOT_SENT_YET = Infinity;

/** The last start frame, the status that allowed it, and whether the belt was seen in countdown or moving since. */
export interface Started {
  /** When it was sent to the pad, or `NOT_SENT_YET`. */
  readonly at: number;
  readonly statusAt: number;
  readonly seen: boolean;
  /**
   * No status shows a start, and no stop was acknowledged since: the belt may move later than on other machines (safety
   * rule 7).
   */
  readonly slow?: boolean;
  /** The pad's answer: true: it takes effect, false: it never will; absent: none. */
  readonly taken?: boolean;
}

/** The goals of a pad, and what was written for them. Plain data; times are monotonic milliseconds. */
export interface Control {
  readonly stop: StopGoal | null;
  readonly start: StartGoal | null;
  readonly speed: SpeedGoal | null;
  readonly mode: ModeGoal | null;
  readonly incline: InclineGoal | null;
  /** The last speed of the belt, set by the bridge or by its own controls; null at rest. */
  readonly target: Speed | null;
  /** docs/topics.md: false from a stop until the belt is seen at rest. */
  readonly stopConfirmed: boolean;
  /** The cause of the present or last stop by the bridge; null once the belt moves again, or was stopped otherwise. */
  readonly haltedBy: StopCause | null;
  readonly started: Started | null;
  /** An earlier run left the belt without seeing it at rest: nothing is started before that is seen. */
  readonly leftMoving: boolean;
  /** This pad starts only after an A5 frame: learned by a start that required it. */
  readonly needsHandshake: boolean;
  /** When the last write of any kind was sent, or `NOT_SENT_YET`. */
  readonly lastWrite: number | null;
  /** The following applies to the present link only. The access: */
  readonly access: Access;
  readonly lastPoll: number | null;
  readonly manualDone: boolean;
  readonly handshakeDone: boolean;
  readonly preferences: { readonly known: boolean; readonly tries: number; readonly askedAt: number | null };
  /** The pad's last walk may be unobserved: it should be read. */
  readonly record: { readonly wanted: boolean; readonly tries: number; readonly askedAt: number | null };
  /** A valid status arrived. Until then only polls and a due stop are written (safety rule 6). */
  readonly statusSeen: boolean;
  /** The state of the machine's control point, if it has one. */
  readonly controlPoint: ControlPoint;
}

/** The state at the beginning of every link. */
export const LINK_DEFAULTS: Pick<
  Control,
  | "access"
  | "lastPoll"
  | "manualDone"
  | "handshakeDone"
  | "preferences"
  | "record"
  | "statusSeen"
  | "controlPoint"
> = {
  access: "full",
  lastPoll: null,
  manualDone: false,
  handshakeDone: false,
  preferences: { known: false, tries: 0, askedAt: null },
  record: { wanted: false, tries: 0, askedAt: null },
  statusSeen: false,
  controlPoint: freshControlPoint,
};

export const noControl: Control = {
  stop: null,
  start: null,
  speed: null,
  mode: null,
  incline: null,
  target: null,
  stopConfirmed: true,
  haltedBy: null,
  started: null,
  leftMoving: false,
  needsHandshake: false,
  lastWrite: null,
  ...LINK_DEFAULTS,
};

/** An effect of changed goals outside of them. */
export type Effect =
  | { readonly type: "settle"; readonly refs: readonly RequestId[]; readonly outcome: Outcome }
  | { readonly type: "stopped"; readonly goal: StopGoal }
  | { readonly type: "stop-dropped" }
  /** `unwritten`: the pad has no way to write it. */
  | { readonly type: "stop-unconfirmed"; readonly unwritten: boolean };

export interface Step {
  readonly control: Control;
  readonly effects: readonly Effect[];
}

export const resolve = (refs: readonly RequestId[], outcome: Outcome): readonly Effect[] =>
  refs.length > 0 ? [{ type: "settle", refs, outcome }] : [];

const OVERTAKEN = failure("superseded", "A newer command replaced this one.");

/** A goal is replaced by a newer one. */
export const supersede = (goal: { readonly refs: readonly RequestId[] } | null): readonly Effect[] =>
  resolve(goal?.refs ?? [], OVERTAKEN);

/** The machine refuses control, or has withdrawn it. */
const isControlLost = ({ controlPoint: { permission } }: Control): boolean =>
  permission === "lost" || permission === "refused";

/** Once lost, it counts as lost until permission is held again: in between it is neither. */
export const controlLost = (before: boolean, control: Control): boolean =>
  isControlLost(control) || (before && control.controlPoint.permission === "none");

const NO_CONTROL = failure(
  "unconfirmed",
  "The machine refuses control by the bridge, so nothing was written. Use its own buttons, or try again later.",
);

/** Why a frame was not written in time: `otherwise`, unless the machine refuses control. */
export const notWritten = (control: Control, otherwise: Outcome): Outcome =>
  isControlLost(control) ? NO_CONTROL : otherwise;

/** Cancels everything but a stop. */
export const cancelGoals = (control: Control, outcome: Outcome): Step => ({
  control: { ...control, start: null, speed: null, mode: null, incline: null },
  effects: [control.start, control.speed, control.mode, control.incline].flatMap((goal) =>
    goal ? resolve(goal.refs, outcome) : [],
  ),
});
