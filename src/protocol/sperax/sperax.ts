import type { PadStatus } from "../../domain/pad.js";
import { AT_REST, kmh, type Speed } from "../../domain/units.js";
import { concat, toHex } from "../bytes.js";
import type { Request } from "../ftms/control-point-frames.js";
import {
  type ProtocolSession,
  type DecodedMessage,
  type ConnectedDevice,
  type Protocol,
  type FrameSequence,
  unmasked,
} from "../session.js";
import { COMMAND, type Command, encodeCommand } from "./commands.js";
import { deframe, type Piece } from "./frames.js";
import { NOTIFY, responseOf, WRITE } from "./gatt.js";
import { preferencesOf, readTelemetry, statusOf, TELEMETRY_LENGTH } from "./telemetry.js";

/** The state of one connection. */
interface Session {
  readonly response: boolean;
  readonly pending: Uint8Array;
  readonly status: PadStatus | null;
}

/** The app's first speed: the pad ignores it and uses its own first speed, after a countdown. */
const START_TENTHS = 2;
const MAX_INCLINE = 10;

const inclineOf = ({ status }: Session): number => Math.min(status?.incline ?? 0, MAX_INCLINE);

const run = (tenths: number, incline: number): readonly Command[] => [{ type: "run", tenths, incline }];

/** A speed that does not fit the byte would be another one, and 0 is no speed. */
const speedCommand = (session: Session, speed: Speed): readonly Command[] => {
  const tenths = Math.round(kmh(speed) * 10);
  return tenths > 0 && tenths <= 0xff ? run(tenths, inclineOf(session)) : [];
};

/** An incline is set together with a speed, so the belt's present speed is repeated, and only to a running belt. */
const inclineCommand = ({ status }: Session, percent: number): readonly Command[] => {
  const tenths = status?.activity === "running" ? Math.round(kmh(status.speed ?? AT_REST) * 10) : 0;
  const isLevel = Number.isInteger(percent) && percent >= 0 && percent <= MAX_INCLINE;
  return tenths > 0 && isLevel ? run(tenths, percent) : [];
};

const CONTROL: Command = { type: "control" };

const commandsOf = (session: Session, request: Request): readonly Command[] => {
  switch (request.op) {
    case "poll":
      // An RM-01 requires a control request before the first command of a connection (NB).
      return session.status ? [{ type: "poll" }] : [CONTROL, { type: "poll" }];
    case "stop":
    case "pause":
      return [{ type: request.op }];
    case "start":
      return [CONTROL, ...run(START_TENTHS, inclineOf(session))];
    case "speed":
      return speedCommand(session, request.speed);
    case "incline":
      return inclineCommand(session, request.percent);
    case "preferences":
      return [{ type: "hello" }];
    default:
      return [];
  }
};

const unitOf = ({ response }: Session, commands: readonly Command[]): FrameSequence =>
  commands.map((command) => ({ characteristic: WRITE, bytes: encodeCommand(command), response }));

const SHOWN = 64;
const bad = (what: string, bytes: Uint8Array): DecodedMessage => ({
  kind: "bad",
  reason: `${what}, ${bytes.length} bytes dropped: ${toHex(bytes.subarray(0, SHOWN))}`,
});

/** Three bytes without a frame, right after the connect (more-protocols 2). */
const GREETING = "121314";

const decodePiece = ({ valid, bytes }: Piece): DecodedMessage => {
  if (!valid) return toHex(bytes) === GREETING ? { kind: "other", type: 0x12 } : bad("no valid frame", bytes);
  const type = bytes[1] ?? 0;
  if (type === COMMAND.telemetry)
    return bytes.length >= TELEMETRY_LENGTH
      ? { kind: "status", status: statusOf(readTelemetry(bytes)) }
      : bad("telemetry too short", bytes);
  return type === COMMAND.hello
    ? { kind: "preferences", preferences: preferencesOf(bytes) }
    : { kind: "other", type };
};

const received = (
  session: Session,
  bytes: Uint8Array,
): { readonly session: Session; readonly messages: readonly DecodedMessage[] } => {
  const { pieces, rest } = deframe(concat(session.pending, bytes));
  const messages = pieces.map(decodePiece);
  const status = messages.findLast((each) => each.kind === "status")?.status ?? session.status;
  return { session: { ...session, pending: rest, status }, messages };
};

const protocolSession = (session: Session): ProtocolSession => ({
  opening: [{ do: "subscribe", characteristic: NOTIFY }],
  access: "full",
  interrupt: [],
  receive(characteristic, bytes) {
    if (characteristic !== NOTIFY)
      return { session: protocolSession(session), messages: [bad(`unexpected ${characteristic}`, bytes)] };
    const turn = received(session, bytes);
    return { session: protocolSession(turn.session), messages: turn.messages };
  },
  onWritten: () => protocolSession(session),
  frames: (request) => unitOf(session, commandsOf(session, request)),
  reads: () => [],
});

/** Sperax pads with a WLT6200 module (more-protocols 2). */
export const sperax: Protocol = {
  name: "sperax",
  speaks: (gatt) => responseOf(gatt) !== null,
  // One write can be lost, and an RM-01 may require a control request: the next stop comes after the first poll.
  stopsWithoutTelemetry: true,
  masked: unmasked,
  openSession: (peer: ConnectedDevice) =>
    protocolSession({
      response: responseOf(peer) ?? false,
      pending: new Uint8Array(),
      status: null,
    }),
};
