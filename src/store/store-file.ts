import { statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { type Renewal, StoreError, troubleOf } from "./store-state.js";
import type { PadChange } from "./changes.js";
import { databaseFile, type Driver, openDatabase, openForReading, putAside, type Sqlite } from "./sqlite.js";
import { Writer } from "./write.js";

const mayBeFile = (path: string): boolean => {
  try {
    return statSync(path).isFile();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    return code !== "ENOENT" && code !== "ENOTDIR";
  }
};

const isEmpty = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.size === 0;

const closeQuietly = (db: Sqlite | null | undefined): void => {
  try {
    db?.close();
  } catch {
    // A file that is gone, or full, cannot be closed properly; its log is read at the next start.
  }
};

const tryOpenForReading = (driver: Driver, path: string): Sqlite | null => {
  try {
    return openForReading(driver, path);
  } catch {
    // The original error is logged already.
    return null;
  }
};

/** The file behind the store: opened, opened again after a failure, renamed when it is damaged. */
export class StoreFile {
  readonly #path: string;
  readonly #wall: () => number;
  readonly #durable: boolean;
  #driver: Driver | null = null;
  #writer: { readonly db: Sqlite; readonly writer: Writer } | null = null;
  /**
   * Reads a file that cannot be written, so that totals do not begin at 0; undefined: not tried since the last write.
   */
  #reader: Sqlite | null | undefined;
  #renewal: Renewal | null = null;
  /** Its inode, once it was used in this run. */
  #inode: number | null = null;
  /** Found damaged or missing in use: the next connection uses a new file. */
  #lost: Renewal["why"] | null = null;
  /** It contains no data of the bridge. */
  #empty = false;

  constructor(storePath: string, wall: () => number, durable: boolean) {
    this.#durable = durable;
    this.#path = databaseFile(storePath);
    this.#wall = wall;
  }

  /** Why a new file was created in this run; null: none was. */
  get renewal(): Renewal | null {
    return this.#renewal;
  }

  /** Rejects with an error for `troubleOf`. */
  async load(load: () => Promise<Driver>): Promise<void> {
    const driver = await load();
    // If this fails, opening the file reports it.
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 }).catch(() => undefined);
    this.#driver = driver;
  }

  /** Throws an error for `troubleOf`; readable data can be read then. */
  open(): void {
    try {
      this.writer();
    } catch (error) {
      this.release(error);
      throw error;
    }
  }

  /** The connection, opened on demand. A damaged file is replaced by a new one. Throws an error for `troubleOf`. */
  writer(): Writer {
    if (!this.#driver) throw new StoreError("unavailable", "SQLite is not loaded");
    this.#writer ??= this.#connect(this.#driver);
    return this.#writer.writer;
  }

  /** All or nothing, in one transaction. Throws an error for `troubleOf`. */
  write(pads: ReadonlyMap<string, PadChange>, also: (db: Sqlite, writer: Writer) => void): void {
    this.#checkInPlace();
    const writer = this.writer();
    const { db } = this.#writer ?? {};
    writer.write(pads, () => db && also(db, writer));
  }

  /** A connection for reading; null where there is none. Throws SQLite's errors. */
  get readable(): Sqlite | null {
    return this.#writer?.db ?? this.#reader ?? null;
  }

  /** The file may contain data that cannot be read now. */
  get mayHoldData(): boolean {
    return !this.#empty && mayBeFile(this.#path);
  }

  /** Closes the file: a new connection may work where the last one failed. Never throws. */
  close(): void {
    closeQuietly(this.#writer?.db);
    closeQuietly(this.#reader);
    this.#writer = null;
    this.#reader = undefined;
  }

  #connect(driver: Driver): { readonly db: Sqlite; readonly writer: Writer } {
    const db = this.#openOrRenew(driver);
    closeQuietly(this.#reader);
    this.#reader = undefined;
    this.#inode = statSync(this.#path).ino;
    return { db, writer: new Writer(db) };
  }

  /** SQLite keeps writing to a file that was unlinked; its data would be lost with the process. */
  #checkInPlace(): void {
    if (!this.#writer) return;
    const found = statSync(this.#path, { throwIfNoEntry: false });
    if (found && found.ino !== this.#inode) throw new StoreError("replaced", "Another file is in its place.");
    if (found && found.size > 0) return;
    this.#lost = found ? "empty" : "removed";
    throw new StoreError("damaged", `The store is ${this.#lost}.`);
  }

  #openOrRenew(driver: Driver): Sqlite {
    try {
      if (this.#lost) throw new StoreError("damaged", "The store was damaged while in use.");
      if (isEmpty(this.#path)) {
        this.#lost = "empty";
        throw new StoreError("damaged", "The store is empty.");
      }
      return openDatabase(driver, this.#path, { durable: this.#durable });
    } catch (error) {
      // A second damage in one run is a failing disk, which copies must not fill up.
      if (troubleOf(error) !== "damaged" || this.#renewal !== null) throw error;
      const aside = putAside(this.#path, this.#wall());
      this.#renewal = { why: this.#lost ?? "damaged", aside, inUse: this.#inode !== null };
      this.#lost = null;
      return openDatabase(driver, this.#path, { durable: this.#durable });
    }
  }

  /** After a failure: keeps a reader if possible; the next `writer()` tries a new connection. Never throws. */
  release(error: unknown): void {
    const trouble = troubleOf(error);
    this.#lost = trouble === "damaged" ? (this.#lost ?? "damaged") : null;
    this.#empty = trouble === "damaged" || trouble === "foreign";
    if (!["unwritable", "full", "busy"].includes(trouble)) return this.close();
    closeQuietly(this.#writer?.db);
    this.#writer = null;
    // Once: on a read-only disk it reads the whole file, and the belts wait meanwhile.
    if (this.#driver && this.#reader === undefined)
      this.#reader = tryOpenForReading(this.#driver, this.#path);
  }
}
