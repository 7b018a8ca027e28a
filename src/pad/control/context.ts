import type { Capabilities } from "../../domain/pad.js";
import { modelFor } from "../../protocol/models.js";
import type { Quirks } from "../../protocol/protocol.js";
import type { Control } from "./goals.js";
import type { Telemetry } from "./telemetry.js";

/** What the deciders have to know of the machine. */
export interface Machine {
  readonly quirks: Quirks;
  readonly capabilities: Capabilities;
}

/** What every decision is made from: plain data. `now` in monotonic milliseconds. */
export interface Context {
  readonly control: Control;
  readonly telemetry: Telemetry;
  readonly machine: Machine;
  readonly now: number;
}

const unknown = modelFor("wilink", null);
/** What a command is measured against before the machine was ever met. */
export const UNKNOWN_MACHINE: Machine = { quirks: unknown.quirks, capabilities: unknown.defaults };
