import type { Uuid } from "../../ble/radio.js";
import { FTMS } from "../../protocol/ftms/gatt.js";
import { type MachineEvent, TRAINING } from "../../protocol/ftms/machine-status.js";
import {
  encodeFeatures,
  encodeMachineEvent,
  encodeRange,
  encodeTrainingStatus,
} from "../../protocol/ftms/server-frames.js";
import { encodeTreadmillData } from "../../protocol/ftms/treadmill-data.js";
import type { Notification } from "../behaviour.js";
import type { FtmsMachine } from "./models.js";
import { isResting } from "../machine.js";

/** The options of one FTMS machine within its model; for tests. */
export interface FtmsOptions {
  /** Firmware V0.0.6 of a Z1: no notification and no effect before the unlock request (wire-facts b.7.7). */
  readonly unlockGate: boolean;
  /** Treadmill Data comes only while the belt runs (slandau3/z1-walkingpad-mcp, of a Z1). */
  readonly quietAtRest: boolean;
  /** Pausing is not supported. */
  readonly refusePause: boolean;
  /** A request without permission is answered with "failed" (04) instead of "not permitted" (05): more-protocols 4.6. */
  readonly failsWithoutPermission: boolean;
  /** A stop during the spin-up is lost, and not answered. */
  readonly deafSpinUp: boolean;
  /** Every number of Treadmill Data is 0, though the belt runs. */
  readonly silentData: boolean;
  /** The advertised name: the unlock request is derived from it. */
  readonly name: string;
}

/** The state of an FTMS machine besides its belt. Times are the machine's `at`. */
export interface FtmsState {
  readonly options: FtmsOptions;
  readonly session: "idle" | "active" | "paused";
  /** The end of the session when the belt has come to rest. */
  readonly halting: "stop" | "pause" | null;
  /** When the last start or stop was obeyed. */
  readonly toggledAt: number;
  /** 0.1 %. */
  readonly incline: { readonly actual: number; readonly target: number };
  /** Permission is refused to every client. */
  readonly refusesControl: boolean;

  // The following ends with the connection.
  readonly unlocked: boolean;
  readonly subscribed: readonly Uuid[];
  readonly subscribedAt: number;
  readonly permitted: boolean;
  /** Permission was requested: a machine without indications answers that once. */
  readonly asked: boolean;
  /** The preamble has arrived, and was not used yet. */
  readonly preambled: boolean;
  readonly dataAt: number;
  readonly training: number | null;
  readonly outbox: readonly Notification[];
  /** The last event ends the link. */
  readonly crashed: boolean;
}

export interface FtmsPad {
  readonly machine: FtmsMachine;
  readonly state: FtmsState;
}

const UNCONNECTED = {
  unlocked: false,
  subscribed: [],
  subscribedAt: -Infinity,
  permitted: false,
  asked: false,
  preambled: false,
  dataAt: Infinity,
  training: null,
  outbox: [],
  crashed: false,
} as const;

export const newFtmsState = (options: FtmsOptions): FtmsState => ({
  options,
  session: "idle",
  halting: null,
  toggledAt: -Infinity,
  incline: { actual: 0, target: 0 },
  refusesControl: false,
  ...UNCONNECTED,
});

/** A new connection: no subscription, no permission, not unlocked. */
export const unconnected = ({ machine, state }: FtmsPad): FtmsPad => ({
  machine,
  state: { ...state, ...UNCONNECTED },
});

/** Whether it notifies and obeys. */
export const isOpen = ({ options, unlocked }: FtmsState): boolean => unlocked || !options.unlockGate;

/** Queues a notification for a subscribed client. */
export const notify = ({ machine, state }: FtmsPad, characteristic: Uuid, bytes: Uint8Array): FtmsPad => {
  const isDelivered = state.subscribed.includes(characteristic) && isOpen(state);
  const outbox = isDelivered ? [...state.outbox, { characteristic, bytes }] : state.outbox;
  return { machine, state: { ...state, outbox } };
};

export const notifyEvent = (pad: FtmsPad, event: MachineEvent): FtmsPad =>
  notify(pad, FTMS.machineStatus, encodeMachineEvent(event));

/** The 2ADA event of the present state, which KingSmith's machines replay (wire-facts b.4). */
export const presentEvent = ({ state, machine }: FtmsPad): MachineEvent => {
  if (!machine.safetyKey) return { type: "safety-key" };
  if (state.session === "idle") return { type: "stopped" };
  return { type: state.session === "active" ? "started" : "paused" };
};

/** 2AD3 (wire-facts b.5). */
export const trainingOf = ({ machine, state }: FtmsPad): number => {
  const { phase } = machine.belt;
  if (phase === "countdown") return TRAINING.preWorkout;
  if (phase === "running") return TRAINING.manual;
  return phase === "stopping" || state.session === "paused" ? TRAINING.postWorkout : TRAINING.idle;
};

export const trainingFrame = (status: number): Uint8Array => encodeTrainingStatus({ status, text: null });

/** kcal per kilometre, of a walker of 75 kg: chosen. */
const KCAL = 56;
/** Beats per minute, of the same: chosen. 0 without a hand on the sensor. */
const pulseOf = (machine: FtmsMachine): number =>
  machine.walker && machine.belt.speed > 0 ? Math.round(70 + 6 * machine.belt.speed) : 0;

/** Treadmill Data, in as many records as the model uses. */
export const dataFrames = ({ machine, state }: FtmsPad): readonly Uint8Array[] => {
  const { counters, speed } = machine.belt;
  const { records, stepBytes } = machine.model.ftms;
  const values = {
    speed: Math.round(speed * 100),
    distance: Math.floor(counters.distance),
    inclination: Math.round(state.incline.actual),
    rampAngle: 0,
    energy: Math.floor((counters.distance / 1000) * KCAL),
    energyPerHour: Math.round(speed * KCAL),
    energyPerMinute: Math.round((speed * KCAL) / 60),
    heartRate: pulseOf(machine),
    elapsed: Math.floor(counters.elapsed / 1000),
    steps: counters.shown,
  };
  const zeros = Object.fromEntries(Object.keys(values).map((key) => [key, 0])) as typeof values;
  const shown = state.options.silentData ? zeros : values;
  return records.map((flags) => encodeTreadmillData({ flags, ...shown }, stepBytes));
};

/** The value of a readable characteristic; null where there is none. */
export const ftmsValue = (pad: FtmsPad, characteristic: Uuid): Uint8Array | null => {
  const { ftms, belt } = pad.machine.model;
  switch (characteristic) {
    case FTMS.feature:
      return encodeFeatures(ftms.abilities);
    case FTMS.speedRange:
      return encodeRange({ min: belt.min * 100, max: belt.max * 100, step: ftms.step });
    case FTMS.inclineRange:
      return ftms.incline && encodeRange(ftms.incline);
    case FTMS.trainingStatus:
      return trainingFrame(trainingOf(pad));
    default:
      return null;
  }
};

/** Whether Treadmill Data is sent now. */
export const isDataDue = ({ machine, state }: FtmsPad): boolean =>
  !state.options.quietAtRest || !isResting(machine);
