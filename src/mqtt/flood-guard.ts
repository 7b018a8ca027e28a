import type { Clock } from "../clock.js";
import type { Logger } from "../log/log.js";
import { FloodLimits } from "./flood-limits.js";
import type { RateLimit } from "./rate-limit.js";

export const VERBS = ["scan", "health_check", "sessions", "restart", "simulate"];

/** The first line comes after this time, when a rate is known; the next ones at most this often. */
const MEASURE_MS = 1_000;
const REPORT_EVERY_MS = 30_000;

/** Contains a possible stop: every spelling that parseSet reads as a stop has one of these, JSON escapes included. */
const STOP = /off|stop|pause|0|\\/i;
/** A longer message is never parsed above the limit. No sender of stops needs so many bytes. */
const LONGEST_STOP = 1_024;

/** Cheap: nothing is parsed. */
export const mayStop = (payload: Uint8Array): boolean =>
  payload.length <= LONGEST_STOP &&
  STOP.test(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString("latin1"));

interface Turn {
  running: boolean;
  /** The last of the requests that came too soon. */
  kept: (() => Promise<void> | void) | null;
  cancel: (() => void) | null;
}

/** Limits the cost of live messages: no sender may keep the bridge from the belts. */
export class FloodGuard {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly limits: FloodLimits;
  readonly #turns = new Map<string, Turn>();
  #dropped = new Map<string, number>();
  #since = 0;
  #reportedAt = -Infinity;
  #cancelReport: (() => void) | null = null;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.limits = new FloodLimits(clock);
    this.#log = log;
  }

  /**
   * Runs a request now, or as soon as the limit and the previous request allow; of several that wait only the last is
   * kept.
   */
  inTurn(kind: "get" | "request", name: string, topic: string, run: () => Promise<void> | void): void {
    const known = kind === "get" || VERBS.includes(name) ? name : "";
    const limit = this.limits.of(kind, known);
    const key = `${kind} ${known}`;
    const turn = this.#turns.get(key) ?? { running: false, kept: null, cancel: null };
    this.#turns.set(key, turn);
    if (turn.kept) this.dropped(topic);
    turn.kept = run;
    this.#next(turn, limit);
  }

  /** A message on `topic` was dropped; one log line reports it. */
  dropped(topic: string): void {
    const now = this.#clock.now();
    if (this.#dropped.size === 0) this.#since = now;
    // The sender chooses the names: they must not fill the memory.
    if (this.#dropped.size < 100 || this.#dropped.has(topic))
      this.#dropped.set(topic, (this.#dropped.get(topic) ?? 0) + 1);
    const wait = Math.max(MEASURE_MS, this.#reportedAt + REPORT_EVERY_MS - now);
    this.#cancelReport ??= this.#clock.after(wait, () => this.#report());
  }

  end(): void {
    this.#cancelReport?.();
    for (const turn of this.#turns.values()) turn.cancel?.();
  }

  #next(turn: Turn, limit: RateLimit): void {
    if (turn.running || turn.cancel || !turn.kept) return;
    const now = this.#clock.now();
    if (!limit.take(now)) {
      turn.cancel = this.#clock.after(limit.wait(now), () => {
        turn.cancel = null;
        this.#next(turn, limit);
      });
      return;
    }
    const run = turn.kept;
    turn.kept = null;
    const running = run();
    if (!running) return;
    turn.running = true;
    void running.finally(() => {
      turn.running = false;
      this.#next(turn, limit);
    });
  }

  #report(): void {
    const now = this.#clock.now();
    const [topic, dropped] = [...this.#dropped].reduce((most, one) => (one[1] > most[1] ? one : most));
    const perSecond = Math.round((dropped * 1000) / Math.max(1, now - this.#since));
    this.#log.warn(
      { topic, perSecond, dropped },
      "Too many messages: most are dropped, stops are carried out. Find the client that publishes there.",
    );
    this.#dropped = new Map();
    this.#reportedAt = now;
    this.#cancelReport = null;
  }
}
