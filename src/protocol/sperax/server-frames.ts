// The module from the pad's side: the messages of a treadmill, and the parser of commands. For the simulator and tests.
import { viewOf } from "../bytes.js";
import { COMMAND } from "./commands.js";
import { deframe, frame } from "./frames.js";
import { type RawTelemetry, TELEMETRY_LENGTH } from "./telemetry.js";

/** A frame around any body. */
export const encodeBody = (body: Iterable<number>): Uint8Array => frame([...body]);

/** Telemetry. Values that do not fit their field wrap. */
export const encodeTelemetry = (raw: RawTelemetry): Uint8Array => {
  const body = new Uint8Array(TELEMETRY_LENGTH);
  const view = viewOf(body);
  view.setUint8(1, COMMAND.telemetry);
  view.setUint8(4, raw.state);
  view.setUint16(7, raw.elapsed);
  view.setUint16(9, raw.distance);
  view.setUint16(11, raw.energy);
  view.setUint16(13, raw.steps);
  view.setUint8(15, raw.speed);
  view.setUint8(16, raw.incline);
  view.setUint8(18, raw.vibration);
  return encodeBody(body);
};

/** Three bytes, right after the connect. */
export const GREETING = Uint8Array.of(0x12, 0x13, 0x14);

/** The acknowledgement of a command. */
export const encodeAck = (command: number, state: number): Uint8Array =>
  encodeBody([0, 0xd0, command, state, 0]);

/** 0 ready, 1 running, 2 idle, 3 paused: the answer to a control request. */
export const encodeState = (state: 0 | 1 | 2 | 3): Uint8Array => encodeBody([0, 0x0e, state]);

/** A received command. */
export interface PadCommand {
  readonly command: number;
  readonly args: readonly number[];
}

/** Reads one complete frame; null: not a frame, or damaged. */
export const parseCommand = (bytes: Uint8Array): PadCommand | null => {
  const { pieces, rest } = deframe(bytes);
  const [piece] = pieces;
  if (!piece?.valid || pieces.length !== 1 || rest.length > 0) return null;
  const [, command = 0, ...args] = piece.bytes;
  return { command, args };
};
