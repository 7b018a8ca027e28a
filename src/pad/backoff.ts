import type { BridgeError } from "../domain/errors.js";

/**
 * Seconds before the next connect after so many failures in a row. After an abrupt end KingSmith firmware refuses
 * connections for tens of seconds (wire-facts b.7 no. 5, whose schedule this is), so asking faster gains nothing.
 */
const SCHEDULE = [0, 1, 2, 5, 10, 15, 30] as const;
/** While a belt moves without a link every second counts more than good manners. */
const URGENT_MS = 1_000;

/** Milliseconds to wait before trying again. Pure: the error's retry class and the streak decide. */
export const backoff = (error: BridgeError, failures: number, urgent: boolean): number => {
  if (error.retry === "now" || failures === 0) return 0;
  const longest = SCHEDULE.length - 1;
  const patient = error.retry === "later" || error.retry === "never" ? longest : Math.min(failures, longest);
  const ms = (SCHEDULE[patient] ?? 30) * 1000;
  return urgent ? Math.min(ms, URGENT_MS) : ms;
};
