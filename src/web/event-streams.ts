import type { ServerResponse } from "node:http";
import type { PageEvents } from "../api/page.js";
import type { Clock } from "../clock.js";

/** More tabs than a user has; each holds a connection. */
const MOST_STREAMS = 32;
const PING_MS = 2_000;
/** A reader with this many unread bytes, or with unread bytes for this long, does not read. */
const MOST_UNREAD = 256 * 1024;
const LONGEST_UNREAD_MS = 15_000;
/** How long a browser waits before it connects again. */
const RETRY_MS = 1_000;

/** One event in the format of server-sent events (HTML standard, 9.2). JSON has no line breaks of its own. */
export const eventText = <Name extends keyof PageEvents>(name: Name, data: PageEvents[Name]): string =>
  `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

/** The event streams of all readers: each event goes to all of them, and a reader that does not read is dropped. */
export class EventStreams {
  readonly #clock: Clock;
  /** When a stream first had unread bytes; null: everything is read. */
  readonly #streams = new Map<ServerResponse, number | null>();
  readonly #stopPinging: () => void;
  #ended = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#stopPinging = clock.every(PING_MS, () => this.#ping());
  }

  get count(): number {
    return this.#streams.size;
  }

  get isFull(): boolean {
    return this.#ended || this.#streams.size >= MOST_STREAMS;
  }

  /** Responds with a stream that begins with `picture`. */
  open(response: ServerResponse, headers: Readonly<Record<string, string>>, picture: string): void {
    response.writeHead(200, {
      ...headers,
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      // nginx would buffer events until they fill a page.
      "x-accel-buffering": "no",
    });
    this.#streams.set(response, null);
    response.once("close", () => this.#streams.delete(response));
    response.on("error", () => this.#drop(response));
    this.#write(response, `retry: ${RETRY_MS}\n\n${this.#pingText()}${picture}`);
  }

  send<Name extends keyof PageEvents>(name: Name, data: PageEvents[Name]): void {
    if (this.#streams.size > 0) this.#broadcast(eventText(name, data));
  }

  /** Ends every stream after the last event; a stream that is not read ends with the server. */
  end(): void {
    this.#ended = true;
    this.#stopPinging();
    for (const response of this.#streams.keys()) response.end();
  }

  #pingText(): string {
    return eventText("ping", { at: new Date(this.#clock.wall()).toISOString() });
  }

  #ping(): void {
    if (this.#streams.size > 0) this.#broadcast(this.#pingText());
  }

  #broadcast(text: string): void {
    for (const response of [...this.#streams.keys()]) this.#write(response, text);
  }

  #write(response: ServerResponse, text: string): void {
    const now = this.#clock.now();
    // Written earlier, and not yet taken by the system.
    const unread = response.writableLength;
    const since = unread === 0 ? null : (this.#streams.get(response) ?? now);
    if (unread > MOST_UNREAD || (since !== null && now - since > LONGEST_UNREAD_MS)) {
      this.#drop(response);
      return;
    }
    this.#streams.set(response, since);
    response.write(text);
  }

  #drop(response: ServerResponse): void {
    this.#streams.delete(response);
    response.destroy();
  }
}
