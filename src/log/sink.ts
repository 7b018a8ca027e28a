import type { Writable } from "node:stream";
import { sleep, type Clock } from "../clock.js";

/** The destination of log lines. No call ever throws or rejects; lines that cannot be written are lost. */
export interface Sink {
  write(text: string): void;
  /** The reader is slower than the program: new lines reach it later, or are lost. */
  readonly behind: boolean;
  /** Resolves when everything is written or lost, at the latest after `withinMs`. */
  flush(withinMs: number): Promise<void>;
}

/** Characters that may wait for a slow reader: some hours of a quiet bridge. Beyond them lines are lost. */
const MOST_WAITING = 1_000_000;

/** Errors after which no reader comes back; a full disk may have room later. */
const GONE = ["EPIPE", "ECONNRESET", "EBADF", "EIO", "ERR_STREAM_DESTROYED", "ERR_STREAM_WRITE_AFTER_END"];

const codeOf = (thrown: unknown): unknown =>
  thrown instanceof Error && "code" in thrown ? thrown.code : null;

interface Handle {
  readonly _handle?: { readonly setBlocking?: (blocking: boolean) => unknown } | null;
}

/**
 * Node writes to a terminal with blocking calls, so a paused terminal (Ctrl-S) blocks the main loop, and with it every
 * stop of a belt, until the watchdog ends the process. Seen with a pseudo-terminal that is not read, Node 20.20.
 */
const unblock = (stream: Writable): void => {
  (stream as Handle)._handle?.setBlocking?.(false);
};

class StreamSink implements Sink {
  readonly #stream: Writable;
  readonly #clock: Clock;
  readonly #onRecovered: (lost: number) => void;
  #gone = false;
  #unwritten = 0;
  #lost = 0;
  #waiters: (() => void)[] = [];

  constructor(stream: Writable, clock: Clock, onRecovered: (lost: number) => void) {
    this.#stream = stream;
    this.#clock = clock;
    this.#onRecovered = onRecovered;
    stream.on("error", (error) => this.#failed(error));
    stream.on("close", () => this.#failed(null));
    stream.on("drain", () => this.#drained());
    unblock(stream);
  }

  write(text: string): void {
    if (this.#gone) return;
    if (this.#stream.writableLength > MOST_WAITING) {
      this.#lost += 1;
      return;
    }
    this.#unwritten += 1;
    try {
      this.#stream.write(text, (error) => this.#written(error ?? null));
    } catch (thrown) {
      this.#written(thrown);
    }
  }

  get behind(): boolean {
    return this.#stream.writableLength > 0;
  }

  async flush(withinMs: number): Promise<void> {
    if (this.#gone || this.#unwritten === 0) return;
    const done = new AbortController();
    this.#waiters.push(() => done.abort());
    await sleep(this.#clock, withinMs, done.signal);
  }

  #written(error: unknown): void {
    this.#unwritten -= 1;
    if (error !== null) this.#failed(error);
    if (this.#unwritten === 0) this.#wake();
  }

  #failed(error: unknown): void {
    if (!this.#stream.destroyed && !GONE.includes(String(codeOf(error)))) return;
    this.#gone = true;
    this.#wake();
  }

  #drained(): void {
    const lost = this.#lost;
    this.#lost = 0;
    if (lost > 0) this.#onRecovered(lost);
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}

/** Calls `onRecovered` with the number of lost lines once the reader reads again. */
export const streamSink = (stream: Writable, clock: Clock, onRecovered: (lost: number) => void): Sink =>
  new StreamSink(stream, clock, onRecovered);
