import type { Counter, Counters } from "./counter.js";
import type { PadStatus } from "./pad.js";
import { noWalk, type Timestamp, type Walk, type WalkEvent } from "./session.js";
import { noTally, type TotalsState } from "./totals.js";
import { noSteps, type StepMonitor } from "./step-monitor.js";

/** A session that was stopped because it had gone on for too long, and how many seconds that was. */
export interface LengthStop {
  readonly session: string;
  readonly duration: number;
}

/** What outlives the process of one pad's walks. */
export interface Records {
  readonly walk: Walk;
  readonly footfall: StepMonitor;
  readonly lengthStop: LengthStop | null;
  readonly tally: TotalsState;
}

/** Of a pad that nobody knows. */
export const noRecords: Records = {
  walk: noWalk,
  footfall: noSteps,
  lengthStop: null,
  tally: noTally,
};

/** The walks after one step of the reducer, with what the step told. */
export interface SessionEntry extends Records, Timestamp {
  readonly events: readonly WalkEvent[];
  /** The status that the step was about; null for any other input. */
  readonly status: PadStatus | null;
}

/** Where a pad's walks are kept. Nothing here throws or waits: an unwritable store costs memory, not the belt. */
export interface SessionStore {
  /** What the last run knew, on the clock of this one; null where that is there and cannot be read. */
  resume(): Records | null;
  note(entry: SessionEntry): void;
}

/** The open session as it was written down at a moment of the last run. */
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
 * A walk on a monotonic clock whose zero is `ms` earlier. What was not heard in between is a gap, like a lost link. A
 * pad that is found in standby, though, may have been put there by our own end, or by the power cut that was ours, too:
 * that alone ends no walk.
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
 * A walk of the last run on the clock of this one, whose monotonic zero is another: what passed in between is known from
 * the wall clock alone. A wall clock that was set back counts as no time at all.
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
