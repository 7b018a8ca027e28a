import type { Capabilities } from "../../domain/pad.js";
import { modelFor } from "../../protocol/models.js";
import type { Quirks } from "../../protocol/protocol.js";

/** What the deciders have to know of the machine. */
export interface Machine {
  readonly quirks: Quirks;
  readonly capabilities: Capabilities;
}

const unknown = modelFor("wilink", null);
/** What a command is measured against before the machine was ever met. */
export const UNKNOWN_MACHINE: Machine = { quirks: unknown.quirks, capabilities: unknown.defaults };
