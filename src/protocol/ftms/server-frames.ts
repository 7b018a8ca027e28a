// FTMS from the machine's side: the messages of a treadmill, and the parser of requests. For the simulator and tests.
import { setU24le, viewOf } from "../bytes.js";
import { OPCODE, RESULT, type Answer } from "./control-point-frames.js";
import type { Features, Range } from "./features.js";
import { EVENT, HALT, type MachineEvent, type TrainingStatus } from "./machine-status.js";

const u16 = (head: number, value: number): Uint8Array => {
  const bytes = Uint8Array.of(head, 0, 0);
  viewOf(bytes).setUint16(1, value & 0xffff, true);
  return bytes;
};

const u24 = (head: number, value: number): Uint8Array => {
  const bytes = Uint8Array.of(head, 0, 0, 0);
  setU24le(viewOf(bytes), 1, value);
  return bytes;
};

/** A Fitness Machine Status, 2ADA. Values that do not fit their field wrap, here and below. */
export const encodeMachineEvent = (event: MachineEvent): Uint8Array => {
  switch (event.type) {
    case "reset":
      return Uint8Array.of(EVENT.reset);
    case "stopped":
      return Uint8Array.of(EVENT.stoppedOrPaused, HALT.stop);
    case "paused":
      return Uint8Array.of(EVENT.stoppedOrPaused, HALT.pause);
    case "safety-key":
      return Uint8Array.of(EVENT.safetyKey);
    case "started":
      return Uint8Array.of(EVENT.started);
    case "target-speed":
      return u16(EVENT.targetSpeed, event.speed);
    case "target-incline":
      return u16(EVENT.targetIncline, event.inclination);
    case "target-distance":
      return u24(EVENT.targetDistance, event.distance);
    case "control-lost":
      return Uint8Array.of(EVENT.controlLost);
    case "other":
      return Uint8Array.of(event.opcode);
  }
};

/** A Training Status, 2AD3. Bit 0 of `flags`: there is a text, bit 1: it is longer than the notification. */
export const encodeTrainingStatus = (
  { status, text }: TrainingStatus,
  flags = text === null ? 0 : 1,
): Uint8Array => Uint8Array.of(flags, status, ...new TextEncoder().encode(text ?? ""));

/** An indication of the control point, 2AD9. */
export const encodeAnswer = ({ opcode, result }: Answer): Uint8Array =>
  Uint8Array.of(0x80, opcode, result === "unknown" ? 0 : RESULT[result]);

/** 2ACC. */
export const encodeFeatures = ({ features, targets }: Features): Uint8Array => {
  const bytes = new Uint8Array(8);
  const view = viewOf(bytes);
  view.setUint32(0, features, true);
  view.setUint32(4, targets, true);
  return bytes;
};

/** 2AD4 and 2AD5. */
export const encodeRange = ({ min, max, step }: Range): Uint8Array => {
  const bytes = new Uint8Array(6);
  const view = viewOf(bytes);
  view.setUint16(0, min & 0xffff, true);
  view.setUint16(2, max & 0xffff, true);
  view.setUint16(4, step, true);
  return bytes;
};

/** A received request, or its error. Speeds are numbers of 0.01 in the machine's unit. */
export type MachineRequest =
  | { readonly op: "control" | "reset" | "start" | "stop" | "pause" }
  | { readonly op: "speed"; readonly number: number }
  | { readonly op: "incline"; readonly tenths: number }
  | { readonly op: "invalid" | "unknown" };

const PLAIN: ReadonlyMap<number, MachineRequest> = new Map([
  [OPCODE.control, { op: "control" }],
  [OPCODE.reset, { op: "reset" }],
  [OPCODE.start, { op: "start" }],
]);

const INVALID: MachineRequest = { op: "invalid" };

/** Reads a write to 2AD9. Never throws. */
export const parseRequest = (bytes: Uint8Array): MachineRequest => {
  const [opcode, param] = bytes;
  const plain = PLAIN.get(opcode ?? -1);
  if (plain) return bytes.length === 1 ? plain : INVALID;
  switch (opcode) {
    case OPCODE.speed:
      return bytes.length === 3 ? { op: "speed", number: viewOf(bytes).getUint16(1, true) } : INVALID;
    case OPCODE.incline:
      return bytes.length === 3 ? { op: "incline", tenths: viewOf(bytes).getInt16(1, true) } : INVALID;
    case OPCODE.halt:
      if (bytes.length !== 2) return INVALID;
      if (param === HALT.stop) return { op: "stop" };
      return param === HALT.pause ? { op: "pause" } : INVALID;
    default:
      return { op: "unknown" };
  }
};
