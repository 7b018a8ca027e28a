/** What can be wrong with a store; the words of `bridge/info`. */
export type Trouble = "damaged" | "newer" | "foreign" | "full" | "busy" | "unwritable" | "unavailable";

export interface StoreState {
  readonly state: "ok" | Trouble;
  readonly advice: string | null;
}

export const STORE_OK: StoreState = { state: "ok", advice: null };

const SAFE = "Belts are stopped all the same; only memory is lost.";

/** What the user can do about it. */
const ADVICE: Readonly<Record<Trouble, string>> = {
  damaged: "The file was kept aside and a new one was begun: history and totals start anew.",
  newer: `It was written by a newer version: install that one, or give this one its own store.path. ${SAFE}`,
  foreign: `The file belongs to another program: give the bridge its own store.path. ${SAFE}`,
  full: `The disk is full: make room. ${SAFE}`,
  busy: `Another program holds the file: close it. ${SAFE}`,
  unwritable: `Check that store.path exists and may be written. ${SAFE}`,
  unavailable: `SQLite could not be loaded: install g++, make and python3, then the program again. ${SAFE}`,
};

export const stateOf = (trouble: Trouble, detail = ""): StoreState => ({
  state: trouble,
  advice: `${ADVICE[trouble]} ${detail}`.trim(),
});

/** A store that cannot be used, and why. */
export class StoreFault extends Error {
  readonly trouble: Trouble;

  constructor(trouble: Trouble, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "StoreFault";
    this.trouble = trouble;
  }
}

/** By the beginning of SQLite's result codes, the longer ones included (sqlite.org/rescode.html). */
const BY_CODE: readonly (readonly [string, Trouble])[] = [
  ["SQLITE_CORRUPT", "damaged"],
  ["SQLITE_NOTADB", "damaged"],
  ["SQLITE_FULL", "full"],
  ["SQLITE_BUSY", "busy"],
  ["SQLITE_LOCKED", "busy"],
];

/** Whatever SQLite or the file system threw, as trouble. */
export const troubleOf = (error: unknown): Trouble => {
  if (error instanceof StoreFault) return error.trouble;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOSPC") return "full";
  return BY_CODE.find(([start]) => code.startsWith(start))?.[1] ?? "unwritable";
};
