import { encodePreferences, encodeRecord, encodeStatus } from "../../protocol/wilink/server-frames.js";
import { MODE_BYTES } from "../../protocol/wilink/replies.js";
import type { RawRecord } from "../../protocol/wilink/replies.js";
import { isResting } from "../machine.js";
import type { WiLinkMachine } from "./models.js";

/** The state of a WiLink pad besides its belt. Times are the machine's `at`. */
interface WiLinkState {
  /** Mode byte. */
  readonly mode: number;
  /** Byte 14. */
  readonly appSpeed: number;
  /** An A5 60 4A frame has arrived in this connection. */
  readonly unlocked: boolean;
  readonly button: { readonly code: number; readonly at: number };
  readonly wokenAt: number;
  /** When the belt last moved, or the last frame other than a query arrived. */
  readonly usedAt: number;
  readonly startedAt: number;
  /** The last walk; `onTime` is filled in when it is read. */
  readonly record: Omit<RawRecord, "onTime"> | null;
  /** Milliseconds at rest after which the pad goes to standby by itself; null: never. */
  readonly sleepAfter: number | null;
  /** A frame that arrives sooner than this many milliseconds after the last one is lost; 0: none is. */
  readonly gap: number;
  /** A lost frame restarts the gap. */
  readonly gapRestarts: boolean;
  readonly frameAt: number;
}

export type WiLinkOptions = Pick<WiLinkState, "sleepAfter" | "gap" | "gapRestarts">;

export interface WiLinkPad {
  readonly machine: WiLinkMachine;
  readonly state: WiLinkState;
}

/** Status byte 2 (wire-facts a.8) of a machine at rest. */
export const RESTING = 0;
const STANDBY = 5;
/** Codes of byte 16 (wire-facts a.7). */
export const BUTTONS = { "+": 2, "start-stop": 3, "-": 4 } as const;
/** A press shows in one or two frames at one poll per second (wire-facts a.10). */
const BUTTON_SHOWN = 1500;

export const newWiLinkState = (mode: number, options: WiLinkOptions): WiLinkState => ({
  mode,
  appSpeed: 0,
  unlocked: false,
  button: { code: 0, at: -Infinity },
  wokenAt: -Infinity,
  usedAt: 0,
  startedAt: 0,
  record: null,
  frameAt: -Infinity,
  ...options,
});

/** The pad after it was used. */
export const used = ({ machine, state }: WiLinkPad, change: Partial<WiLinkState>): WiLinkPad => ({
  machine,
  state: { ...state, usedAt: machine.at, ...change },
});

/** The belt's own state byte: a creeping belt keeps reporting that it runs (wire-facts a.8, KS-F0). */
export const stateOf = ({ model, belt, faults }: WiLinkMachine): number => {
  const { running, countdown, slowing } = model.wilink;
  if (belt.phase === "rest") return RESTING;
  if (belt.phase === "countdown")
    return countdown.at(-Math.ceil(belt.wait / 1000)) ?? countdown[0] ?? running;
  const slow = belt.phase === "stopping" && slowing !== null && belt.speed < slowing.below;
  return slow && faults.creep === 0 ? slowing.state : running;
};

/** A2. */
export const statusFrame = ({ machine, state }: WiLinkPad): Uint8Array => {
  const { counters, speed } = machine.belt;
  const code = stateOf(machine);
  return encodeStatus({
    state: isResting(machine) && state.mode === MODE_BYTES.standby ? STANDBY : code,
    speed: tenths(machine, speed),
    mode: state.mode,
    elapsed: Math.floor(counters.elapsed / 1000),
    distance: tensOfMetres(machine, counters.distance),
    steps: counters.shown,
    appSpeed: machine.model.wilink.appSpeed ? state.appSpeed : 0,
    button: buttonOf(machine, state, code),
  });
};

/** A6: the pad's settings, which nothing here can change (safety rule 6). */
export const preferencesFrame = (machine: WiLinkMachine): Uint8Array =>
  encodePreferences({
    goalType: 0,
    goal: 0,
    calibration: 0,
    maxSpeed: tenths(machine, machine.model.belt.max),
    startSpeed: tenths(machine, machine.startSpeed),
    startMode: 0,
    sensitivity: 2,
    display: 0,
    lock: 0,
    unit: machine.unit === 1 ? 0 : 1,
  });

const NO_RECORD = { startTime: 0, elapsed: 0, distance: 0, steps: 0, remaining: 0 };

/** A7. */
export const recordFrame = ({ machine, state }: WiLinkPad): Uint8Array =>
  encodeRecord({ ...(state.record ?? NO_RECORD), onTime: Math.floor(machine.at / 1000) });

/** The walk in the counters. */
export const recordOf = (machine: WiLinkMachine, state: WiLinkState): Omit<RawRecord, "onTime"> => ({
  startTime: Math.floor(state.startedAt / 1000),
  elapsed: Math.floor(machine.belt.counters.elapsed / 1000),
  distance: tensOfMetres(machine, machine.belt.counters.distance),
  steps: Math.floor(machine.belt.counters.steps),
  remaining: 1,
});

/** 3 is on display in the countdown's first frames (wire-facts a.7; a.10: with 9 and 8, not with 7). */
const buttonOf = (machine: WiLinkMachine, state: WiLinkState, code: number): number => {
  if (machine.at - state.button.at < BUTTON_SHOWN) return state.button.code;
  return code === 9 || code === 8 ? BUTTONS["start-stop"] : 0;
};

const tenths = ({ unit }: WiLinkMachine, kmh: number): number => Math.round((kmh / unit) * 10);
/** For a pad set to miles hundredths of a mile, which is not confirmed (wire-facts a.7). */
const tensOfMetres = ({ unit }: WiLinkMachine, metres: number): number => Math.floor(metres / 10 / unit);
