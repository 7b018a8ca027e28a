import type { PadStatus } from "./pad.js";
import { AT_REST, type Speed } from "./units.js";

/** The state of the step watchdog in one session; times are monotonic milliseconds. */
export interface StepMonitor {
  readonly speed: Speed;
  /** The last status that carried a step count. */
  readonly seen: { readonly steps: number; readonly at: number } | null;
  /** The machine has counted a step in this session: its counter works. */
  readonly counts: boolean;
  /** Milliseconds of fast enough belt without a step, and the longest such time that ended with a step. */
  readonly quiet: number;
  readonly longest: number;
  readonly fired: boolean;
}

/** The state at the beginning of every session. */
export const noSteps: StepMonitor = {
  speed: AT_REST,
  seen: null,
  counts: false,
  quiet: 0,
  longest: 0,
  fired: false,
};

/** Below 1.5 km/h sensors miss many steps: no step there proves nothing (wire-facts b.2, Z1 below 3 km/h). */
const FAST_ENOUGH = 150;
/** A later status is the end of a gap in the link, no proof of an empty belt. */
const LONGEST_INTERVAL = 5_000;
/** A sensor that paused under a walker may pause again, and longer. */
const PATIENCE = 2;

const afterStep = (state: StepMonitor, after: number): StepMonitor => ({
  ...state,
  counts: true,
  // The time of somebody who did step off does not describe the sensor.
  longest: state.quiet < after ? Math.max(state.longest, state.quiet) : state.longest,
  quiet: 0,
  fired: false,
});

/** Only a status with a step count carries information about steps: split records have none (wire-facts b.1). */
const count = (state: StepMonitor, steps: number, now: number, after: number): StepMonitor => {
  const seen = { steps, at: now };
  if (state.seen === null) return { ...state, seen };
  if (steps > state.seen.steps) return { ...afterStep(state, after), seen };
  const interval =
    state.speed >= FAST_ENOUGH ? Math.min(Math.max(0, now - state.seen.at), LONGEST_INTERVAL) : 0;
  return { ...state, seen, quiet: state.quiet + interval };
};

/**
 * Detects that the belt has moved for `after` ms without a step, on a machine whose step counter has counted in this
 * session: true once, and again only after a step or a rest. A counter that was seen to pause under a walker gets twice
 * its longest pause; one that lags (wire-facts a.7) is late by a frame, for which `after` leaves room. Begin every
 * session with `noSteps`.
 */
export const detect = (
  state: StepMonitor,
  status: PadStatus,
  now: number,
  after: number,
): { readonly state: StepMonitor; readonly walkedOff: boolean } => {
  const speed = status.speed ?? state.speed;
  const counted = status.steps === undefined ? state : count(state, status.steps, now, after);
  if (speed === 0) return { state: { ...counted, speed, quiet: 0, fired: false }, walkedOff: false };
  const walkedOff =
    counted.counts && !counted.fired && counted.quiet >= Math.max(after, PATIENCE * counted.longest);
  return { state: { ...counted, speed, fired: counted.fired || walkedOff }, walkedOff };
};
