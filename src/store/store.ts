import type { Clock } from "../clock.js";
import type { SessionStore, SessionEntry, Records } from "../domain/session-store.js";
import { isOpen } from "../domain/open-session.js";
import { dayAfter, localDays, type LocalDay, type Tally } from "../domain/totals.js";
import type { Logger } from "../log/log.js";
import { Condition } from "./condition.js";
import { type StoreState, troubleOf } from "./store-state.js";
import { FlushTimer } from "./flush-timer.js";
import { KnownPads } from "./known-pads.js";
import { KnownWalks } from "./memory.js";
import { listed, listedDays, listedSamples } from "./listed.js";
import type { PadMemory } from "./pending.js";
import {
  lastSecond,
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
import { type Driver, loadDriver, type Sqlite } from "./sqlite.js";
import { StoreFile } from "./store-file.js";
import { endForgotten, Sweeper } from "./retention.js";
import { Unwritten } from "./unwritten.js";

/** Between two transactions (ADR 7). */
const GAP_MS = 1_000;
/** What only refines what is known already: that a pad at rest was seen again. */
const LATER_MS = 10_000;
/** After a failure. */
const RETRY_MS = 10_000;
/** A slow disk gets a twentieth of the main loop's time; a suspend within a transaction is no slowness. */
const SLOWNESS = 20;
const SLOWEST_MS = 60_000;

export interface StoreDeps {
  readonly log: Logger;
  readonly clock: Clock;
  /** IANA name: days begin at its midnight. */
  readonly timeZone: string;
  /** Null: sessions are kept for ever. */
  readonly retentionDays: number | null;
  readonly changed: () => void;
  /** A stop waits for its first frame: the disk can wait, too. */
  readonly stopDue: () => boolean;
  readonly loadDriver?: () => Promise<Driver>;
}

/**
 * What outlives the process: walks and totals, which address a name was bound to, and which belts were under our care
 * when the last run ended without ending. Everything is answered from memory and written from a timer, at most once a
 * second; nothing here throws, and without a disk all but the history goes on.
 */
export class Store {
  readonly #file: StoreFile;
  readonly #deps: StoreDeps;
  readonly #clock: Clock;
  readonly #localDay: LocalDay;
  readonly #pads: KnownPads;
  readonly #walks: KnownWalks;
  readonly #unwritten: Unwritten;
  readonly #condition: Condition;
  readonly #timer: FlushTimer;
  /** The damaged file whose totals the present one has been told. */
  #carried: string | null = null;
  #sweeper: Sweeper | null = null;
  #ended = false;

  constructor(storePath: string, deps: StoreDeps) {
    this.#file = new StoreFile(storePath, () => deps.clock.wall());
    this.#deps = deps;
    this.#clock = deps.clock;
    this.#localDay = localDays(deps.timeZone);
    this.#unwritten = new Unwritten(this.#localDay);
    this.#pads = new KnownPads(this.#unwritten);
    this.#walks = new KnownWalks(this.#unwritten);
    this.#condition = new Condition(deps.log, deps.changed);
    this.#timer = new FlushTimer(deps.clock, deps.stopDue, () => this.#flush());
  }

  get state(): StoreState {
    return this.#condition.state;
  }

  /** Opens the file and reads what the last run left. Never rejects: `state` tells. */
  async open(): Promise<void> {
    try {
      await this.#file.load(this.#deps.loadDriver ?? loadDriver);
      // The program may have come to its end meanwhile, before it had begun.
      if (this.#ended) return;
      this.#file.open();
      this.#condition.good(this.#file.aside);
    } catch (error) {
      this.#condition.bad(error);
    }
    this.#carried = this.#file.aside;
    this.#read((db) => this.#load(db), undefined);
    this.#read((db) => this.#endForgotten(db), undefined);
    const { retentionDays } = this.#deps;
    if (retentionDays !== null) this.#sweeper = new Sweeper(this.#clock, retentionDays, () => this.#want(0));
  }

  recall(padId: string): PadMemory {
    return this.#pads.recall(padId);
  }

  keep(padId: string, identity: PadMemory): void {
    this.#pads.keep(padId, identity);
    this.#want(0);
  }

  crashedAt(padId: string): number | null {
    return this.#pads.crashedAt(padId);
  }

  /** The belt is under our care: written at once the first time. */
  saw(padId: string, at: number): void {
    const known = this.#pads.markOf(padId);
    if (known !== at) this.#mark(padId, at, known === null || at - known > LATER_MS ? 0 : LATER_MS);
  }

  /** The belt was left at rest, or is none of ours any more. */
  release(padId: string): void {
    this.#mark(padId, null, LATER_MS);
  }

  /** Where this pad's walks are kept. */
  ledgerOf(padId: string): SessionStore {
    return { resume: () => this.#resume(padId), note: (entry) => this.#note(padId, entry) };
  }

  /** What was walked, by its start, the walk under way included. */
  sessions(filter: SessionFilter): readonly StoredSession[] {
    const written = this.#read((db) => readSessions(db, filter), []);
    return listed(written, this.#unwritten.pads, filter);
  }

  /** What was walked on each day of each pad, today included. */
  days(filter: { readonly pad: string | null; readonly since: string | null }): readonly StoredDay[] {
    const written = this.#read((db) => readDays(db, filter), []);
    return listedDays(written, this.#unwritten.pads, filter);
  }

  /** A walk second by second, in order. */
  samples(session: StoredSession): readonly TimedSample[] {
    const written = this.#read((db) => readSamples(db, session), []);
    return listedSamples(written, this.#unwritten.pads, session);
  }

  /** Writes all there is; what comes after it is not taken any more. */
  end(): void {
    if (this.#ended) return;
    this.#sweeper?.end();
    if (this.#file.loaded) this.#flush();
    this.#ended = true;
    this.#timer.cancel();
  }

  /** Lets go of the file; the last thing before the program ends, since it waits for the disk. */
  close(): void {
    this.end();
    this.#file.close();
  }

  #resume(padId: string): Records | null {
    const moment = { at: this.#clock.wall(), now: this.#clock.now() };
    const left = this.#walks.leftAt(padId);
    const day = dayAfter(left === null ? "" : this.#localDay(left), moment.at, this.#localDay);
    const tally = this.#read<Tally | null>((db) => readTally(db, padId, day), null);
    if (tally === null && this.#file.hides) {
      this.#condition.hidden(padId);
      return null;
    }
    const records = this.#walks.resume(padId, tally, moment);
    const { session } = records.walk;
    if (isOpen(session)) {
      const last = this.#read((db) => lastSecond(db, padId, session.id), null) ?? -1;
      this.#unwritten.resume(padId, session, moment, last);
    }
    return records;
  }

  #note(padId: string, entry: SessionEntry): void {
    const isNews = this.#walks.note(padId, entry);
    if (this.#ended || !isNews) return;
    this.#unwritten.note(padId, entry);
    const walks = entry.status !== null && entry.walk.session?.state === "active";
    this.#want(walks || entry.events.length > 0 ? 0 : LATER_MS);
  }

  #load(db: Sqlite): void {
    for (const pad of readPads(db)) {
      this.#pads.load(pad);
      this.#walks.load(pad);
    }
  }

  /** Apart from reading: a disk that is full must not hide a mark of rule 9. */
  #endForgotten(db: Sqlite): void {
    if (db.readonly) return;
    for (const { id } of readPads(db)) endForgotten(db, id, this.#walks.sessionOf(id));
  }

  #mark(padId: string, at: number | null, within: number): void {
    if (this.#ended) return;
    this.#pads.mark(padId, at);
    this.#want(within);
  }

  #want(within: number): void {
    if (!this.#ended) this.#timer.want(within);
  }

  #flush(): void {
    const began = this.#clock.now();
    this.#timer.cancel();
    try {
      this.#file.writer();
      if (this.#carried !== this.#file.aside) this.#carryOver();
      this.#file.write(this.#unwritten.pads, (db) => this.#sweeper?.step(db));
      this.#unwritten.written();
      this.#condition.good(this.#file.aside);
      const took = (this.#clock.now() - began) * SLOWNESS;
      this.#timer.rest(Math.max(GAP_MS, Math.min(SLOWEST_MS, took)), began);
      if (this.#sweeper?.due) this.#want(0);
    } catch (error) {
      this.#timer.rest(this.#fail(error));
      this.#want(0);
    }
  }

  /** A new file was begun in place of one that was damaged under way. */
  #carryOver(): void {
    this.#carried = this.#file.aside;
    this.#walks.carryOver();
    this.#pads.carryOver();
  }

  /** Returns the milliseconds until it is worth trying again. */
  #fail(error: unknown): number {
    const trouble = troubleOf(error);
    // The others pass by themselves, and the connection is as good as before.
    if (trouble === "damaged" || trouble === "unwritable") this.#file.release(error);
    if (trouble === "damaged" && this.#file.aside === null) return GAP_MS;
    this.#condition.bad(error);
    return trouble === "busy" ? GAP_MS : RETRY_MS;
  }

  #read<T>(query: (db: Sqlite) => T, otherwise: T): T {
    try {
      const db = this.#file.readable;
      return db ? query(db) : otherwise;
    } catch (error) {
      this.#timer.rest(this.#fail(error));
      this.#want(0);
      return otherwise;
    }
  }
}
