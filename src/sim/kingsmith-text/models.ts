import type { Uuid } from "../../ble/radio.js";
import type { Key } from "../../protocol/kingsmith-text/lines.js";
import type { Table } from "../../protocol/kingsmith-text/tables.js";
import { type BeltSpec, RAMP } from "../belt.js";
import type { Machine } from "../machine.js";
import type { Access, Gatt, MachineModel } from "../machine-model.js";

/** The text protocol behaviour of a model, as data (more-protocols 1). Times in milliseconds. */
interface TextHabits {
  readonly write: Uuid;
  readonly notify: Uuid;
  readonly table: Table;
  /** It writes a CR of its own before the end of a line, and `=` where base64 requires it (1.2). */
  readonly innerCr: boolean;
  readonly padded: boolean;
  /** Milliseconds after the connect within which a client must send a line, or the link is dropped; null: no limit. */
  readonly window: number | null;
  /** A line that begins this soon after the last one is lost. */
  readonly lineGap: number;
  /** Commands are errors until its clock was set on this connection. */
  readonly wantsClock: boolean;
  /** Zeros before the first line, and short binary frames in the middle of others (1.3). */
  readonly sideChannel: boolean;
  /** After this time at rest it is in a standby that only its panel or remote ends; null: never. */
  readonly sleepAfter: number | null;
  /** The meaning of the numbers of `servers getProp`. */
  readonly properties: ReadonlyMap<number, Key>;
}

export interface TextModel extends MachineModel {
  readonly protocol: "kingsmith-text";
  readonly text: TextHabits;
}

export type TextMachine = Machine<TextModel>;

const WRITE: readonly Access[] = ["read", "write-without-response"];
const NOTIFY: readonly Access[] = ["read", "notify"];

const gatt = (service: Uuid, write: Uuid, notify: Uuid): Gatt =>
  new Map([
    [
      service,
      new Map([
        [write, WRITE],
        [notify, NOTIFY],
      ]),
    ],
  ]);

const BASE = "00001000800000805f9b34fb";
const X21_WRITE = `0002fed7${BASE}`;
const X21_NOTIFY = `0002fed8${BASE}`;

/** `runState 1 CurrentSpeed 0.0` comes some 5 s after the start, then 1.0 km/h by itself (1.6). */
const BELT: BeltSpec = { min: 0.5, max: 6, countdown: 5000, ramp: RAMP, crawl: null };

/** From the order of its answers; only some of these numbers are known (1.4). */
const C2_PROPERTIES: ReadonlyMap<number, Key> = new Map([
  [1, "ControlMode"],
  [2, "CurrentSpeed"],
  [3, "Max"],
  [7, "StartSpeed"],
  [8, "VelocitySensitivity"],
  [9, "ChildLockSwitch"],
  [10, "RunningTotalTime"],
  [11, "RunningDistance"],
  [12, "BurnCalories"],
  [13, "RunningSteps"],
  [15, "runState"],
  [16, "PanelDisplay"],
  [17, "unit"],
  [18, "initial"],
  [19, "goal"],
  [21, "user_id"],
  [22, "mcu_version"],
]);

/** Chosen, so that both published queries for its state work (1.4). */
const X21_PROPERTIES: ReadonlyMap<number, Key> = new Map([
  [1, "ControlMode"],
  [2, "CurrentSpeed"],
  [3, "Max"],
  [4, "StartSpeed"],
  [5, "unit"],
  [7, "RunningTotalTime"],
  [9, "runState"],
  [12, "RunningDistance"],
  [13, "RunningSteps"],
  [16, "ChildLockSwitch"],
  [17, "goal"],
  [23, "BurnCalories"],
  [24, "spm"],
  [31, "mcu_version"],
]);

export const TEXT_MODELS: Readonly<Record<"ks-c2" | "x21", TextModel>> = {
  // BC's captures of a KS-C2: table v1, padding left out, the link dropped 1.8 s after a silent connect, ten minutes to
  // standby. It took lines 60 ms apart; that 50 ms are too few for it is chosen.
  "ks-c2": {
    protocol: "kingsmith-text",
    name: "KS-C2",
    advertised: "KS-C2",
    gatt: gatt("1234", "fed7", "fed8"),
    belt: BELT,
    startsAt: "preference",
    startSpeed: 1,
    text: {
      write: "fed7",
      notify: "fed8",
      table: { a: "Z", b: "S" },
      innerCr: false,
      padded: false,
      window: 1800,
      lineGap: 50,
      wantsClock: false,
      sideChannel: true,
      sleepAfter: 600_000,
      properties: C2_PROPERTIES,
    },
  },
  // TT's KS-NACH-X21C revision 2: table v5, a CR inside. QZ#813: commands are errors before the handshake is done.
  x21: {
    protocol: "kingsmith-text",
    name: "X21",
    advertised: "KS-NACH-X21C",
    gatt: gatt(`00021234${BASE}`, X21_WRITE, X21_NOTIFY),
    belt: BELT,
    startsAt: "preference",
    startSpeed: 1,
    text: {
      write: X21_WRITE,
      notify: X21_NOTIFY,
      table: { a: "Z", b: "i" },
      innerCr: true,
      padded: true,
      window: null,
      lineGap: 0,
      wantsClock: true,
      sideChannel: false,
      sleepAfter: null,
      properties: X21_PROPERTIES,
    },
  },
};
