import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "../clock.js";
import { StoreEngine } from "./engine.js";
import { answerWith, type StoreRequest } from "./port.js";

// The thread that waits for the disk (ADR 10). It handles one request at a time.
const clock = systemClock();
const answer = answerWith(new StoreEngine(workerData as string, () => clock.wall()));

parentPort?.on("message", (request: StoreRequest) => {
  void answer(request).then((reply) => {
    parentPort?.postMessage(reply);
    if (request.method === "close") parentPort?.close();
  });
});
