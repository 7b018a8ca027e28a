import { goalProgress } from "../domain/goals.js";
import type { PadStatus, SafetySettings } from "../domain/pad.js";
import {
  noWalk,
  type Walk,
  walk,
  type WalkEvent,
  type WalkInput,
  type WalkSettings,
} from "../domain/session.js";
import type { EventType } from "../domain/state.js";
import type { Goals, Session, Stats } from "../domain/stats.js";
import { noTally, type Tally, tally, today } from "../domain/totals.js";
import type { Speed } from "../domain/units.js";
import { detect, type Footfall, noFootfall } from "../domain/walked-off.js";
import type { StopCause } from "./goals.js";

export interface JournalSettings {
  readonly walk: WalkSettings;
  readonly goals: Goals;
  readonly walkedOff: SafetySettings["walkedOff"];
  /** IANA name: days begin at its midnight. */
  readonly timeZone: string;
}

/** What the pad's owner announces, besides state and stats. */
export interface PadEvent {
  readonly type: EventType;
  /** Epoch milliseconds. */
  readonly at: number;
  /** The walk that it is about, for the session events. */
  readonly session?: Session;
  /** `session_ended`: long enough to be kept. */
  readonly kept?: boolean;
}

/** The pad's walks: the open session, the totals, and what `resume` needs. Plain data. */
export interface Journal {
  readonly walk: Walk;
  readonly tally: Tally;
  readonly footfall: Footfall;
  /** The speed that was held before the belt slowed, not a sample from the ramp; of this session only. */
  readonly held: Speed | null;
  /** What brought the belt to rest; `pad`: its own controls. Null while no session is paused in this run, or the key out. */
  readonly pausedBy: StopCause | "pad" | "safety_key" | null;
}

export const newJournal: Journal = {
  walk: noWalk,
  tally: noTally,
  footfall: noFootfall,
  held: null,
  pausedBy: null,
};

export interface Note {
  readonly journal: Journal;
  readonly events: readonly PadEvent[];
  readonly walkedOff: boolean;
}

/** The facts around an input that the counters cannot know. */
export interface Circumstance {
  readonly at: number;
  readonly now: number;
  /** The stop of ours that is, or was just, under way; null when the belt came to rest by itself. */
  readonly stoppedBy: StopCause | null;
  /** The speed that has held, or was reached on our command; null while the belt ramps. */
  readonly holding: Speed | null;
}

export const journalStatus = (
  journal: Journal,
  status: PadStatus,
  settings: JournalSettings,
  circumstance: Circumstance,
): Note => {
  const { at, now, holding } = circumstance;
  const note = take(
    { ...journal, held: holding ?? journal.held },
    { type: "status", status, at, now },
    settings,
    circumstance,
  );
  const seen = detect(note.journal.footfall, status, now, settings.walkedOff.after);
  const walkedOff: PadEvent[] = seen.walkedOff ? [{ type: "walked_off", at }] : [];
  return {
    journal: { ...note.journal, footfall: seen.state },
    events: [...note.events, ...walkedOff],
    walkedOff: seen.walkedOff,
  };
};

export const journalTick = (
  journal: Journal,
  settings: JournalSettings,
  circumstance: Circumstance,
): Note => {
  const note = take(
    journal,
    { type: "tick", at: circumstance.at, now: circumstance.now },
    settings,
    circumstance,
  );
  const turned = tally(note.journal.tally, { type: "tick", at: circumstance.at }, settings.timeZone);
  return { ...note, journal: { ...note.journal, tally: turned } };
};

export const journalEnd = (journal: Journal, settings: JournalSettings, circumstance: Circumstance): Note =>
  take(journal, { type: "end", at: circumstance.at, now: circumstance.now }, settings, circumstance);

export const journalGap = (journal: Journal, settings: JournalSettings): Journal => ({
  ...journal,
  walk: walk(journal.walk, { type: "gap" }, settings.walk).state,
});

const take = (
  journal: Journal,
  input: WalkInput,
  settings: JournalSettings,
  circumstance: Circumstance,
): Note => {
  const step = walk(journal.walk, input, settings.walk);
  const start: Note = { journal: { ...journal, walk: step.state }, events: [], walkedOff: false };
  return step.events.reduce((note, event) => record(note, event, settings, circumstance), start);
};

const record = (
  note: Note,
  event: WalkEvent,
  settings: JournalSettings,
  { at, stoppedBy }: Circumstance,
): Note => {
  const { journal } = note;
  if (event.type === "delta")
    return { ...note, journal: { ...journal, tally: tally(journal.tally, event, settings.timeZone) } };
  const told: PadEvent = {
    type: event.type,
    at,
    session: event.session,
    ...(event.type === "session_ended" ? { kept: event.kept } : {}),
  };
  const byPad: PadEvent[] =
    event.type === "session_paused" && stoppedBy === null ? [{ type: "belt_stopped_by_pad", at }] : [];
  return {
    ...note,
    journal: { ...journal, ...afterEvent(event.type, journal.pausedBy ?? stoppedBy ?? "pad") },
    events: [...note.events, ...byPad, told],
  };
};

const afterEvent = (
  type: Exclude<WalkEvent["type"], "delta">,
  pausedBy: NonNullable<Journal["pausedBy"]>,
): Partial<Journal> => {
  switch (type) {
    case "session_started":
      return { footfall: noFootfall, pausedBy: null };
    case "session_paused":
      return { pausedBy };
    case "session_resumed":
      return { pausedBy: null };
    case "session_ended":
      return { held: null, pausedBy: null };
  }
};

/** Contract 3: only a pause by OFF, `pause` or the pad's own controls lets the belt return to its former speed. */
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
