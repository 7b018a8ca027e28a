import type { MachineEvent } from "./machine-status.js";
import { type Answer, opcodeOf, type Request } from "./control-point-frames.js";
import type { FtmsQuirks } from "../protocol.js";

// The procedures of the control point (FTMS 4.16, wire-facts b.3): permission first, one request at a time, and what to
// make of its answer. It never writes anything again by itself: whoever asked looks first whether it still should.

/** Where we stand with a machine's control point. Plain data; times are monotonic ms. */
export interface ControlPoint {
  /** To control; it ends with the link, by a reset, or when the machine says so. */
  readonly permission: "none" | "held" | "lost" | "refused";
  /** When that became so, or permission was last asked for. */
  readonly since: number;
  /** The last request that was written and not answered. */
  readonly open: {
    readonly op: Request["op"];
    readonly opcode: number;
    /** When it was handed to the link, then when it had left. */
    readonly at: number;
    readonly left: boolean;
  } | null;
  /** Nothing but a stop is written before this. */
  readonly blockedUntil: number;
  /** A request was turned down for want of permission since one last succeeded: the second time is final. */
  readonly rejected: boolean;
}

export const freshControlPoint: ControlPoint = {
  permission: "none",
  since: -Infinity,
  open: null,
  blockedUntil: -Infinity,
  rejected: false,
};

/** The Z1 answers within 100 ms; KS Fit gives a silent machine 1 s, then takes it for a yes (walkingpad-controller 3.2). */
const ANSWER_MS = 1_000;
/** A stop waits for nobody, but for this long for the answer to what is out: strict machines refuse overlaps (b.3). */
const STOP_WAITS_MS = 300;
/** Nor for longer than this for a request for permission on a slow link: a machine that wants one obeys nothing without. */
const STOP_WAITS_FOR_LINK_MS = 1_500;
/** After a transient failure the Z1 wants 3 s (b.7.9). */
const REST_MS = 3_000;
/** Nobody is at the controls of a machine that refuses us: it is asked now and then whether it still does. */
const REFUSED_AGAIN_MS = 30_000;

/** The next thing to write for a request, or when to look again. */
export type WriteDecision = { readonly write: Request } | { readonly lookAgainAt: number };

const isHalt = (op: Request["op"]): boolean => op === "stop" || op === "pause";

/** A machine that does not indicate answers the first request for permission, and nothing else that succeeds (b.7.6). */
const awaits = ({ open }: ControlPoint, quirks: FtmsQuirks): boolean =>
  open !== null && (quirks.indicates || open.op === "control");

/** Until when the next request waits for the answer to the last one; null: for none. */
const answerDue = (point: ControlPoint, quirks: FtmsQuirks, halts: boolean): number | null => {
  if (!point.open || !awaits(point, quirks)) return null;
  const { op, left, at } = point.open;
  if (!halts) return at + ANSWER_MS;
  return at + (op === "control" && !left ? STOP_WAITS_FOR_LINK_MS : STOP_WAITS_MS);
};

/**
 * May `request` be written now? Permission comes first. A stop does without it where it was asked for in vain. Without
 * quirks, and for what is no business of the control point, everything may.
 */
export const decideWrite = (
  point: ControlPoint,
  request: Request,
  quirks: FtmsQuirks | null,
  now: number,
): WriteDecision => {
  if (quirks === null || opcodeOf(request) === null) return { write: request };
  const halts = isHalt(request.op);
  const freeAt = Math.max(answerDue(point, quirks, halts) ?? now, halts ? now : point.blockedUntil);
  if (freeAt > now) return { lookAgainAt: freeAt };
  // A request for permission that nobody answers counts as granted.
  const unanswered = point.open?.op === "control" && (point.open.left || halts);
  const granted = point.permission === "held" || (halts && point.permission === "refused");
  return { write: granted || unanswered ? request : { op: "control" } };
};

/** When permission that was lost, or refused, is to be asked for again though nothing is to be written; null: never. */
export const nextPermissionRequestAt = ({ permission, since, rejected }: ControlPoint): number | null => {
  // Turned down for want of it, and not asked for since: whatever wanted it is done, and nobody knows whether it is back.
  if (permission === "lost" || (permission === "none" && rejected)) return since + REST_MS;
  return permission === "refused" ? since + REFUSED_AGAIN_MS : null;
};

const become = (point: ControlPoint, permission: ControlPoint["permission"], now: number): ControlPoint => ({
  ...point,
  permission,
  since: now,
});

/** A request was handed to the link. */
export const pointAfterWrite = (
  before: ControlPoint,
  request: Request,
  quirks: FtmsQuirks | null,
  now: number,
): ControlPoint => {
  const opcode = opcodeOf(request);
  if (quirks === null || opcode === null) return before;
  // A request for permission that has not left is cut off by this one: it has to be asked for again.
  const point = before.open?.op === "control" && before.open.left ? become(before, "held", now) : before;
  const since = request.op === "control" ? now : point.since;
  return { ...point, since, open: { op: request.op, opcode, at: now, left: false } };
};

/** A request that was handed to the link has left for the machine. */
export const requestSent = (point: ControlPoint, { op }: Request, now: number): ControlPoint =>
  point.open?.op === op ? { ...point, open: { ...point.open, at: now, left: true } } : point;

/**
 * What an answer means for the request that it is to. `done`: obeyed, which telemetry has yet to prove. `again`: it had
 * no effect, and may be written once more as soon as `admit` says so. `refused`: the machine does not do it.
 */
export interface Verdict {
  readonly op: Request["op"];
  readonly verdict: "done" | "again" | "refused";
}

/** An answer came; the verdict is null where it is to nothing that is out, or to the request for permission. */
export const pointAfterAnswer = (
  before: ControlPoint,
  answer: Answer,
  quirks: FtmsQuirks | null,
  now: number,
): { readonly point: ControlPoint; readonly verdict: Verdict | null } => {
  const { open } = before;
  if (quirks === null || open?.opcode !== answer.opcode) return { point: before, verdict: null };
  const point = { ...before, open: null };
  if (open.op === "control") return { point: permitted(point, answer, quirks, now), verdict: null };
  return judged(point, open.op, answer, now);
};

const permitted = (
  point: ControlPoint,
  { result }: Answer,
  quirks: FtmsQuirks,
  now: number,
): ControlPoint => {
  // MC21 says no and obeys all the same (b.7.6). A machine that does not know the request wants no permission.
  if (result === "success" || result === "not-supported" || !quirks.indicates)
    return become(point, "held", now);
  return { ...become(point, "refused", now), blockedUntil: now + REST_MS };
};

const judged = (
  point: ControlPoint,
  op: Request["op"],
  { result }: Answer,
  now: number,
): { readonly point: ControlPoint; readonly verdict: Verdict } => {
  switch (result) {
    case "success":
      return { point: { ...point, rejected: false }, verdict: { op, verdict: "done" } };
    case "not-permitted": {
      const verdict = point.rejected ? "refused" : "again";
      return { point: { ...become(point, "none", now), rejected: true }, verdict: { op, verdict } };
    }
    case "failed":
      // A stop is repeated by its own clock: what is asked of a belt at rest fails as well.
      return isHalt(op)
        ? { point, verdict: { op, verdict: "refused" } }
        : { point: { ...point, blockedUntil: now + REST_MS }, verdict: { op, verdict: "again" } };
    default:
      return { point, verdict: { op, verdict: "refused" } };
  }
};

/** The machine said something about itself: it may have taken the permission away. */
export const pointAfterStatus = (point: ControlPoint, event: MachineEvent, now: number): ControlPoint => {
  if (event.type === "control-lost") return become(point, "lost", now);
  return event.type === "reset" ? become(point, "none", now) : point;
};
