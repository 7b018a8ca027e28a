import { parentPort, workerData } from "node:worker_threads";
import { sessionFit } from "./fit.js";
import type { StoredSession, TimedSample } from "../../store/read.js";

// A thread of its own: loading the FIT profile alone blocks the main loop for 90 ms (measured on a loaded machine, Node
// 20), and a belt may have to be stopped meanwhile.
const { session, samples } = workerData as {
  readonly session: StoredSession;
  readonly samples: readonly TimedSample[];
};
parentPort?.postMessage(sessionFit(session, samples));
