import type { SavedWalk } from "../domain/session-store.js";
import type { Identity } from "../domain/identity.js";
import type { Session, Totals } from "../domain/stats.js";

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
  identity: Identity | undefined;
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
