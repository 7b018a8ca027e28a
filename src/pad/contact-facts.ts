import type { Identity } from "./identity.js";
import type { Phase } from "./supervisor.js";

/** What is known of a pad's link, for `view()`. */
export interface ContactFacts {
  readonly phase: Phase;
  readonly identity: Identity;
  /** A valid status came since the start. */
  readonly seen: boolean;
  /** The belt was not at rest when the link was lost, and was not seen since. */
  readonly lostMoving: boolean;
  readonly ambiguous: boolean;
  readonly notAPad: boolean;
  readonly rssi: number | null;
  /** Epoch milliseconds. */
  readonly lastStatusAt: number | null;
  readonly counters: {
    readonly statuses: number;
    readonly badFrames: number;
    readonly connects: number;
    readonly losses: number;
  };
}

/** What every pad begins with. */
export const NO_FACTS: Omit<ContactFacts, "identity"> = {
  phase: "scanning",
  seen: false,
  lostMoving: false,
  ambiguous: false,
  notAPad: false,
  rssi: null,
  lastStatusAt: null,
  counters: { statuses: 0, badFrames: 0, connects: 0, losses: 0 },
};
