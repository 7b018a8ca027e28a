import type { Property, Uuid } from "../ble/radio.js";
import type { ProtocolName } from "../domain/pad.js";
import type { BeltSpec } from "./belt.js";

export type Access = Property;
export type Gatt = ReadonlyMap<Uuid, ReadonlyMap<Uuid, readonly Access[]>>;

/** A machine that can be simulated, in any protocol. Speeds in km/h, times in milliseconds. */
export interface MachineModel {
  readonly protocol: ProtocolName;
  readonly name: string;
  readonly advertised: string;
  /** Service -> characteristic -> its properties. */
  readonly gatt: Gatt;
  readonly belt: BeltSpec;
  /** The target speed of a start: the start speed, or the last speed used. */
  readonly startsAt: "preference" | "last-used";
  readonly startSpeed: number;
}
