import type { Uuid } from "../../ble/radio.js";
import type { Features, Range } from "../../protocol/ftms/features.js";
import { FTMS } from "../../protocol/ftms/gatt.js";
import { SUPPLEMENT } from "../../protocol/ftms/kingsmith-service.js";
import type { Machine } from "../machine.js";
import { RAMP } from "../belt.js";
import type { Access, Gatt, MachineModel } from "../machine-model.js";

/** The FTMS behaviour of a model, as data. Times in milliseconds, speeds in 0.01 km/h. */
interface FtmsHabits {
  readonly abilities: Features;
  readonly incline: Range | null;
  /** The smallest change of speed, 2AD4. */
  readonly step: number;
  /** The flags of the records that make up one Treadmill Data, in the order in which they are sent. */
  readonly records: readonly number[];
  readonly stepBytes: 2 | 3;
  /** From one Treadmill Data to the next. */
  readonly every: { readonly moving: number; readonly resting: number };
  /** The requests of its own client that 2ADA reports. */
  readonly reports: "none" | "start-stop" | "all";
  /** 2ADA reports the present state on subscription. */
  readonly replays: boolean;
  /** Requests are answered, not only the first permission request. */
  readonly indicates: boolean;
  /** Requests are refused unless the vendor's preamble comes before each. */
  readonly preamble: boolean;
  /** Starting a running belt pauses it, instead of being an error. */
  readonly startToggles: boolean;
  /** A start or stop this soon after another one is lost. */
  readonly toggleGap: number;
  /** A subscription this soon after another one is lost. */
  readonly cccdGap: number;
  /** Each stop ends the permission to control, without a message. */
  readonly stopEndsPermission: boolean;
  /** A speed during the spin-up kills the link. */
  readonly crashes: boolean;
  /** Requested speeds are miles per hour; reported ones are km/h. */
  readonly miles: boolean;
  /** Every number of Treadmill Data is 0, though the belt runs. */
  readonly silentData: boolean;
}

export interface FtmsModel extends MachineModel {
  readonly protocol: "ftms";
  readonly ftms: FtmsHabits;
}

export type FtmsMachine = Machine<FtmsModel>;

const READ: readonly Access[] = ["read"];
const NOTIFY: readonly Access[] = ["notify"];

const SERVICE: ReadonlyMap<Uuid, readonly Access[]> = new Map([
  [FTMS.feature, READ],
  [FTMS.treadmillData, NOTIFY],
  [FTMS.trainingStatus, ["read", "notify"]],
  [FTMS.speedRange, READ],
  [FTMS.controlPoint, ["write", "indicate"]],
  [FTMS.machineStatus, NOTIFY],
]);

const gatt = (...more: readonly (readonly [Uuid, readonly Access[]])[]): Gatt =>
  new Map([[FTMS.service, new Map([...SERVICE, ...more])]]);

/** wire-facts b.7.7; slandau3/z1-walkingpad-mcp: the write characteristic takes both kinds, KS Fit uses this one. */
const Z1_GATT: Gatt = new Map([
  ...gatt(),
  [
    SUPPLEMENT.service,
    new Map<Uuid, readonly Access[]>([
      [SUPPLEMENT.notify, NOTIFY],
      [SUPPLEMENT.write, ["write", "write-without-response"]],
    ]),
  ],
]);

/** Distance, energy and time after the speed: MC21's 14 bytes (wire-facts b.1). */
const SPEED_DISTANCE_ENERGY_TIME = 0x0484;

const HABITS: FtmsHabits = {
  // Distance, energy and time; the speed can be set.
  abilities: { features: 0x1204, targets: 0x1 },
  incline: null,
  step: 10,
  records: [SPEED_DISTANCE_ENERGY_TIME],
  stepBytes: 3,
  every: { moving: 1000, resting: 1000 },
  // FTMS 4.17: the effect of a client's request is reported to the other clients.
  reports: "none",
  replays: false,
  indicates: true,
  preamble: false,
  startToggles: false,
  toggleGap: 0,
  cccdGap: 0,
  stopEndsPermission: false,
  crashes: false,
  miles: false,
  silentData: false,
};

/** KingSmith's behaviour (wire-facts b.7.2, more-protocols 4.6). */
const KINGSMITH: FtmsHabits = { ...HABITS, cccdGap: 30, replays: true, stopEndsPermission: true };

export const FTMS_MODELS: Readonly<Record<"z1" | "mc21" | "ftms" | "tm11gy" | "urtm028", FtmsModel>> = {
  // b.1, b.2, b.6, b.7.1, b.7.4, b.7.7. A start ramps to the slowest speed (slandau3); how long it spins up is chosen.
  z1: {
    protocol: "ftms",
    name: "Z1",
    advertised: "KS-HD-Z1D",
    gatt: Z1_GATT,
    belt: { min: 1.6, max: 6.4, countdown: 4000, ramp: RAMP, crawl: null },
    startsAt: "preference",
    startSpeed: 1.6,
    ftms: {
      ...KINGSMITH,
      abilities: { features: 0x1244, targets: 0x1 },
      records: [0x2404],
      stepBytes: 2,
      reports: "start-stop",
      toggleGap: 1000,
      crashes: true,
    },
  },
  // b.1, b.4, b.6, b.7.6: ten times a second while it moves, every success in 2ADA, no answer but the first.
  mc21: {
    protocol: "ftms",
    name: "MC21",
    advertised: "KS-MC21-D06BFD",
    gatt: gatt([FTMS.preamble, ["write"]]),
    belt: { min: 0.5, max: 10, countdown: 3000, ramp: RAMP, crawl: null },
    startsAt: "preference",
    startSpeed: 1,
    ftms: {
      ...KINGSMITH,
      every: { moving: 100, resting: 1000 },
      reports: "all",
      indicates: false,
      preamble: true,
      crashes: true,
    },
  },
  // A standard machine with everything that a treadmill can have, after the FitShow T12B of b.6 and b.7.12: 3-2-1, then
  // 1.0 km/h; the record in two parts, the steps in the second. Unlike it, it counts its distance.
  ftms: {
    protocol: "ftms",
    name: "FTMS treadmill",
    advertised: "Treadmill",
    gatt: gatt([FTMS.inclineRange, READ]),
    belt: { min: 1, max: 16, countdown: 3000, ramp: RAMP, crawl: null },
    startsAt: "preference",
    startSpeed: 1,
    ftms: {
      ...HABITS,
      abilities: { features: 0x56dc, targets: 0x0f },
      incline: { min: 0, max: 150, step: 10 },
      records: [0x058c, 0x2001],
    },
  },
  // b.7.3, b.7.11. Its limits are from no source.
  tm11gy: {
    protocol: "ftms",
    name: "TM11GY",
    advertised: "TM11GY",
    gatt: gatt(),
    belt: { min: 1, max: 6, countdown: 3000, ramp: RAMP, crawl: null },
    startsAt: "preference",
    startSpeed: 1,
    ftms: { ...HABITS, startToggles: true, miles: true },
  },
  // hassio-ftms#21: start, stop and speed are obeyed and answered, 2ADA reports them, and the numbers of 2ACD are
  // always 0. Its limits are from no source.
  urtm028: {
    protocol: "ftms",
    name: "URTM028",
    advertised: "URTM028",
    gatt: gatt(),
    belt: { min: 1, max: 6, countdown: 3000, ramp: RAMP, crawl: null },
    startsAt: "preference",
    startSpeed: 1,
    ftms: { ...HABITS, reports: "all", silentData: true },
  },
};
