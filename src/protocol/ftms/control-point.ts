import type { MachineEvent } from "./machine-status.js";
import { type Answer, opcodeOf, type Request } from "./control-point-frames.js";
import type { FtmsQuirks } from "../protocol.js";

// The procedures of the control point (FTMS 4.16, wire-facts b.3): permission first, one request at a time, and the
// effect of its answer. It never repeats a request by itself: the goal decides whether the request is still valid.

/** The state of a machine's control point. Plain data; times are monotonic ms. */
export interface ControlPoint {
  /**
   * Permission to control; it ends with the link, by a reset, or when the machine reports it. `stopped`: a stop was
   * accepted, with which some machines drop it.
   */
  readonly permission: "none" | "held" | "stopped" | "lost" | "refused";
  /** When that changed, or permission was last requested. */
  readonly since: number;
  /** The last request that was written and not answered. */
  readonly open: {
    readonly op: Request["op"];
    readonly opcode: number;
    /** When it was handed to the link, then when it was sent. */
    readonly at: number;
    readonly left: boolean;
  } | null;
  /** The last answer, and when it came. */
  readonly answered: (Answer & { readonly at: number }) | null;
  /** Only a stop may be written before this. */
  readonly blockedUntil: number;
  /** A request was refused for lack of permission since the last success: the second refusal is final. */
  readonly rejected: boolean;
}

export const freshControlPoint: ControlPoint = {
  permission: "none",
  since: -Infinity,
  open: null,
  answered: null,
  blockedUntil: -Infinity,
  rejected: false,
};

/**
 * The Z1 answers within 100 ms; KS Fit gives a machine without an answer 1 s, then assumes success
 * (walkingpad-controller 3.2).
 */
const ANSWER_MS = 1_000;
/** A stop waits at most this long for the answer to a pending request: strict machines refuse overlaps (b.3). */
const STOP_WAITS_MS = 300;
/**
 * And at most this long for a permission request on a slow link: a machine that requires permission obeys nothing
 * without it.
 */
const STOP_WAITS_FOR_LINK_MS = 1_500;
/** After a transient failure the Z1 requires 3 s (b.7.9). */
const REST_MS = 3_000;
/** A machine that refuses permission is asked again at this interval. */
const REFUSED_AGAIN_MS = 30_000;

/** The next request to write, or when to decide again. */
export type WriteDecision = { readonly write: Request } | { readonly lookAgainAt: number };

const isHalt = (op: Request["op"]): boolean => op === "stop" || op === "pause";

/** A machine that does not indicate answers the first permission request, and no other successful one (b.7.6). */
const awaits = ({ open }: ControlPoint, quirks: FtmsQuirks): boolean =>
  open !== null && (quirks.indicates || open.op === "control");

/** Until when the next request waits for the answer to the last one; null: it does not wait. */
const answerDue = (point: ControlPoint, quirks: FtmsQuirks, halts: boolean): number | null => {
  if (!point.open || !awaits(point, quirks)) return null;
  const { op, left, at } = point.open;
  if (!halts) return at + ANSWER_MS;
  return at + (op === "control" && !left ? STOP_WAITS_FOR_LINK_MS : STOP_WAITS_MS);
};

/**
 * Whether `request` may be written now. Permission comes first. A stop is written without it after a refused request,
 * and after a stop. Without quirks, and for operations outside the control point, everything may be written.
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
  // A permission request without an answer counts as granted.
  const unanswered = point.open?.op === "control" && (point.open.left || halts);
  const { permission } = point;
  const granted = permission === "held" || (halts && (permission === "stopped" || permission === "refused"));
  return { write: granted || unanswered ? request : { op: "control" } };
};

/** When to request lost or refused permission again without a pending operation; null: never. */
export const nextPermissionRequestAt = ({ permission, since, rejected }: ControlPoint): number | null => {
  // Refused for lack of permission, and not requested since: the operation is over, and the permission state is
  // unknown.
  if (permission === "lost" || (permission === "none" && rejected)) return since + REST_MS;
  return permission === "refused" ? since + REFUSED_AGAIN_MS : null;
};

const become = (point: ControlPoint, permission: ControlPoint["permission"], now: number): ControlPoint => ({
  ...point,
  permission,
  since: now,
});

/** A permission that was lost or refused stays so: it is requested again by itself. */
const ifHeld = (point: ControlPoint, permission: "none" | "stopped", now: number): ControlPoint =>
  point.permission === "held" || point.permission === "stopped" ? become(point, permission, now) : point;

/** A request was handed to the link. */
export const pointAfterWrite = (
  before: ControlPoint,
  request: Request,
  quirks: FtmsQuirks | null,
  now: number,
): ControlPoint => {
  const opcode = opcodeOf(request);
  if (quirks === null || opcode === null) return before;
  // A permission request that has not been sent is replaced by this one: permission must be requested again.
  const point = before.open?.op === "control" && before.open.left ? become(before, "held", now) : before;
  const since = request.op === "control" ? now : point.since;
  return { ...point, since, open: { op: request.op, opcode, at: now, left: false } };
};

/** A request that was handed to the link has been sent to the machine. */
export const requestSent = (point: ControlPoint, { op }: Request, now: number): ControlPoint =>
  point.open?.op === op ? { ...point, open: { ...point.open, at: now, left: true } } : point;

/**
 * The meaning of an answer for its request. `done`: accepted, telemetry has yet to confirm the effect. `again`: without
 * effect, may be written once more as soon as `decideWrite` allows it. `refused`: the machine does not support it.
 */
export interface Verdict {
  readonly op: Request["op"];
  readonly verdict: "done" | "again" | "refused";
}

/**
 * Whether this is the answer to the pending request. Where notifications are doubled, the copy of the answer before
 * comes while the next request is being written: a refused pause (08) would seem to be a refused stop (08), again and
 * again (random world).
 */
export const isAnswered = ({ open, answered }: ControlPoint, answer: Answer, now: number): boolean => {
  if (open?.opcode !== answer.opcode) return false;
  const isSame = answered?.opcode === answer.opcode && answered.result === answer.result;
  return open.left || !isSame || now - answered.at >= ANSWER_MS;
};

/** An answer arrived; the verdict is null where no request is pending, or for a permission request. */
export const pointAfterAnswer = (
  before: ControlPoint,
  answer: Answer,
  quirks: FtmsQuirks | null,
  now: number,
): { readonly point: ControlPoint; readonly verdict: Verdict | null } => {
  const { open } = before;
  if (quirks === null || !open || !isAnswered(before, answer, now)) return { point: before, verdict: null };
  const point = { ...before, open: null, answered: { ...answer, at: now } };
  if (open.op === "control") return { point: permitted(point, answer, quirks, now), verdict: null };
  return judged(point, open.op, answer, now);
};

const permitted = (
  point: ControlPoint,
  { result }: Answer,
  quirks: FtmsQuirks,
  now: number,
): ControlPoint => {
  // MC21 answers with a failure and obeys nevertheless (b.7.6). A machine that does not support the request requires no
  // permission.
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
    case "success": {
      // KingSmith's machines drop the permission at each stop, without a message (more-protocols 4.6).
      const after = { ...point, rejected: false };
      return { point: isHalt(op) ? ifHeld(after, "stopped", now) : after, verdict: { op, verdict: "done" } };
    }
    case "not-permitted": {
      const verdict = point.rejected ? "refused" : "again";
      return { point: { ...become(point, "none", now), rejected: true }, verdict: { op, verdict } };
    }
    case "failed": {
      // KingSmith's machines answer a request without permission with this as well as with "not permitted"
      // (more-protocols 4.6): it is requested again first, for a stop too. One that refused it may grant it by now: the
      // interval for a refused permission is longer than a belt may run on.
      const refusedStop = point.permission === "refused" && isHalt(op);
      const asks = refusedStop ? become(point, "lost", now) : ifHeld(point, "none", now);
      if (!isHalt(op))
        return { point: { ...asks, blockedUntil: now + REST_MS }, verdict: { op, verdict: "again" } };
      // A request to a belt at rest fails too: with a permission that was just granted, a stop is repeated by its timer.
      const mayBeDropped = asks !== point && now - point.since >= REST_MS;
      return { point: asks, verdict: { op, verdict: mayBeDropped ? "again" : "refused" } };
    }
    default:
      return { point, verdict: { op, verdict: "refused" } };
  }
};

/** A machine status: it may have withdrawn the permission. */
export const pointAfterStatus = (point: ControlPoint, event: MachineEvent, now: number): ControlPoint => {
  if (event.type === "control-lost") return become(point, "lost", now);
  return event.type === "reset" ? become(point, "none", now) : point;
};
