import { dirname } from "node:path";
import { accessProblem } from "../config/access.js";
import { asError, BridgeError } from "../domain/errors.js";
import type { Logger } from "../log/log.js";

/** The problems of a store, as in `bridge/info`. */
export type Trouble =
  "damaged" | "newer" | "foreign" | "full" | "busy" | "unwritable" | "unavailable" | "stalled" | "replaced";

export interface StoreState {
  readonly state: "ok" | Trouble;
  readonly advice: string | null;
}

const STORE_OK: StoreState = { state: "ok", advice: null };

const SAFE = "Belts are still stopped; only history is not saved.";

/** The user's remedies. */
const ADVICE: Readonly<Record<Trouble, string>> = {
  damaged: `The file is damaged for the second time in this run: check the disk. ${SAFE}`,
  newer: `It was written by a newer version: install that one, or give this one its own store.path. ${SAFE}`,
  foreign: `The file belongs to another program: give the bridge its own store.path. ${SAFE}`,
  full: `The disk is full: make room. ${SAFE}`,
  busy: `Another program holds the file: close it. ${SAFE}`,
  unwritable: `Check that store.path exists and may be written. ${SAFE}`,
  stalled: `The disk does not answer; new session data waits in memory. Check the disk or its network. ${SAFE}`,
  replaced: `bridge.db was replaced by another file: restart the bridge to use that one. ${SAFE}`,
  unavailable: `SQLite could not be loaded: install g++, make and python3, then walkingpad2mqtt again, with install scripts allowed in npm. ${SAFE}`,
};

const stateOf = (trouble: Trouble, detail = ""): StoreState => ({
  state: trouble,
  advice: `${ADVICE[trouble]} ${detail}`.trim(),
});

/** Why a new file was created. */
export interface Renewal {
  readonly why: "damaged" | "empty" | "removed";
  /** The path of the old one, with its log. */
  readonly aside: string;
  /** The old one was in use: the totals of this run's pads are known, and are in the new one. */
  readonly inUse: boolean;
}

const renewed = ({ why, aside, inUse }: Renewal): string => {
  const found = {
    damaged: `bridge.db was damaged; it is now ${aside}.`,
    empty: `bridge.db had 0 bytes; what is left of it is now ${aside}.`,
    removed: "bridge.db was removed while the bridge ran.",
  }[why];
  const left = inUse
    ? "Totals and the session under way are in a new file; earlier sessions are not."
    : "A new file was created: history and totals start again.";
  return `${found} ${left} A backup can be put back as bridge.db while the bridge is down.`;
};

/** A store that cannot be used, and why. */
export class StoreError extends Error {
  readonly trouble: Trouble;

  constructor(trouble: Trouble, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "StoreError";
    this.trouble = trouble;
  }
}

/** By the prefix of SQLite's result codes, extended ones included (sqlite.org/rescode.html). */
const BY_CODE: readonly (readonly [string, Trouble])[] = [
  ["SQLITE_CORRUPT", "damaged"],
  ["SQLITE_NOTADB", "damaged"],
  ["SQLITE_FULL", "full"],
  ["SQLITE_BUSY", "busy"],
  ["SQLITE_LOCKED", "busy"],
];

/** The problem behind an error of SQLite or the file system. */
export const troubleOf = (error: unknown): Trouble => {
  if (error instanceof StoreError) return error.trouble;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOSPC") return "full";
  return BY_CODE.find(([start]) => code.startsWith(start))?.[1] ?? "unwritable";
};

/** The state of the store; each change is logged once. */
export class StoreHealth {
  readonly #file: string;
  readonly #log: Logger;
  readonly #changed: () => void;
  #state: StoreState = STORE_OK;
  /** The state of a run with a new file, unless there is another problem. */
  #renewal: Renewal | null = null;

  constructor(file: string, log: Logger, changed: () => void) {
    this.#file = file;
    this.#log = log;
    this.#changed = changed;
  }

  get state(): StoreState {
    return this.#state;
  }

  ok(renewal: Renewal | null): void {
    const isNews = renewal?.aside !== this.#renewal?.aside;
    this.#renewal = renewal;
    const state: StoreState = renewal ? { state: "damaged", advice: renewed(renewal) } : STORE_OK;
    if (isNews) this.#log.warn({ aside: renewal?.aside }, `Store damaged: ${state.advice ?? ""}`);
    else if (this.#state.state !== state.state) this.#log.info({}, "Store can be written again");
    this.#set(state);
  }

  failed(err: unknown): void {
    const trouble = troubleOf(err);
    const state = stateOf(trouble, (trouble === "unwritable" ? this.#obstacle : null) ?? "");
    // An expected error, whatever threw it: the log leaves the stack out.
    const expected = new BridgeError("store", asError(err).message, { retry: "later", cause: err });
    if (this.#state.state !== state.state)
      this.#log.warn({ err: expected }, `Store cannot be used (${state.state}). ${state.advice ?? ""}`);
    this.#set(state);
  }

  /** Earlier sessions of this pad exist and cannot be read. */
  totalsUnreadable(pad: string): void {
    this.#log.warn(
      { pad },
      "Earlier sessions cannot be read. stats is not published in this run, so that no total begins at 0",
    );
  }

  /** The owner of the folder, or of the file in it, where permissions are the reason. */
  get #obstacle(): string | null {
    return accessProblem(dirname(this.#file), "W_OK") ?? accessProblem(this.#file, "W_OK");
  }

  #set(state: StoreState): void {
    const changed = state.state !== this.#state.state || state.advice !== this.#state.advice;
    this.#state = state;
    if (changed) this.#changed();
  }
}
