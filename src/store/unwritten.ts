import type { SessionEntry, Records, SavedWalk } from "../domain/session-store.js";
import type { Moment } from "../domain/session.js";
import type { Session } from "../domain/stats.js";
import type { LocalDay } from "../domain/totals.js";
import { carriedOver } from "./carry-over.js";
import {
  afterWriting,
  collect,
  noChange,
  type PadChange,
  type PadMemory,
  startStopwatch,
  type Stopwatch,
} from "./pending.js";

/** What the file does not know yet, by pad; it adds up while there is no file. */
export class Unwritten {
  readonly #localDay: LocalDay;
  readonly #watches = new Map<string, Stopwatch>();
  #pads = new Map<string, PadChange>();

  constructor(localDay: LocalDay) {
    this.#localDay = localDay;
  }

  get pads(): ReadonlyMap<string, PadChange> {
    return this.#pads;
  }

  identity(padId: string, identity: PadMemory): void {
    this.#of(padId).identity = identity;
  }

  mark(padId: string, lastStatusAt: number | null): void {
    this.#of(padId).lastStatusAt = lastStatusAt;
  }

  note(padId: string, entry: SessionEntry): void {
    const { session } = entry.walk;
    if (session && this.#watches.get(padId)?.session !== session.id)
      this.#watches.set(padId, startStopwatch(session, entry, 0));
    collect(this.#of(padId), entry, this.#watches.get(padId) ?? null, this.#localDay);
  }

  /** The session of the last run goes on; its seconds after the last one that is written. */
  resume(padId: string, session: Session, moment: Moment, last: number): void {
    this.#watches.set(padId, startStopwatch(session, moment, last + 1));
  }

  /** The file is a new one in place of one that was damaged: it is to be told everything. */
  carryOver(padId: string, { tally }: Records, walk: SavedWalk | undefined): void {
    const change = this.#of(padId);
    change.rollups = carriedOver(tally, change);
    change.walk = walk;
  }

  /** All of it is in the file now. */
  written(): void {
    this.#pads = new Map([...this.#pads].map(([padId, change]) => [padId, afterWriting(change)]));
  }

  #of(padId: string): PadChange {
    const change = this.#pads.get(padId) ?? noChange();
    this.#pads.set(padId, change);
    return change;
  }
}
