import type { Counter, Counters } from "./counter.js";
import type { PadStatus } from "./pad.js";
import { noWalk, type Timestamp, type Walk, type WalkEvent } from "./session.js";
import { noTally, type TotalsState } from "./totals.js";
import { noSteps, type StepMonitor } from "./step-monitor.js";

/** A session that was stopped because of its length, and the limit in seconds. */
export interface LengthStop {
  readonly session: string;
  readonly duration: number;
}

/** One pad's session data that is kept across restarts. */
export interface Records {
  readonly walk: Walk;
  readonly footfall: StepMonitor;
  readonly lengthStop: LengthStop | null;
  readonly tally: TotalsState;
}

/** The data of a pad that is not in the store. */
export const noRecords: Records = {
  walk: noWalk,
  footfall: noSteps,
  lengthStop: null,
  tally: noTally,
};

/** The data after one step of the reducer, with the events of the step. */
export interface SessionEntry extends Records, Timestamp {
  readonly events: readonly WalkEvent[];
  /** The status that caused the step; null for any other input. */
  readonly status: PadStatus | null;
}

/**
 * Where a pad's sessions are kept. Never throws or waits: while the store cannot be written, only history is not saved.
 */
export interface SessionStore {
  /** The last run's data, on the clock of this run; null where it exists and cannot be read. */
  resume(): Records | null;
  note(entry: SessionEntry): void;
}

/** The open session as it was saved during the last run. */
export type SavedWalk = Timestamp & Omit<Records, "tally">;

const shifted = (counter: Counter | null, ms: number): Counter | null =>
  counter && {
    ...counter,
    at: counter.at + ms,
    fellAt: counter.fellAt + ms,
    changedAt: (counter.changedAt ?? counter.at) + ms,
  };

const shiftCounters = ({ distance, elapsed, steps, energy }: Counters, ms: number): Counters => ({
  distance: shifted(distance, ms),
  elapsed: shifted(elapsed, ms),
  steps: shifted(steps, ms),
  energy: shifted(energy, ms),
});

/**
 * A walk on a monotonic clock whose zero is `ms` earlier. The time in between is a gap, like a lost link. A pad that is
 * found in standby, however, may have been put there by the end of the bridge, or by a power cut that ended both:
 * standby alone ends no session then.
 */
const shiftWalk = ({ moved, meter, ...rest }: Walk, ms: number): Walk => ({
  ...rest,
  parked: true,
  moved: { ...moved, now: moved.now + ms },
  meter: {
    ...meter,
    counters: shiftCounters(meter.counters, ms),
    seen: meter.seen === null ? null : meter.seen + ms,
    gap: true,
  },
});

/**
 * A walk of the last run on the clock of this one, whose monotonic zero differs: the time in between is known from the
 * wall clock alone. A wall clock that was set back counts as no time.
 */
export const restoreWalk = (saved: SavedWalk, { at, now }: Timestamp): Omit<Records, "tally"> => {
  const ms = now - Math.max(0, at - saved.at) - saved.now;
  const { footfall, lengthStop } = saved;
  return {
    lengthStop,
    walk: shiftWalk(saved.walk, ms),
    footfall: { ...footfall, seen: footfall.seen && { ...footfall.seen, at: footfall.seen.at + ms } },
  };
};
