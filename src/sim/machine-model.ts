import type { Property, Uuid } from "../ble/radio.js";
import type { ProtocolName } from "../domain/pad.js";
import type { BeltSpec } from "./belt.js";

export type Access = Property;
export type Gatt = ReadonlyMap<Uuid, ReadonlyMap<Uuid, readonly Access[]>>;

/** A machine that can be simulated, whatever it speaks. Speeds in km/h, times in milliseconds. */
export interface MachineModel {
  readonly protocol: ProtocolName;
  readonly name: string;
  readonly advertised: string;
  /** Service -> characteristic -> what it allows. */
  readonly gatt: Gatt;
  readonly belt: BeltSpec;
  /** What a start makes for: the start speed, or the last speed used. */
  readonly startsAt: "preference" | "last-used";
  readonly startSpeed: number;
}
