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

/** A gap in our own life from this length on counts as the age of what came during it (contract rule 2). */
export const STALL_MS = 2_000;
const TURN_MS = 500;
/** What was sent during a gap is read within this time after it. */
const AFTERMATH_MS = 1_000;

export interface StallWatch {
  /** When something that is read now may have come: now, or the beginning of a gap that has just ended. */
  arrived(): number;
  end(): void;
}

/**
 * A suspended laptop or a stalled disk keeps messages waiting in a socket: read late, they look new. The loop's turns
 * are watched, and what is read right after a gap is taken to have come when it began.
 */
export const watchStalls = (clock: Clock): StallWatch => {
  let turned = clock.now();
  let gap: { readonly from: number; readonly until: number } | null = null;
  const look = (): number => {
    const now = clock.now();
    if (now - turned > TURN_MS + STALL_MS) gap = { from: turned, until: now + AFTERMATH_MS };
    return now;
  };
  const end = clock.every(TURN_MS, () => {
    turned = look();
  });
  return {
    arrived() {
      const now = look();
      return gap && now <= gap.until ? gap.from : now;
    },
    end,
  };
};
