import type { Capabilities, PadPreferences, ProtocolName } from "./pad.js";

/** The stored data of the machine behind a pad id; kept across restarts, so that Home Assistant's entities stay. */
export interface Identity {
  /** The address that its advertised name was bound to (safety rule 11), with that name; null: not bound. */
  readonly bound: { readonly name: string; readonly address: string } | null;
  readonly protocol: ProtocolName | null;
  readonly model: string | null;
  readonly capabilities: Capabilities | null;
  /** The pad's last report of its preferences, if any: the config may have changed since. */
  readonly reported?: PadPreferences;
}

/** A pad that was never connected. */
export const noIdentity: Identity = { bound: null, protocol: null, model: null, capabilities: null };
