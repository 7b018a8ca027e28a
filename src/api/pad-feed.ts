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
  state(payload: StatePayload): void;
  stats(payload: StatsPayload): void;
}

type StatePayload = ReturnType<typeof statePayload>;
type StatsPayload = ReturnType<typeof statsPayload>;

/** How fast what has changed is to be published. */
type Pace = "urgent" | "numbers" | "trifles" | null;

const NUMBERS: readonly (keyof StatePayload)[] = ["speed", "incline", "heart_rate"];
const TRIFLES: readonly (keyof StatePayload)[] = ["rssi", "last_status_at"];

/** No value of a state is an object. */
const statePace = (sent: StatePayload, now: StatePayload): Pace => {
  let pace: Pace = null;
  for (const key of Object.keys(now) as (keyof StatePayload)[]) {
    if (Object.is(sent[key], now[key])) continue;
    if (NUMBERS.includes(key)) pace = "numbers";
    else if (!TRIFLES.includes(key)) return "urgent";
    else pace ??= "trifles";
  }
  return pace;
};

const statsPace = (sent: StatsPayload, now: StatsPayload): Pace => {
  if (sent.session.id !== now.session.id || sent.session.state !== now.session.state) return "urgent";
  return JSON.stringify(sent) === JSON.stringify(now) ? null : "numbers";
};

/** One topic whose value changes at three speeds. */
class Paced<Payload> {
  readonly #pace: (sent: Payload, now: Payload) => Pace;
  readonly #sink: (payload: Payload) => void;
  #sent: { readonly payload: Payload; readonly at: number } | null = null;

  constructor(pace: (sent: Payload, now: Payload) => Pace, sink: (payload: Payload) => void) {
    this.#pace = pace;
    this.#sink = sink;
  }

  /** Milliseconds until it is due, 0 for now, null for nothing new. */
  due(payload: Payload, now: number): number | null {
    if (!this.#sent) return 0;
    switch (this.#pace(this.#sent.payload, payload)) {
      case "urgent":
        return 0;
      case "numbers":
        return Math.max(0, this.#sent.at + NUMBERS_MS - now);
      case "trifles":
        return Math.max(0, this.#sent.at + TRIFLES_MS - now);
      case null:
        return null;
    }
  }

  send(payload: Payload, now: number): void {
    this.#sink(payload);
    this.#sent = { payload, at: now };
  }
}

/** One pad's availability, state and stats for a face of the bridge: words at once, numbers at their pace. */
export class PadFeed {
  readonly #clock: FeedClock;
  readonly #view: () => Published;
  readonly #sink: PadSink;
  readonly #state: Paced<StatePayload>;
  readonly #stats: Paced<StatsPayload>;
  #available: boolean | null = null;
  #cancel: () => void = () => undefined;
  #flushedAt = -Infinity;

  constructor(clock: FeedClock, view: () => Published, sink: PadSink) {
    this.#clock = clock;
    this.#view = view;
    this.#sink = sink;
    this.#state = new Paced(statePace, (payload) => sink.state(payload));
    this.#stats = new Paced(statsPace, (payload) => sink.stats(payload));
  }

  /** Something may have changed: publishes what is due and looks again when the rest is. */
  changed(view = this.#view()): void {
    this.#flushedAt = -Infinity;
    this.#run(view, false);
  }

  /** A result speaks of what state shows, so that comes first (docs/topics.md, rates). A thousand may come at once. */
  flush(): void {
    const now = this.#clock.now();
    if (now - this.#flushedAt < CURRENT_MS) return;
    this.#run(this.#view(), true);
    this.#flushedAt = now;
  }

  /** Availability: docs/topics.md wants it before everything else of a pad. */
  availability(): void {
    this.#sendAvailable(this.#view());
  }

  /** State and stats regardless of pace: `get`, birth, reconnect. */
  everything(): void {
    const { state, stats } = this.#view();
    const now = this.#clock.now();
    this.#state.send(statePayload(state), now);
    if (stats) this.#stats.send(statsPayload(stats), now);
  }

  end(): void {
    this.#cancel();
  }

  #sendAvailable({ available }: Published): void {
    this.#available = available;
    this.#sink.availability(availabilityPayload(available));
  }

  #run(view: Published, flush: boolean): void {
    this.#cancel();
    if (view.available !== this.#available) this.#sendAvailable(view);
    const now = this.#clock.now();
    const waits = [
      step(this.#state, statePayload(view.state), flush, now),
      view.stats && step(this.#stats, statsPayload(view.stats), flush, now),
    ].filter((ms) => ms !== null);
    if (waits.length > 0) this.#cancel = this.#clock.after(Math.min(...waits), () => this.changed());
  }
}

/** Milliseconds to wait, or null when there is nothing left to send. */
const step = <Payload>(
  paced: Paced<Payload>,
  payload: Payload,
  flush: boolean,
  now: number,
): number | null => {
  const due = paced.due(payload, now);
  if (due === null) return null;
  if (due > 0 && !(flush && due <= NUMBERS_MS)) return due;
  paced.send(payload, now);
  return null;
};

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
