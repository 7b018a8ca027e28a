import { asError } from "../domain/errors.js";
import { lockStore } from "./lock.js";
import { type Batch, failureOf, type Opened, type StorePort, type Written } from "./port.js";
import {
  type DayFilter,
  lastSecond,
  newestTime,
  type PadRow,
  readDays,
  readPads,
  readSamples,
  readSessions,
  readTally,
  readTrust,
  type SessionFilter,
  type StoredDay,
  type StoredSession,
  type TimedSample,
} from "./read.js";
import { endAbandonedSessions, removeExpired } from "./retention.js";
import { type Driver, loadDriver, type Sqlite } from "./sqlite.js";
import { StoreFile } from "./store-file.js";
import { type Renewal, troubleOf } from "./store-state.js";
import { decodeWalk } from "./validators.js";

/** All file access of the store. It runs in a thread of its own, since SQLite is synchronous (ADR 10). */
export class StoreEngine implements StorePort {
  readonly #path: string;
  readonly #file: StoreFile;
  readonly #load: () => Promise<Driver>;
  #unlock: () => void = () => undefined;
  /** The new file that was reported to the main thread, which then sends everything again. */
  #reported: Renewal | null = null;

  constructor(
    storePath: string,
    wall: () => number,
    {
      load = loadDriver,
      durable = true,
    }: { readonly load?: () => Promise<Driver>; readonly durable?: boolean } = {},
  ) {
    this.#path = storePath;
    this.#file = new StoreFile(storePath, wall, durable);
    this.#load = load;
  }

  async lock(): Promise<void> {
    this.#unlock = await lockStore(this.#path, this.#load);
  }

  async open(): Promise<Opened> {
    let failure = await this.#open();
    const { renewal } = this.#file;
    this.#reported = renewal;
    const attempt = <T>(query: (db: Sqlite) => T): T | null => {
      try {
        const db = this.#file.readable;
        return db && query(db);
      } catch (error) {
        this.#release(error);
        failure ??= error;
        return null;
      }
    };
    // Separately: unreadable sessions, or a full disk, must not hide a crash mark (safety rule 9).
    const rows = attempt(readPads);
    const pads = rows?.map((row) => ({
      ...row,
      tally: attempt((db) => readTally(db, row.id)),
      lastSecond: attempt((db) => lastSecond(db, row.id, sessionOf(row))),
    }));
    attempt((db) => {
      if (!db.readonly) for (const row of rows ?? []) endAbandonedSessions(db, row.id, sessionOf(row));
    });
    return {
      trouble: failure === null ? null : failureOf(failure),
      renewal,
      pads: pads ?? null,
      trust: attempt(readTrust),
      newest: attempt(newestTime),
      mayHoldData: this.#file.mayHoldData,
    };
  }

  async #open(): Promise<unknown> {
    try {
      await this.#file.load(this.#load);
      this.#file.open();
      return null;
    } catch (error) {
      return error;
    }
  }

  async write(batch: Batch): Promise<Written> {
    try {
      return this.#write(batch);
    } catch (error) {
      this.#release(error);
      // The damaged file is renamed and replaced by a new one.
      if (troubleOf(error) === "damaged" && this.#file.renewal === null) return this.write(batch);
      throw error;
    }
  }

  #write({ changes, trust, expireBefore }: Batch): Written {
    this.#file.writer();
    const { renewal } = this.#file;
    const nothing = { renewed: false, renewal, expired: 0, more: false };
    if (renewal !== this.#reported) {
      this.#reported = renewal;
      return { ...nothing, renewed: true };
    }
    let removed = { expired: 0, more: false };
    this.#file.write(changes, (db, writer) => {
      if (trust) writer.keepTrust(trust);
      if (expireBefore !== null) removed = removeExpired(db, expireBefore);
    });
    return { ...nothing, ...removed };
  }

  sessions(filter: SessionFilter): Promise<readonly StoredSession[]> {
    return this.#read((db) => readSessions(db, filter));
  }

  days(filter: DayFilter): Promise<readonly StoredDay[]> {
    return this.#read((db) => readDays(db, filter));
  }

  samples(session: StoredSession): Promise<readonly TimedSample[]> {
    return this.#read((db) => readSamples(db, session));
  }

  close(): Promise<void> {
    this.#file.close();
    this.#unlock();
    return Promise.resolve();
  }

  /** Empty where nothing can be read: that was reported when the file was opened. */
  #read<T>(query: (db: Sqlite) => readonly T[]): Promise<readonly T[]> {
    try {
      const db = this.#file.readable;
      return Promise.resolve(db ? query(db) : []);
    } catch (error) {
      this.#release(error);
      return Promise.reject(asError(error));
    }
  }

  /** A new connection may help after these failures; the others end by themselves. */
  #release(error: unknown): void {
    if (["damaged", "unwritable"].includes(troubleOf(error))) this.#file.release(error);
  }
}

const sessionOf = ({ walk }: PadRow): string | null =>
  walk === null ? null : (decodeWalk(walk)?.walk.session?.id ?? null);
