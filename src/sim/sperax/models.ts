import type { Uuid } from "../../ble/radio.js";
import { NOTIFY, WRITE } from "../../protocol/sperax/gatt.js";
import { type BeltSpec, RAMP } from "../belt.js";
import type { Machine } from "../machine.js";
import type { Access, Gatt, MachineModel } from "../machine-model.js";

/** How a model behaves, as data (more-protocols 2). Times in milliseconds. */
interface SperaxHabits {
  /** Levels. */
  readonly maxIncline: number;
  /** A write earlier than this after another one is lost. */
  readonly gap: number;
  /** Milliseconds without a poll after which it sends nothing more, and then drops the link. */
  readonly quietAfter: number;
  readonly leavesAfter: number;
  /** The belt does not start before the connection was granted control. */
  readonly wantsControl: boolean;
  /** The answer to hello, without its first two bytes. */
  readonly hello: readonly number[];
}

export interface SperaxModel extends MachineModel {
  readonly protocol: "sperax";
  readonly sperax: SperaxHabits;
}

export type SperaxMachine = Machine<SperaxModel>;

const GATT: Gatt = new Map([
  [
    "fff0",
    new Map<Uuid, readonly Access[]>([
      [NOTIFY, ["notify"]],
      [WRITE, ["write-without-response"]],
    ]),
  ],
  [
    "ff10",
    new Map<Uuid, readonly Access[]>([
      ["ff11", ["notify"]],
      ["ff12", ["read", "write"]],
    ]),
  ],
]);

/** 3-2-1, then the pad's own first speed, whatever speed the start carries. */
const BELT: BeltSpec = { min: 0.5, max: 12, countdown: 3000, ramp: RAMP, crawl: null };

export const SPERAX_MODELS: Readonly<Record<"sperax", SperaxModel>> = {
  // MC's P3 Max, with the stricter behaviour of the RM-01 by NB and OM: control is required, one write can be lost (the
  // 60 ms are chosen), and the link ends without polls (the times are chosen).
  sperax: {
    protocol: "sperax",
    name: "P3 Max",
    advertised: "SPERAX_P3MAX",
    gatt: GATT,
    belt: BELT,
    startsAt: "preference",
    startSpeed: 1,
    sperax: {
      maxIncline: 10,
      gap: 60,
      quietAfter: 2000,
      leavesAfter: 8000,
      wantsControl: true,
      hello: [
        0x00, 0x06, 0x00, 0xa8, 0x27, 0x11, 0x01, 0x00, 0x05, 0x78, 0x03, 0x4b, 0x00, 0x0a, 0x01, 0x04, 0x00,
      ],
    },
  },
};
