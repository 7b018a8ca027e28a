// WiLink from the pad's side: the replies of a treadmill, and the parser of commands. For the simulator and tests.
import { speedFromKmh } from "../../domain/units.js";
import { setU24, viewOf } from "../bytes.js";
import type { Operation } from "../protocol.js";
import { checks, COMMAND, REPLY, seal, TYPE } from "./frames.js";
import { modeOf, type RawPreferences, type RawRecord, type RawStatus } from "./replies.js";

const reply = (type: number, length: number, fill: (view: DataView) => void): Uint8Array => {
  const bytes = Uint8Array.of(REPLY, type, ...new Uint8Array(length - 2));
  fill(viewOf(bytes));
  return seal(bytes);
};

/** An A2 reply, 20 bytes. Values that do not fit their field wrap, here and below. */
export const encodeStatus = (raw: RawStatus): Uint8Array =>
  reply(TYPE.status, 20, (view) => {
    view.setUint8(2, raw.state);
    view.setUint8(3, raw.speed);
    view.setUint8(4, raw.mode);
    setU24(view, 5, raw.elapsed);
    setU24(view, 8, raw.distance);
    setU24(view, 11, raw.steps);
    view.setUint8(14, raw.appSpeed);
    view.setUint8(16, raw.button);
  });

/** An A6 reply: both lengths have been seen (wire-facts a.5). */
export const encodePreferences = (raw: RawPreferences, length: 16 | 20 = 20): Uint8Array =>
  reply(TYPE.preferences, length, (view) => {
    view.setUint8(2, raw.goalType);
    setU24(view, 3, raw.goal);
    view.setUint8(6, raw.calibration);
    view.setUint8(7, raw.maxSpeed);
    view.setUint8(8, raw.startSpeed);
    view.setUint8(9, raw.startMode);
    view.setUint8(10, raw.sensitivity);
    view.setUint8(11, raw.display);
    view.setUint8(12, raw.lock);
    view.setUint8(13, raw.unit);
  });

/** An A7 reply, 20 bytes. */
export const encodeRecord = (raw: RawRecord): Uint8Array =>
  reply(TYPE.record, 20, (view) => {
    setU24(view, 2, raw.onTime);
    setU24(view, 5, raw.startTime);
    setU24(view, 8, raw.elapsed);
    setU24(view, 11, raw.distance);
    setU24(view, 14, raw.steps);
    view.setUint8(17, raw.remaining);
  });

/** The answer to a handshake: 20 bytes (wire-facts a.4), whose payload no source gives. */
export const encodeHandshakeReply = (): Uint8Array => reply(TYPE.handshake, 20, () => undefined);

/** A received command; `operation` is null for one that the bridge does not use. */
export interface PadCommand {
  readonly type: number;
  /** The byte after the type: an A2's opcode, an A6's key. */
  readonly op: number;
  readonly arg: number;
  readonly operation: Operation | null;
}

const a2 = (op: number, arg: number): Operation | null => {
  const mode = modeOf(arg);
  if (op === 0) return { op: "poll" };
  if (op === 1) return arg === 0 ? { op: "stop" } : { op: "speed", speed: speedFromKmh(arg / 10) };
  if (op === 2 && mode) return { op: "mode", mode };
  return op === 4 && arg === 1 ? { op: "start" } : null;
};

const operationOf = (type: number, op: number, arg: number): Operation | null => {
  if (type === TYPE.status) return a2(op, arg);
  if (type === TYPE.handshake) return { op: "handshake" };
  if (type === TYPE.preferences && op === 0) return { op: "preferences" };
  return type === TYPE.record && op === 0xaa && arg === 0xff ? { op: "record" } : null;
};

/** Reads one write to FE02; null when it is not a valid command: a real pad ignores those silently (wire-facts a.2). */
export const parseCommand = (bytes: Uint8Array): PadCommand | null => {
  const [head, type, op, arg] = bytes;
  if (head !== COMMAND || type === undefined || op === undefined || arg === undefined) return null;
  if (bytes.length < 6 || !checks(bytes)) return null;
  return { type, op, arg, operation: operationOf(type, op, arg) };
};
