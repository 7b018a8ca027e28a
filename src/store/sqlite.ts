import type BetterSqlite3 from "better-sqlite3";
import {
  chmodSync,
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { StoreError, troubleOf } from "./store-state.js";
import { APPLICATION_ID, MIGRATIONS } from "./schema.js";

export type Sqlite = BetterSqlite3.Database;
export type Driver = typeof BetterSqlite3;

export const databaseFile = (storePath: string): string => join(storePath, "bridge.db");

/** Loaded on use: with a missing native build the store is unavailable, and the bridge runs. */
export const loadDriver = async (): Promise<Driver> => {
  try {
    const { default: driver } = await import("better-sqlite3");
    // The native part is loaded by the first database.
    new driver(":memory:").close();
    return driver;
  } catch (error) {
    throw new StoreError("unavailable", "SQLite could not be loaded", error);
  }
};

/** In WAL mode readers never make SQLite wait, a second writer does: briefly, then the next transaction tries again. */
const BUSY_MS = 100;
/** The command line has no belt to stop. */
const READER_BUSY_MS = 3_000;
/** The size to which the write-ahead log is truncated after a long reader has made it grow. */
const LOG_LIMIT = 8 * 1024 * 1024;
/** Read completely at the start; `samples` are not, they are as long as the history. */
const SMALL_TABLES = ["pads", "sessions", "portions", "rollups"];

/**
 * The history is private. SQLite gives the log and the index the mode of the file when it creates them; an earlier
 * version may have left them with another one.
 */
const forOwnerOnly = (path: string): void => {
  for (const tail of ["", "-wal", "-shm"])
    try {
      chmodSync(`${path}${tail}`, 0o600);
    } catch {
      // Missing, owned by another user, or on a file system without modes.
    }
};

interface OpenOptions {
  readonly migrations?: readonly string[];
  /**
   * Each transaction is forced to the disk: a power cut must not cost more of a session than `kill -9` does (safety
   * rule 9). Otherwise the kernel takes half a minute, and a thousand days of a simulated world a thousandth of the
   * time.
   */
  readonly durable?: boolean;
}

/** Opens or creates the file, migrates and checks it. Throws StoreError or SQLite's own error (`troubleOf`). */
export const openDatabase = (
  driver: Driver,
  path: string,
  { migrations = MIGRATIONS, durable = true }: OpenOptions = {},
): Sqlite => {
  refuseNewer(headerVersion(path), migrations);
  const db = new driver(path, { timeout: BUSY_MS });
  try {
    refuseForeign(db, migrations);
    forOwnerOnly(path);
    db.pragma("journal_mode = WAL");
    db.pragma(`synchronous = ${durable ? "FULL" : "NORMAL"}`);
    db.pragma(`journal_size_limit = ${LOG_LIMIT}`);
    migrate(db, migrations);
    check(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
};

/** Opens the file for queries while another process writes, or on a read-only disk; null where there is none. */
export const openForReading = (driver: Driver, path: string): Sqlite | null => {
  if (!existsSync(path)) return null;
  const version = headerVersion(path);
  refuseNewer(version, MIGRATIONS);
  const db = readable(driver, path);
  try {
    const found = refuseForeign(db, MIGRATIONS);
    if (found !== 0 && found < MIGRATIONS.length)
      throw new StoreError("unwritable", "The store is of an older version: start the bridge once.");
    if (found > 0) return db;
    db.close();
    return null;
  } catch (error) {
    db.close();
    throw error;
  }
};

const readable = (driver: Driver, path: string): Sqlite => {
  const db = new driver(path, { readonly: true, timeout: READER_BUSY_MS });
  try {
    db.pragma("user_version");
    return db;
  } catch (error) {
    db.close();
    // On a read-only file system WAL mode cannot be entered (sqlite.org/wal.html, 5): then there is no writer either,
    // and a file without a log is complete. Bytes 18 and 19 mark WAL (sqlite.org/fileformat.html, 1.3).
    if (troubleOf(error) !== "unwritable" || hasLog(path)) throw error;
    const image = readFileSync(path);
    image.fill(1, 18, 20);
    return new driver(image, { readonly: true });
  }
};

const hasLog = (path: string): boolean => (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;

/** The version in the file's header, so that a file of a newer version is not even opened; 0 where there is none. */
const headerVersion = (path: string): number => {
  if (!existsSync(path)) return 0;
  const header = Buffer.alloc(100);
  const file = openSync(path, "r");
  try {
    // Bytes 60 to 63 (sqlite.org/fileformat.html, 1.3).
    const whole = readSync(file, header, 0, header.length, 0) === header.length;
    return whole && header.toString("latin1", 0, 15) === "SQLite format 3" ? header.readUInt32BE(60) : 0;
  } finally {
    closeSync(file);
  }
};

const refuseNewer = (version: number, { length }: readonly string[]): void => {
  if (version > length)
    throw new StoreError("newer", `The store is of version ${version}; this program knows up to ${length}.`);
};

const refuseForeign = (db: Sqlite, migrations: readonly string[]): number => {
  const version = Number(db.pragma("user_version", { simple: true }));
  refuseNewer(version, migrations);
  const tables = db.prepare("SELECT count(*) FROM sqlite_master").pluck().get();
  const ours =
    version === 0 ? tables === 0 : db.pragma("application_id", { simple: true }) === APPLICATION_ID;
  if (!ours) throw new StoreError("foreign", "The file of the store belongs to another program.");
  return version;
};

const migrate = (db: Sqlite, migrations: readonly string[]): void => {
  // The transaction runs even when there is nothing to do: it detects a file that cannot be written.
  db.transaction(() => {
    const version = Number(db.pragma("user_version", { simple: true }));
    for (const step of migrations.slice(version)) db.exec(step);
    if (version !== migrations.length) db.pragma(`user_version = ${migrations.length}`);
  }).immediate();
};

const check = (db: Sqlite): void => {
  for (const table of SMALL_TABLES) {
    const found = db.pragma(`quick_check(${table})`, { simple: true });
    if (found !== "ok") throw new StoreError("damaged", `The store is damaged: ${String(found)}`);
  }
};

/** Renames a damaged file and its log. Returns the new path; throws where that is not possible. */
export const putAside = (path: string, at: number): string => {
  const aside = `${path}.damaged-${new Date(at).toISOString().replaceAll(":", "-")}`;
  for (const tail of ["", "-wal", "-shm"])
    if (existsSync(`${path}${tail}`)) renameSync(`${path}${tail}`, `${aside}${tail}`);
  return aside;
};
