import { type SessionEntry, noRecords, type Records, type SavedWalk, wake } from "../domain/session-store.js";
import type { Moment } from "../domain/session.js";
import type { Tally } from "../domain/totals.js";
import type { PadRow } from "./read.js";
import { decodeWalk } from "./saved-walk.js";
import type { Unwritten } from "./unwritten.js";

/** What is remembered of pads' walks: as the last run left them, and as they are now. */
export class KnownWalks {
  readonly #unwritten: Unwritten;
  readonly #saved = new Map<string, SavedWalk>();
  readonly #records = new Map<string, Records>();

  constructor(unwritten: Unwritten) {
    this.#unwritten = unwritten;
  }

  load({ id, walk }: PadRow): void {
    const saved = walk === null ? null : decodeWalk(walk);
    if (saved) this.#saved.set(id, saved);
  }

  /** The id of the pad's latest session, as far as it is known. */
  sessionOf(padId: string): string | null {
    return this.#saved.get(padId)?.walk.session?.id ?? null;
  }

  /** Epoch milliseconds of what was last noted of the pad; null for nothing. */
  leftAt(padId: string): number | null {
    return this.#saved.get(padId)?.at ?? null;
  }

  /** The walk that the last run left, on the clock of this one; `tally`: null where the file tells none. */
  resume(padId: string, tally: Tally | null, moment: Moment): Records {
    const saved = this.#saved.get(padId);
    const records = { ...(saved ? wake(saved, moment) : noRecords), tally: tally ?? noRecords.tally };
    this.#records.set(padId, records);
    return records;
  }

  /** Returns whether it is news. */
  note(padId: string, entry: SessionEntry): boolean {
    const before = this.#records.get(padId);
    this.#records.set(padId, entry);
    this.#saved.set(padId, entry);
    return before?.walk !== entry.walk || entry.events.length > 0;
  }

  /** A new file is to be told everything. */
  carryOver(): void {
    for (const [padId, records] of this.#records)
      this.#unwritten.carryOver(padId, records, this.#saved.get(padId));
  }
}
