import type { PadState } from "../domain/state.js";
import type { Stats } from "../domain/stats.js";
import { availabilityPayload, statePayload, statsPayload } from "./payloads.js";

/** docs/topics.md, rates: numbers at most once a second, `last_status_at` and `rssi` alone at most once a minute. */
const NUMBERS_MS = 1_000;
const TRIFLES_MS = 60_000;
/** Without a change, what was looked at so long ago is still true: time alone changes a pad in steps of 500 ms. */
const CURRENT_MS = 10;

/** The clock, as far as a feed needs one: monotonic milliseconds, and a call after some of them that can be cancelled. */
export interface FeedClock {
  now(): number;
  after(ms: number, run: () => void): () => void;
}

/** What of a pad is published. `stats` is null until the store has been read. */
export interface Published {
  readonly available: boolean;
  readonly state: PadState;
  readonly stats: Stats | null;
}

/** The topics below `B/P` that a feed fills. */
export interface PadSink {
  availability(payload: ReturnType<typeof availabilityPayload>): void;
  state(payload: ReturnType<typeof statePayload>): void;
  stats(payload: ReturnType<typeof statsPayload>): void;
}

/** One topic whose value changes at three speeds. */
class Paced {
  #sent: {
    readonly text: string;
    readonly urgent: string;
    readonly numbers: string;
    readonly at: number;
  } | null = null;

  /** Milliseconds until it is due, 0 for now, null for nothing new. */
  due(text: string, urgent: string, numbers: string, now: number): number | null {
    const sent = this.#sent;
    if (!sent || sent.urgent !== urgent) return 0;
    if (sent.numbers !== numbers) return Math.max(0, sent.at + NUMBERS_MS - now);
    return sent.text === text ? null : Math.max(0, sent.at + TRIFLES_MS - now);
  }

  sent(text: string, urgent: string, numbers: string, at: number): void {
    this.#sent = { text, urgent, numbers, at };
  }
}

/** One pad's availability, state and stats for a face of the bridge: words at once, numbers at their pace. */
export class PadFeed {
  readonly #clock: FeedClock;
  readonly #view: () => Published;
  readonly #sink: PadSink;
  readonly #state = new Paced();
  readonly #stats = new Paced();
  #available: boolean | null = null;
  #cancel: () => void = () => undefined;
  #flushedAt = -Infinity;

  constructor(clock: FeedClock, view: () => Published, sink: PadSink) {
    this.#clock = clock;
    this.#view = view;
    this.#sink = sink;
  }

  /** Something may have changed: publishes what is due and looks again when the rest is. */
  changed(): void {
    this.#flushedAt = -Infinity;
    this.#run(false);
  }

  /** A result speaks of what state shows, so that comes first (docs/topics.md, rates). A thousand may come at once. */
  flush(): void {
    const now = this.#clock.now();
    if (now - this.#flushedAt < CURRENT_MS) return;
    this.#run(true);
    this.#flushedAt = now;
  }

  /** Availability: docs/topics.md wants it before everything else of a pad. */
  availability(): void {
    const { available } = this.#view();
    this.#available = available;
    this.#sink.availability(availabilityPayload(available));
  }

  /** State and stats regardless of pace: `get`, birth, reconnect. */
  everything(): void {
    const { state, stats } = this.#view();
    this.#sendState(state);
    if (stats) this.#sendStats(stats);
  }

  end(): void {
    this.#cancel();
  }

  #run(flush: boolean): void {
    this.#cancel();
    const { available, state, stats } = this.#view();
    if (available !== this.#available) this.availability();
    const now = this.#clock.now();
    const waits = [
      this.#step(this.#state.due(...stateTexts(state), now), flush, () => this.#sendState(state)),
      stats && this.#step(this.#stats.due(...statsTexts(stats), now), flush, () => this.#sendStats(stats)),
    ].filter((ms) => ms !== null);
    if (waits.length > 0) this.#cancel = this.#clock.after(Math.min(...waits), () => this.changed());
  }

  /** Milliseconds to wait, or null when there is nothing left to send. */
  #step(due: number | null, flush: boolean, send: () => void): number | null {
    if (due === null) return null;
    if (due > 0 && !(flush && due <= NUMBERS_MS)) return due;
    send();
    return null;
  }

  #sendState(state: PadState): void {
    this.#sink.state(statePayload(state));
    this.#state.sent(...stateTexts(state), this.#clock.now());
  }

  #sendStats(stats: Stats): void {
    this.#sink.stats(statsPayload(stats));
    this.#stats.sent(...statsTexts(stats), this.#clock.now());
  }
}

/** What a new run says first of a pad, whatever it knows already: what the last run left is not true any more (rule 9). */
export const unknownState = (state: PadState): ReturnType<typeof statePayload> =>
  statePayload({ ...state, ...UNKNOWN });

const UNKNOWN = {
  belt: "unknown",
  running: null,
  moving: null,
  mode: null,
  speed: null,
  targetSpeed: null,
  incline: null,
  heartRate: null,
} as const;

type Texts = readonly [text: string, urgent: string, numbers: string];

const stateTexts = (state: PadState): Texts => {
  const payload = statePayload(state);
  const numbers = { ...payload, rssi: null, last_status_at: null };
  const urgent = { ...numbers, speed: null, incline: null, heart_rate: null };
  return [JSON.stringify(payload), JSON.stringify(urgent), JSON.stringify(numbers)];
};

const statsTexts = (stats: Stats): Texts => {
  const text = JSON.stringify(statsPayload(stats));
  const { session } = stats;
  return [text, JSON.stringify([session?.id, session?.state]), text];
};
