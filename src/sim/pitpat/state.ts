import { enveloped } from "../../protocol/pitpat/frames.js";
import { encodeStatus } from "../../protocol/pitpat/server-frames.js";
import { COUNTS_SECONDS_UP_TO, SHOWS_MILES, STATE } from "../../protocol/pitpat/status.js";
import type { Notification } from "../behaviour.js";
import { isResting } from "../machine.js";
import type { PitPatMachine } from "./models.js";

/** The state of a pad of the family besides its belt. Times are the machine's `at`. */
interface PitPatState {
  /** The unit of the display. */
  readonly showsMiles: boolean;
  /** It was paused and not stopped: its session continues. */
  readonly paused: boolean;

  // The following ends with the connection.
  readonly subscribed: boolean;
  readonly number: number;
  readonly sentAt: number;
  /** When the last write arrived; the connect counts. */
  readonly writtenAt: number;
  /** A notification was not answered yet. */
  readonly owed: boolean;
  /** The times of the latest heartbeats that answered no notification. */
  readonly unasked: readonly number[];
  /** The last write ends the link. */
  readonly isLinkRefused: boolean;
}

export interface PitPatPad {
  readonly machine: PitPatMachine;
  readonly state: PitPatState;
}

const UNCONNECTED = {
  subscribed: false,
  number: 0,
  sentAt: -Infinity,
  owed: false,
  unasked: [],
  isLinkRefused: false,
} as const;

export const newPitPatState = (showsMiles: boolean): PitPatState => ({
  showsMiles,
  paused: false,
  writtenAt: 0,
  ...UNCONNECTED,
});

export const unconnected = ({ machine, state }: PitPatPad): PitPatPad => ({
  machine,
  state: { ...state, ...UNCONNECTED, writtenAt: machine.at },
});

export const put = ({ machine, state }: PitPatPad, change: Partial<PitPatState>): PitPatPad => ({
  machine,
  state: { ...state, ...change },
});

/** A stop and a pause show at once, while the belt still slows (HB). */
const flagsOf = ({ machine, state }: PitPatPad): number => {
  const { phase } = machine.belt;
  const miles = state.showsMiles ? SHOWS_MILES : 0;
  if (phase === "countdown") return STATE.starting | miles;
  // A creeping belt keeps reporting that it runs.
  const runs = phase === "running" || (phase === "stopping" && machine.faults.creep > 0);
  if (runs) return STATE.running | miles;
  return (state.paused ? STATE.paused : STATE.stopped) | miles;
};

/** kcal per kilometre: chosen. */
const ENERGY = 55;
const SERIAL = "SIM0000000000001";

/** A status, as notified. */
export const statusOf = (pad: PitPatPad): Notification => {
  const { machine, state } = pad;
  const { belt, model } = machine;
  const { variant, length, firmware } = model.pitpat;
  const { elapsed, distance, shown } = belt.counters;
  const frame = encodeStatus(
    {
      speed: Math.round(belt.speed * 1000),
      target: isResting(machine) ? 0 : Math.round(belt.target * 1000),
      distance: Math.floor(distance),
      steps: shown,
      energy: Math.floor((distance / 1000) * ENERGY),
      time: firmware > COUNTS_SECONDS_UP_TO ? Math.floor(elapsed) : Math.floor(elapsed / 1000),
      firmware,
      flags: flagsOf(pad),
      maxSpeed: Math.round(model.belt.max * 1000),
      type: 5,
    },
    SERIAL,
    length,
  );
  return {
    characteristic: variant.notify,
    bytes: variant.envelope ? enveloped(frame, 4, state.number) : frame,
  };
};
