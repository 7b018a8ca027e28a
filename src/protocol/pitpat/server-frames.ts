// The family from the pad's side: the messages of a treadmill, and the parser of commands. For the simulator and tests.
import { viewOf } from "../bytes.js";
import { checks, HEARTBEAT, seal } from "./frames.js";
import type { RawStatus } from "./status.js";

/** A status as the BA10-B's: 53 bytes, the serial number as text in them (HB). Values that do not fit wrap. */
export const encodeStatus = (raw: RawStatus, serial: string, length = 53): Uint8Array => {
  const bytes = new Uint8Array(length);
  const view = viewOf(bytes);
  bytes.set([0x66, length]);
  view.setUint16(3, raw.speed);
  view.setUint16(5, raw.target);
  view.setUint32(7, raw.distance);
  view.setUint32(14, raw.steps);
  view.setUint16(18, raw.energy);
  view.setUint32(20, raw.time);
  view.setUint8(25, raw.firmware);
  view.setUint8(26, raw.flags);
  view.setUint16(27, raw.maxSpeed);
  view.setUint8(30, raw.type);
  const room = Math.max(0, length - 34);
  bytes.set(Array.from(serial, (char) => char.charCodeAt(0)).slice(0, room), Math.min(32, length));
  return seal(bytes);
};

/** A received command: its number, the acceleration, the unit of the display, and the speed in m/h. */
export interface PadCommand {
  readonly code: number;
  readonly acceleration: number;
  readonly showsMiles: boolean;
  readonly speed: number;
}

const COMMAND = [0x6a, 0x17] as const;

/** Reads a bare frame; null: not a frame, or damaged. */
export const parseCommand = (frame: Uint8Array): PadCommand | "heartbeat" | null => {
  if (!checks(frame)) return null;
  if (frame.length === HEARTBEAT.length) return frame[2] === HEARTBEAT[2] ? "heartbeat" : null;
  if (!COMMAND.every((byte, at) => frame[at] === byte)) return null;
  const code = frame[12] ?? 0;
  const speed = viewOf(frame).getUint16(6);
  return { code: code & 0xf7, acceleration: frame[8] ?? 0, showsMiles: (code & 8) !== 0, speed };
};
