import type { Writable } from "node:stream";
import { pino } from "pino";
import type { Clock } from "../clock.js";
import { BridgeError } from "../domain/errors.js";
import { visibleLines } from "../domain/visible.js";
import { withPriority } from "./journal.js";
import { prettyPrinter } from "./pretty.js";
import { sinkWithFooter } from "./footer.js";
import { lineScrubber } from "./scrub.js";
import { streamSink } from "./sink.js";

/** The log of every module; `child` adds fields, such as the pad's id, to each line. */
export interface Logger {
  trace(fields: object, message: string): void;
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  fatal(fields: object, message: string): void;
  child(fields: Readonly<Record<string, unknown>>): Logger;
}

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal";

export interface LogOutput {
  readonly log: Logger;
  /** `flush` before the program ends. */
  readonly flush: (withinMs: number) => Promise<void>;
  /** Shows a line below all others; null where the log is not a person's terminal. */
  readonly show: ((line: string) => void) | null;
}

export interface LogOptions {
  readonly level: LogLevel;
  /** `auto`: pretty on a terminal, JSON elsewhere. */
  readonly format: "auto" | "json" | "pretty";
  /** Masked in every line, as the last defence. */
  readonly secrets: readonly string[];
  /** Standard output for `run` and `demo`, standard error for every other command. */
  readonly stream: Writable;
  readonly isTty: boolean;
  /** journald reads it: each line begins with its priority. */
  readonly journal: boolean;
  readonly clock: Clock;
}

/** A chain of causes longer than this is a loop. */
const DEEPEST = 5;

/** Errors as data: `advice` where there is one, the stack of unexpected errors or on request. */
const errorSerializer = (stacks: boolean): ((thrown: unknown) => unknown) => {
  const serialize = (thrown: unknown, depth: number): unknown => {
    if (!(thrown instanceof Error) || depth > DEEPEST)
      return thrown instanceof Error ? thrown.message : thrown;
    const foreseen = thrown instanceof BridgeError || depth > 0;
    const nested = thrown instanceof AggregateError ? (thrown.errors as unknown[]).slice(0, DEEPEST) : [];
    return {
      type: thrown.name,
      ...("code" in thrown ? { code: thrown.code } : {}),
      message: thrown.message,
      ...(thrown instanceof BridgeError && thrown.advice !== null ? { advice: thrown.advice } : {}),
      ...(stacks || !foreseen ? { stack: thrown.stack } : {}),
      ...(thrown.cause === undefined ? {} : { cause: serialize(thrown.cause, depth + 1) }),
      ...(nested.length === 0 ? {} : { errors: nested.map((one) => serialize(one, depth + 1)) }),
    };
  };
  return (thrown) => serialize(thrown, 0);
};

/**
 * The program's log: one line of JSON, or of text for people, for each call. Logging never throws, never blocks the
 * main loop and stops silently when the output is gone.
 */
export const createLogger = (options: LogOptions): LogOutput => {
  const { level, format, secrets, stream, isTty, journal, clock } = options;
  const pretty = format === "pretty" || (format === "auto" && isTty);
  const scrub = lineScrubber(secrets);
  const print = pretty ? prettyPrinter(isTty) : visibleLines;
  const finished = (line: string): string => (journal ? withPriority(line, print(line)) : print(line));
  const lines = streamSink(stream, clock, (lost) =>
    log.warn({ lost }, "Log lines lost: the output was not read in time"),
  );
  const sink = sinkWithFooter(lines);
  const err = errorSerializer(level === "debug" || level === "trace");
  const log: Logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err, error: err },
    },
    { write: (line: string) => sink.write(finished(scrub(line))) },
  );
  return { log, flush: (withinMs) => sink.flush(withinMs), show: pretty && isTty ? sink.show : null };
};
