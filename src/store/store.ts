import type { Clock } from "../clock.js";
import type { SessionStore, SessionEntry, Records } from "../domain/session-store.js";
import { isOpen } from "../domain/open-session.js";
import { dayAfter, localDays, type LocalDay, type TotalsState } from "../domain/totals.js";
import type { Logger } from "../log/log.js";
import { FlushTimer, GAP_MS } from "./flush-timer.js";
import { Memory } from "./memory.js";
import { type PadMemory, PendingChanges } from "./pending.js";
import {
  lastSecond,
  mergeDays,
  mergeSamples,
  mergeSessions,
  readDays,
  readPads,
  readSamples,
  readSessions,
  readTally,
  type SessionFilter,
  type StoredDay,
  type StoredSession,
  type TimedSample,
} from "./read.js";
import { endAbandonedSessions, Retention } from "./retention.js";
import { databaseFile, type Driver, loadDriver, type Sqlite } from "./sqlite.js";
import { StoreFile } from "./store-file.js";
import { StoreHealth, type StoreState, troubleOf } from "./store-state.js";

/** For changes that only refine what is stored, such as another status of a pad at rest. */
const LATER_MS = 10_000;
/** Between two attempts while the store cannot be written. */
const RETRY_MS = 10_000;
export interface StoreDeps {
  readonly log: Logger;
  readonly clock: Clock;
  /** IANA name: days begin at its midnight. */
  readonly timeZone: string;
  /** Null: sessions are kept for ever. */
  readonly retentionDays: number | null;
  readonly changed: () => void;
  /** A stop waits for its first frame, and the store must not block the main loop. */
  readonly stopDue: () => boolean;
  readonly loadDriver?: () => Promise<Driver>;
}

/**
 * What outlives the process: sessions and totals, which address a name was bound to, and the crash marks of the last run.
 * Everything is answered from memory and written from a timer, at most once a second. Nothing here throws; without a disk
 * everything but the history works.
 */
export class Store {
  readonly #file: StoreFile;
  readonly #deps: StoreDeps;
  readonly #clock: Clock;
  readonly #localDay: LocalDay;
  readonly #memory: Memory;
  readonly #pending: PendingChanges;
  readonly #health: StoreHealth;
  readonly #timer: FlushTimer;
  /** The damaged file whose totals the present file holds. */
  #knownCopy: string | null = null;
  #retention: Retention | null = null;
  #ended = false;

  constructor(storePath: string, deps: StoreDeps) {
    this.#file = new StoreFile(storePath, () => deps.clock.wall());
    this.#deps = deps;
    this.#clock = deps.clock;
    this.#localDay = localDays(deps.timeZone);
    this.#pending = new PendingChanges(this.#localDay);
    this.#memory = new Memory(this.#pending);
    this.#health = new StoreHealth(databaseFile(storePath), deps.log, deps.changed);
    this.#timer = new FlushTimer(deps.clock, deps.stopDue, () => this.#flush());
  }

  get state(): StoreState {
    return this.#health.state;
  }

  /** Opens the file and reads what the last run left. Never rejects: `state` tells. */
  async open(): Promise<void> {
    try {
      await this.#file.load(this.#deps.loadDriver ?? loadDriver);
      // The program may have been asked to end meanwhile.
      if (this.#ended) return;
      this.#file.open();
      this.#health.ok(this.#file.damagedCopy);
    } catch (error) {
      this.#health.failed(error);
    }
    this.#knownCopy = this.#file.damagedCopy;
    this.#read((db) => this.#load(db), undefined);
    this.#read((db) => this.#endAbandoned(db), undefined);
    const { retentionDays } = this.#deps;
    if (retentionDays !== null)
      this.#retention = new Retention(this.#clock, retentionDays, () => this.#requestWrite(0));
  }

  recall(padId: string): PadMemory {
    return this.#memory.identityOf(padId);
  }

  keep(padId: string, identity: PadMemory): void {
    this.#memory.setIdentity(padId, identity);
    this.#requestWrite(0);
  }

  crashedAt(padId: string): number | null {
    return this.#memory.crashedAt(padId);
  }

  /** Sets the crash mark of this pad, written at once the first time. */
  statusSeen(padId: string, at: number): void {
    const known = this.#memory.crashMark(padId);
    if (known !== at) this.#setCrashMark(padId, at, known === null || at - known > LATER_MS ? 0 : LATER_MS);
  }

  /** The belt was left at rest. */
  clearCrashMark(padId: string): void {
    this.#setCrashMark(padId, null, LATER_MS);
  }

  /** Where this pad's sessions are stored. */
  sessionStoreOf(padId: string): SessionStore {
    return { resume: () => this.#resume(padId), note: (entry) => this.#note(padId, entry) };
  }

  /** All sessions, by their start, the open one included. */
  sessions(filter: SessionFilter): readonly StoredSession[] {
    const written = this.#read((db) => readSessions(db, filter), []);
    return mergeSessions(written, this.#pending.pads, filter);
  }

  /** The totals of each day and pad, today included. */
  days(filter: { readonly pad: string | null; readonly since: string | null }): readonly StoredDay[] {
    const written = this.#read((db) => readDays(db, filter), []);
    return mergeDays(written, this.#pending.pads, filter);
  }

  /** One sample a second, in order. */
  samples(session: StoredSession): readonly TimedSample[] {
    const written = this.#read((db) => readSamples(db, session), []);
    return mergeSamples(written, this.#pending.pads, session);
  }

  /** Writes everything; later changes are ignored. */
  end(): void {
    if (this.#ended) return;
    this.#retention?.end();
    if (this.#file.driverLoaded) this.#flush();
    this.#ended = true;
    this.#timer.cancel();
  }

  /** Closes the file; the last thing before the program ends, since it waits for the disk. */
  close(): void {
    this.end();
    this.#file.close();
  }

  #resume(padId: string): Records | null {
    const moment = { at: this.#clock.wall(), now: this.#clock.now() };
    const left = this.#memory.lastEntryAt(padId);
    const day = dayAfter(left === null ? "" : this.#localDay(left), moment.at, this.#localDay);
    const tally = this.#read<TotalsState | null>((db) => readTally(db, padId, day), null);
    if (tally === null && this.#file.mayHoldData) {
      this.#health.totalsUnreadable(padId);
      return null;
    }
    const records = this.#memory.resume(padId, tally, moment);
    const { session } = records.walk;
    if (isOpen(session)) {
      const last = this.#read((db) => lastSecond(db, padId, session.id), null) ?? -1;
      this.#pending.resume(padId, session, moment, last);
    }
    return records;
  }

  #note(padId: string, entry: SessionEntry): void {
    const isNews = this.#memory.note(padId, entry);
    if (this.#ended || !isNews) return;
    this.#pending.note(padId, entry);
    const walks = entry.status !== null && entry.walk.session?.state === "active";
    this.#requestWrite(walks || entry.events.length > 0 ? 0 : LATER_MS);
  }

  #load(db: Sqlite): void {
    for (const pad of readPads(db)) this.#memory.load(pad);
  }

  /** Separate from reading: a full disk must not hide a crash mark (safety rule 9). */
  #endAbandoned(db: Sqlite): void {
    if (db.readonly) return;
    for (const { id } of readPads(db)) endAbandonedSessions(db, id, this.#memory.sessionOf(id));
  }

  #setCrashMark(padId: string, at: number | null, within: number): void {
    if (this.#ended) return;
    this.#memory.setCrashMark(padId, at);
    this.#requestWrite(within);
  }

  #requestWrite(within: number): void {
    if (!this.#ended) this.#timer.request(within);
  }

  #flush(): void {
    const began = this.#clock.now();
    this.#timer.cancel();
    try {
      this.#file.writer();
      if (this.#knownCopy !== this.#file.damagedCopy) this.#memory.rewriteAll();
      this.#knownCopy = this.#file.damagedCopy;
      this.#file.write(this.#pending.pads, (db) => this.#retention?.step(db));
      this.#pending.written();
      this.#health.ok(this.#file.damagedCopy);
      this.#timer.written(began);
      if (this.#retention?.due) this.#requestWrite(0);
    } catch (error) {
      this.#retryAfter(error);
    }
  }

  #retryAfter(error: unknown): void {
    const ms = this.#fail(error);
    if (!this.#ended) this.#timer.retryIn(ms);
  }

  /** Returns the milliseconds until it is worth trying again. */
  #fail(error: unknown): number {
    const trouble = troubleOf(error);
    // Other failures end by themselves, and the connection stays usable.
    if (trouble === "damaged" || trouble === "unwritable") this.#file.release(error);
    if (trouble === "damaged" && this.#file.damagedCopy === null) return GAP_MS;
    this.#health.failed(error);
    return trouble === "busy" ? GAP_MS : RETRY_MS;
  }

  #read<T>(query: (db: Sqlite) => T, otherwise: T): T {
    try {
      const db = this.#file.readable;
      return db ? query(db) : otherwise;
    } catch (error) {
      this.#retryAfter(error);
      return otherwise;
    }
  }
}
