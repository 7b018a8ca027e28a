import type { Uuid } from "../ble/radio.js";
import { NO_FAULTS } from "../domain/faults.js";
import type { Faults } from "../domain/faults.js";
import type { Mode } from "../domain/pad.js";
import { MODE_BYTES } from "../protocol/wilink-replies.js";
import { isResting, newMachine, runMachine, stopMachine } from "./machine.js";
import type { Machine } from "./machine.js";
import type { MachineModel } from "./models.js";
import { newFace, statusFrame } from "./wilink-face.js";
import type { BUTTONS, WiLinkPad } from "./wilink-face.js";
import { follow, press } from "./wilink-habits.js";
import { receiveWiLink } from "./wilink-pad.js";

/** A treadmill made of arithmetic: data, moved by the functions of this file. No timers, no I/O. */
export type Pad = WiLinkPad;
type Key = keyof typeof BUTTONS;

export interface PadOptions {
  /** The mode at power-on; standby when not given. */
  readonly mode?: Mode;
  readonly faults?: Faults;
  /** The pad is set to miles: its numbers are mph. */
  readonly imperial?: boolean;
  /** km/h, the start speed of the pad's preferences; the model's own when not given. */
  readonly startSpeed?: number;
  /** Milliseconds at rest and untouched after which it goes to standby by itself; never when not given. */
  readonly sleepAfter?: number;
  /** For the share of refused starts. */
  readonly seed?: number;
}

export interface Notification {
  readonly characteristic: Uuid;
  readonly bytes: Uint8Array;
}

export const newPad = (model: MachineModel, options: PadOptions = {}): Pad => ({
  machine: newMachine(model, {
    faults: options.faults ?? NO_FAULTS,
    imperial: options.imperial ?? false,
    startSpeed: options.startSpeed ?? null,
    seed: options.seed ?? 0,
  }),
  face: newFace(MODE_BYTES[options.mode ?? "standby"], options.sleepAfter ?? null),
});

/** The pad `ms` later. A moving one is looked at every 100 ms, since it does things of its own on the way. */
export const tick = (pad: Pad, ms: number): Pad => {
  let later = pad;
  for (let left = ms; left > 0;) {
    const slice = isResting(later.machine) ? left : Math.min(left, 100);
    later = changed(later, runMachine(later.machine, slice));
    left -= slice;
  }
  return later;
};

/** What a write does, and the notifications that answer it, in order. */
export const receive = (
  pad: Pad,
  characteristic: Uuid,
  bytes: Uint8Array,
): { readonly pad: Pad; readonly notifications: readonly Notification[] } => {
  if (characteristic !== "fe02") return { pad, notifications: [] };
  const answer = receiveWiLink(pad, bytes);
  const after = follow(pad.machine, answer.pad);
  return { pad: after, notifications: answer.reply ? [{ characteristic: "fe01", bytes: answer.reply }] : [] };
};

/** The value of a readable characteristic; null where there is none. */
export const valueOf = (pad: Pad, characteristic: Uuid): Uint8Array | null =>
  characteristic === "fe01" ? statusFrame(pad) : null;

/** A new connection: what the last one had unlocked is locked again. */
export const connected = (pad: Pad): Pad => ({ ...pad, face: { ...pad.face, unlocked: false } });

/** A press on the remote. */
export const remote = (pad: Pad, key: Key): Pad => follow(pad.machine, press(pad, key));

/** Someone steps on, or off: off, no step is counted. */
export const walker = (pad: Pad, on: boolean): Pad => ({ ...pad, machine: { ...pad.machine, walker: on } });

/** The safety key is put in, or pulled: then the belt slows to rest. */
export const safetyKey = (pad: Pad, inPlace: boolean): Pad => {
  const machine = { ...pad.machine, safetyKey: inPlace };
  return changed(pad, inPlace ? machine : stopMachine(machine));
};

/** The whole set of faults is replaced. */
export const withFaults = (pad: Pad, faults: Faults): Pad => ({
  ...pad,
  machine: { ...pad.machine, faults },
});

/** km/h, the truth that no fault can falsify: for oracles. */
export const beltSpeed = (pad: Pad): number => pad.machine.belt.speed;

const changed = (pad: Pad, machine: Machine): Pad => follow(pad.machine, { machine, face: pad.face });
