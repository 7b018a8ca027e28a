import { Worker } from "node:worker_threads";
import { asError } from "../domain/errors.js";
import { failureOf, storeOver, type StorePort, type StoreReply } from "./port.js";
import { StoreError } from "./store-state.js";

/** The store in a thread of its own, started by the first request. One request at a time. */
export const storeInThread = (storePath: string): StorePort => {
  let worker: Worker | null = null;
  let answered: (reply: StoreReply) => void = () => undefined;

  const begin = (): Worker => {
    const thread = new Worker(new URL("./store-worker.js", import.meta.url), { workerData: storePath });
    // The thread does not keep the process alive: a shutdown awaits the replies that it needs.
    thread.unref();
    let why: unknown = new StoreError("unavailable", "The thread of the store has ended.");
    thread.on("message", (reply: StoreReply) => answered(reply));
    thread.on("error", (error) => {
      why = new StoreError("unavailable", asError(error).message, error);
    });
    thread.on("exit", () => {
      worker = null;
      answered({ ok: false, failure: failureOf(why) });
    });
    return thread;
  };

  return storeOver(
    (request) =>
      new Promise((resolve) => {
        answered = resolve;
        worker ??= begin();
        worker.postMessage(request);
      }),
  );
};
