import type { Uuid } from "../ble/radio.js";
import { NO_FAULTS } from "../domain/faults.js";
import type { Faults } from "../domain/faults.js";
import type { Mode } from "../domain/pad.js";
import { MODE_BYTES } from "../protocol/wilink/replies.js";
import type { Behaviour, Key, MachineWithState, Notification, WithNotifications } from "./behaviour.js";
import { ftmsBehaviour } from "./ftms/ftms.js";
import { type FtmsOptions, type FtmsPad, newFtmsState } from "./ftms/state.js";
import { textBehaviour } from "./kingsmith-text/kingsmith-text.js";
import { newTextState, type TextOptions, type TextPad } from "./kingsmith-text/state.js";
import { isResting, newMachine } from "./machine.js";
import type { MachineModel } from "./machine-model.js";
import type { FtmsModel, PitPatModel, SperaxModel, TextModel, WiLinkModel } from "./models.js";
import { pitpatBehaviour } from "./pitpat/pitpat.js";
import { newPitPatState, type PitPatPad } from "./pitpat/state.js";
import { speraxBehaviour } from "./sperax/sperax.js";
import { newSperaxState, type SperaxPad } from "./sperax/state.js";
import { newWiLinkState, type WiLinkOptions, type WiLinkPad } from "./wilink/state.js";
import { wilinkBehaviour } from "./wilink/wilink.js";

/** A treadmill as data, changed by the functions of this file. No timers, no I/O. */
export type Pad = WiLinkPad | FtmsPad | TextPad | PitPatPad | SperaxPad;
export type SimulatedMachine = WiLinkModel | FtmsModel | TextModel | PitPatModel | SperaxModel;
export type { Notification };

export interface PadOptions extends Partial<FtmsOptions>, Partial<WiLinkOptions>, Partial<TextOptions> {
  /** WiLink: the mode at power-on; standby when not given. */
  readonly mode?: Mode;
  readonly faults?: Faults;
  /** The pad counts in miles: its numbers are mph. Default: as the model does. */
  readonly imperial?: boolean;
  /** km/h, the start speed of the pad's preferences; the model's own when not given. */
  readonly startSpeed?: number;
  /** Milliseconds, and km/h per second; default: the model's own. */
  readonly countdown?: number;
  readonly ramp?: number;
  /** For the share of refused starts. */
  readonly seed?: number;
}

const BEHAVIOURS = {
  wilink: wilinkBehaviour,
  ftms: ftmsBehaviour,
  "kingsmith-text": textBehaviour,
  pitpat: pitpatBehaviour,
  sperax: speraxBehaviour,
};

/** The behaviour of a pad. The model's protocol determines the kind of pad, so the result is of the same kind. */
const of = ({ machine }: Pad): Behaviour<Pad> =>
  BEHAVIOURS[machine.model.protocol] as Behaviour<MachineWithState> as Behaviour<Pad>;

const fitted = <Model extends MachineModel>(model: Model, { countdown, ramp }: PadOptions): Model => {
  const { belt } = model;
  return { ...model, belt: { ...belt, countdown: countdown ?? belt.countdown, ramp: ramp ?? belt.ramp } };
};

const machineOf = <Model extends MachineModel>(model: Model, options: PadOptions, imperial = false) =>
  newMachine(fitted(model, options), {
    faults: options.faults ?? NO_FAULTS,
    imperial: options.imperial ?? imperial,
    startSpeed: options.startSpeed ?? null,
    seed: options.seed ?? 0,
  });

const newWiLinkPad = (model: WiLinkModel, options: PadOptions): WiLinkPad => {
  const { mode = "standby", sleepAfter = null, gap = 0, gapRestarts = false } = options;
  const state = newWiLinkState(MODE_BYTES[mode], { sleepAfter, gap, gapRestarts });
  return { machine: machineOf(model, options), state };
};

const newFtmsPad = (model: FtmsModel, options: PadOptions): FtmsPad => {
  const { unlockGate = false, quietAtRest = false, refusePause = false, name = model.advertised } = options;
  const { deafSpinUp = false, failsWithoutPermission = false, silentData = model.ftms.silentData } = options;
  const state = newFtmsState({
    unlockGate,
    quietAtRest,
    refusePause,
    failsWithoutPermission,
    deafSpinUp,
    silentData,
    name,
  });
  return { machine: machineOf(model, options, model.ftms.miles), state };
};

/** Their numbers are km/h whatever the display shows: a pad that is set to miles shows miles, and moves the same. */
const newPitPatPad = (model: PitPatModel, options: PadOptions): PitPatPad => ({
  machine: machineOf(model, { ...options, imperial: false }),
  state: newPitPatState(options.imperial ?? false),
});

const newSperaxPad = (model: SperaxModel, options: PadOptions): SperaxPad => ({
  machine: machineOf(model, { ...options, imperial: false }),
  state: newSperaxState(),
});

const newTextPad = (model: TextModel, options: PadOptions): TextPad => {
  const { table = model.text.table, secondPair = null, takesTry = 1 } = options;
  const { childLock = false, asleep = false, deafSpinUp = false } = options;
  const state = newTextState({ table, secondPair, takesTry, childLock, asleep, deafSpinUp });
  return { machine: machineOf(model, options), state };
};

export const newPad = (model: SimulatedMachine, options: PadOptions = {}): Pad => {
  switch (model.protocol) {
    case "wilink":
      return newWiLinkPad(model, options);
    case "ftms":
      return newFtmsPad(model, options);
    case "kingsmith-text":
      return newTextPad(model, options);
    case "pitpat":
      return newPitPatPad(model, options);
    case "sperax":
      return newSperaxPad(model, options);
  }
};

/** The pad `ms` later. A moving one is updated every 100 ms, since it also changes by itself. */
export const tick = (pad: Pad, ms: number): Pad => {
  let later = pad;
  for (let left = ms; left > 0;) {
    const slice = isResting(later.machine) ? left : Math.min(left, 100);
    later = of(later).advance(later, slice);
    left -= slice;
  }
  return later;
};

/** The effect of a write, and the notifications that answer it, in order. */
export const receive = (pad: Pad, characteristic: Uuid, bytes: Uint8Array): WithNotifications<Pad> =>
  of(pad).receive(pad, characteristic, bytes);

/** A client subscribes to a characteristic. */
export const subscribe = (pad: Pad, characteristic: Uuid): Pad => of(pad).subscribe(pad, characteristic);

/** Milliseconds until the pad acts by itself; null: never, or without subscriptions. */
export const nextNotificationIn = (pad: Pad): number | null => of(pad).nextNotificationIn(pad);

/** The notifications that the pad sends by itself now. */
export const notify = (pad: Pad): WithNotifications<Pad> => of(pad).notify(pad);

/** Whether the last event ends the link, and how. */
export const endsLink = (pad: Pad): "crash" | "drop" | null => of(pad).endsLink(pad);

/** The value of a readable characteristic; null where there is none. */
export const valueOf = (pad: Pad, characteristic: Uuid): Uint8Array | null =>
  of(pad).valueOf(pad, characteristic);

/** A new connection: locks that the last one had opened are closed again. */
export const connected = (pad: Pad): Pad => of(pad).connected(pad);

/** A notification as it arrives when it is damaged. */
export const damaged = (pad: Pad, bytes: Uint8Array, at: number): Uint8Array => of(pad).damaged(bytes, at);

/** A press on the remote. */
export const remote = (pad: Pad, key: Key): Pad => of(pad).press(pad, key);

/** FTMS: the machine withdraws the permission to control it, refuses it from now on, or grants it again. */
export const control = (pad: Pad, what: "lost" | "refused" | "allowed"): Pad => of(pad).control(pad, what);

/** Someone steps on, or off: then no step is counted. */
export const walker = (pad: Pad, on: boolean): Pad =>
  ({ machine: { ...pad.machine, walker: on }, state: pad.state }) as Pad;

/** The safety key is put in, or pulled: then the belt slows to rest. */
export const safetyKey = (pad: Pad, inPlace: boolean): Pad => of(pad).safetyKey(pad, inPlace);

/** The whole set of faults is replaced. */
export const withFaults = (pad: Pad, faults: Faults): Pad =>
  ({ machine: { ...pad.machine, faults }, state: pad.state }) as Pad;

/** km/h, the truth that no fault can falsify: for oracles. */
export const beltSpeed = (pad: Pad): number => pad.machine.belt.speed;
