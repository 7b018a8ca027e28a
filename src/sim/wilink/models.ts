import type { Uuid } from "../../ble/radio.js";
import { type BeltSpec, RAMP } from "../belt.js";
import type { Machine } from "../machine.js";
import type { Access, Gatt, MachineModel } from "../machine-model.js";

/** When a machine zeroes its counters (wire-facts a.9): entering state 0, at the next start, or in standby. */
type CounterHabit = "at-rest" | "next-start" | "standby";

/** The WiLink behaviour of a model, as data. State numbers are those of wire-facts a.8. */
interface WiLinkHabits {
  readonly running: 1 | 2;
  /** One number per second. */
  readonly countdown: readonly number[];
  /** The number shown instead of `running` once a stopping belt is slower than `below` km/h; null: none. */
  readonly slowing: { readonly state: number; readonly below: number } | null;
  readonly counters: CounterHabit;
  /** The steps stay on display for one more beat after a reset. */
  readonly stepsLinger: boolean;
  /** Whether a speed during the countdown is lost. */
  readonly deafInCountdown: boolean;
  /** Whether start and speed are ignored before an A5 frame of this connection. */
  readonly needsHandshake: boolean;
  /** Whether byte 14 carries the app speed. */
  readonly appSpeed: boolean;
}

export interface WiLinkModel extends MachineModel {
  readonly protocol: "wilink";
  readonly wilink: WiLinkHabits;
}

export type WiLinkMachine = Machine<WiLinkModel>;

/** wire-facts a.1. */
const WILINK: Gatt = new Map([
  [
    "fe00",
    new Map<Uuid, readonly Access[]>([
      ["fe01", ["read", "notify"]],
      ["fe02", ["write-without-response"]],
    ]),
  ],
]);

/** 0.5 to 6.0 km/h (wire-facts a.9, d); "3-2-1" takes three seconds (a.8, a.9). */
const BELT: BeltSpec = { min: 0.5, max: 6, countdown: 3000, ramp: RAMP, crawl: null };

const HABITS: WiLinkHabits = {
  running: 1,
  countdown: [9, 8, 7],
  slowing: null,
  counters: "standby",
  stepsLinger: false,
  deafInCountdown: false,
  needsHandshake: false,
  appSpeed: true,
};

/** 2.0 km/h is where the captured A1 of a.10 (belt_control) settled after its start. */
const base = { protocol: "wilink", gatt: WILINK, belt: BELT, startsAt: "preference", startSpeed: 2 } as const;

export const WILINK_MODELS: Readonly<Record<"c2" | "a1" | "p1" | "r1pro", WiLinkModel>> = {
  // Counters survive a stop, standby resets them (wire-facts a.9, ph4#21).
  c2: { ...base, name: "C2", advertised: "KS-BLC2", wilink: HABITS },
  // The 2026 unit of TB: state 2, inert without A5. State 0 is shown before the belt is quite at rest, time and
  // distance zeroed with it and the steps a frame later: the captured frame f8a20003… of a.10 (0.3 km/h).
  a1: {
    ...base,
    name: "A1",
    advertised: "WalkingPad",
    wilink: {
      ...HABITS,
      running: 2,
      slowing: { state: 0, below: 0.35 },
      counters: "at-rest",
      stepsLinger: true,
      needsHandshake: true,
    },
  },
  // JK: 9-8-7-2, state 4 for about one frame (the last second of the ramp) with the totals, which state 0 zeroes.
  p1: {
    ...base,
    name: "P1",
    advertised: "WalkingPad",
    wilink: {
      ...HABITS,
      running: 2,
      slowing: { state: 4, below: 0.53 },
      counters: "at-rest",
      deafInCountdown: true,
    },
  },
  // JW: countdown 9 to 6, crawl at 0.4 km/h, some 8 s to the last used speed, state 3 all the way down, counters
  // zeroed by the next start, byte 14 always 0. 10 km/h: wire-facts d.
  r1pro: {
    ...base,
    name: "R1 Pro",
    advertised: "R1 PRO",
    belt: { min: 0.5, max: 10, countdown: 4000, ramp: RAMP, crawl: { speed: 0.4, hold: 1000, reach: 7000 } },
    startsAt: "last-used",
    wilink: {
      ...HABITS,
      countdown: [9, 8, 7, 6],
      slowing: { state: 3, below: Infinity },
      counters: "next-start",
      appSpeed: false,
    },
  },
};
