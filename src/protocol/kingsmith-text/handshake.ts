import type { Search } from "./table-search.js";
import { encodeText, isKnown } from "./tables.js";

// What is asked of a pad until its table is proven (more-protocols 1.4): questions that move nothing in any table.

const QUESTIONS = ["shake", "version", "get_pk", "net", "version"] as const;
/** These were answered by every pad that was seen: asked twice before the next. */
const SURE: readonly string[] = ["shake", "version"];

/** Property ids; KS Fit 6.5.6 to a KS-C2. The configuration comes first. */
export const CONFIG = "servers getProp 1 3 7 8 9 16 17 18 19 21 22 23 24 13 15";

/** Reads in so many tables before the pad counts as unknown. A misspelt read moves nothing. */
const MAX_READS = 12;
/** Answers came within 100 ms where a time is given. */
const ANSWER_MS = 900;

export interface Handshake {
  /** Index into QUESTIONS, then into the reads; -1: nothing was asked yet. */
  readonly step: number;
  readonly tries: number;
  readonly askedAt: number;
  /** Every question was asked, and nobody knows the table. */
  readonly failed: boolean;
}

export const newHandshake: Handshake = { step: -1, tries: 0, askedAt: -Infinity, failed: false };

/** The read in each table that is left, the known ones first, each spelling once. */
const reads = ({ tables, understood }: Search, telemetry: string): readonly string[] => {
  if (understood === 0) return [];
  const inOrder = [...tables.filter(isKnown), ...tables.filter((table) => !isKnown(table))];
  return [...new Set(inOrder.map((table) => encodeText(telemetry, table)))].slice(0, MAX_READS);
};

export interface HandshakeStep {
  readonly handshake: Handshake;
  /** The line to write; null: not now. */
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
  // Through with all of them: from the beginning, since the pad may be heard better then.
  if (line === undefined) return ask({ ...before, failed: true }, 0, search, telemetry, now);
  const tries = step === before.step ? before.tries + 1 : 1;
  return { handshake: { ...before, step, tries, askedAt: now }, line };
};

/** It is time to ask: the question again that nobody has answered, or the next. */
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

/** The pad has answered with this word: the next question, if that was the one that is open. */
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
