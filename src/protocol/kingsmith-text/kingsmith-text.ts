import { kmh } from "../../domain/units.js";
import type { Request } from "../ftms/control-point-frames.js";
import type { Frame, Model } from "../protocol.js";
import {
  type ProtocolSession,
  type ConnectedDevice,
  type Protocol,
  type SessionStep,
  type FrameSequence,
  unmasked,
} from "../session.js";
import { type Channel, channelOf } from "./gatt.js";
import { retryQuestion, CONFIG } from "./handshake.js";
import { clockLine, receive, telemetryOf } from "./session.js";
import { CONFIG_EVERY, CONFIG_TRIES, newSession, type Session } from "./state.js";
import { type Command, encodeCommand, type ProvenTable } from "./table-search.js";
import { encodeText } from "./tables.js";

/** QZ2, TT and C3 cut a line into pieces of 16 bytes, BC and the maker's app into 20; the pad joins them up to the 0d. */
const LONGEST_PIECE = 16;
const END = 0x0d;

const bytesOf = (line: string): Uint8Array =>
  Uint8Array.of(...Array.from(line, (char) => char.charCodeAt(0)), END);

/**
 * Pieces of one length: the written part of a line that is cut off must not be a command once a 0d ends it, and a last
 * piece with only the 0d would leave a complete one.
 */
const piecesOf = (line: string, { write, response }: Channel): FrameSequence => {
  const bytes = bytesOf(line);
  const length = Math.ceil(bytes.length / Math.ceil(bytes.length / LONGEST_PIECE));
  const pieces: Frame[] = [];
  for (let at = 0; at < bytes.length; at += length)
    pieces.push({ characteristic: write, bytes: bytes.slice(at, at + length), response });
  return pieces;
};

/**
 * Each stop returns control to the panel, and a start alone is then accepted and ignored: both are written, every time.
 */
const START: readonly Command[] = [
  { key: "ControlMode", value: 1 },
  { key: "runState", value: 1 },
];

const commandsOf = (request: Request): readonly Command[] => {
  switch (request.op) {
    case "stop":
    case "pause":
      return [{ key: "runState", value: 0 }];
    case "start":
      return START;
    case "speed":
      return [{ key: "CurrentSpeed", value: kmh(request.speed) }];
    default:
      return [];
  }
};

const inTable = (text: string, { tables: [table] }: ProvenTable): string | null =>
  table ? encodeText(text, table) : null;

/** The frames of a poll, and the session after it. */
const poll = (
  session: Session,
  now: number,
): { readonly session: Session; readonly lines: readonly string[] } => {
  const { proven, search, handshake, model } = session;
  if (!proven) {
    const asked = retryQuestion(handshake, search, telemetryOf(model), now);
    // The empty line ends the rest of an earlier line, and is a query by itself.
    const first = handshake.step < 0 ? [""] : [];
    return {
      session: { ...session, handshake: asked.handshake },
      lines: asked.line === null ? [] : [...first, asked.line],
    };
  }
  // A pad that does not report its state may require its clock to be set first, as the maker's app does (ADR 8).
  const clock = !session.reported && !session.clockSet && now - session.provenAt >= CLOCK_AFTER_MS;
  const { configured, configAsked } = session;
  const asksConfig = !configured && (configAsked < CONFIG_TRIES || configAsked % CONFIG_EVERY === 0);
  const texts = [
    ...(clock ? [clockLine(session, now)] : []),
    ...(asksConfig ? [CONFIG] : []),
    telemetryOf(model),
  ];
  return {
    session: {
      ...session,
      configAsked: configAsked + 1,
    },
    lines: texts.map((text) => inTable(text, proven)).filter((line) => line !== null),
  };
};

const CLOCK_AFTER_MS = 900;

const isStop = ({ op }: Request): boolean => op === "stop" || op === "pause";

/** The pad may refuse even a stop until its clock is set, and no error may be awaited: the program may be ending. */
const setsClock = ({ model, clockSet, obeyed }: Session, request: Request): boolean =>
  isStop(request) && !clockSet && !obeyed && (model.quirks.text?.clockFirst ?? false);

const linesOf = (session: Session, request: Request, now: number): readonly string[] => {
  if (request.op === "poll") return poll(session, now).lines;
  const { proven, access } = session;
  if (!proven || access !== "full") return [];
  const commands = commandsOf(request).map((command) => encodeCommand(proven, command));
  const lines = setsClock(session, request)
    ? [...commands, inTable(clockLine(session, now), proven), ...commands]
    : commands;
  return lines.every((line) => line !== null) ? lines : [];
};

const onWritten = (session: Session, request: Request, now: number): Session => {
  switch (request.op) {
    case "poll":
      return poll(session, now).session;
    case "start":
      return { ...session, startedAt: now, clockWritten: false };
    case "stop":
    case "pause":
      return { ...session, startedAt: null, clockWritten: setsClock(session, request) };
    default:
      return session;
  }
};

const protocolSession = (session: Session): ProtocolSession => {
  const { channel } = session;
  const unitOf = (lines: readonly string[]): FrameSequence =>
    lines.flatMap((line) => piecesOf(line, channel));
  return {
    opening: [{ do: "subscribe", characteristic: channel.notify }],
    access: session.access,
    interrupt: piecesOf("", channel),
    receive(characteristic, bytes, now): SessionStep {
      const { session: after, messages, replies } = receive(session, characteristic, bytes, now);
      return { session: protocolSession(after), messages, replies: replies.map((line) => unitOf([line])) };
    },
    onWritten: (request, now) => protocolSession(onWritten(session, request, now)),
    frames: (request, now) => unitOf(linesOf(session, request, now)),
    reads: () => [],
  };
};

const NO_CHANNEL: Channel = { write: "", notify: "", response: false };

/** KingSmith's text lines: Xiaomi's serial command set over BLE (more-protocols 1). */
export const kingsmithText: Protocol = {
  name: "kingsmith-text",
  speaks: (gatt) => channelOf(gatt) !== null,
  // Nothing is written in a table that was not proven on this link.
  stopsWithoutTelemetry: false,
  masked: unmasked,
  openSession: (peer: ConnectedDevice, model: Model) =>
    protocolSession(newSession(peer, model, channelOf(peer) ?? NO_CHANNEL)),
};
