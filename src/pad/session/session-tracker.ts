import type { Clock } from "../../clock.js";
import { type SessionStore, noRecords } from "../../domain/session-store.js";
import { needsRecord } from "../../domain/offline-session.js";
import { isOpen } from "../../domain/open-session.js";
import type { PadRecord, PadStatus } from "../../domain/pad.js";
import type { Timestamp, Walk, WalkInput } from "../../domain/session.js";
import { clockSetBy } from "../../domain/unset-clock.js";
import type { Stats } from "../../domain/stats.js";
import type { Seconds, Speed } from "../../domain/units.js";
import type { StopCause } from "../control/goals.js";
import {
  type InputFacts,
  recordClockSet,
  recordInput,
  recordStatus,
  type Journal,
  type JournalSettings,
  type JournalStep,
  openJournal,
  type PadEvent,
  resumeSpeed,
  statsOf,
} from "./session-journal.js";

/**
 * After an unclean end the last published values may be a status ahead of the stored ones: until the pad has reported
 * its counters, or for this long, the broker keeps its values, and no number decreases.
 */
const CATCH_UP_MS = 15_000;
/** Some machines report their counters in parts, one notification each (wire-facts b.1). */
const CATCH_UP_STATUSES = 3;

/** Keeps the journal of one pad, continued from the last run; saves it to the store, and reports its events. */
export class SessionTracker {
  readonly #settings: JournalSettings;
  readonly #clock: Clock;
  readonly #ledger: SessionStore;
  readonly #tell: (event: PadEvent) => void;
  /** The totals before this run are known, even if there are none. */
  readonly #complete: boolean;
  readonly #behindUntil: number;
  #unheard: number;
  #journal: Journal;
  /** When the journal was last looked at. */
  #last: Timestamp;
  #known: (Pick<Walk, "session"> & Pick<Journal, "tally"> & { speed: Speed | null; stats: Stats }) | null =
    null;

  /** `crashed`: the last run ended uncleanly. */
  constructor(
    settings: JournalSettings,
    clock: Clock,
    ledger: SessionStore,
    crashed: boolean,
    tell: (event: PadEvent) => void,
  ) {
    this.#settings = settings;
    this.#clock = clock;
    this.#ledger = ledger;
    this.#tell = tell;
    const records = ledger.resume();
    this.#complete = records !== null;
    this.#behindUntil = clock.now() + CATCH_UP_MS;
    this.#unheard = crashed ? CATCH_UP_STATUSES : 0;
    this.#journal = openJournal(records ?? noRecords);
    this.#last = records?.savedAt ?? { at: clock.wall(), now: clock.now() };
  }

  /** Returns true when the walker has just left a moving belt. */
  status(status: PadStatus, stoppedBy: StopCause | null, holding: Speed | null): boolean {
    this.#unheard -= 1;
    return this.#take(
      (journal, about) => recordStatus(journal, status, this.#settings, about),
      { stoppedBy, holding },
      status,
    );
  }

  tick(): void {
    this.#enter((moment) => ({ type: "tick", ...moment }));
  }

  end(): void {
    this.#enter((moment) => ({ type: "end", ...moment }));
  }

  /** docs/topics.md: after that a start does not return to the former speed. */
  safetyKeyPulled(): void {
    this.#journal = { ...this.#journal, pausedBy: "safety_key" };
  }

  gap(): void {
    this.#enter(() => ({ type: "gap" }));
  }

  /** The shutdown is about to put the pad into standby, which ends no session. */
  park(): void {
    this.#enter(() => ({ type: "park" }));
  }

  record(record: PadRecord): void {
    this.#enter((moment) => ({ type: "record", record, ...moment }));
  }

  /** The pad's own record may contain an unobserved walk. */
  get needsRecord(): boolean {
    return needsRecord(this.#journal.walk.absence);
  }

  get paused(): boolean {
    return this.#journal.walk.session?.state === "paused";
  }

  /** Whether the open session's belt has moved for `limit`; after a stop for that reason the count restarts. */
  hasMovedFor(limit: Seconds): boolean {
    const { walk, lengthStop } = this.#journal;
    if (!isOpen(walk.session)) return false;
    const counted = lengthStop?.session === walk.session.id ? lengthStop.duration : 0;
    return walk.session.duration - counted >= limit;
  }

  /** The belt is stopped because of the session's length. The next status saves it. */
  stoppedForLength(): void {
    const { session } = this.#journal.walk;
    this.#journal = {
      ...this.#journal,
      lengthStop: session && { session: session.id, duration: session.duration },
    };
  }

  get resumeSpeed(): Speed | null {
    return resumeSpeed(this.#journal);
  }

  /** Null where earlier sessions cannot be read, or not yet: a decreasing total would be taken for the truth. */
  stats(speed: Speed | null): Stats | null {
    const caughtUp = this.#unheard <= 0 || this.#clock.now() >= this.#behindUntil;
    return this.#complete && caughtUp ? this.#statsAt(speed) : null;
  }

  /** They follow from session, tally and speed, which are read far more often than they change. */
  #statsAt(speed: Speed | null): Stats {
    const { walk, tally } = this.#journal;
    const known = this.#known;
    if (known?.session === walk.session && known.tally === tally && known.speed === speed) return known.stats;
    const stats = statsOf(this.#journal, this.#settings, speed);
    this.#known = { session: walk.session, tally, speed, stats };
    return stats;
  }

  #enter(input: (moment: Timestamp) => WalkInput): void {
    this.#take((journal, about) =>
      recordInput(journal, input({ at: about.at, now: about.now }), this.#settings, about),
    );
  }

  #take(
    note: (journal: Journal, about: InputFacts) => JournalStep,
    belt: Pick<InputFacts, "stoppedBy" | "holding"> = { stoppedBy: null, holding: null },
    status: PadStatus | null = null,
  ): boolean {
    const moment = { at: this.#clock.wall(), now: this.#clock.now() };
    const setBy = clockSetBy(this.#last, moment);
    this.#last = moment;
    if (setBy !== 0)
      this.#keep(
        (journal, about) => recordClockSet(journal, setBy, this.#settings, about),
        { ...moment, ...belt },
        null,
      );
    return this.#keep(note, { ...moment, ...belt }, status);
  }

  #keep(
    note: (journal: Journal, about: InputFacts) => JournalStep,
    about: InputFacts,
    status: PadStatus | null,
  ): boolean {
    const { at, now } = about;
    const { journal, steps, events, walkedOff } = note(this.#journal, about);
    const { walk, footfall, lengthStop, tally } = journal;
    // Time alone changes nothing, most of the time.
    const passed = status === null && steps.length === 0;
    if (passed && walk === this.#journal.walk && tally === this.#journal.tally) return walkedOff;
    this.#journal = journal;
    this.#ledger.note({ at, now, walk, footfall, lengthStop, tally, events: steps, status });
    for (const event of events) this.#tell(event);
    return walkedOff;
  }
}
