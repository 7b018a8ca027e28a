import { NOTIFY } from "../../protocol/sperax/gatt.js";
import { encodeTelemetry } from "../../protocol/sperax/server-frames.js";
import { STATE } from "../../protocol/sperax/telemetry.js";
import type { Notification } from "../behaviour.js";
import { resetCounters } from "../counters.js";
import { isResting } from "../machine.js";
import type { SperaxMachine } from "./models.js";

/** The state of a Sperax pad besides its belt. Times are the machine's `at`. */
interface SperaxState {
  /** Why the belt is at rest, or slows: a pause keeps the counters, a stop zeroes them. */
  readonly halted: "pause" | "stop" | null;
  /** Levels. */
  readonly incline: { readonly actual: number; readonly target: number };
  readonly vibration: { readonly on: boolean; readonly level: number };

  // The following ends with the connection.
  readonly subscribed: boolean;
  readonly controlled: boolean;
  readonly polledAt: number;
  readonly sentAt: number;
  readonly frameAt: number;
  /** The received part of a frame. */
  readonly outbox: readonly Notification[];
}

export interface SperaxPad {
  readonly machine: SperaxMachine;
  readonly state: SperaxState;
}

const UNCONNECTED = {
  subscribed: false,
  controlled: false,
  sentAt: -Infinity,
  frameAt: -Infinity,
  outbox: [],
} as const;

export const newSperaxState = (): SperaxState => ({
  halted: null,
  incline: { actual: 0, target: 0 },
  vibration: { on: false, level: 0 },
  polledAt: 0,
  ...UNCONNECTED,
});

export const unconnected = ({ machine, state }: SperaxPad): SperaxPad => ({
  machine,
  state: { ...state, ...UNCONNECTED, polledAt: machine.at },
});

export const put = ({ machine, state }: SperaxPad, change: Partial<SperaxState>): SperaxPad => ({
  machine,
  state: { ...state, ...change },
});

/** The payload of a notification at the default MTU: longer frames are sent in parts. */
const PART = 20;

export const notify = (pad: SperaxPad, bytes: Uint8Array): SperaxPad => {
  if (!pad.state.subscribed) return pad;
  const parts: Notification[] = [];
  for (let at = 0; at < bytes.length; at += PART)
    parts.push({ characteristic: NOTIFY, bytes: bytes.slice(at, at + PART) });
  return put(pad, { outbox: [...pad.state.outbox, ...parts] });
};

/** The state byte. A creeping belt keeps reporting that it runs. */
const stateOf = ({ machine, state }: SperaxPad): number => {
  const { phase, wait } = machine.belt;
  if (phase === "countdown") {
    // A countdown longer than the pad's own begins with a longer 3.
    const seconds = Math.min(STATE.countdown.length, Math.max(1, Math.ceil(wait / 1000)));
    return STATE.countdown[seconds - 1] ?? STATE.running;
  }
  if (phase === "running" || (phase === "stopping" && machine.faults.creep > 0)) return STATE.running;
  if (phase === "stopping") return STATE.stopping;
  if (state.vibration.on) return STATE.vibrating;
  return state.halted === "pause" ? STATE.stopped : STATE.idle;
};

/** kcal per kilometre: chosen. */
const ENERGY = 55;

export const telemetryFrame = (pad: SperaxPad): Uint8Array => {
  const { machine, state } = pad;
  const { counters, speed } = machine.belt;
  return encodeTelemetry({
    state: stateOf(pad),
    elapsed: Math.floor(counters.elapsed / 1000),
    distance: Math.floor(counters.distance / 10),
    energy: Math.floor((counters.distance / 1000) * ENERGY),
    steps: counters.shown,
    speed: Math.round(speed * 10),
    incline: Math.round(state.incline.actual),
    vibration: state.vibration.level,
  });
};

/** The values that a stop zeroes, once the belt rests. */
export const settled = ({ machine, state }: SperaxPad): SperaxPad => {
  if (state.halted !== "stop" || !isResting(machine)) return { machine, state };
  const belt = { ...machine.belt, counters: resetCounters(machine.belt.counters, false) };
  return { machine: { ...machine, belt }, state };
};
