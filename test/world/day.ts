import { type Faults, SIMULATED_MODELS, type SimulatedModel } from "../../src/domain/faults.js";
import { speedFromKmh } from "../../src/domain/units.js";
import { ALL_TABLES, KNOWN_TABLES } from "../../src/protocol/kingsmith-text/tables.js";
import type { PadOptions } from "../../src/sim/pad.js";
import { isSilent, isText } from "../support/pad-rig.js";
import { type Air, clearAir } from "./air.js";
import { Dice } from "./random.js";

/** What happens, and when: milliseconds since the day began. */
export type Deed = { readonly at: number } & (
  | {
      readonly do: "send";
      readonly pad: number;
      readonly payload: Readonly<Record<string, string | number>>;
      readonly dup?: true;
      readonly stored?: true;
      /** So old by its own `at`, ms. */
      readonly age?: number;
    }
  | { readonly do: "press"; readonly pad: number; readonly key: "start-stop" | "stop" | "+" | "-" }
  | { readonly do: "stall"; readonly ms: number }
  /** The process ends, and begins again after `down`; 0: never. `again`: a second signal so much later. */
  | { readonly do: "kill"; readonly down: number }
  | { readonly do: "signal"; readonly down: number; readonly again?: number }
  | { readonly do: "restart"; readonly down: number }
  | { readonly do: "unlink"; readonly pad: number }
  | { readonly do: "range"; readonly pad: number; readonly out: boolean }
  | { readonly do: "hang"; readonly pad: number; readonly on: boolean }
  | { readonly do: "faults"; readonly pad: number; readonly faults: Partial<Faults> }
  | { readonly do: "air"; readonly pad: number; readonly air: Partial<Air> }
  | { readonly do: "broker"; readonly up: boolean }
  | { readonly do: "flap" }
  /** So many messages come that the parser is behind: a stop is handled ahead of what waits. */
  | { readonly do: "flood"; readonly ms: number }
  | { readonly do: "walker"; readonly pad: number; readonly on: boolean }
  | { readonly do: "safety-key"; readonly pad: number; readonly inPlace: boolean }
  | { readonly do: "control"; readonly pad: number; readonly what: "lost" | "refused" | "allowed" }
  | { readonly do: "radio"; readonly on: boolean }
);

export interface DayPad {
  readonly model: SimulatedModel;
  readonly options: PadOptions;
  readonly air: Partial<Air>;
  readonly maxSpeed: number | null;
  readonly startSpeed: number | null;
}

export interface Safety {
  readonly allow_start: boolean;
  readonly stop_on_exit: boolean;
  readonly standby_on_exit: boolean;
  readonly shutdown_timeout: number;
  readonly stop_after_crash: boolean;
  readonly broker_lost: { readonly action: "keep" | "stop"; readonly after: number };
  readonly walked_off: { readonly action: "none" | "stop"; readonly after: number };
  readonly max_session: number | null;
}

/** One day of one bridge: plain data, so that it can be printed, and cut down to what matters. */
export interface Day {
  readonly seed: number;
  readonly pads: readonly DayPad[];
  readonly safety: Safety;
  readonly deeds: readonly Deed[];
  /** When it is over, ms. */
  readonly lasts: number;
  /** At its end the air is cleared and every belt is stopped, before the bridge ends. */
  readonly heals: boolean;
}

export const usualSafety: Safety = {
  allow_start: true,
  stop_on_exit: true,
  standby_on_exit: true,
  shutdown_timeout: 25,
  stop_after_crash: true,
  broker_lost: { action: "keep", after: 60 },
  walked_off: { action: "none", after: 15 },
  max_session: null,
};

const WILINK: readonly SimulatedModel[] = ["c2", "a1", "p1", "r1pro"];
/** Whose data may say nothing (safety rule 7). */
const FTMS: readonly SimulatedModel[] = ["z1", "mc21", "ftms", "tm11gy", "urtm028"];
const isWiLink = (model: SimulatedModel): boolean => WILINK.includes(model);

/** A second pair: a variant that nobody has seen, which is never steered (more-protocols 1.2). */
const textOptions = (dice: Dice): PadOptions => ({
  ...(dice.chance(0.6) && { table: dice.pick(KNOWN_TABLES) }),
  ...(dice.chance(0.08) && { secondPair: dice.pick(ALL_TABLES) }),
  ...(dice.chance(0.3) && { takesTry: dice.whole(2, 3) }),
  ...(dice.chance(0.05) && { childLock: true }),
  ...(dice.chance(0.08) && { asleep: true }),
  ...(dice.chance(0.1) && { deafSpinUp: true }),
});

const textAir = (dice: Dice): Partial<Air> => ({
  ...(dice.chance(0.4) && {
    pieces: dice.pick([
      { size: 1, pause: 0 },
      { size: 7, pause: 5 },
      { size: 20, pause: 40 },
      { size: 512, pause: 300 },
    ]),
  }),
});

const dayPad = (dice: Dice, models: readonly SimulatedModel[]): DayPad => {
  const model = dice.pick(models);
  const wilink = isWiLink(model);
  const ftms = FTMS.includes(model);
  const options: PadOptions = {
    mode: dice.weighed([
      [6, "manual"],
      [1, "standby"],
      [1, "auto"],
    ] as const),
    ...(dice.chance(0.3) && { ramp: dice.pick([0.1, 0.3, 1, 3]) }),
    ...(dice.chance(0.4) && { countdown: dice.pick([1000, 2000, 5000, 8000, 15_000]) }),
    ...(wilink && { gap: dice.chance(0.2) ? 0 : dice.whole(600, 700), gapRestarts: dice.chance(0.3) }),
    ...(ftms && dice.chance(0.2) && { deafSpinUp: true }),
    ...(ftms && dice.chance(0.05) && { silentData: true }),
    ...(ftms && dice.chance(0.1) && { refusePause: true }),
    ...(ftms && dice.chance(0.3) && { failsWithoutPermission: true }),
    ...((wilink || ftms) && dice.chance(0.05) && { imperial: true }),
    ...(isText(model) && textOptions(dice)),
    ...(isSilent(model) && { silentData: true }),
  };
  return {
    model,
    options,
    air: { ...dayAir(dice), ...(isText(model) && textAir(dice)) },
    maxSpeed: dice.chance(0.25) ? dice.pick([2, 3, 4, 5.5]) : null,
    startSpeed: dice.chance(0.2) ? dice.pick([1.6, 2, 3]) : null,
  };
};

const dayAir = (dice: Dice): Partial<Air> => ({
  ...(dice.chance(0.25) && { transit: dice.pick([10, 30, 100, 350, 700, 1000]) }),
  ...(dice.chance(0.2) && { jitter: dice.pick([5, 20, 100]) }),
  ...(dice.chance(0.15) && { losesOneIn: dice.pick([2, 3, 4, 5, 7]) }),
  ...(dice.chance(0.1) && { doubled: true }),
  ...(dice.chance(0.25) && {
    parts: dice.pick([
      { speed: 0, rest: 300 },
      { speed: 300, rest: 0 },
      { speed: 900, rest: 0 },
    ]),
  }),
  ...(dice.chance(0.05) && { unanswered: true }),
  ...(dice.chance(0.04) && { delay: dice.pick([300, 1000, 2000]) }),
  ...(dice.chance(0.04) && { echo: dice.pick([300, 1500]) }),
});

const safetyOf = (dice: Dice): Safety => ({
  allow_start: !dice.chance(0.05),
  stop_on_exit: !dice.chance(0.1),
  standby_on_exit: !dice.chance(0.3),
  shutdown_timeout: dice.weighed([
    [6, 25],
    [1, 9],
    [1, 5],
    [1, 60],
  ]),
  stop_after_crash: !dice.chance(0.1),
  broker_lost: dice.chance(0.3)
    ? { action: "stop", after: dice.pick([1, 5, 15]) }
    : { action: "keep", after: 60 },
  walked_off: dice.chance(0.1) ? { action: "stop", after: 10 } : { action: "none", after: 15 },
  max_session: dice.chance(0.15) ? dice.pick([0.1, 0.25, 0.5, 1]) : null,
});

const PAYLOADS: readonly (readonly [number, (dice: Dice) => Readonly<Record<string, string | number>>])[] = [
  [6, () => ({ belt: "ON" })],
  [8, () => ({ belt: "OFF" })],
  [2, () => ({ command: "stop" })],
  [1, () => ({ command: "pause" })],
  [1, () => ({ speed: 0 })],
  [1, () => ({ command: "start" })],
  [1, () => ({ command: "resume" })],
  [2, () => ({ command: "toggle" })],
  [6, (dice) => ({ speed: dice.pick([0.6, 1, 2, 3.5, 5, 6, 9]) })],
  [3, () => ({ command: "faster" })],
  [3, () => ({ command: "slower" })],
  [1, (dice) => ({ mode: dice.pick(["manual", "auto", "standby"]) })],
  [1, (dice) => ({ belt: "ON", speed: dice.pick([2, 4]) })],
  [1, (dice) => ({ belt: "OFF", speed: dice.pick([0, 3]) })],
  [1, (dice) => ({ link: dice.pick(["ON", "OFF"]) })],
  [0.5, () => ({ incline: 3 })],
];

type Maker = (dice: Dice, at: number, pads: number, left: number) => readonly Deed[];

const anyPad = (dice: Dice, pads: number): number => dice.whole(0, pads - 1);

const send: Maker = (dice, at, pads) => {
  const odd = dice.share();
  return [
    {
      at,
      do: "send",
      pad: anyPad(dice, pads),
      payload: dice.weighed(PAYLOADS)(dice),
      ...(odd < 0.04 && { dup: true }),
      ...(odd > 0.97 && { stored: true }),
      ...(odd > 0.9 && odd < 0.95 && { age: dice.pick([1000, 4000, 6000, 60_000, -3000, -3_600_000]) }),
    },
  ];
};

/** A button held down, or somebody in panic. */
const burst: Maker = (dice, at, pads) => {
  const pad = anyPad(dice, pads);
  const every = dice.pick([50, 100, 250, 500, 700, 1000, 1400, 2000]);
  const count = dice.whole(2, 12);
  const same = dice.chance(0.7) ? dice.weighed(PAYLOADS)(dice) : null;
  return Array.from({ length: count }, (_, i) => ({
    at: at + i * every,
    do: "send" as const,
    pad,
    payload: same ?? dice.weighed(PAYLOADS)(dice),
  }));
};

/** Starts and stops that wait together for the parser; or a start, and at once a second thought. */
const flood: Maker = (dice, at, pads, left) => {
  const ms = dice.pick([50, 300, 1000, 3000]);
  const began = { at, do: "flood", ms } as const;
  if (dice.chance(0.5)) {
    const pad = anyPad(dice, pads);
    const start = dice.pick([{ belt: "ON" }, { speed: 2 }, { command: "toggle" }] as const);
    const stop = dice.pick([{ belt: "OFF" }, { command: "stop" }, { speed: 0 }] as const);
    return [
      began,
      { at: at + 5, do: "send", pad, payload: start },
      { at: at + dice.whole(10, 40), do: "send", pad, payload: stop },
    ];
  }
  return [
    began,
    ...burst(dice, at + 5, pads, left),
    ...(dice.chance(0.5) ? burst(dice, at + 10, pads, left) : []),
  ];
};

const press: Maker = (dice, at, pads) => {
  const pad = anyPad(dice, pads);
  const key = dice.weighed([
    [4, "start-stop"],
    [1, "stop"],
    [3, "+"],
    [5, "-"],
  ] as const);
  const count = key === "+" || key === "-" ? dice.whole(1, 5) : 1;
  return Array.from({ length: count }, (_, i) => ({ at: at + i * 300, do: "press" as const, pad, key }));
};

const down = (dice: Dice): number =>
  dice.weighed([
    [4, 500],
    [3, 3000],
    [2, 15_000],
    [1, 60_000],
  ] as const);

/** One starts the belt at the pad, and another stops it. */
const twoMinds: Maker = (dice, at, pads) => {
  const pad = anyPad(dice, pads);
  const then = at + dice.whole(200, 6000);
  const stop = dice.pick([{ belt: "OFF" }, { command: "stop" }, { speed: 0 }] as const);
  return [
    { at, do: "press", pad, key: "start-stop" },
    dice.chance(0.8)
      ? { at: then, do: "send", pad, payload: stop }
      : { at: then, do: "signal", down: down(dice) },
  ];
};

const FAULTS: readonly Partial<Faults>[] = [
  {},
  {},
  { drop: 0.4 },
  { drop: 1 },
  { corrupt: 0.3 },
  { refuseStart: 0.5 },
  { disconnectAfter: 2 },
  { refuseConnect: { share: 0.7, seconds: null } },
  { refuseConnect: { share: 1, seconds: 20 } },
  { silent: 0 },
  { creep: speedFromKmh(0.5) },
];

const faults: Maker = (dice, at, pads) => {
  const pad = anyPad(dice, pads);
  const until = at + dice.whole(1000, 20_000);
  return [
    { at, do: "faults", pad, faults: dice.pick(FAULTS) },
    { at: until, do: "faults", pad, faults: {} },
  ];
};

const away: Maker = (dice, at, pads) => {
  const pad = anyPad(dice, pads);
  const what = dice.pick(["unlink", "range", "hang", "radio"] as const);
  const back = at + dice.whole(500, dice.chance(0.2) ? 70_000 : 10_000);
  if (what === "unlink") return [{ at, do: "unlink", pad }];
  if (what === "range")
    return [
      { at, do: "range", pad, out: true },
      { at: back, do: "range", pad, out: false },
    ];
  if (what === "radio")
    return [
      { at, do: "radio", on: false },
      { at: back, do: "radio", on: true },
    ];
  return [
    { at, do: "hang", pad, on: true },
    { at: back, do: "hang", pad, on: false },
  ];
};

const broker: Maker = (dice, at) =>
  dice.chance(0.4)
    ? [{ at, do: "flap" }]
    : [
        { at, do: "broker", up: false },
        { at: at + dice.whole(500, 40_000), do: "broker", up: true },
      ];

const air: Maker = (dice, at, pads) => {
  const pad = anyPad(dice, pads);
  const change = dice.chance(0.15) ? { frozen: true } : dayAir(dice);
  return [
    { at, do: "air", pad, air: change },
    { at: at + dice.whole(2000, 20_000), do: "air", pad, air: clearAir },
  ];
};

const machine: Maker = (dice, at, pads) => {
  const pad = anyPad(dice, pads);
  const until = at + dice.whole(500, 15_000);
  return dice.pick<() => readonly Deed[]>([
    () => [
      { at, do: "walker", pad, on: false },
      { at: until, do: "walker", pad, on: true },
    ],
    () => [
      { at, do: "safety-key", pad, inPlace: false },
      { at: until, do: "safety-key", pad, inPlace: true },
    ],
    () => [
      { at, do: "control", pad, what: dice.pick(["lost", "refused"]) },
      { at: until, do: "control", pad, what: "allowed" },
    ],
  ])();
};

/** Somebody who wants to go on while the bridge ends. */
const handAtTheEnd = (dice: Dice, at: number, pads: number): readonly Deed[] =>
  Array.from({ length: dice.whole(1, 3) }, () => ({
    at: at + dice.whole(200, 16_000),
    do: "press" as const,
    pad: anyPad(dice, pads),
    key: "start-stop" as const,
  }));

const ending: Maker = (dice, at, pads) =>
  dice.weighed<() => readonly Deed[]>([
    [3, () => [{ at, do: "kill", down: down(dice) }]],
    [1, () => [{ at, do: "restart", down: down(dice) }]],
    [
      2,
      () => [
        {
          at,
          do: "signal",
          down: down(dice),
          ...(dice.chance(0.3) && { again: dice.whole(500, 5000) }),
        },
        ...(dice.chance(0.5) ? handAtTheEnd(dice, at, pads) : []),
      ],
    ],
  ])();

const DEEDS: readonly (readonly [number, Maker])[] = [
  [10, send],
  [4, burst],
  [8, press],
  [2.5, twoMinds],
  [2, faults],
  [2.5, away],
  [1.5, broker],
  [1.5, (dice, at) => [{ at, do: "stall", ms: dice.pick([1000, 2000, 3000, 5000, 10_000, 20_000]) }]],
  [1, air],
  [0.7, machine],
  [1, flood],
  [1.2, ending],
];

/** The day of a seed, with pads of these models. */
export const dayOf = (seed: number, models: readonly SimulatedModel[] = SIMULATED_MODELS): Day => {
  const dice = new Dice(seed);
  const pads = Array.from({ length: dice.chance(0.25) ? 2 : 1 }, () => dayPad(dice, models));
  const deeds: Deed[] = [];
  // Most days begin with somebody who walks.
  if (dice.chance(0.8))
    for (const pad of pads.keys())
      deeds.push({
        at: 2500,
        do: "send",
        pad,
        payload: dice.chance(0.3) ? { belt: "ON" } : { speed: dice.pick([2, 3, 4, 6]) },
      });
  const count = dice.whole(2, 14);
  let at = dice.whole(500, 8000);
  for (let i = 0; i < count; i += 1) {
    deeds.push(...dice.weighed(DEEDS)(dice, at, pads.length, count - i));
    // In quick succession, or once what was done has had its time.
    at += Math.round(dice.chance(0.5) ? dice.between(20, 1500) : dice.between(500, 14_000));
  }
  deeds.sort((a, b) => a.at - b.at);
  return {
    seed,
    pads,
    safety: safetyOf(dice),
    deeds,
    lasts: at + dice.whole(0, 12_000),
    heals: dice.chance(0.5),
  };
};
