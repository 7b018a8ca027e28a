import type { Model } from "../protocol.js";
import type { Access, DecodedMessage } from "../session.js";
import { doubted, MAX_DOUBTS, misreadAfter, reviewed } from "./doubt.js";
import { nextQuestion, CONFIG } from "./handshake.js";
import { cutLines, type Line } from "./lines.js";
import { quiet, type Session, type ReceiveResult, withholds } from "./state.js";
import { isConfig, PANEL, preferencesOf, type Props, statusOf } from "./status.js";
import { narrowTables, prove, readProven } from "./table-search.js";
import { encodeText } from "./tables.js";

export const telemetryOf = ({ quirks }: Model): string => quirks.text?.telemetry ?? "servers getProp 1 2 9";

export const clockLine = ({ peer }: Session, now: number): string =>
  `time_posix ${Math.floor((peer.epoch + now) / 1000)}`;

/** A notification. Never throws. */
export const receive = (
  session: Session,
  characteristic: string,
  bytes: Uint8Array,
  now: number,
): ReceiveResult => {
  if (characteristic !== session.channel.notify)
    return quiet(session, {
      kind: "bad",
      reason: `unexpected ${characteristic}, ${bytes.length} bytes dropped`,
    });
  const cut = cutLines(session.pending, bytes);
  if (!cut) return quiet(session, { kind: "other", type: bytes[0] ?? 0 });
  return cut.lines.reduce<ReceiveResult>(
    (turn, raw) => {
      const next = receiveLine(turn.session, raw, now);
      // Any line is a sign of life: a pad of an unknown variant is queried for longer than a silence that ends a link.
      const said: readonly DecodedMessage[] =
        next.messages.length > 0 ? next.messages : [{ kind: "other", type: raw.charCodeAt(0) }];
      return {
        session: next.session,
        messages: [...turn.messages, ...said],
        replies: [...turn.replies, ...next.replies],
      };
    },
    quiet({ ...session, pending: cut.rest }),
  );
};

const receiveLine = (session: Session, raw: string, now: number): ReceiveResult => {
  const { search, line: read, contradicts } = narrowTables(session.search, raw);
  if (contradicts) return doubted(session);
  const narrowed = { ...session, search };
  if (!session.proven) return identified(narrowed, read, raw, now);
  // Further lines leave fewer tables, never none.
  const proven = prove(search) ?? session.proven;
  const line = read ?? readProven(proven, raw);
  const known = { ...narrowed, proven, misread: misreadAfter(session, line) };
  return reviewed(line ? understood(known, line, now) : quiet(known, notUnderstood(raw)));
};

const notUnderstood = (raw: string): DecodedMessage => ({
  kind: "bad",
  reason: `Line not understood: ${raw.slice(0, 256)}`,
});

/** A line before the table is known. */
const identified = (session: Session, line: Line | null, raw: string, now: number): ReceiveResult => {
  const proven = session.doubts < MAX_DOUBTS ? prove(session.search) : null;
  if (proven) return begun({ ...session, proven, provenAt: now, access: "full" }, line, now);
  const { model, search } = session;
  const word = line?.type === "answer" ? line.word : (line?.type ?? "");
  const { handshake, line: next } = nextQuestion(session.handshake, word, search, telemetryOf(model), now);
  const failed = handshake.failed && session.access === "pending";
  const access: Access = failed ? "none" : session.access;
  return {
    session: { ...session, handshake, access },
    messages: [
      ...(line ? [] : [notUnderstood(raw)]),
      ...(failed ? [{ kind: "access", access } as const] : []),
    ],
    replies: next === null ? [] : [next],
  };
};

/** The table is proven: the pad is queried for its settings, then for its state. */
const begun = (session: Session, line: Line | null, now: number): ReceiveResult => {
  const [table] = session.search.tables;
  const replies = table ? [CONFIG, telemetryOf(session.model)].map((text) => encodeText(text, table)) : [];
  const asked = { ...session, configAsked: 1 };
  const turn = line ? understood(asked, line, now) : quiet(asked);
  return {
    session: turn.session,
    messages: [{ kind: "access", access: "full" }, ...turn.messages],
    replies: [...replies, ...turn.replies],
  };
};

/** A line of a pad whose table is proven. */
const understood = (session: Session, line: Line, now: number): ReceiveResult => {
  switch (line.type) {
    case "answer":
      return answered({ ...session, clockSet: session.clockSet || line.word === "time_posix" });
    case "error":
      return isRefusal(line.code) ? withClock(judged(session, false), now) : quiet(session);
    case "props":
      return onProps(session, line.values, line.keys, now);
  }
};

/**
 * A pad that answers without reporting its state: in its deepest standby it leaves the settings out (more-protocols
 * 1.6).
 */
const answered = (session: Session): ReceiveResult => {
  const asleep = session.asleep || (withholds(session) && !session.reported && session.misread <= 0);
  return asleep || session.reported ? withPanelState(session, asleep, [{ kind: "alive" }]) : quiet(session);
};

/** The vendor's range; MIoT's own -4001 to -4007 are no refusals (more-protocols 1.6). */
const isRefusal = (code: number): boolean => code <= -5000 && code >= -9999;

/** The echo comes within 1 s; a missing echo is a sign of standby. */
const ECHO_MS = 1_000;
/** A state that was requested before the start may still arrive. */
const OLDER_MS = 400;
const TRIES = 3;

/**
 * A start is answered with an error before the handshake is done (QZ#813), and both published handshakes set the clock.
 * A line may be lost: the clock is set again at each such error until the pad has answered it, or no stop would ever be
 * obeyed.
 */
const withClock = (turn: ReceiveResult, now: number): ReceiveResult => {
  const { session } = turn;
  const [table] = session.proven?.tables ?? [];
  if (session.clockSet || session.clockWritten || !table) return turn;
  return {
    session,
    messages: turn.messages,
    replies: [...turn.replies, encodeText(clockLine(session, now), table)],
  };
};

/** The effect of a line on the last start. */
const judged = (session: Session, accepted: boolean): ReceiveResult => {
  const { startedAt, props } = session;
  if (startedAt === null) return quiet(session);
  const refusals = accepted ? 0 : session.refusals + 1;
  const reason = accepted
    ? null
    : props.ChildLockSwitch === 1
      ? "locked"
      : props.ControlMode === PANEL
        ? "panel"
        : null;
  const judgement = { kind: "start", verdict: { accepted, reason } } as const;
  const after = { ...session, startedAt: null, refusals, obeyed: session.obeyed || accepted };
  const asleep = refusals >= TRIES && reason !== "locked";
  return withPanelState(after, accepted ? false : session.asleep || asleep, [judgement]);
};

/** Reports a change of the standby that only the pad's panel ends. */
const withPanelState = (
  session: Session,
  asleep: boolean,
  messages: readonly DecodedMessage[],
): ReceiveResult =>
  asleep === session.asleep
    ? quiet(session, ...messages)
    : quiet({ ...session, asleep }, ...messages, { kind: "panel-standby", asleep });

const verdictOf = ({ startedAt }: Session, line: Props, keys: number, now: number): boolean | null => {
  if (startedAt === null) return null;
  if (line.ControlMode === 1 || line.runState === 1) return true;
  const since = now - startedAt;
  if (line.ControlMode === PANEL && (keys === 1 || since >= OLDER_MS)) return false;
  return since >= ECHO_MS ? false : null;
};

const onProps = (before: Session, line: Props, keys: number, now: number): ReceiveResult => {
  const merged = { ...before.props, ...line };
  const configured = before.configured || isConfig(line);
  const status = statusOf(line, merged);
  const reported = before.reported || status?.speed !== undefined;
  const session = { ...before, props: merged, configured, reported };
  const accepted = verdictOf(session, line, keys, now);
  const verdict = accepted === null ? quiet(session) : judged(session, accepted);
  const moves = (line.CurrentSpeed ?? 0) > 0 || line.runState === 1 || isConfig(line);
  const reportsConfig = session.model.quirks.text?.reportsConfig ?? false;
  const sleeps = reportsConfig && withholds(session) && before.reported && merged.ControlMode === PANEL;
  const { session: after, messages } = withPanelState(
    verdict.session,
    moves ? false : verdict.session.asleep || sleeps,
    verdict.messages,
  );
  return quiet(
    after,
    ...(isConfig(line) ? [{ kind: "preferences", preferences: preferencesOf(merged) } as const] : []),
    ...(status ? [{ kind: "status", status } as const] : []),
    ...messages,
  );
};
