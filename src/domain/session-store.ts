import type { BootTime } from "./boot-time.js";
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
  /** When the last run saved it, on the clocks of this one; absent where only the wall clock tells. */
  readonly savedAt?: Timestamp;
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
export type SavedWalk = Timestamp &
  Pick<Records, "walk" | "footfall" | "lengthStop"> & {
    /** The boot, and milliseconds since it; absent where the system does not tell. */
    readonly boot?: BootTime;
  };

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

/** Milliseconds since it was saved; null unless that was in this boot. */
export const sinceSaved = (saved: BootTime | undefined, boot: BootTime | null): number | null =>
  saved && boot?.id === saved.id ? Math.max(0, boot.uptime - saved.uptime) : null;

/** What another boot walked before the clock was set can no longer be dated. */
const withoutUndated = (walk: Walk): Walk => (walk.undated ? { ...walk, undated: [] } : walk);

/**
 * A walk of the last run on the clock of this one, whose monotonic zero differs: the time in between is known from the
 * boot clock, after another boot from the wall clock alone. A wall clock that was set back counts as no time.
 */
export const restoreWalk = (
  saved: SavedWalk,
  { at, now }: Timestamp,
  boot: BootTime | null = null,
): Omit<Records, "tally"> => {
  const passed = sinceSaved(saved.boot, boot);
  const ms = now - (passed ?? Math.max(0, at - saved.at)) - saved.now;
  const { footfall, lengthStop } = saved;
  return {
    lengthStop,
    walk: shiftWalk(passed === null ? withoutUndated(saved.walk) : saved.walk, ms),
    ...(passed !== null && { savedAt: { at: saved.at, now: now - passed } }),
    footfall: { ...footfall, seen: footfall.seen && { ...footfall.seen, at: footfall.seen.at + ms } },
  };
};
