import type { Model } from "../protocol.js";
import type { Access, Heard, Peer } from "../session.js";
import type { Channel } from "./gatt.js";
import { askNext, CONFIG, type Handshake, newHandshake } from "./handshake.js";
import { cutLines, type Line } from "./lines.js";
import { isConfig, PANEL, preferencesOf, type Props, statusOf } from "./status.js";
import { newSearch, prove, type ProvenTable, type Search, sift } from "./table-search.js";
import { encodeText } from "./tables.js";

/** Everything that a connection remembers. */
export interface Session {
  readonly peer: Peer;
  readonly model: Model;
  readonly channel: Channel;
  readonly pending: string;
  readonly search: Search;
  readonly handshake: Handshake;
  readonly proven: ProvenTable | null;
  readonly provenAt: number;
  readonly access: Access;
  readonly props: Props;
  /** A status with a speed came. */
  readonly told: boolean;
  readonly clockSet: boolean;
  readonly configured: boolean;
  /** So many times it was asked for its configuration. */
  readonly configAsked: number;
  /** When the start was written that the pad has not judged yet. */
  readonly startedAt: number | null;
  /** So many starts in a row were refused. */
  readonly refusals: number;
  readonly asleep: boolean;
}

export const newSession = (peer: Peer, model: Model, channel: Channel): Session => ({
  peer,
  model,
  channel,
  pending: "",
  search: newSearch,
  handshake: newHandshake,
  proven: null,
  provenAt: 0,
  access: "pending",
  props: {},
  told: false,
  clockSet: false,
  configured: false,
  configAsked: 0,
  startedAt: null,
  refusals: 0,
  asleep: false,
});

export const telemetryOf = ({ quirks }: Model): string => quirks.text?.telemetry ?? "servers getProp 1 2 9";

export const clockLine = ({ peer }: Session, now: number): string =>
  `time_posix ${Math.floor((peer.epoch + now) / 1000)}`;

interface Turn {
  readonly session: Session;
  readonly heard: readonly Heard[];
  /** Lines to write at once, encoded. */
  readonly replies: readonly string[];
}

const quiet = (session: Session, ...heard: readonly Heard[]): Turn => ({ session, heard, replies: [] });

/** A notification. Never throws. */
export const receive = (session: Session, characteristic: string, bytes: Uint8Array, now: number): Turn => {
  if (characteristic !== session.channel.notify)
    return quiet(session, {
      kind: "bad",
      reason: `unexpected ${characteristic}, ${bytes.length} bytes dropped`,
    });
  const cut = cutLines(session.pending, bytes);
  if (!cut) return quiet(session, { kind: "other", type: bytes[0] ?? 0 });
  return cut.lines.reduce<Turn>(
    (turn, raw) => {
      const next = receiveLine(turn.session, raw, now);
      return {
        session: next.session,
        heard: [...turn.heard, ...next.heard],
        replies: [...turn.replies, ...next.replies],
      };
    },
    quiet({ ...session, pending: cut.rest }),
  );
};

const receiveLine = (session: Session, raw: string, now: number): Turn => {
  const { search, line, contradicts } = sift(session.search, raw);
  if (contradicts) return doubted(session);
  const narrowed = { ...session, search };
  if (!session.proven) return identified(narrowed, line, raw, now);
  // What more the pad has said leaves fewer tables, never none.
  const known = { ...narrowed, proven: prove(search) ?? session.proven };
  return line ? understood(known, line, now) : quiet(known, notUnderstood(raw));
};

const notUnderstood = (raw: string): Heard => ({
  kind: "bad",
  reason: `Line not understood: ${raw.slice(0, 256)}`,
});

/** A line that no table fits which fits the others: nothing is certain any more, and all is asked anew. */
const doubted = (session: Session): Turn => {
  const { peer, model, channel, access } = session;
  const anew = newSession(peer, model, channel);
  const changed: readonly Heard[] = access === "full" ? [{ kind: "access", access: "pending" }] : [];
  return quiet({ ...anew, access: access === "full" ? "pending" : access }, ...changed);
};

/** A line before the table is known. */
const identified = (session: Session, line: Line | null, raw: string, now: number): Turn => {
  const proven = prove(session.search);
  if (proven) return begun({ ...session, proven, provenAt: now, access: "full" }, line, now);
  const { model, search } = session;
  const word = line?.type === "answer" ? line.word : (line?.type ?? "");
  const { handshake, line: next } = askNext(session.handshake, word, search, telemetryOf(model), now);
  const failed = handshake.failed && session.access === "pending";
  const access: Access = failed ? "none" : session.access;
  return {
    session: { ...session, handshake, access },
    heard: [...(line ? [] : [notUnderstood(raw)]), ...(failed ? [{ kind: "access", access } as const] : [])],
    replies: next === null ? [] : [next],
  };
};

/** The table is proven: the pad is asked for its settings, then for its state. */
const begun = (session: Session, line: Line | null, now: number): Turn => {
  const [table] = session.search.tables;
  const replies = table ? [CONFIG, telemetryOf(session.model)].map((text) => encodeText(text, table)) : [];
  const asked = { ...session, configAsked: 1 };
  const turn = line ? understood(asked, line, now) : quiet(asked);
  return {
    session: turn.session,
    heard: [{ kind: "access", access: "full" }, ...turn.heard],
    replies: [...replies, ...turn.replies],
  };
};

/** A line of a pad whose table is proven. */
const understood = (session: Session, line: Line, now: number): Turn => {
  switch (line.type) {
    case "answer":
      return answered({ ...session, clockSet: session.clockSet || line.word === "time_posix" });
    case "error":
      return isRefusal(line.code) ? withClock(judged(session, false), now) : quiet(session);
    case "props":
      return toldProps(session, line.values, line.keys, now);
  }
};

/** However often it is asked, it does not tell its settings. A line may be lost. */
const withholds = ({ configured, configAsked }: Session): boolean =>
  !configured && configAsked > CONFIG_TRIES;

/** A pad that answers, and tells nothing of itself: in its deepest standby the settings are left out (more-protocols 1.6). */
const answered = (session: Session): Turn => {
  const asleep = session.asleep || (withholds(session) && !session.told);
  return asleep || session.told ? asleepOr(session, asleep, [{ kind: "alive" }]) : quiet(session);
};

/** The vendor's band; MIoT's own -4001 to -4007 are no refusals (more-protocols 1.6). */
const isRefusal = (code: number): boolean => code <= -5000 && code >= -9999;

/** A pad that does not tell its configuration is asked for it so often. */
export const CONFIG_TRIES = 3;

/** The echo comes within 1 s; none at all is a sign of standby. */
const ECHO_MS = 1_000;
/** A state that was asked for before the start may still be on its way. */
const OLDER_MS = 400;
const TRIES = 3;

/**
 * A start comes back as an error before the handshake is done (QZ#813), and both published ones set the clock. A line may
 * be lost: it is set again at each such error until the pad has answered it, or no stop would ever be obeyed.
 */
const withClock = (turn: Turn, now: number): Turn => {
  const { session } = turn;
  const [table] = session.proven?.tables ?? [];
  if (session.clockSet || !table) return turn;
  return {
    session,
    heard: turn.heard,
    replies: [...turn.replies, encodeText(clockLine(session, now), table)],
  };
};

/** What a line says about the last start. */
const judged = (session: Session, taken: boolean): Turn => {
  const { startedAt, props } = session;
  if (startedAt === null) return quiet(session);
  const refusals = taken ? 0 : session.refusals + 1;
  const reason = taken
    ? null
    : props.ChildLockSwitch === 1
      ? "locked"
      : props.ControlMode === PANEL
        ? "panel"
        : null;
  const judgement = { kind: "start", verdict: { taken, reason } } as const;
  const after = { ...session, startedAt: null, refusals };
  const asleep = refusals >= TRIES && reason !== "locked";
  return asleepOr(after, taken ? false : session.asleep || asleep, [judgement]);
};

/** Tells a change of the standby that only the pad's panel can end. */
const asleepOr = (session: Session, asleep: boolean, heard: readonly Heard[]): Turn =>
  asleep === session.asleep
    ? quiet(session, ...heard)
    : quiet({ ...session, asleep }, ...heard, { kind: "panel-standby", asleep });

const verdictOf = ({ startedAt }: Session, line: Props, keys: number, now: number): boolean | null => {
  if (startedAt === null) return null;
  if (line.ControlMode === 1 || line.runState === 1) return true;
  const since = now - startedAt;
  if (line.ControlMode === PANEL && (keys === 1 || since >= OLDER_MS)) return false;
  return since >= ECHO_MS ? false : null;
};

const toldProps = (before: Session, line: Props, keys: number, now: number): Turn => {
  const merged = { ...before.props, ...line };
  const configured = before.configured || isConfig(line);
  const status = statusOf(line, merged);
  const told = before.told || status?.speed !== undefined;
  const session = { ...before, props: merged, configured, told };
  const taken = verdictOf(session, line, keys, now);
  const verdict = taken === null ? quiet(session) : judged(session, taken);
  const moves = (line.CurrentSpeed ?? 0) > 0 || line.runState === 1 || isConfig(line);
  const tellsConfig = session.model.quirks.text?.tellsConfig ?? false;
  const sleeps = tellsConfig && withholds(session) && before.told && merged.ControlMode === PANEL;
  const { session: after, heard } = asleepOr(
    verdict.session,
    moves ? false : verdict.session.asleep || sleeps,
    verdict.heard,
  );
  return quiet(
    after,
    ...(isConfig(line) ? [{ kind: "preferences", preferences: preferencesOf(merged) } as const] : []),
    ...(status ? [{ kind: "status", status } as const] : []),
    ...heard,
  );
};
