import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { StoredSession, TimedSample } from "../../store/read.js";

/** A session of a day takes a second or two on a small computer. */
const LONGEST_MS = 30_000;

/** As `sessionFit`, outside the main loop. Rejects when it takes too long. */
export const sessionFitInThread = async (
  session: StoredSession,
  samples: readonly TimedSample[],
): Promise<Uint8Array> => {
  const worker = new Worker(new URL("./fit-worker.js", import.meta.url), {
    workerData: { session, samples },
  });
  try {
    // Rejects with the thread's own error, if there is one.
    const [file] = (await once(worker, "message", { signal: AbortSignal.timeout(LONGEST_MS) })) as [
      Uint8Array,
    ];
    return file;
  } finally {
    await worker.terminate();
  }
};
