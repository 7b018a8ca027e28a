import type { EventEmitter } from "node:events";
import { orAborted } from "../deadline.js";

/**
 * Runs `start` and waits for an event whose arguments `pick` accepts by returning a value other than undefined. noble's
 * own promises never settle on an error and leave their listener behind; this one removes its listener when the signal
 * aborts.
 */
export const awaitEvent = async <T>(
  emitter: EventEmitter,
  event: string,
  start: () => void,
  // The types of the callers' parameters describe what noble emits.
  pick: (...values: never[]) => T | undefined,
  signal: AbortSignal,
): Promise<T> => {
  let listener: (...values: unknown[]) => void = () => undefined;
  const happened = new Promise<T>((resolve) => {
    listener = (...values) => {
      const picked = pick(...(values as never[]));
      if (picked !== undefined) resolve(picked);
    };
  });
  signal.throwIfAborted();
  emitter.on(event, listener);
  try {
    start();
    return await orAborted(happened, signal);
  } finally {
    emitter.off(event, listener);
  }
};

/** As awaitEvent(), for an event whose arguments do not matter. */
export const awaitCompletion = (
  emitter: EventEmitter,
  event: string,
  start: () => void,
  signal: AbortSignal,
): Promise<true> => awaitEvent(emitter, event, start, () => true, signal);
