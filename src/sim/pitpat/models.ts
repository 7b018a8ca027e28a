import type { Uuid } from "../../ble/radio.js";
import { type Variant, VARIANTS } from "../../protocol/pitpat/gatt.js";
import { type BeltSpec, RAMP } from "../belt.js";
import type { Machine } from "../machine.js";
import type { Access, Gatt, MachineModel } from "../machine-model.js";

/** The behaviour of a model, as data (more-protocols 3). Times in milliseconds. */
interface PitPatHabits {
  readonly variant: Variant;
  /** The length of a status. */
  readonly length: number;
  /** Above 19 it counts milliseconds, else seconds. */
  readonly firmware: number;
  /** Milliseconds without a write after which the link is dropped; null: never. */
  readonly patience: number | null;
}

export interface PitPatModel extends MachineModel {
  readonly protocol: "pitpat";
  readonly pitpat: PitPatHabits;
}

export type PitPatMachine = Machine<PitPatModel>;

const gattOf = ({ service, write, notify }: Variant): Gatt =>
  new Map([
    [
      service,
      new Map<Uuid, readonly Access[]>([
        [write, ["read", "write"]],
        [notify, ["read", "notify"]],
      ]),
    ],
  ]);

const variant = (name: Variant["name"]): Variant => {
  const found = VARIANTS.find((each) => each.name === name);
  if (!found) throw new RangeError(`no variant ${name}`);
  return found;
};

/** HB saw "starting" before "running"; the duration is not given. */
const BELT: BeltSpec = { min: 1, max: 6, countdown: 3000, ramp: RAMP, crawl: null };

const row = (
  name: string,
  advertised: string,
  habits: PitPatHabits,
  belt: Partial<BeltSpec> = {},
): PitPatModel => ({
  protocol: "pitpat",
  name,
  advertised,
  gatt: gattOf(habits.variant),
  belt: { ...BELT, ...belt },
  startsAt: "preference",
  startSpeed: belt.min ?? BELT.min,
  pitpat: habits,
});

export const PITPAT_MODELS: Readonly<Record<"pitpat" | "pitpat-b" | "pitpat-c", PitPatModel>> = {
  // HB's BA10-B: 53 bytes, firmware 37, nothing below 1.5 km/h, no heartbeat required.
  pitpat: row(
    "BA10-B",
    "PitPat-T01",
    { variant: variant("A"), length: 53, firmware: 37, patience: null },
    { min: 1.5 },
  ),
  // WM2's DeerRun Q1: 52 bytes in an envelope; the link ends 6 s after the last write.
  "pitpat-b": row("Q1", "PitPat-T01", { variant: variant("B"), length: 52, firmware: 37, patience: 6000 }),
  // QZ's early DeerRun; that its firmware counts seconds is chosen, so that one does.
  "pitpat-c": row("DeerRun", "PitPat-T01", {
    variant: variant("C"),
    length: 47,
    firmware: 19,
    patience: 6000,
  }),
};
