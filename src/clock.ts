import { readFileSync } from "node:fs";
import { uptime } from "node:os";
import type { BootTime } from "./domain/boot-time.js";
import type { LocalDay } from "./domain/totals.js";

/** Time as a port: everything that waits takes a clock, so that tests move it by hand. */
export interface Clock {
  /** Milliseconds, monotonic, suspend included. Its zero has no meaning. */
  now(): number;
  /** Epoch milliseconds. */
  wall(): number;
  /** Null where the system has no boot id. */
  boot?(): BootTime | null;
  /** Calls `run` once after `ms`; returns the canceller. */
  after(ms: number, run: () => void): () => void;
  /** Calls `run` every `ms`, the first time possibly sooner; returns the canceller. */
  every(ms: number, run: () => void): () => void;
}

/** Resolves after `ms`, or at once when the signal aborts; never rejects, callers check the signal. */
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

/** Identifies the boot whose uptime nothing can set; null where the system has no boot id. */
export const bootId = (): string | null => {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return null;
  }
};

/** The machine's clocks; milliseconds. */
export interface TimeSource {
  /** CLOCK_MONOTONIC: stops while a laptop sleeps. */
  readonly monotonic: () => number;
  /** CLOCK_BOOTTIME, at a resolution of 10 ms: runs while it sleeps. Opens a file: 20 µs a call (measured). */
  readonly boot: () => number;
  /** CLOCK_REALTIME. */
  readonly wall: () => number;
}

const MACHINE: TimeSource = {
  monotonic: () => performance.now(),
  boot: () => uptime() * 1000,
  wall: () => Date.now(),
};

/** A suspend is longer; NTP slews the monotonic clock along with the wall clock. */
const STEP_MS = 100;
/** The boot clock is read this often even where the wall clock has not stepped. */
const READ_MS = 250;
/** The boot clock is coarse: only differences well above its resolution count as a suspend. */
const NOTICEABLE_MS = 500;

/**
 * Monotonic milliseconds, suspend included: commands age during a suspend. The kernel adds a suspend to the wall clock
 * and the boot clock in one step (timekeeping_inject_sleeptime64), so the boot clock is read only when the wall clock
 * has stepped; and at intervals, for a wall clock that was set back by the same amount at that moment.
 */
const monotonicClock = ({ monotonic, boot, wall }: TimeSource): (() => number) => {
  let behind = boot() - monotonic();
  let slept = 0;
  let step = wall() - monotonic();
  let readAt = monotonic();
  return () => {
    const now = monotonic();
    const offset = wall() - now;
    if (Math.abs(offset - step) < STEP_MS && now - readAt < READ_MS) return now + slept;
    step = offset;
    readAt = now;
    const ahead = boot() - now - behind;
    if (ahead > NOTICEABLE_MS) {
      slept += ahead;
      behind += ahead;
    }
    return now + slept;
  };
};

const BEAT_MS = 500;

interface Tick {
  readonly beats: number;
  left: number;
  readonly run: () => void;
}

/** An exception ends the program by the shutdown path, and does not prevent the others from running. */
const runTick = ({ run }: Tick): void => {
  try {
    run();
  } catch (thrown) {
    queueMicrotask(() => {
      throw thrown;
    });
  }
};

/** Periodic callers share one timer: a wake-up costs more than most of their work. */
const beats = (): Clock["every"] => {
  const ticks = new Set<Tick>();
  let timer: NodeJS.Timeout | null = null;
  const beat = (): void => {
    for (const tick of [...ticks]) {
      tick.left -= 1;
      if (tick.left > 0 || !ticks.has(tick)) continue;
      tick.left = tick.beats;
      runTick(tick);
    }
  };
  return (ms, run) => {
    const tick: Tick = { beats: ms / BEAT_MS, left: ms / BEAT_MS, run };
    ticks.add(tick);
    timer ??= setInterval(beat, BEAT_MS);
    return () => {
      ticks.delete(tick);
      if (ticks.size > 0 || !timer) return;
      clearInterval(timer);
      timer = null;
    };
  };
};

/** The machine's clock. */
export const systemClock = (source: TimeSource = MACHINE): Clock => {
  const together = beats();
  return {
    now: monotonicClock(source),
    wall: source.wall,
    boot() {
      const id = bootId();
      return id === null ? null : { id, uptime: source.boot() };
    },
    after(ms, run) {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    every(ms, run) {
      if (ms % BEAT_MS === 0) return together(ms, run);
      const timer = setInterval(run, ms);
      return () => clearInterval(timer);
    },
  };
};

/** The date in the machine's time zone. Not by Intl: its first formatter takes 7 MB, for good (measured, Node 20). */
export const machineDay: LocalDay = (epochMs) => {
  const date = new Date(epochMs);
  const digits = (value: number, count: number): string => String(value).padStart(count, "0");
  return `${digits(date.getFullYear(), 4)}-${digits(date.getMonth() + 1, 2)}-${digits(date.getDate(), 2)}`;
};

/** A gap in the event loop from this length on counts as the age of what arrived during it (safety rule 2). */
export const STALL_MS = 2_000;
const TURN_MS = 500;
/** What was sent during a gap is read within this time after it. */
const AFTERMATH_MS = 1_000;

export interface StallWatch {
  /**
   * The earliest time at which what is read now may have arrived: now, or the beginning of a gap that has just ended.
   */
  arrived(): number;
  end(): void;
}

/**
 * During a suspend or a stall, messages wait in a socket: read late, they look new. The event loop's iterations are
 * timed, and what is read right after a gap is taken to have arrived at its beginning.
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
