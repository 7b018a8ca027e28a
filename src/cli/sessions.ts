import { existsSync, statSync, type Stats, writeFileSync } from "node:fs";
import { join } from "node:path";
import { accessProblem } from "../config/access.js";
import { rewriteFile, whyNotWritten } from "../config/rewrite.js";
import { asError } from "../domain/errors.js";
import { visible } from "../domain/visible.js";
import { fitName, parseSince } from "../app/session-list.js";
import { EXIT, type ExitCode } from "../process/lifecycle.js";
import { readSamples, readSessions, type StoredSession } from "../store/read.js";
import { databaseFile, loadDriver, openForReading, type Sqlite } from "../store/sqlite.js";
import { readConfig } from "./config.js";
import type { Invocation, Terminal } from "./invocation.js";
import { sessionsCsv, sessionsJson, sessionsTable } from "../app/export/session-text.js";
import { sessionsTcx } from "../app/export/tcx.js";

export interface SessionsFlags {
  readonly config?: string | undefined;
  readonly pad?: string | undefined;
  readonly since?: string | undefined;
  readonly imperial?: boolean | undefined;
  readonly format?: string | undefined;
  readonly output?: string | undefined;
}

const FORMATS = ["table", "csv", "json", "tcx", "fit"] as const;
type Format = (typeof FORMATS)[number];

interface Wanted {
  readonly format: Format;
  readonly pad: string | null;
  /** Epoch milliseconds. */
  readonly since: number | null;
  readonly imperial: boolean;
  /** A file, for FIT also a folder; null: stdout. */
  readonly output: string | null;
}

/** A sentence for the user where a flag cannot be read. */
const wanted = ({ format = "table", pad, since, imperial, output }: SessionsFlags): Wanted | string => {
  const known = FORMATS.find((one) => one === format);
  if (!known) return `--format "${format}": use one of ${FORMATS.join(", ")}`;
  const from = since === undefined ? null : parseSince(since);
  if (since !== undefined && from === null)
    return `--since "${since}": use a date, 2026-11-22, or a time, 2026-11-22T10:00:00Z`;
  return {
    format: known,
    pad: pad ?? null,
    since: from,
    imperial: imperial ?? false,
    output: output ?? null,
  };
};

/** Prints the sessions to stdout or a file, also while the bridge runs; without a store the list is empty. */
export const sessions = async ({ env, terminal }: Invocation, flags: SessionsFlags): Promise<ExitCode> => {
  const asked = wanted(flags);
  if (typeof asked === "string") {
    terminal.err(`${visible(asked)}\n`);
    return EXIT.usage;
  }
  const loaded = readConfig(flags.config, env, terminal);
  if (!loaded) return EXIT.config;
  const file = databaseFile(loaded.config.store.path);
  try {
    // Without a store there is nothing to read, and the SQLite driver need not be installed (docs/command-line.md).
    const db = isThere(file) ? openForReading(await loadDriver(), file) : null;
    try {
      return await print(db, asked, terminal);
    } finally {
      db?.close();
    }
  } catch (error) {
    if (error instanceof OutputError) {
      terminal.err(`${visible(error.message)}\n`);
      return EXIT.config;
    }
    const why = accessProblem(file, "R_OK") ?? asError(error).message;
    terminal.err(`${visible(`The history in ${file} cannot be read. ${why}`)}\n`);
    return EXIT.internal;
  }
};

/** Throws where the file cannot be looked up: a folder that may not be entered is not an empty list. */
const isThere = (file: string): boolean => {
  try {
    statSync(file);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && ["ENOENT", "ENOTDIR"].includes(String(error.code)))
      return false;
    throw error;
  }
};

const print = async (db: Sqlite | null, asked: Wanted, terminal: Terminal): Promise<ExitCode> => {
  const { pad, since, output, format } = asked;
  const list = db ? readSessions(db, { pad, since, limit: null }) : [];
  const samplesOf = (session: StoredSession) => (db ? readSamples(db, session) : []);
  if (format === "fit") return printFit(list, samplesOf, output, terminal);
  const parts = () => textOf(format, list, samplesOf, asked.imperial);
  if (output === null) for (const part of parts()) terminal.out(part);
  else await writeParts(output, parts);
  return EXIT.ok;
};

type SamplesOf = (session: StoredSession) => ReturnType<typeof readSamples>;

const textOf = (
  format: Exclude<Format, "fit">,
  list: readonly StoredSession[],
  samplesOf: SamplesOf,
  imperial: boolean,
): Iterable<string> => {
  const options = { imperial, timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone };
  switch (format) {
    case "table":
      return [sessionsTable(list, options)];
    case "csv":
      return [sessionsCsv(list, options)];
    case "json":
      return [sessionsJson(list, options)];
    case "tcx":
      return sessionsTcx(list, samplesOf);
  }
};

/** A FIT file holds one session: of several, each gets a file of its own in the folder `output`. */
const printFit = async (
  list: readonly StoredSession[],
  samplesOf: SamplesOf,
  output: string | null,
  { out, err }: Terminal,
): Promise<ExitCode> => {
  const [first, more] = list;
  if (!first) {
    err("No session to write.\n");
    return EXIT.ok;
  }
  const isFolder = output !== null && (/[/\\]$/.test(output) || isDirectory(output));
  if (more && !isFolder) {
    err(
      `A FIT file holds one session, but ${list.length} were found. Narrow them with --pad and --since, ` +
        "or name a folder: --output walks/\n",
    );
    return EXIT.usage;
  }
  // Loaded only for this format: the FIT profile takes a moment to load.
  const { sessionFit } = await import("../app/export/fit.js");
  for (const session of list) {
    const bytes = sessionFit(session, samplesOf(session));
    if (output === null) out(bytes);
    else await writeParts(isFolder ? join(output, fitName(session)) : output, () => [bytes]);
  }
  return EXIT.ok;
};

class OutputError extends Error {}

type Parts = () => Iterable<string | Uint8Array>;

const statsOf = (path: string): Stats | undefined => statSync(path, { throwIfNoEntry: false });
const isDirectory = (path: string): boolean => statsOf(path)?.isDirectory() ?? false;
/** A pipe, a terminal, /dev/stdout: there is no content that a failed write could destroy. */
const isStream = (path: string): boolean => {
  const stats = statsOf(path);
  return stats !== undefined && (stats.isFIFO() || stats.isCharacterDevice() || stats.isSocket());
};

/** An existing file keeps its owner, mode and link, and its whole content where the new one cannot be written. */
const writeParts = async (path: string, parts: Parts): Promise<void> => {
  try {
    if (isStream(path)) writeFileSync(path, Buffer.concat([...parts()].map((part) => Buffer.from(part))));
    else await rewriteFile(path, parts);
  } catch (error) {
    const left = existsSync(path) ? " The existing file was not changed." : "";
    throw new OutputError(`${path} cannot be written: ${whyNotWritten(error)}.${left}`, { cause: error });
  }
};
