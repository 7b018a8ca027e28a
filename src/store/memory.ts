import type { BootTime } from "../domain/boot-time.js";
import {
  type SessionEntry,
  noRecords,
  type Records,
  type SavedWalk,
  restoreWalk,
  sinceSaved,
} from "../domain/session-store.js";
import type { Timestamp } from "../domain/session.js";
import type { TotalsState } from "../domain/totals.js";
import { type Identity, noIdentity } from "../domain/identity.js";
import { type PendingChanges } from "./pending.js";
import type { PadRow } from "./read.js";
import { decodeWalk } from "./validators.js";

/** A crash mark and a walk that one status has set are written together. Milliseconds. */
const TOGETHER_MS = 60_000;

/** A crash mark on the wall clock of this run: in the same boot the clock may have been set since (safety rule 9). */
const markNow = (mark: number, saved: SavedWalk | null, at: number, boot: BootTime | null): number => {
  const passed = sinceSaved(saved?.boot, boot);
  if (!saved || passed === null || Math.abs(mark - saved.at) > TOGETHER_MS) return mark;
  return Math.round(at - passed + mark - saved.at);
};

/** The data of each pad that needs no file access: identity, crash mark, and its session. Each change is pending. */
export class Memory {
  readonly #pending: PendingChanges;
  readonly #identities = new Map<string, Identity>();
  /** The crash marks of the last run, and the present ones. Epoch milliseconds; null: none. */
  readonly #crashed = new Map<string, number>();
  readonly #marks = new Map<string, number | null>();
  readonly #walks = new Map<string, SavedWalk>();
  readonly #records = new Map<string, Records>();

  constructor(pending: PendingChanges) {
    this.#pending = pending;
  }

  /** `at`: epoch milliseconds. */
  load({ id, identity, lastStatusAt, walk }: PadRow, at: number, boot: BootTime | null): void {
    if (identity) this.#identities.set(id, identity);
    const saved = walk === null ? null : decodeWalk(walk);
    if (lastStatusAt !== null) this.#crashed.set(id, markNow(lastStatusAt, saved, at, boot));
    this.#marks.set(id, lastStatusAt);
    if (saved) this.#walks.set(id, saved);
  }

  identityOf(padId: string): Identity {
    return this.#identities.get(padId) ?? noIdentity;
  }

  /** `isSaved`: also in the file; otherwise in this run only. */
  setIdentity(padId: string, identity: Identity, isSaved: boolean): void {
    this.#identities.set(padId, identity);
    if (isSaved) this.#pending.identity(padId, identity);
  }

  /** Epoch milliseconds of the last valid status before an unclean end; null after a clean one. */
  crashedAt(padId: string): number | null {
    return this.#crashed.get(padId) ?? null;
  }

  /** The present crash mark; null for a belt that the bridge is not responsible for. */
  crashMark(padId: string): number | null {
    return this.#marks.get(padId) ?? null;
  }

  setCrashMark(padId: string, at: number | null): void {
    this.#marks.set(padId, at);
    this.#pending.crashMark(padId, at);
  }

  /** Epoch milliseconds of the last entry about the pad; null for none. */
  lastEntryAt(padId: string): number | null {
    return this.#walks.get(padId)?.at ?? null;
  }

  /** The session of the last run on the clock of this one; `tally`: null where the file has none. */
  resume(padId: string, tally: TotalsState | null, moment: Timestamp, boot: BootTime | null): Records {
    const saved = this.#walks.get(padId);
    const records = {
      ...(saved ? restoreWalk(saved, moment, boot) : noRecords),
      tally: tally ?? noRecords.tally,
    };
    this.#records.set(padId, records);
    return records;
  }

  /** Returns whether the entry has to be written. */
  note(padId: string, entry: SessionEntry): boolean {
    const before = this.#records.get(padId);
    this.#records.set(padId, entry);
    this.#walks.set(padId, entry);
    return before?.walk !== entry.walk || entry.events.length > 0;
  }

  /** A new file has replaced a damaged one: everything is pending again. */
  rewriteAll(): void {
    for (const [padId, records] of this.#records)
      this.#pending.rewriteWalk(padId, records, this.#walks.get(padId));
    for (const [padId, identity] of this.#identities) this.#pending.identity(padId, identity);
    for (const [padId, at] of this.#marks) this.#pending.crashMark(padId, at);
  }
}
