import type { Clock } from "../clock.js";
import type { PadStatus } from "../domain/pad.js";
import type { Stats } from "../domain/stats.js";
import type { Seconds, Speed } from "../domain/units.js";
import type { StopCause } from "./goals.js";
import {
  type Circumstance,
  type Journal,
  journalEnd,
  journalGap,
  type JournalSettings,
  journalStatus,
  journalTick,
  newJournal,
  type Note,
  type PadEvent,
  resumeSpeed,
  statsOf,
} from "./journal.js";

/** Holds the journal of one pad and tells its events. */
export class WalkBook {
  readonly #settings: JournalSettings;
  readonly #clock: Clock;
  readonly #tell: (event: PadEvent) => void;
  #journal: Journal = newJournal;
  /** The session that was stopped for its length, and how long it was by then. */
  #stoppedAt: { readonly session: string; readonly duration: number } | null = null;

  constructor(settings: JournalSettings, clock: Clock, tell: (event: PadEvent) => void) {
    this.#settings = settings;
    this.#clock = clock;
    this.#tell = tell;
  }

  /** Returns true when the walker has just left a moving belt. */
  status(status: PadStatus, stoppedBy: StopCause | null, holding: Speed | null): boolean {
    return this.#take(
      (journal, about) => journalStatus(journal, status, this.#settings, about),
      stoppedBy,
      holding,
    );
  }

  tick(): void {
    this.#take((journal, about) => journalTick(journal, this.#settings, about));
  }

  end(): void {
    this.#take((journal, about) => journalEnd(journal, this.#settings, about));
  }

  /** Contract 3: after that a start is no return to the former speed. */
  safetyKeyPulled(): void {
    this.#journal = { ...this.#journal, pausedBy: "safety_key" };
  }

  gap(): void {
    this.#journal = journalGap(this.#journal, this.#settings);
  }

  get paused(): boolean {
    return this.#journal.walk.session?.state === "paused";
  }

  /** Whether the open session's belt has moved for `limit`; once it was stopped for that, it is counted anew. */
  hasMovedFor(limit: Seconds): boolean {
    const { session } = this.#journal.walk;
    if (!session || session.state === "ended") return false;
    const counted = this.#stoppedAt?.session === session.id ? this.#stoppedAt.duration : 0;
    return session.duration - counted >= limit;
  }

  /** The belt is stopped because of the session's length. */
  stoppedForLength(): void {
    const { session } = this.#journal.walk;
    this.#stoppedAt = session && { session: session.id, duration: session.duration };
  }

  get resumeSpeed(): Speed | null {
    return resumeSpeed(this.#journal);
  }

  stats(speed: Speed | null): Stats {
    return statsOf(this.#journal, this.#settings, speed);
  }

  #take(
    note: (journal: Journal, about: Circumstance) => Note,
    stoppedBy: StopCause | null = null,
    holding: Speed | null = null,
  ): boolean {
    const about = { at: this.#clock.wall(), now: this.#clock.now(), stoppedBy, holding };
    const { journal, events, walkedOff } = note(this.#journal, about);
    this.#journal = journal;
    for (const event of events) this.#tell(event);
    return walkedOff;
  }
}
