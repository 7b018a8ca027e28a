import type { Capabilities } from "../../domain/pad.js";
import { modelFor } from "../../protocol/models.js";
import type { Quirks } from "../../protocol/protocol.js";
import type { Control } from "./goals.js";
import type { Telemetry } from "./telemetry.js";

/** The machine's properties that decisions need. */
export interface Machine {
  readonly quirks: Quirks;
  readonly capabilities: Capabilities;
}

/** The input of every decision: plain data. `now` in monotonic milliseconds. */
export interface Context {
  readonly control: Control;
  readonly telemetry: Telemetry;
  readonly machine: Machine;
  readonly now: number;
}

const unknown = modelFor("wilink", null);
/** The limits of a command before the first connection to the machine. */
export const UNKNOWN_MACHINE: Machine = { quirks: unknown.quirks, capabilities: unknown.defaults };
