import { goalProgress } from "../../domain/goals.js";
import type { Records } from "../../domain/session-store.js";
import type { PadStatus, SafetySettings } from "../../domain/pad.js";
import {
  type Timestamp,
  walk,
  type WalkEvent,
  type WalkInput,
  type WalkSettings,
  type WalkStep,
} from "../../domain/session.js";
import { keepUndated, redate } from "../../domain/unset-clock.js";
import type { EventType } from "../../domain/state.js";
import type { Goals, Session, Stats } from "../../domain/stats.js";
import { type LocalDay, updateTotals, today } from "../../domain/totals.js";
import type { Speed } from "../../domain/units.js";
import { detect, noSteps } from "../../domain/step-monitor.js";
import type { StopCause } from "../control/goals.js";

export interface JournalSettings {
  readonly walk: WalkSettings;
  readonly goals: Goals;
  readonly walkedOff: SafetySettings["walkedOff"];
  readonly localDay: LocalDay;
}

/** The events of a pad, besides state and stats. */
export interface PadEvent {
  readonly type: EventType;
  /** Epoch milliseconds. */
  readonly at: number;
  /** The session that it concerns, for the session events. */
  readonly session?: Session;
}

/** The pad's sessions, and this run's data for `resume`. Plain data. */
export interface Journal extends Records {
  /** The constant speed before the belt slowed, not a sample from the ramp; of this session only. */
  readonly held: Speed | null;
  /**
   * The cause of the pause; `pad`: its own controls. Null while no session is paused in this run, or while the safety
   * key is pulled.
   */
  readonly pausedBy: StopCause | "pad" | "safety_key" | null;
}

/** The last run's data: whatever paused that session, the belt does not return to its speed by itself. */
export const openJournal = (records: Records): Journal => ({ ...records, held: null, pausedBy: null });

export interface JournalStep {
  readonly journal: Journal;
  /** The events of the session, for the store. */
  readonly steps: readonly WalkEvent[];
  readonly events: readonly PadEvent[];
  readonly walkedOff: boolean;
}

/** The facts around an input that the counters do not contain. */
export interface InputFacts extends Timestamp {
  /** The stop of the bridge that is, or was just, pending; null when the belt came to rest by itself. */
  readonly stoppedBy: StopCause | null;
  /** The speed that was constant, or was reached by a command; null while the belt ramps. */
  readonly holding: Speed | null;
}

/** Applies an input to the session. A new day changes the tally, whatever the input. */
export const recordInput = (
  journal: Journal,
  input: WalkInput,
  settings: JournalSettings,
  circumstance: InputFacts,
): JournalStep => {
  const note = recordStep(
    journal,
    keepUndated(walk(journal.walk, input, settings.walk)),
    settings,
    circumstance,
  );
  if (input.type !== "tick") return note;
  const turned = updateTotals(note.journal.tally, { type: "tick", at: input.at }, settings.localDay);
  return { ...note, journal: { ...note.journal, tally: turned } };
};

/** A clock that was not set has been set by `ms`: what was walked before moves to its days. */
export const recordClockSet = (
  journal: Journal,
  ms: number,
  settings: JournalSettings,
  circumstance: InputFacts,
): JournalStep => recordStep(journal, redate(journal.walk, ms, circumstance.at), settings, circumstance);

const recordStep = (
  journal: Journal,
  { state, events: steps }: WalkStep,
  settings: JournalSettings,
  circumstance: InputFacts,
): JournalStep => {
  const start: JournalStep = { journal: { ...journal, walk: state }, steps, events: [], walkedOff: false };
  return steps.reduce((before, event) => record(before, event, settings, circumstance), start);
};

/** A status also carries information about the walker. */
export const recordStatus = (
  before: Journal,
  status: PadStatus,
  settings: JournalSettings,
  circumstance: InputFacts,
): JournalStep => {
  const { at, now, holding } = circumstance;
  const journal = { ...before, held: holding ?? before.held };
  const note = recordInput(journal, { type: "status", status, at, now }, settings, circumstance);
  const seen = detect(note.journal.footfall, status, now, settings.walkedOff.after);
  const walkedOff: PadEvent[] = seen.walkedOff ? [{ type: "walked_off", at }] : [];
  return {
    ...note,
    journal: { ...note.journal, footfall: seen.state },
    events: [...note.events, ...walkedOff],
    walkedOff: seen.walkedOff,
  };
};

const record = (
  note: JournalStep,
  event: WalkEvent,
  settings: JournalSettings,
  { at, stoppedBy }: InputFacts,
): JournalStep => {
  const { journal } = note;
  if (event.type === "delta")
    return { ...note, journal: { ...journal, tally: updateTotals(journal.tally, event, settings.localDay) } };
  if (event.type === "session_dated") return note;
  const told: PadEvent = { type: event.type, at, session: event.session };
  const byPad: PadEvent[] =
    event.type === "session_paused" && stoppedBy === null ? [{ type: "belt_stopped_by_pad", at }] : [];
  return {
    ...note,
    journal: { ...journal, ...afterEvent(event.type, journal.pausedBy ?? stoppedBy ?? "pad") },
    events: [...note.events, ...byPad, told],
  };
};

const afterEvent = (
  type: Exclude<WalkEvent["type"], "delta" | "session_dated">,
  pausedBy: NonNullable<Journal["pausedBy"]>,
): Partial<Journal> => {
  switch (type) {
    case "session_started":
      return { footfall: noSteps, pausedBy: null };
    case "session_paused":
      return { pausedBy };
    case "session_resumed":
      return { pausedBy: null };
    case "session_ended":
      return { held: null, pausedBy: null };
  }
};

/** docs/topics.md: only a pause by OFF, `pause` or the pad's own controls lets the belt return to its former speed. */
export const resumeSpeed = ({ walk: { session }, held, pausedBy }: Journal): Speed | null =>
  session?.state === "paused" && (pausedBy === "command" || pausedBy === "pad") ? held : null;

export const statsOf = (journal: Journal, settings: JournalSettings, speed: Speed | null): Stats => {
  const { session } = journal.walk;
  const day = today(journal.tally);
  return {
    session,
    today: day,
    total: journal.tally.total,
    goals: goalProgress(settings.goals, day, session, speed),
  };
};
