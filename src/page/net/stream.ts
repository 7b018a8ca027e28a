import type { PageEvents } from "../../api/page.js";
import { after, every, monotonic } from "../clock.js";
import type { StreamAction } from "../model/action.js";
import { refusalOf } from "./requests.js";
import { parseEvents } from "./sse.js";

/** A ping comes every 2 s: after two missing ones the user must see it within 5 s. */
const SILENCE_MS = 4_500;
const WATCH_MS = 250;
const AGAIN_MS = 1_000;
/** A browser allows six connections per host for all tabs: a hidden tab must not delay another tab's stop. */
const HIDDEN_MS = 30_000;

const NAMES: Readonly<Record<keyof PageEvents, true>> = {
  bridge: true,
  info: true,
  pads: true,
  availability: true,
  state: true,
  stats: true,
  event: true,
  ping: true,
};

export interface StreamListener {
  readonly onEvent: (event: StreamAction) => void;
  /** The stream ended, was silent for too long, or was refused: then with the server's sentence. */
  readonly onLost: (refusal: string | null) => void;
}

/**
 * Keeps `GET api/events` open as long as the page lives: it reopens a second after each end. Not an EventSource, which
 * reports neither a silent connection nor the server's response when it refuses.
 */
export class EventStream {
  readonly #listener: StreamListener;
  #abort: AbortController | null = null;
  #receivedAt = 0;
  #cancelHide: (() => void) | null = null;

  constructor(listener: StreamListener) {
    this.#listener = listener;
  }

  start(): void {
    every(WATCH_MS, () => this.#watch());
    document.addEventListener("visibilitychange", () => this.#onVisibility());
    // A page restored from the back-forward cache, or a network that is available again.
    for (const type of ["pageshow", "online"]) addEventListener(type, () => this.#open());
    this.#open();
  }

  #open(): void {
    if (this.#abort !== null) return;
    const abort = new AbortController();
    this.#abort = abort;
    this.#receivedAt = monotonic();
    this.#read(abort.signal)
      .catch(() => null)
      .then((refusal) => this.#ended(abort, refusal))
      .catch(() => undefined);
  }

  /** Resolves when the stream has ended: with the server's sentence where it was refused. */
  async #read(signal: AbortSignal): Promise<string | null> {
    const response = await fetch("api/events", { signal, cache: "no-store" });
    if (!response.ok || response.body === null) return await refusalOf(response);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done || signal.aborted) return null;
      this.#receivedAt = monotonic();
      const { events, rest } = parseEvents(text + value);
      text = rest;
      for (const { name, data } of events)
        if (name in NAMES)
          this.#listener.onEvent({ type: name, data: JSON.parse(data) as unknown } as StreamAction);
    }
  }

  #ended(abort: AbortController, refusal: string | null): void {
    if (this.#abort !== abort) return;
    this.#abort = null;
    this.#listener.onLost(refusal);
    if (document.visibilityState === "visible") after(AGAIN_MS, () => this.#open());
  }

  #close(): void {
    const abort = this.#abort;
    if (abort === null) return;
    abort.abort();
    this.#ended(abort, null);
  }

  #watch(): void {
    if (this.#abort !== null && monotonic() - this.#receivedAt > SILENCE_MS) this.#close();
  }

  #onVisibility(): void {
    this.#cancelHide?.();
    this.#cancelHide = null;
    if (document.visibilityState === "visible") this.#open();
    else this.#cancelHide = after(HIDDEN_MS, () => this.#close());
  }
}
