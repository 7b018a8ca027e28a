import type { Clock } from "../../src/clock.js";
import { StoreEngine } from "../../src/store/engine.js";
import { answerWith, storeOver, type StorePort } from "../../src/store/port.js";
import type { Driver } from "../../src/store/sqlite.js";

/** The store's engine in this thread; requests and replies are copied as between threads. */
export const storeHere = (folder: string, clock: Clock, loadDriver?: () => Promise<Driver>): StorePort => {
  const answer = answerWith(
    new StoreEngine(folder, () => clock.wall(), { durable: false, ...(loadDriver && { load: loadDriver }) }),
  );
  return storeOver(async (request) => structuredClone(await answer(structuredClone(request))));
};
