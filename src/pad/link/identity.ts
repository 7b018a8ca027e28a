import type { Address } from "../../ble/radio.js";
import { capabilitiesOf } from "../../domain/capabilities.js";
import type { Capabilities, PadPreferences, PadSettings, ProtocolName } from "../../domain/pad.js";
import { modelFor } from "../../protocol/models.js";
import type { Model } from "../../protocol/protocol.js";
import type { Machine } from "../control/next-write.js";

/** What is known of the machine behind a pad id; kept over restarts, so that Home Assistant's entities stay. */
export interface Identity {
  /** The address its advertised name was bound to (contract rule 11), with that name; null: not bound. */
  readonly bound: { readonly name: string; readonly address: Address } | null;
  readonly protocol: ProtocolName | null;
  readonly model: string | null;
  readonly capabilities: Capabilities | null;
  /** What the pad last said about itself, once it has: the config may have changed since. */
  readonly reported?: PadPreferences;
}

export const noIdentity: Identity = { bound: null, protocol: null, model: null, capabilities: null };

const unknown = modelFor("wilink", null);
/** What a command is measured against before the machine was ever met. */
export const UNKNOWN_MACHINE: Machine = { quirks: unknown.quirks, capabilities: unknown.defaults };

/** Where identities are kept. `keep` never throws: a store that cannot be written costs memory, not the belt. */
export interface Memory {
  recall(padId: string): Identity;
  keep(padId: string, identity: Identity): void;
}

/** What a machine is taken for by its model; what the same machine said about itself before still counts. */
export const met = (identity: Identity, model: Model, settings: PadSettings): Identity => {
  const { bound, reported } = identity;
  const known = { bound, protocol: model.protocol, model: model.name };
  return model.name === identity.model && reported
    ? { ...known, capabilities: capabilitiesOf(model.defaults, reported, settings), reported }
    : { ...known, capabilities: capabilitiesOf(model.defaults, null, settings) };
};

/** What it is taken for after it has spoken for itself; FTMS tells piece by piece, so what was said before still counts. */
export const described = (
  identity: Identity,
  model: Model,
  preferences: PadPreferences,
  settings: PadSettings,
): Identity => {
  const reported = { ...identity.reported, ...preferences };
  return { ...identity, reported, capabilities: capabilitiesOf(model.defaults, reported, settings) };
};

export const boundAddress = (identity: Identity, settings: PadSettings): Address | null =>
  identity.bound && identity.bound.name === settings.advertisedName?.toLowerCase()
    ? identity.bound.address
    : null;
