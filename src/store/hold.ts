import type { Clock } from "../clock.js";
import { asError, BridgeError } from "../domain/errors.js";
import type { Logger } from "../log/log.js";
import { writeHeartbeat, removeHeartbeat } from "./heartbeat.js";
import { lockStore } from "./lock.js";
import { loadDriver } from "./sqlite.js";
import type { Store } from "./store.js";

/** docs/command-line.md, health. */
const BEAT_MS = 10_000;

/**
 * Takes the store for this process: locked, read, and with a heartbeat in it. Rejects with BridgeError("store-in-use")
 * when another bridge holds it; any other problem is logged and costs history only. Returns how to release it.
 */
export const holdStore = async (
  store: Store,
  path: string,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Promise<() => void> => {
  const unlock = await lockStore(path, loadDriver).catch((err: unknown) => {
    if (err instanceof BridgeError && err.code === "store-in-use") throw err;
    const { message } = asError(err);
    log.warn({ why: message }, "Store cannot be locked, a second bridge on it would not be noticed");
    return () => undefined;
  });
  await store.open();
  // One at a time: a disk that hangs keeps a thread, and there are four for all that Node.js waits for.
  let writing = false;
  const write = (): void => {
    if (writing) return;
    writing = true;
    void writeHeartbeat(path)
      .catch(() => undefined)
      .finally(() => {
        writing = false;
      });
  };
  write();
  const stopHeartbeat = clock.every(BEAT_MS, write);
  return () => {
    stopHeartbeat();
    removeHeartbeat(path);
    store.close();
    unlock();
  };
};
