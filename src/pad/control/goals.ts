import { failure, type Outcome } from "../../domain/command.js";
import type { Mode } from "../../domain/pad.js";
import type { Speed } from "../../domain/units.js";
import type { Access } from "../../protocol/session.js";
import { type ControlPoint, freshControlPoint } from "../../protocol/ftms/control-point.js";

/** Names one key of one command to whoever waits for its result. */
export type RequestId = number;

/** Why a belt is being stopped. Only a person's stop lets `resume` return to the former speed (contract 3). */
export type StopCause = "command" | "exit" | "crash" | "max_session" | "broker_lost" | "walked_off";

/** A belt that has to come to rest. It stays until fresh telemetry shows it, whatever became of its results. */
export interface StopGoal {
  readonly refs: readonly RequestId[];
  readonly cause: StopCause;
  /** Asked for by somebody, or for the belt's sake: not only by the program's own end. The bridge answers for it. */
  readonly accepted: boolean;
  /** `stop` ends the session, `OFF` and `pause` keep it open. */
  readonly endsSession: boolean;
  /** When it was asked for first, and last. */
  readonly asked: number;
  readonly since: number;
  /** When the results are given up; the belt is not. Null once that has happened. */
  readonly deadline: number | null;
  /** A deadline has passed: the belt takes longer than it may. */
  readonly overdue: boolean;
  /** When the last stop frame was handed to the present link; null: none yet. */
  readonly lastWrite: number | null;
  /** That frame came within the pad's gap of another write: it may be lost, and is written again one gap later. */
  readonly inGap: boolean;
  /** A status that is newer than that frame shows the belt neither slower nor at rest: it is written again. */
  readonly ignored: boolean;
  /** The stop was asked for again since. */
  readonly pressedAgain: boolean;
  /** The speed when the first one was. */
  readonly from: Speed | null;
  /** Consecutive statuses at rest that answer polls written after the last stop frame. */
  readonly proof: number;
  /** The belt moved, or might have, when the link was lost. */
  readonly movedWhenLost: boolean;
  /** Reconnected too late to write blindly: the first status decides (contract rule 2). */
  readonly waitsForStatus: boolean;
}

export interface StartGoal {
  readonly refs: readonly RequestId[];
  /** When its command came; no start frame is written more than 5 s after it. */
  readonly since: number;
  /** The belt was starting or running when it was asked for: nothing is written for it (contract 3). */
  readonly joined: boolean;
  readonly deadline: number;
  /** So many start frames were written for it. */
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
  /** Not written by then, it is dropped. */
  readonly writeBy: number;
  /** It belongs to a start, and ends with it. */
  readonly fromRest: boolean;
  /** The belt was seen moving, or about to: at rest after that, and without a start of ours, there is nothing to set. */
  readonly seenActive: boolean;
  /** The last write: when, the measured speed at that moment, and whether the belt has left that speed since. */
  readonly wrote: { readonly at: number; readonly from: Speed; readonly left: boolean } | null;
  readonly writes: number;
  /** Never written above the measured speed: `slower`, and every speed while `safety.allow_start` is false. */
  readonly onlySlower: boolean;
  /** The lower speed that an older goal has just sent the belt to: that it slows is no stop of somebody else's. */
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
  /** Not written by then, it is dropped. */
  readonly writeBy: number;
  /** A start was under way: it waits for the belt to move, and is dropped if it does not. */
  readonly withStart: boolean;
  readonly wroteAt: number | null;
}

/** A write that has not settled may yet arrive, whenever that is: the link, or we ourselves, may be held up. */
export const NOT_SENT_YET = Infinity;

/** The last start frame, the status that allowed it, and whether the belt was seen in countdown or moving since. */
export interface Started {
  /** When it had left for the pad, or `ON_ITS_WAY`. */
  readonly at: number;
  readonly statusAt: number;
  readonly seen: boolean;
  /** No status shows a start, and no stop was acknowledged since: the belt may move later than elsewhere (rule 7). */
  readonly slow?: boolean;
  /** What the pad said to it: it takes effect, or has none and never will; absent: nothing. */
  readonly taken?: boolean;
}

/** What a pad is wanted to do, and what was written to it to that end. Plain data; times are monotonic milliseconds. */
export interface Control {
  readonly stop: StopGoal | null;
  readonly start: StartGoal | null;
  readonly speed: SpeedGoal | null;
  readonly mode: ModeGoal | null;
  readonly incline: InclineGoal | null;
  /** The speed the belt was last brought to, by us or by its own controls; null at rest. */
  readonly target: Speed | null;
  /** Contract 3: false from a stop until the belt is seen at rest. */
  readonly stopConfirmed: boolean;
  /** What is bringing, or brought, the belt to rest; null once it moves again, or when it was not us. */
  readonly haltedBy: StopCause | null;
  readonly started: Started | null;
  /** An earlier run left the belt without seeing it at rest: nothing is started before that is seen. */
  readonly leftMoving: boolean;
  /** This pad starts only after an A5 frame: learned by a start that needed it. */
  readonly needsHandshake: boolean;
  /** When the last write of any kind had left, or `ON_ITS_WAY`. */
  readonly lastWrite: number | null;
  /** What follows is true of the present link only. What may be written: */
  readonly access: Access;
  readonly lastPoll: number | null;
  readonly manualDone: boolean;
  readonly handshakeDone: boolean;
  readonly preferences: { readonly known: boolean; readonly tries: number; readonly askedAt: number | null };
  /** The pad's last walk may be one that nobody saw: it is worth asking for. */
  readonly record: { readonly wanted: boolean; readonly tries: number; readonly askedAt: number | null };
  /** A valid status came. Until then only polls and a due stop are written (contract rule 6). */
  readonly statusSeen: boolean;
  /** Where we stand with the machine's control point, if it has one. */
  readonly controlPoint: ControlPoint;
}

/** What every link begins with. */
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

/** What a change of the goals means for the world. */
export type Effect =
  | { readonly type: "settle"; readonly refs: readonly RequestId[]; readonly outcome: Outcome }
  | { readonly type: "stopped"; readonly goal: StopGoal }
  | { readonly type: "stop-dropped" }
  /** `unwritten`: the pad offers no way to write it. */
  | { readonly type: "stop-unconfirmed"; readonly unwritten: boolean };

export interface Step {
  readonly control: Control;
  readonly effects: readonly Effect[];
}

export const resolve = (refs: readonly RequestId[], outcome: Outcome): readonly Effect[] =>
  refs.length > 0 ? [{ type: "settle", refs, outcome }] : [];

const OVERTAKEN = failure("superseded", "A newer command came before it was done.");

/** A goal makes way for a newer one. */
export const supersede = (goal: { readonly refs: readonly RequestId[] } | null): readonly Effect[] =>
  resolve(goal?.refs ?? [], OVERTAKEN);

/** The machine lets nobody, or not us, control it: it answered so, or said so. */
const isControlLost = ({ controlPoint: { permission } }: Control): boolean =>
  permission === "lost" || permission === "refused";

/** Lost, it stays so until permission is held again: on the way there it is neither. */
export const controlLost = (before: boolean, control: Control): boolean =>
  isControlLost(control) || (before && control.controlPoint.permission === "none");

const NO_CONTROL = failure(
  "unconfirmed",
  "The machine does not let the bridge control it, so nothing was written. Use its own buttons, or try again later.",
);

/** Why something was not written in time: `otherwise`, unless the machine would not have it. */
export const notWritten = (control: Control, otherwise: Outcome): Outcome =>
  isControlLost(control) ? NO_CONTROL : otherwise;

/** Gives up everything but a stop. */
export const cancelGoals = (control: Control, outcome: Outcome): Step => ({
  control: { ...control, start: null, speed: null, mode: null, incline: null },
  effects: [control.start, control.speed, control.mode, control.incline].flatMap((goal) =>
    goal ? resolve(goal.refs, outcome) : [],
  ),
});
