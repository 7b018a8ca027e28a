import type { PadState } from "../domain/state.js";
import type { Stats } from "../domain/stats.js";
import { availabilityPayload, statePayload, statsPayload } from "./payloads.js";

/** docs/topics.md, rates: numbers at most once a second, `last_status_at` and `rssi` alone at most once a minute. */
const NUMBERS_MS = 1_000;
/** A pad that is polled, or notifies, once a second does so a few milliseconds early or late. */
const EARLY_MS = 50;
const TRIFLES_MS = 60_000;
/** Without a change, a view of this age is still valid: time alone changes a pad in steps of 500 ms. */
const CURRENT_MS = 10;

/** The clock of a feed: monotonic milliseconds, and a timer that can be cancelled. */
export interface FeedClock {
  now(): number;
  after(ms: number, run: () => void): () => void;
}

/** The published part of a pad. `stats` is null until the store has been read. */
export interface PublishedPad {
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

/** How soon a change is published. */
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

/** No value of a state is an object. */
const sameState = (a: PadState, b: PadState): boolean =>
  (Object.keys(b) as (keyof PadState)[]).every((key) => Object.is(a[key], b[key]));

interface PacedDeps<Value, Payload> {
  readonly payloadOf: (value: Value) => Payload;
  readonly same: (a: Value, b: Value) => boolean;
  readonly pace: (sent: Payload, now: Payload) => Pace;
  readonly sink: (payload: Payload) => void;
}

/** One topic whose value changes at three rates. */
class Paced<Value, Payload> {
  readonly #deps: PacedDeps<Value, Payload>;
  #shown: { readonly value: Value; readonly payload: Payload } | null = null;
  #sent: { readonly payload: Payload; readonly at: number } | null = null;

  constructor(deps: PacedDeps<Value, Payload>) {
    this.#deps = deps;
  }

  /** The payload of a value; for a value equal to the one before, the same object. */
  show(value: Value): Payload {
    const { same, payloadOf } = this.#deps;
    if (!this.#shown || !same(this.#shown.value, value)) this.#shown = { value, payload: payloadOf(value) };
    return this.#shown.payload;
  }

  /** When it is due: `now` for at once, null for no change. */
  due(payload: Payload, now: number): number | null {
    if (!this.#sent) return now;
    if (this.#sent.payload === payload) return null;
    switch (this.#deps.pace(this.#sent.payload, payload)) {
      case "urgent":
        return now;
      case "numbers": {
        const at = this.#sent.at + NUMBERS_MS;
        return at - now <= EARLY_MS ? now : at;
      }
      case "trifles":
        return Math.max(now, this.#sent.at + TRIFLES_MS);
      case null:
        return null;
    }
  }

  /** A message that is sent early counts as on time, so that the next one does not become due earlier. */
  send(payload: Payload, now: number): void {
    const next = (this.#sent?.at ?? -Infinity) + NUMBERS_MS;
    this.#deps.sink(payload);
    this.#sent = { payload, at: next - now <= EARLY_MS ? Math.max(next, now) : now };
  }
}

/** One pad's availability, state and stats for a face of the bridge: belt changes at once, numbers at their rate. */
export class PadFeed {
  readonly #clock: FeedClock;
  readonly #view: () => PublishedPad;
  readonly #sink: PadSink;
  readonly #state: Paced<PadState, StatePayload>;
  readonly #stats: Paced<Stats, StatsPayload>;
  #available: boolean | null = null;
  #timer: { readonly at: number; readonly cancel: () => void } | null = null;
  #flushedAt = -Infinity;

  constructor(clock: FeedClock, view: () => PublishedPad, sink: PadSink) {
    this.#clock = clock;
    this.#view = view;
    this.#sink = sink;
    this.#state = new Paced({
      payloadOf: statePayload,
      same: sameState,
      pace: statePace,
      sink: (payload) => sink.state(payload),
    });
    this.#stats = new Paced({
      payloadOf: statsPayload,
      same: Object.is,
      pace: statsPace,
      sink: (payload) => sink.stats(payload),
    });
  }

  /** Something may have changed: publishes what is due and sets a timer for the rest. */
  changed(view = this.#view()): void {
    this.#flushedAt = -Infinity;
    this.#run(view, false);
  }

  /**
   * A result refers to the state, so the state is sent first (docs/topics.md, rates). A thousand results may come at
   * once.
   */
  flush(): void {
    const now = this.#clock.now();
    if (now - this.#flushedAt < CURRENT_MS) return;
    this.#run(this.#view(), true);
    this.#flushedAt = now;
  }

  /** Availability: docs/topics.md requires it before everything else of a pad. */
  availability(): void {
    this.#sendAvailable(this.#view());
  }

  /** State and stats independent of their rate: for `get`, birth, reconnect. */
  everything(): void {
    const { state, stats } = this.#view();
    const now = this.#clock.now();
    this.#state.send(this.#state.show(state), now);
    if (stats) this.#stats.send(this.#stats.show(stats), now);
  }

  end(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #sendAvailable({ available }: PublishedPad): void {
    this.#available = available;
    this.#sink.availability(availabilityPayload(available));
  }

  #run(view: PublishedPad, flush: boolean): void {
    if (view.available !== this.#available) this.#sendAvailable(view);
    const now = this.#clock.now();
    const { state, stats } = view;
    const stateAt = step(this.#state, this.#state.show(state), flush, now);
    const statsAt = stats === null ? Infinity : step(this.#stats, this.#stats.show(stats), flush, now);
    this.#lookAgain(Math.min(stateAt, statsAt), now);
  }

  #lookAgain(at: number, now: number): void {
    if (this.#timer?.at === at) return;
    this.end();
    if (at === Infinity) return;
    const expire = (): void => {
      this.#timer = null;
      this.changed();
    };
    this.#timer = { at, cancel: this.#clock.after(at - now, expire) };
  }
}

/** When to check again; Infinity when there is nothing left to send. */
const step = <Value, Payload>(
  paced: Paced<Value, Payload>,
  payload: Payload,
  flush: boolean,
  now: number,
): number => {
  const due = paced.due(payload, now);
  if (due === null) return Infinity;
  if (due > now && !(flush && due - now <= NUMBERS_MS)) return due;
  paced.send(payload, now);
  return Infinity;
};

/**
 * The first state of a pad in a new run, whatever is known already: the last run's state is outdated (safety rule 9).
 */
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
