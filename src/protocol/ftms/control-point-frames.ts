import type { Speed } from "../../domain/units.js";
import { KM_PER_MILE } from "../../domain/units.js";
import { viewOf } from "../bytes.js";
import { HALT } from "./machine-status.js";
import type { Operation } from "../protocol.js";

// Fitness Machine Control Point 2AD9 (FTMS 4.16, wire-facts b.3): requests as bytes, and the answers to them.

export type Request = Operation;

export const OPCODE = {
  control: 0x00,
  reset: 0x01,
  speed: 0x02,
  incline: 0x03,
  start: 0x07,
  halt: 0x08,
} as const;
const RESPONSE = 0x80;

/** Result codes (FTMS table 4.24). */
export type Result = "success" | "not-supported" | "invalid" | "failed" | "not-permitted" | "unknown";

export const RESULT = { success: 1, "not-supported": 2, invalid: 3, failed: 4, "not-permitted": 5 } as const;
const RESULTS: readonly (Result | undefined)[] = [
  undefined,
  "success",
  "not-supported",
  "invalid",
  "failed",
  "not-permitted",
];

/** The answer to a request, known by its opcode. */
export interface Answer {
  readonly opcode: number;
  readonly result: Result;
}

/** Reads an indication of 2AD9; null when it is not an answer. Never throws. */
export const readAnswer = (bytes: Uint8Array): Answer | null => {
  const [head, opcode, result] = bytes;
  if (head !== RESPONSE || opcode === undefined || result === undefined) return null;
  return { opcode, result: RESULTS[result] ?? "unknown" };
};

const number = (opcode: number, value: number, signed: boolean): Uint8Array | null => {
  const [min, max] = signed ? [-0x8000, 0x7fff] : [0, 0xffff];
  // A number that does not fit would wrap to another speed.
  if (!(value >= min && value <= max)) return null;
  const bytes = Uint8Array.of(opcode, 0, 0);
  viewOf(bytes).setUint16(1, value & 0xffff, true);
  return bytes;
};

/** The number for `speed`: 0.01 km/h, or 0.01 mph where the machine interprets it so (b.7.11). */
export const speedNumber = (speed: Speed, imperial: boolean): number =>
  Math.round(imperial ? speed / KM_PER_MILE : speed);

/** The bytes of a request; null for one that the control point does not have. */
export const encodeRequest = (request: Request, imperial: boolean): Uint8Array | null => {
  switch (request.op) {
    case "control":
      return Uint8Array.of(OPCODE.control);
    case "start":
      return Uint8Array.of(OPCODE.start);
    case "stop":
      return Uint8Array.of(OPCODE.halt, HALT.stop);
    case "pause":
      return Uint8Array.of(OPCODE.halt, HALT.pause);
    case "speed":
      return number(OPCODE.speed, speedNumber(request.speed, imperial), false);
    case "incline":
      return number(OPCODE.incline, Math.round(request.percent * 10), true);
    default:
      return null;
  }
};

/** The opcode under which a request is answered; null for one without a control point request. */
export const opcodeOf = ({ op }: Request): number | null => {
  if (op === "stop" || op === "pause") return OPCODE.halt;
  return op === "control" || op === "start" || op === "speed" || op === "incline" ? OPCODE[op] : null;
};
