import type { SavedWalk } from "../domain/session-store.js";
import type { Capabilities, PadPreferences, ProtocolName } from "../domain/pad.js";
import type { Session, Totals } from "../domain/stats.js";

/** The stored data of a pad; the shape of Identity in `src/pad/link/identity.ts`. */
export interface PadMemory {
  readonly bound: { readonly name: string; readonly address: string } | null;
  readonly protocol: ProtocolName | null;
  readonly model: string | null;
  readonly capabilities: Capabilities | null;
  readonly reported?: PadPreferences;
}

export const NO_MEMORY: PadMemory = { bound: null, protocol: null, model: null, capabilities: null };

/** One sample per second of a session; counters are the session's so far. */
export interface Sample {
  /** Hundredths of a km/h, metres, kcal, beats per minute, percent. */
  readonly speed: number;
  readonly distance: number;
  readonly steps: number;
  readonly calories: number;
  readonly heartRate: number | null;
  readonly incline: number | null;
}

export interface SessionChange {
  session: Session;
  /** It is long enough to be kept; until then it is pending only. */
  counts: boolean;
  /** Its gains, by local day. */
  readonly portions: Map<string, Totals>;
  /** By seconds since its start. */
  readonly samples: Map<number, Sample>;
}

/** The pending changes of one pad; undefined is unchanged. */
export interface PadChange {
  identity: PadMemory | undefined;
  lastStatusAt: number | null | undefined;
  walk: SavedWalk | undefined;
  /** The totals of a day without its sessions. */
  rollups: ReadonlyMap<string, Totals>;
  readonly sessions: Map<string, SessionChange>;
}

export const noChange = (): PadChange => ({
  identity: undefined,
  lastStatusAt: undefined,
  walk: undefined,
  rollups: new Map(),
  sessions: new Map(),
});
