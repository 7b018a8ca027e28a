import type { Search } from "./table-search.js";
import { encodeText, isKnown } from "./tables.js";

// The queries for a pad until its table is proven (more-protocols 1.4): they move nothing in any table.

const QUESTIONS = ["shake", "version", "get_pk", "net", "version"] as const;
/** Every observed pad answered these: asked twice before the next. */
const SURE: readonly string[] = ["shake", "version"];

/** Property ids; KS Fit 6.5.6 to a KS-C2. The configuration comes first. */
export const CONFIG = "servers getProp 1 3 7 8 9 16 17 18 19 21 22 23 24 13 15";

/** Reads in this many tables before the pad counts as unknown. A misspelt read moves nothing. */
const MAX_READS = 12;
/** Where a source gives times, answers came within 100 ms. */
const ANSWER_MS = 900;

export interface Handshake {
  /** Index into QUESTIONS, then into the reads; -1: nothing asked yet. */
  readonly step: number;
  readonly tries: number;
  readonly askedAt: number;
  /** Every query was sent, and the table is still unknown. */
  readonly failed: boolean;
}

export const newHandshake: Handshake = { step: -1, tries: 0, askedAt: -Infinity, failed: false };

/** The read in each remaining table, the known tables first, each spelling once. */
const reads = ({ tables, understood }: Search, telemetry: string): readonly string[] => {
  if (understood === 0) return [];
  const inOrder = [...tables.filter(isKnown), ...tables.filter((table) => !isKnown(table))];
  return [...new Set(inOrder.map((table) => encodeText(telemetry, table)))].slice(0, MAX_READS);
};

export interface HandshakeStep {
  readonly handshake: Handshake;
  /** The line to write; null: nothing now. */
  readonly line: string | null;
}

const lineAt = (step: number, search: Search, telemetry: string): string | undefined => {
  const question = QUESTIONS[step];
  const [table] = search.tables;
  if (question !== undefined && table) return encodeText(question, search.tables.find(isKnown) ?? table);
  return reads(search, telemetry)[step - QUESTIONS.length];
};

const ask = (
  before: Handshake,
  step: number,
  search: Search,
  telemetry: string,
  now: number,
): HandshakeStep => {
  const line = lineAt(step, search, telemetry);
  // All queries were sent: start again, since reception may be better then.
  if (line === undefined) return ask({ ...before, failed: true }, 0, search, telemetry, now);
  const tries = step === before.step ? before.tries + 1 : 1;
  return { handshake: { ...before, step, tries, askedAt: now }, line };
};

/** Time to ask: the unanswered query again, or the next one. */
export const retryQuestion = (
  handshake: Handshake,
  search: Search,
  telemetry: string,
  now: number,
): HandshakeStep => {
  const { step, tries, askedAt } = handshake;
  if (now - askedAt < ANSWER_MS) return { handshake, line: null };
  const again = SURE.includes(QUESTIONS[step] ?? "") && tries < 2;
  return ask(handshake, again ? step : step + 1, search, telemetry, now);
};

/** The pad has answered with this word: the next query, if the answer is to the open one. */
export const nextQuestion = (
  handshake: Handshake,
  word: string,
  search: Search,
  telemetry: string,
  now: number,
): HandshakeStep => {
  const { step } = handshake;
  const isAnswer = QUESTIONS[step] === word || (step >= QUESTIONS.length && word === "props");
  return isAnswer ? ask(handshake, step + 1, search, telemetry, now) : { handshake, line: null };
};
