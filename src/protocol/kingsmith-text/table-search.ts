import { type Line, readLine, readUnknownProps } from "./lines.js";
import { ALL_TABLES, decodeText, encodeText, isKnown, type Table } from "./tables.js";

// Which table a pad uses is not public, and with a wrong one a stop can be read as a start (more-protocols 1.2): so the
// table is found by harmless queries, and a `props` line is written only when every remaining table encodes it to the
// same bytes.

/** What the lines so far leave. */
export interface Search {
  readonly tables: readonly Table[];
  /** The number of decoded lines, and of answers to `version` among them. */
  readonly understood: number;
  readonly versions: number;
}

export const newSearch: Search = { tables: ALL_TABLES, understood: 0, versions: 0 };

/** The commands to a belt. Nothing else is ever written in a `props` line. */
export type Command =
  | { readonly key: "runState"; readonly value: 0 | 1 }
  | { readonly key: "ControlMode"; readonly value: 1 }
  /** km/h. */
  | { readonly key: "CurrentSpeed"; readonly value: number };

const textOf = ({ key, value }: Command): string =>
  `props ${key} ${key === "CurrentSpeed" ? value.toFixed(1) : value}`;

const agreed = (tables: readonly Table[], command: Command): string | null => {
  const [first, ...others] = tables.map((table) => encodeText(textOf(command), table));
  return first !== undefined && others.every((each) => each === first) ? first : null;
};

declare const proof: unique symbol;
/** A table that was proven by the pad's lines: `encodeCommand` requires it, and only `prove` creates it. */
export interface ProvenTable {
  readonly [proof]: true;
  readonly tables: readonly Table[];
}

/** Commands without which the belt cannot be controlled, and which must not be mistaken for one another. */
const NEEDED: readonly Command[] = [
  { key: "runState", value: 0 },
  { key: "runState", value: 1 },
  { key: "ControlMode", value: 1 },
];

/** Two lines, one of them the version, prove a known table; a new one needs the version twice. */
export const prove = ({ tables, understood, versions }: Search): ProvenTable | null => {
  if (understood < 2 || versions < (tables.some(isKnown) ? 1 : 2)) return null;
  const agree = NEEDED.every((command) => agreed(tables, command) !== null);
  return agree ? ({ tables } as ProvenTable) : null;
};

/** The line of a command; null where the remaining tables encode it differently. */
export const encodeCommand = (proven: ProvenTable, command: Command): string | null =>
  agreed(proven.tables, command);

export interface SearchStep {
  readonly search: Search;
  /** The decoded line; null where it cannot be decoded, or shows rest and not every table agrees. */
  readonly line: Line | null;
  /** It contradicts the earlier lines: the search starts again. */
  readonly contradicts: boolean;
}

/** The table to decode with: of several remaining ones a known one. */
const likeliest = (tables: readonly Table[]): Table | null => tables.find(isKnown) ?? tables[0] ?? null;

/** The beginnings of all lines: the first three characters are four of base64. */
const BEGINNINGS: readonly string[] = ["for", "sha", "net", "get", "ver", "tim", "ser", "pro"];
/**
 * Answers are short. A longer line that the likeliest table cannot decode is not tried in hundreds of tables: all pads
 * would wait.
 */
const LONGEST_GUESS = 256;
const FEW = 64;

const isUnderstood = (raw: string, table: Table): boolean => {
  const text = decodeText(raw, table);
  return text !== null && readLine(text) !== null;
};

const understoodBy = (tables: readonly Table[], raw: string): readonly Table[] => {
  const best = likeliest(tables);
  const isLong = tables.length > FEW && raw.length > LONGEST_GUESS;
  if (best === null || (isLong && !isUnderstood(raw, best))) return [];
  const beginning = raw.slice(0, 4);
  return tables.filter(
    (table) => BEGINNINGS.includes(decodeText(beginning, table) ?? "") && isUnderstood(raw, table),
  );
};

const read = (raw: string, table: Table): Line | null => {
  const text = decodeText(raw, table);
  return text === null ? null : readLine(text);
};

/** A wrong digit must not show a moving belt at rest. */
const reportsRest = (line: Line | null): boolean =>
  line?.type === "props" && (line.values.CurrentSpeed === 0 || line.values.runState === 0);

const sameState = (one: Line | null, other: Line | null): boolean =>
  one?.type === "props" &&
  other?.type === "props" &&
  one.values.CurrentSpeed === other.values.CurrentSpeed &&
  one.values.runState === other.values.runState;

/** Decodes a line of the pad, and removes the tables that it excludes. */
export const narrowTables = (search: Search, raw: string): SearchStep => {
  const tables = understoodBy(search.tables, raw);
  const best = likeliest(tables);
  if (best === null) {
    const contradicts = search.tables.length < ALL_TABLES.length && understoodBy(ALL_TABLES, raw).length > 0;
    return { search: contradicts ? newSearch : search, line: null, contradicts };
  }
  const line = read(raw, best);
  const isVersion = line?.type === "answer" && line.word === "version";
  const after = {
    tables,
    understood: search.understood + 1,
    versions: search.versions + (isVersion ? 1 : 0),
  };
  const doubtful = reportsRest(line) && !tables.every((table) => sameState(read(raw, table), line));
  return { search: after, line: doubtful ? null : line, contradicts: false };
};

/** The content of a line with unknown keys, equal in every remaining table; null where they differ. */
export const readProven = ({ tables }: ProvenTable, raw: string): Line | null => {
  const [first, ...others] = tables.map((table) => readUnknownProps(decodeText(raw, table) ?? ""));
  return first && others.every((each) => JSON.stringify(each) === JSON.stringify(first)) ? first : null;
};
