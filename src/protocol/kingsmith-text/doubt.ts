import type { Line } from "./lines.js";
import { newSession, quiet, type Session, type ReceiveResult, withholds } from "./state.js";

// The pad's lines may show that it uses none of the known tables. Then nothing is written to its belt.

/**
 * The pad answers a read that it cannot decode with a format error, or, where only the numbers are other ones to it, with
 * `servers 0` alone. So does a pad in its deepest standby, but all its lines can be read.
 */
const isMisunderstood = ({ misread, reported }: Session, word: string): boolean =>
  word === "format" || (word === "servers" && misread > 0 && !reported);

/** To a query that it misreads a pad may report other properties, which can be read. */
const hasState = ({ values }: Extract<Line, { type: "props" }>): boolean =>
  values.CurrentSpeed !== undefined || values.runState !== undefined;

export const misreadAfter = (session: Session, line: Line | null): number => {
  const { misread } = session;
  if (line?.type === "props") return hasState(line) ? Math.min(misread, 0) - 1 : misread;
  const makesSense = line !== null && !(line.type === "answer" && isMisunderstood(session, line.word));
  return makesSense ? misread : Math.max(misread, 0) + 1;
};

/** The lines of two polls: a few may be damaged. */
const MISREADS = 4;
/**
 * Short lines, sent while the belt moves, are valid in more than one table: not this many in a row, with polls in
 * between.
 */
const READS = 12;

/**
 * A pad whose state is never valid, or that decodes no read, exchanges more characters than its first answers have
 * shown: the meaning of a command is unknown.
 */
export const reviewed = ({ session, messages, replies }: ReceiveResult): ReceiveResult => {
  const { misread } = session;
  // The table of a connection does not change: later lines that cannot be read were damaged on their way.
  const certain = session.certain || misread <= -READS;
  const isUnknown = !certain && misread >= MISREADS && withholds(session);
  const access = isUnknown ? "none" : certain ? "full" : session.access;
  const after = { ...session, certain, access };
  return access === session.access
    ? { session: after, messages, replies }
    : { session: after, messages: [...messages, { kind: "access", access }], replies };
};

/** More than damaged lines explain. */
export const MAX_DOUBTS = 3;

/**
 * A line that contradicts every remaining table: nothing is certain any more, and the search starts again; if it
 * happens repeatedly, no single table explains the pad's lines.
 */
export const doubted = (session: Session): ReceiveResult => {
  const { peer, model, channel } = session;
  const doubts = session.access === "none" ? MAX_DOUBTS : session.doubts + 1;
  const access = doubts >= MAX_DOUBTS ? "none" : session.access === "full" ? "pending" : session.access;
  const anew = { ...newSession(peer, model, channel), doubts, access };
  return quiet(anew, ...(access === session.access ? [] : [{ kind: "access", access } as const]));
};
