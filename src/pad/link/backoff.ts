import type { BridgeError } from "../../domain/errors.js";

/**
 * Seconds before the next connect after so many failures in a row. After an abrupt end KingSmith firmware refuses
 * connections for tens of seconds (wire-facts b.7 no. 5, whose schedule this is), so asking faster gains nothing.
 */
const SCHEDULE = [0, 2, 5, 10, 15, 30] as const;
/** While a belt moves without a link every second counts more than good manners. */
const URGENT_MS = 1_000;

/** Milliseconds to wait before trying again, after `failures` others since the last link that worked. */
export const backoff = (error: BridgeError, failures: number, urgent: boolean): number => {
  const patient = error.retry === "later" || error.retry === "never";
  const ms = (SCHEDULE[patient ? SCHEDULE.length - 1 : failures] ?? 30) * 1000;
  return urgent ? Math.min(ms, URGENT_MS) : ms;
};
