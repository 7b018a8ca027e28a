import { asError } from "../domain/errors.js";
import { parseSince } from "../app/session-list.js";
import { EXIT, type ExitCode } from "../process/lifecycle.js";
import { readSamples, readSessions } from "../store/read.js";
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
}

const FORMATS = ["table", "csv", "json", "tcx"] as const;
type Format = (typeof FORMATS)[number];

interface Wanted {
  readonly format: Format;
  readonly pad: string | null;
  /** Epoch milliseconds. */
  readonly since: number | null;
  readonly imperial: boolean;
}

/** A sentence for the user where a flag cannot be read. */
const wanted = ({ format = "table", pad, since, imperial }: SessionsFlags): Wanted | string => {
  const known = FORMATS.find((one) => one === format);
  if (!known) return `--format "${format}": use one of ${FORMATS.join(", ")}`;
  const from = since === undefined ? null : parseSince(since);
  if (since !== undefined && from === null)
    return `--since "${since}": use a date, 2026-11-22, or a time, 2026-11-22T10:00:00Z`;
  return { format: known, pad: pad ?? null, since: from, imperial: imperial ?? false };
};

/** The walking history on stdout, also while the bridge runs; no store is an empty list. */
export const sessions = async ({ env, terminal }: Invocation, flags: SessionsFlags): Promise<ExitCode> => {
  const asked = wanted(flags);
  if (typeof asked === "string") {
    terminal.err(`${asked}\n`);
    return EXIT.usage;
  }
  const loaded = readConfig(flags.config, env, terminal);
  if (!loaded) return EXIT.config;
  const file = databaseFile(loaded.config.store.path);
  try {
    const db = openForReading(await loadDriver(), file);
    try {
      print(db, asked, terminal);
    } finally {
      db?.close();
    }
    return EXIT.ok;
  } catch (error) {
    terminal.err(`The history in ${file} cannot be read. ${asError(error).message}\n`);
    return EXIT.internal;
  }
};

const print = (db: Sqlite | null, { format, pad, since, imperial }: Wanted, { out }: Terminal): void => {
  const list = db ? readSessions(db, { pad, since, limit: null }) : [];
  const options = { imperial, timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone };
  switch (format) {
    case "table":
      return out(sessionsTable(list, options));
    case "csv":
      return out(sessionsCsv(list, options));
    case "json":
      return out(sessionsJson(list, options));
    case "tcx":
      for (const piece of sessionsTcx(list, (session) => (db ? readSamples(db, session) : []))) out(piece);
  }
};
