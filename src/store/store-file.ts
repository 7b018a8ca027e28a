import { statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { StoreFault, troubleOf } from "./store-state.js";
import { LogSync } from "./wal-sync.js";
import type { PadChange } from "./pending.js";
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

const closed = (db: Sqlite | null | undefined): void => {
  try {
    db?.close();
  } catch {
    // A file that is gone, or full, cannot be closed properly; its log says at the next start what it held.
  }
};

const openedForReading = (driver: Driver, path: string): Sqlite | null => {
  try {
    return openForReading(driver, path);
  } catch {
    // The error that matters is on its way to the log already.
    return null;
  }
};

/** The file behind the store: opened, opened again after a failure, put aside when it is damaged. */
export class StoreFile {
  readonly #path: string;
  readonly #wall: () => number;
  readonly #log: LogSync;
  #driver: Driver | null = null;
  #writer: { readonly db: Sqlite; readonly writer: Writer } | null = null;
  /** Where the file cannot be written but read, so that totals do not begin at 0; undefined: not tried since it could. */
  #reader: Sqlite | null | undefined;
  #aside: string | null = null;
  /** It was found to be damaged in use: the next connection is to a new one. */
  #condemned = false;
  /** There is nothing of ours in it. */
  #worthless = false;

  constructor(storePath: string, wall: () => number) {
    this.#path = databaseFile(storePath);
    this.#wall = wall;
    this.#log = new LogSync(`${this.#path}-wal`);
  }

  /** Where a damaged file was put in this run. */
  get aside(): string | null {
    return this.#aside;
  }

  /** Whether there is anything to write with. */
  get loaded(): boolean {
    return this.#driver !== null;
  }

  /** Rejects with what `troubleOf` knows. */
  async load(load: () => Promise<Driver>): Promise<void> {
    const driver = await load();
    // Where this fails, opening the file says so.
    await mkdir(dirname(this.#path), { recursive: true }).catch(() => undefined);
    this.#driver = driver;
  }

  /** Throws what `troubleOf` knows; what can be read is then readable all the same. */
  open(): void {
    try {
      this.writer();
    } catch (error) {
      this.release(error);
      throw error;
    }
  }

  /** The connection, opened if it is not. A damaged file is put aside for a new one. Throws what `troubleOf` knows. */
  writer(): Writer {
    if (!this.#driver) throw new StoreFault("unavailable", "SQLite is not loaded");
    this.#writer ??= this.#connect(this.#driver);
    return this.#writer.writer;
  }

  /** Everything or nothing, in one transaction. Throws what `troubleOf` knows. */
  write(pads: ReadonlyMap<string, PadChange>, also: (db: Sqlite) => void): void {
    const writer = this.writer();
    const { db } = this.#writer ?? {};
    writer.write(pads, () => db && also(db));
    this.#log.want();
  }

  /** What can be read, now; null where nothing can. Throws what SQLite throws. */
  get readable(): Sqlite | null {
    return this.#writer?.db ?? this.#reader ?? null;
  }

  /** What cannot be read now may be in it all the same. */
  get hides(): boolean {
    return !this.#worthless && mayBeFile(this.#path);
  }

  /** Lets go of the file: what has failed once may work again with a new connection. Never throws. */
  close(): void {
    closed(this.#writer?.db);
    closed(this.#reader);
    this.#writer = null;
    this.#reader = undefined;
  }

  #connect(driver: Driver): { readonly db: Sqlite; readonly writer: Writer } {
    const db = this.#openOrRenew(driver);
    closed(this.#reader);
    this.#reader = undefined;
    return { db, writer: new Writer(db) };
  }

  #openOrRenew(driver: Driver): Sqlite {
    try {
      if (this.#condemned) throw new StoreFault("damaged", "The store was damaged under way.");
      return openDatabase(driver, this.#path);
    } catch (error) {
      // Twice in one run is a failing disk: it need not fill up with what was put aside.
      if (troubleOf(error) !== "damaged" || this.#aside !== null) throw error;
      this.#aside = putAside(this.#path, this.#wall());
      this.#condemned = false;
      return openDatabase(driver, this.#path);
    }
  }

  /** After a failure: what can still be read is; the next `writer()` tries with a new connection. Never throws. */
  release(error: unknown): void {
    const trouble = troubleOf(error);
    this.#condemned = trouble === "damaged";
    this.#worthless = trouble === "damaged" || trouble === "foreign";
    if (!["unwritable", "full", "busy"].includes(trouble)) return this.close();
    closed(this.#writer?.db);
    this.#writer = null;
    // Once: on a read-only disk the whole file is read for it, and the belts wait meanwhile.
    if (this.#driver && this.#reader === undefined) this.#reader = openedForReading(this.#driver, this.#path);
  }
}
