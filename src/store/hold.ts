import { stat } from "node:fs/promises";
import type { Clock } from "../clock.js";
import { asError, BridgeError } from "../domain/errors.js";
import type { Logger } from "../log/log.js";
import { Heartbeat } from "./heartbeat.js";
import type { Store } from "./store.js";

/** docs/command-line.md, health. */
const BEAT_MS = 10_000;

export interface HeldStore {
  /** Writes and closes everything; settles once the disk has answered. */
  release(): Promise<void>;
  /** A thread of the process waits for the disk. */
  readonly isBusy: boolean;
}

/** A user who may write a folder can replace the history in it, unless it has a sticky bit. */
const WRITABLE_BY_ANYBODY = 0o002;
const STICKY = 0o1000;

/** The mode of an existing folder is its owner's decision: it is logged, and not changed. */
const warnIfOpen = async (path: string, log: Logger): Promise<void> => {
  if (process.getuid === undefined) return;
  const mode = await stat(path).then(
    (found) => found.mode & 0o7777,
    () => 0,
  );
  if ((mode & WRITABLE_BY_ANYBODY) === 0 || (mode & STICKY) !== 0) return;
  const advice = `chmod o-w ${path}`;
  log.warn({ path, mode: mode.toString(8), advice }, "Any user of this machine can replace the history");
};

/**
 * Takes the store for this process: locks and reads it, and starts its heartbeat. Rejects with
 * BridgeError("store-in-use") when another bridge holds it; with any other problem, which is logged, only history is
 * not saved.
 */
export const holdStore = async (
  store: Store,
  path: string,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Promise<HeldStore> => {
  await store.lock().catch((err: unknown) => {
    if (err instanceof BridgeError && err.code === "store-in-use") throw err;
    const { message } = asError(err);
    log.warn({ why: message }, "Store cannot be locked: a second bridge on it would not be detected");
  });
  void warnIfOpen(path, log);
  await store.open();
  const heartbeat = new Heartbeat(path);
  void heartbeat.beat();
  const stopHeartbeat = clock.every(BEAT_MS, () => void heartbeat.beat());
  return {
    async release() {
      stopHeartbeat();
      await Promise.all([heartbeat.remove(), store.close()]);
    },
    get isBusy() {
      return heartbeat.isBusy || !store.idle;
    },
  };
};
