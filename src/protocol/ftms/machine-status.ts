import { viewOf, getU24le } from "../bytes.js";

// Messages of a machine besides its measurements: Fitness Machine Status 2ADA (FTMS 4.17, wire-facts b.4) and Training
// Status 2AD3 (FTMS 4.10, b.5).

/** A Fitness Machine Status. Speeds are 0.01 km/h, inclinations 0.1 %. */
export type MachineEvent =
  | { readonly type: "reset" }
  | { readonly type: "stopped" }
  | { readonly type: "paused" }
  | { readonly type: "safety-key" }
  | { readonly type: "started" }
  | { readonly type: "target-speed"; readonly speed: number }
  | { readonly type: "target-incline"; readonly inclination: number }
  | { readonly type: "target-distance"; readonly distance: number }
  | { readonly type: "control-lost" }
  /** Not used by the bridge, or unknown. */
  | { readonly type: "other"; readonly opcode: number };

/** Opcodes of 2ADA. */
export const EVENT = {
  reset: 0x01,
  stoppedOrPaused: 0x02,
  safetyKey: 0x03,
  started: 0x04,
  targetSpeed: 0x05,
  targetIncline: 0x06,
  targetDistance: 0x0d,
  controlLost: 0xff,
} as const;

/** The parameter of stop or pause, in 2ADA and in the control point. */
export const HALT = { stop: 1, pause: 2 } as const;

/** Events with a number, and the number of its bytes. */
const numbered = (view: DataView): MachineEvent | null => {
  const [opcode, left] = [view.getUint8(0), view.byteLength - 1];
  if (opcode === EVENT.targetSpeed && left >= 2)
    return { type: "target-speed", speed: view.getUint16(1, true) };
  if (opcode === EVENT.targetIncline && left >= 2)
    return { type: "target-incline", inclination: view.getInt16(1, true) };
  if (opcode === EVENT.targetDistance && left >= 3)
    return { type: "target-distance", distance: getU24le(view, 1) };
  return null;
};

/** Reads a 2ADA notification; null for an empty one. Never throws. */
export const readMachineEvent = (bytes: Uint8Array): MachineEvent | null => {
  const [opcode, param] = bytes;
  if (opcode === undefined) return null;
  switch (opcode) {
    case EVENT.reset:
      return { type: "reset" };
    case EVENT.stoppedOrPaused:
      // Without a parameter, or with an unknown one, it is a stop: the belt is being halted in either case.
      return { type: param === HALT.pause ? "paused" : "stopped" };
    case EVENT.safetyKey:
      return { type: "safety-key" };
    case EVENT.started:
      return { type: "started" };
    case EVENT.controlLost:
      return { type: "control-lost" };
    default:
      return numbered(viewOf(bytes)) ?? { type: "other", opcode };
  }
};

/** The values of Training Status that describe the belt. The others are kinds of training: it runs. */
export const TRAINING = {
  other: 0x00,
  idle: 0x01,
  manual: 0x0d,
  preWorkout: 0x0e,
  postWorkout: 0x0f,
} as const;
const LAST_TRAINING = TRAINING.postWorkout;

/** A Training Status: its value, and the text that MC11 sends with it: the digits of its countdown (b.5). */
export interface TrainingStatus {
  readonly status: number;
  readonly text: string | null;
}

/** Reads a 2AD3 value; null for one that is too short or unknown. Never throws. */
export const readTrainingStatus = (bytes: Uint8Array): TrainingStatus | null => {
  const [flags, status] = bytes;
  if (flags === undefined || status === undefined || status > LAST_TRAINING) return null;
  const text = (flags & 1) === 1 && bytes.length > 2 ? new TextDecoder().decode(bytes.subarray(2)) : null;
  return { status, text };
};
