import type { Sink } from "./sink.js";

/** To the beginning of the line, and erase from there (ECMA-48). */
const ERASE = "\r\u001b[K";

/** A sink with one line below all others, which is drawn again after every write above it. */
export interface SinkWithFooter extends Sink {
  /** Sets the line, without line feed and no wider than the terminal; empty: none. Never throws or blocks. */
  readonly show: (line: string) => void;
}

/**
 * Nothing is drawn while the reader is behind (a paused terminal): no drawing waits behind another, and only log lines
 * wait.
 */
export const sinkWithFooter = (sink: Sink): SinkWithFooter => {
  let shown = "";
  return {
    get behind() {
      return sink.behind;
    },
    flush: (withinMs) => sink.flush(withinMs),
    write(text) {
      const erase = shown === "" ? "" : ERASE;
      if (sink.behind) shown = "";
      sink.write(`${erase}${text}${shown}`);
    },
    show: (line) => {
      if (line === shown || sink.behind) return;
      sink.write(shown === "" ? line : `${ERASE}${line}`);
      shown = line;
    },
  };
};
