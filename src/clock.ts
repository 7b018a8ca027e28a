import { uptime } from "node:os";

/** Time as a port: everything that waits takes one, so that tests move it by hand. */
export interface Clock {
  /** Milliseconds, monotonic, suspend included. Its zero means nothing. */
  now(): number;
  /** Epoch milliseconds. */
  wall(): number;
  /** Calls `run` once after `ms`; returns the canceller. */
  after(ms: number, run: () => void): () => void;
  /** Calls `run` every `ms`; returns the canceller. */
  every(ms: number, run: () => void): () => void;
}

/** Resolves after `ms`, or at once when the signal aborts: callers look at the signal, nothing rejects. */
export const sleep = (clock: Clock, ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    signal?.addEventListener("abort", done, { once: true });
  });

/**
 * The machine's clock. CLOCK_MONOTONIC, behind performance.now(), stands still while a laptop sleeps;
 * os.uptime() does not (libuv reads CLOCK_BOOTTIME). Commands age while we sleep, so the difference is added.
 */
export const systemClock = (): Clock => {
  // os.uptime() has a resolution of 10 ms; only differences well above that are a suspend.
  const noticeable = 500;
  let behind = uptime() * 1000 - performance.now();
  let slept = 0;
  return {
    now() {
      const ahead = uptime() * 1000 - performance.now() - behind;
      if (ahead > noticeable) {
        slept += ahead;
        behind += ahead;
      }
      return performance.now() + slept;
    },
    wall: () => Date.now(),
    after(ms, run) {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    every(ms, run) {
      const timer = setInterval(run, ms);
      return () => clearInterval(timer);
    },
  };
};
