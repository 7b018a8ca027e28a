import type { Clock } from "../clock.js";
import type { BootTime } from "../domain/boot-time.js";
import type { SessionStore, SessionEntry, Records } from "../domain/session-store.js";
import { clockSetBy } from "../domain/unset-clock.js";
import { isOpen } from "../domain/open-session.js";
import { dayAfter, type LocalDay, noTally, type TotalsState } from "../domain/totals.js";
import type { Logger } from "../log/log.js";
import { Flusher } from "./flusher.js";
import { Memory } from "./memory.js";
import type { Identity } from "../domain/identity.js";
import { PendingChanges } from "./pending.js";
import { errorOf, type Opened, type StorePort } from "./port.js";
import { STALLED_MS, StoreQueue } from "./queue.js";
import type { DayFilter, SessionFilter, StoredDay, StoredSession, TimedSample } from "./read.js";
import { Retention } from "./retention-clock.js";
import { databaseFile } from "./sqlite.js";
import { StoreHealth, type StoreState, troubleOf } from "./store-state.js";
import { mergeDays, mergeSamples, mergeSessions } from "./with-pending.js";

/** For changes that only refine stored data, such as another status of a pad at rest. */
const LATER_MS = 10_000;
/** A user waits for the reply. */
const PATIENCE_MS = 5_000;

export interface StoreDeps {
  readonly log: Logger;
  readonly clock: Clock;
  readonly localDay: LocalDay;
  /** Null: sessions are kept for ever. */
  readonly retentionDays: number | null;
  readonly changed: () => void;
}

const NOTHING: Opened = {
  trouble: null,
  renewal: null,
  pads: null,
  trust: null,
  newest: null,
  mayHoldData: false,
};

/**
 * The data that is kept across restarts: sessions and totals, the address that a name was bound to, and the crash marks
 * of the last run. Data for the belts is answered from memory, at once; a thread of its own waits for the disk (ADR 10)
 * and gets all changes at most once a second. Nothing here throws; without a disk everything but the history works.
 */
export class Store {
  readonly #port: StorePort;
  readonly #clock: Clock;
  readonly #localDay: LocalDay;
  readonly #memory: Memory;
  readonly #pending: PendingChanges;
  readonly #health: StoreHealth;
  readonly #flusher: Flusher;
  readonly #queue: StoreQueue;
  readonly #retention: Retention | null;
  /** The boot when the monotonic clock was 0. */
  readonly #boot: BootTime | null;
  /** The file may hold data, and could not be read at the start. */
  #isUnread = false;
  #opened: Opened = NOTHING;
  #isOpen = false;

  constructor(storePath: string, port: StorePort, deps: StoreDeps) {
    this.#port = port;
    this.#clock = deps.clock;
    const boot = deps.clock.boot?.() ?? null;
    this.#boot = boot && { ...boot, uptime: boot.uptime - deps.clock.now() };
    this.#localDay = deps.localDay;
    this.#pending = new PendingChanges(this.#localDay);
    this.#memory = new Memory(this.#pending);
    this.#health = new StoreHealth(databaseFile(storePath), deps.log, deps.changed);
    this.#queue = new StoreQueue(deps.clock, (error) => {
      this.#health.failed(error);
      // The next transaction shows that the disk answers again.
      this.#flusher.request(0);
    });
    const { retentionDays } = deps;
    this.#retention = retentionDays === null ? null : new Retention(retentionDays, deps);
    this.#flusher = new Flusher({
      clock: deps.clock,
      port,
      queue: this.#queue,
      memory: this.#memory,
      pending: this.#pending,
      health: this.#health,
      retention: this.#retention,
    });
  }

  get state(): StoreState {
    return this.#health.state;
  }

  /** Rejects with BridgeError("store-in-use") when another bridge holds the store. */
  lock(): Promise<void> {
    return this.#queue.soon(() => this.#port.lock(), STALLED_MS);
  }

  /** Opens the file and reads the last run's data. Never rejects: `state` shows errors. */
  async open(): Promise<void> {
    this.#isOpen = true;
    try {
      this.#opened = await this.#queue.soon(() => this.#port.open(), STALLED_MS);
      const { trouble, renewal } = this.#opened;
      if (trouble) this.#health.failed(errorOf(trouble));
      else this.#health.ok(renewal);
    } catch (error) {
      this.#opened = { ...NOTHING, mayHoldData: true };
      this.#health.failed(error);
    }
    const { pads, trust, newest, mayHoldData } = this.#opened;
    const boot = this.#bootAt(this.#clock.now());
    for (const pad of pads ?? []) this.#memory.load(pad, this.#clock.wall(), boot);
    this.#isUnread = pads === null && mayHoldData;
    // The clock is checked against the file: where that cannot be read, nothing is removed in this run.
    if (!this.#isUnread) this.#retention?.start(trust, newest, () => this.#flusher.request(0));
  }

  recall(padId: string): Identity {
    return this.#memory.identityOf(padId);
  }

  keep(padId: string, identity: Identity): void {
    // The address that a name is bound to may be in the file: one that was not read is not overwritten (safety rule 11).
    this.#memory.setIdentity(padId, identity, !this.#isUnread);
    this.#flusher.request(0);
  }

  crashedAt(padId: string): number | null {
    return this.#memory.crashedAt(padId);
  }

  /** Sets the crash mark of this pad, written at once the first time. */
  statusSeen(padId: string, at: number): void {
    const known = this.#memory.crashMark(padId);
    if (known !== at) this.#setCrashMark(padId, at, known === null || at - known > LATER_MS ? 0 : LATER_MS);
  }

  /** The belt is at rest. */
  clearCrashMark(padId: string): void {
    this.#setCrashMark(padId, null, LATER_MS);
  }

  /** Where this pad's sessions are stored. */
  sessionStoreOf(padId: string): SessionStore {
    return { resume: () => this.#resume(padId), note: (entry) => this.#note(padId, entry) };
  }

  /** All sessions, by their start, the open one included. Rejects where the disk does not answer. */
  sessions(filter: SessionFilter): Promise<readonly StoredSession[]> {
    return this.#read(
      () => this.#port.sessions(filter),
      (written) => mergeSessions(written, this.#pending.pads, filter),
    );
  }

  /** The totals of each day and pad, today included. Rejects where the disk does not answer. */
  days(filter: DayFilter): Promise<readonly StoredDay[]> {
    return this.#read(
      () => this.#port.days(filter),
      (written) => mergeDays(written, this.#pending.pads, filter),
    );
  }

  /** One sample a second, in order. Rejects where the disk does not answer. */
  samples(session: StoredSession): Promise<readonly TimedSample[]> {
    return this.#read(
      () => this.#port.samples(session),
      (written) => mergeSamples(written, this.#pending.pads, session),
    );
  }

  /** Writes everything; later changes are ignored. Settles once the disk has accepted or refused the data. */
  async end(): Promise<void> {
    if (this.#flusher.ended) return;
    this.#retention?.end();
    // A store that another bridge holds was never opened.
    const written = this.#isOpen ? this.#flusher.flush() : null;
    this.#flusher.end();
    await written;
  }

  /** After `end`: these pads' links were closed under a stop that was not confirmed. */
  async leaveCrashMarks(padIds: readonly string[]): Promise<void> {
    for (const padId of padIds) this.#memory.setCrashMark(padId, this.#clock.wall());
    if (this.#isOpen) await this.#flusher.flush();
  }

  /** Releases the file. Settles once the disk has answered. */
  async close(): Promise<void> {
    await this.end();
    await this.#queue.run(() => this.#port.close()).catch(() => undefined);
  }

  /** Requests wait for the disk: while there is one, the process cannot end normally. */
  get idle(): boolean {
    return this.#queue.idle;
  }

  #resume(padId: string): Records | null {
    const moment = { at: this.#clock.wall(), now: this.#clock.now() };
    const left = this.#memory.lastEntryAt(padId);
    const day = dayAfter(left === null ? "" : this.#localDay(left), moment.at, this.#localDay);
    const { pads, mayHoldData } = this.#opened;
    const stored = pads?.find(({ id }) => id === padId);
    // A pad that is not in the file has no sessions.
    const known = stored ? stored.tally : pads && noTally;
    const tally: TotalsState | null = known && { ...known, day };
    if (tally === null && mayHoldData) {
      this.#health.totalsUnreadable(padId);
      return null;
    }
    const records = this.#memory.resume(padId, tally, moment, this.#bootAt(moment.now));
    const { session } = records.walk;
    // The session still has the time of a clock that was not set.
    const at = moment.at - (records.savedAt ? clockSetBy(records.savedAt, moment) : 0);
    if (isOpen(session)) this.#pending.resume(padId, session, { ...moment, at }, stored?.lastSecond ?? -1);
    return records;
  }

  #bootAt(now: number): BootTime | null {
    return this.#boot && { ...this.#boot, uptime: this.#boot.uptime + now };
  }

  #note(padId: string, noted: SessionEntry): void {
    const boot = this.#bootAt(noted.now);
    const entry = boot ? { ...noted, boot } : noted;
    const isNews = this.#memory.note(padId, entry);
    if (this.#flusher.ended || !isNews) return;
    this.#pending.note(padId, entry);
    const walks = entry.status !== null && entry.walk.session?.state === "active";
    this.#flusher.request(walks || entry.events.length > 0 ? 0 : LATER_MS);
  }

  #setCrashMark(padId: string, at: number | null, within: number): void {
    if (this.#flusher.ended) return;
    this.#memory.setCrashMark(padId, at);
    this.#flusher.request(within);
  }

  /** `merge` adds the pending changes as they are now. Where the file cannot be read, only they are known. */
  async #read<T>(query: () => Promise<readonly T[]>, merge: (written: readonly T[]) => readonly T[]) {
    try {
      return await this.#queue.soon(async () => merge(await query()), PATIENCE_MS);
    } catch (error) {
      if (troubleOf(error) === "stalled") throw error;
      this.#flusher.retryAfter(error);
      return merge([]);
    }
  }
}
