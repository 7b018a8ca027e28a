import type { Line } from "./lines.js";
import { newSession, quiet, type Session, type ReceiveResult, withholds } from "./state.js";

// What the pad says may show that no table which the search knows is its own. Then nothing is written to its belt.

/** A read that it does not understand is a format error to it. */
export const misreadAfter = ({ misread }: Session, line: Line | null): number => {
  if (line?.type === "props") return Math.min(misread, 0) - 1;
  const makesSense = line !== null && !(line.type === "answer" && line.word === "format");
  return makesSense ? misread : Math.max(misread, 0) + 1;
};

/** Two polls' lines: a few may be damaged. */
const MISREADS = 4;
/** Short lines, which come while the belt moves, make sense in more than one table: not so many in a row, polls between them. */
const READS = 12;

/**
 * A pad whose state never makes sense, or to which no read does, exchanges more characters than its first answers have
 * shown: nobody knows what a command would be to it.
 */
export const reviewed = ({ session, messages, replies }: ReceiveResult): ReceiveResult => {
  const { misread } = session;
  const isUnknown = misread >= MISREADS && withholds(session);
  const access = isUnknown ? "none" : misread <= -READS ? "full" : session.access;
  return access === session.access
    ? { session, messages, replies }
    : { session: { ...session, access }, messages: [...messages, { kind: "access", access }], replies };
};

/** More than damaged lines explain. */
export const MAX_DOUBTS = 3;

/**
 * A line that no table fits which fits the others: nothing is certain any more, and all is asked anew; again and again, no
 * single table explains what the pad says.
 */
export const doubted = (session: Session): ReceiveResult => {
  const { peer, model, channel } = session;
  const doubts = session.access === "none" ? MAX_DOUBTS : session.doubts + 1;
  const access = doubts >= MAX_DOUBTS ? "none" : session.access === "full" ? "pending" : session.access;
  const anew = { ...newSession(peer, model, channel), doubts, access };
  return quiet(anew, ...(access === session.access ? [] : [{ kind: "access", access } as const]));
};
