import { mkdir, truncate } from "node:fs/promises";
import { join } from "node:path";
import { BridgeError } from "../domain/errors.js";
import type { Driver, Sqlite } from "./sqlite.js";

/** A bridge that has just ended releases its lock within this time. Milliseconds. */
const WAIT_MS = 1_000;

const inUse = (storePath: string): BridgeError =>
  new BridgeError("store-in-use", `Another bridge is running on the store ${storePath}.`, {
    retry: "never",
    advice: "Stop it first, or give this one its own store.path.",
  });

const isSqlite = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && String(error.code).startsWith(code);
const isBusy = (error: unknown): boolean => isSqlite(error, "SQLITE_BUSY");

/** Another user's lock cannot be taken, but tested: a file that is locked exclusively cannot be read either. */
const isHeld = (driver: Driver, path: string): boolean => {
  let db: Sqlite | null = null;
  try {
    db = new driver(path, { readonly: true, timeout: WAIT_MS });
    db.prepare("SELECT count(*) FROM sqlite_master").get();
    return false;
  } catch (error) {
    return isBusy(error);
  } finally {
    db?.close();
  }
};

/**
 * Locks the store for this process by a lock of the kernel: an exclusive transaction of SQLite on a file of its own
 * (fcntl(2)), which ends with the process in every case, and which other containers and other users on the same file
 * system respect. The file is never removed, so that two simultaneous starts use the same one. Rejects with
 * BridgeError("store-in-use") when another bridge holds it; with any other error where it cannot be locked.
 */
export const lockStore = async (storePath: string, load: () => Promise<Driver>): Promise<() => void> => {
  const driver = await load();
  await mkdir(storePath, { recursive: true, mode: 0o700 });
  const path = join(storePath, "bridge.lock");
  const take = (): (() => void) => {
    let db: Sqlite | null = null;
    try {
      db = new driver(path, { timeout: WAIT_MS });
      db.exec("BEGIN EXCLUSIVE");
    } catch (error) {
      db?.close();
      if (isBusy(error) || isHeld(driver, path)) throw inUse(storePath);
      throw error;
    }
    const held = db;
    return () => void held.close();
  };
  try {
    return take();
  } catch (error) {
    if (!isSqlite(error, "SQLITE_NOTADB") && !isSqlite(error, "SQLITE_CORRUPT")) throw error;
    // Damaged by a power cut, say: it contains nothing. Emptied in place, also while another start has locked it by now.
    await truncate(path);
    return take();
  }
};
