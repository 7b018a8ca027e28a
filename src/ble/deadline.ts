import { setMaxListeners } from "node:events";
import type { Clock } from "../clock.js";
import { BridgeError } from "../domain/errors.js";

export interface Deadline {
  readonly clock: Clock;
  /** Milliseconds from now. */
  readonly ms: number;
  /** What is awaited, for the message of the timeout: "connecting". */
  readonly what: string;
}

/** A timer that fires this late was delayed by a stall of this process, which then has more work to catch up on. */
const STALLED_MS = 100;
const CATCH_UP_MS = 100;
/** One iteration of the event loop: data that waits in a socket is read in between. */
const TURN_MS = 1;

/** A signal that bounds one operation; releasing it removes its timer and its listeners. */
export interface BoundSignal {
  readonly signal: AbortSignal;
  readonly release: () => void;
}

/**
 * Calls `end` with the reason of the first of `signals` that aborts, or with BridgeError("timeout") at the deadline.
 * Returns a function that removes the timer and the listeners.
 */
const bound = (
  { clock, ms, what }: Deadline,
  signals: readonly AbortSignal[],
  end: (reason: unknown) => void,
): (() => void) => {
  const follow = (): void => end(signals.find((signal) => signal.aborted)?.reason);
  const due = clock.now() + ms;
  const expire = (): void => end(new BridgeError("timeout", `${what} took longer than ${ms} ms.`));
  // The timers of an iteration run before its sockets are read, so after a stall the deadline would overtake a reply
  // that has already arrived. A stall that ends exactly at the deadline makes no timer late, so one iteration is always
  // allowed for reading.
  const look = (): void => {
    if (clock.now() - due < STALLED_MS) expire();
    else cancel = clock.after(CATCH_UP_MS, expire);
  };
  let cancel = clock.after(ms - TURN_MS, () => {
    cancel = clock.after(TURN_MS, look);
  });
  // Node warns of a leak after more than ten listeners on one signal.
  setMaxListeners(0, ...signals);
  for (const signal of signals) signal.addEventListener("abort", follow, { once: true });
  if (signals.some((signal) => signal.aborted)) follow();
  return () => {
    cancel();
    for (const signal of signals) signal.removeEventListener("abort", follow);
  };
};

/**
 * A signal that aborts with the reason of the first of `signals` that does, or with BridgeError("timeout") at the
 * deadline. Unlike AbortSignal.any() it leaves nothing on long-lived signals once released (Node 20 does).
 */
export const deadlineSignal = (deadline: Deadline, signals: readonly AbortSignal[]): BoundSignal => {
  const scope = new AbortController();
  const release = bound(deadline, signals, (reason) => scope.abort(reason));
  return { signal: scope.signal, release };
};

/** Settles as `promise` does, or rejects with the signal's reason, whichever comes first; leaves no listener behind. */
export const orAborted = <T>(promise: PromiseLike<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const fail = (reason: unknown): void => {
      signal.removeEventListener("abort", abandon);
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- passed on as it was thrown
      reject(reason);
    };
    const abandon = (): void => fail(signal.reason);
    signal.addEventListener("abort", abandon, { once: true });
    // After an abort no caller awaits `promise` any more. Its rejection still reaches `fail`, where it has no effect:
    // an unhandled rejection would end the program.
    promise.then((value) => {
      signal.removeEventListener("abort", abandon);
      resolve(value);
    }, fail);
    if (signal.aborted) abandon();
  });

/**
 * Awaits a promise that may never settle (noble's, ADR 9). Rejects with BridgeError("timeout") at the deadline, or with
 * the reason of a signal that aborts first.
 */
export const withTimeout = <T>(
  promise: PromiseLike<T>,
  { signal = [], ...deadline }: Deadline & { readonly signal?: AbortSignal | readonly AbortSignal[] },
): Promise<T> =>
  new Promise((resolve, reject) => {
    const wait = { isOver: false, release: (): void => undefined };
    const fail = (reason: unknown): void => {
      wait.isOver = true;
      wait.release();
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- passed on as it was thrown
      reject(reason);
    };
    wait.release = bound(deadline, signal instanceof AbortSignal ? [signal] : signal, fail);
    // It may have called already.
    if (wait.isOver) wait.release();
    promise.then((value) => {
      wait.release();
      resolve(value);
    }, fail);
  });
