import type { Uuid } from "../ble/radio.js";
import { NO_FAULTS } from "../domain/faults.js";
import type { Faults } from "../domain/faults.js";
import type { Mode } from "../domain/pad.js";
import { MODE_BYTES } from "../protocol/wilink/replies.js";
import {
  type FtmsOptions,
  type FtmsPad,
  ftmsValue,
  newFtmsFace,
  type Notification,
  tell,
  unconnected,
} from "./ftms/state.js";
import {
  ftmsSafetyKey,
  ftmsSpeaks,
  ftmsSpeaksIn,
  liveFtms,
  pressFtms,
  subscribeFtms,
} from "./ftms/behaviour.js";
import { receiveFtms } from "./ftms/requests.js";
import { isResting, newMachine, runMachine, stopMachine } from "./machine.js";
import type { MachineModel } from "./machine-model.js";
import type { FtmsModel, WiLinkModel } from "./models.js";
import { newFace, statusFrame } from "./wilink/state.js";
import type { WiLinkOptions, WiLinkPad } from "./wilink/state.js";
import { follow, press } from "./wilink/behaviour.js";
import { receiveWiLink } from "./wilink/commands.js";

/** A treadmill made of arithmetic: data, moved by the functions of this file. No timers, no I/O. */
export type Pad = WiLinkPad | FtmsPad;
/** `start-stop` pauses an FTMS machine, `stop` ends its session; WiLink knows no difference. */
type Key = "start-stop" | "stop" | "+" | "-";
export type { Notification };

export interface PadOptions extends Partial<FtmsOptions>, Partial<WiLinkOptions> {
  /** WiLink: the mode at power-on; standby when not given. */
  readonly mode?: Mode;
  readonly faults?: Faults;
  /** The pad counts in miles: its numbers are mph. As the model does when not given. */
  readonly imperial?: boolean;
  /** km/h, the start speed of the pad's preferences; the model's own when not given. */
  readonly startSpeed?: number;
  /** Milliseconds, and km/h a second; the model's own when not given. */
  readonly countdown?: number;
  readonly ramp?: number;
  /** For the share of refused starts. */
  readonly seed?: number;
}

const isFtms = (pad: Pad): pad is FtmsPad => "ftms" in pad.machine.model;

const fitted = <Model extends MachineModel>(model: Model, { countdown, ramp }: PadOptions): Model => {
  const { belt } = model;
  return { ...model, belt: { ...belt, countdown: countdown ?? belt.countdown, ramp: ramp ?? belt.ramp } };
};

export const newPad = (model: WiLinkModel | FtmsModel, options: PadOptions = {}): Pad => {
  const settings = {
    faults: options.faults ?? NO_FAULTS,
    imperial: options.imperial ?? ("ftms" in model && model.ftms.miles),
    startSpeed: options.startSpeed ?? null,
    seed: options.seed ?? 0,
  };
  if (!("ftms" in model)) {
    const { sleepAfter = null, gap = 0, gapRestarts = false } = options;
    const face = newFace(MODE_BYTES[options.mode ?? "standby"], { sleepAfter, gap, gapRestarts });
    return { machine: newMachine(fitted(model, options), settings), face };
  }
  const { unlockGate = false, quietAtRest = false, refusePause = false, name = model.advertised } = options;
  const { deafSpinUp = false, silentData = false } = options;
  const face = newFtmsFace({ unlockGate, quietAtRest, refusePause, deafSpinUp, silentData, name });
  return { machine: newMachine(fitted(model, options), settings), face };
};

/** The pad `ms` later. A moving one is looked at every 100 ms, since it does things of its own on the way. */
export const tick = (pad: Pad, ms: number): Pad => {
  let later = pad;
  for (let left = ms; left > 0;) {
    const slice = isResting(later.machine) ? left : Math.min(left, 100);
    later = live(later, slice);
    left -= slice;
  }
  return later;
};

const live = (pad: Pad, ms: number): Pad =>
  isFtms(pad)
    ? liveFtms(pad, ms)
    : follow(pad.machine, { machine: runMachine(pad.machine, ms), face: pad.face });

interface Said {
  readonly pad: Pad;
  readonly notifications: readonly Notification[];
}

/** What a write does, and the notifications that answer it, in order. */
export const receive = (pad: Pad, characteristic: Uuid, bytes: Uint8Array): Said => {
  if (isFtms(pad)) {
    const { machine, face } = receiveFtms(pad, characteristic, bytes);
    return { pad: { machine, face: { ...face, outbox: [] } }, notifications: face.outbox };
  }
  if (characteristic !== "fe02") return { pad, notifications: [] };
  const answer = receiveWiLink(pad, bytes);
  const after = follow(pad.machine, answer.pad);
  return { pad: after, notifications: answer.reply ? [{ characteristic: "fe01", bytes: answer.reply }] : [] };
};

/** A client wants to hear of a characteristic. WiLink pads answer in any case. */
export const subscribe = (pad: Pad, characteristic: Uuid): Pad =>
  isFtms(pad) ? subscribeFtms(pad, characteristic) : pad;

/** Milliseconds until the pad says something by itself; null: it never does, or nobody listens. */
export const speaksIn = (pad: Pad): number | null => (isFtms(pad) ? ftmsSpeaksIn(pad) : null);

/** What the pad says by itself at this moment. */
export const speak = (pad: Pad): Said => (isFtms(pad) ? ftmsSpeaks(pad) : { pad, notifications: [] });

/** Whether what has just happened kills the link (wire-facts b.7.1). */
export const hasCrashed = (pad: Pad): boolean => isFtms(pad) && pad.face.crashed;

/** The value of a readable characteristic; null where there is none. */
export const valueOf = (pad: Pad, characteristic: Uuid): Uint8Array | null => {
  if (isFtms(pad)) return ftmsValue(pad, characteristic);
  return characteristic === "fe01" ? statusFrame(pad) : null;
};

/** A new connection: what the last one had unlocked is locked again. */
export const connected = (pad: Pad): Pad =>
  isFtms(pad) ? unconnected(pad) : { machine: pad.machine, face: { ...pad.face, unlocked: false } };

/** A press on the remote. */
export const remote = (pad: Pad, key: Key): Pad => {
  if (isFtms(pad)) return pressFtms(pad, key);
  if (key === "stop" && isResting(pad.machine)) return pad;
  return follow(pad.machine, press(pad, key === "stop" ? "start-stop" : key));
};

/** FTMS: the machine takes the permission to control it away, refuses it from now on, or refuses it no more. */
export const control = (pad: Pad, what: "lost" | "refused" | "allowed"): Pad => {
  if (!isFtms(pad)) return pad;
  const refusesControl = what === "lost" ? pad.face.refusesControl : what === "refused";
  const face = { ...pad.face, refusesControl, permitted: pad.face.permitted && what === "allowed" };
  const changed = { machine: pad.machine, face };
  return pad.face.permitted && what !== "allowed" ? tell(changed, { type: "control-lost" }) : changed;
};

/** Someone steps on, or off: off, no step is counted. */
export const walker = (pad: Pad, on: boolean): Pad =>
  isFtms(pad)
    ? { machine: { ...pad.machine, walker: on }, face: pad.face }
    : { machine: { ...pad.machine, walker: on }, face: pad.face };

/** The safety key is put in, or pulled: then the belt slows to rest. */
export const safetyKey = (pad: Pad, inPlace: boolean): Pad => {
  if (isFtms(pad)) return ftmsSafetyKey(pad, inPlace);
  const machine = { ...pad.machine, safetyKey: inPlace };
  return follow(pad.machine, { machine: inPlace ? machine : stopMachine(machine), face: pad.face });
};

/** The whole set of faults is replaced. */
export const withFaults = (pad: Pad, faults: Faults): Pad =>
  isFtms(pad)
    ? { machine: { ...pad.machine, faults }, face: pad.face }
    : { machine: { ...pad.machine, faults }, face: pad.face };

/** km/h, the truth that no fault can falsify: for oracles. */
export const beltSpeed = (pad: Pad): number => pad.machine.belt.speed;
