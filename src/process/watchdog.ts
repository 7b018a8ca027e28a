import { Worker } from "node:worker_threads";
import type { Clock } from "../clock.js";

const TURN_MS = 1_000;

/**
 * Starts the thread of safety rule 10: it kills this process when its main loop has not run for 15 s, so that the
 * supervisor (Docker, systemd) restarts it and safety rule 9 stops the belts. Returns a function that ends the
 * watchdog.
 */
export const startWatchdog = (clock: Clock): (() => void) => {
  const turns = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL("./watchdog-worker.js", import.meta.url), { workerData: turns });
  // The watchdog must neither keep the process alive nor end it with an error of its own.
  worker.unref();
  worker.on("error", () => undefined);
  const stopTurning = clock.every(TURN_MS, () => {
    Atomics.add(turns, 0, 1);
  });
  return () => {
    stopTurning();
    void worker.terminate();
  };
};
