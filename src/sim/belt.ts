import { NO_COUNTERS, count, countersSettled } from "./counters.js";
import type { Counters } from "./counters.js";

/** How a belt moves: speeds in km/h, times in milliseconds. */
export interface BeltSpec {
  readonly min: number;
  readonly max: number;
  readonly countdown: number;
  /** km/h per second, up and down. */
  readonly ramp: number;
  /** The phase between the countdown and the acceleration to the target; null: none. */
  readonly crawl: { readonly speed: number; readonly hold: number; readonly reach: number } | null;
}

type Phase = "rest" | "countdown" | "running" | "stopping";

/** The belt at one moment. `wait` is the rest of the countdown or the crawl; after it `next` is the target. */
export interface Belt {
  readonly phase: Phase;
  /** The true speed, km/h. */
  readonly speed: number;
  readonly target: number;
  /** km/h per second, up and down. */
  readonly rate: number;
  readonly wait: number;
  readonly next: number;
  /** The last speed that was set. */
  readonly lastUsed: number;
  readonly counters: Counters;
}

/** External influences on a belt: the speed in km/h that it keeps instead of stopping (0: none), and a walker. */
export interface Load {
  readonly creep: number;
  readonly walker: boolean;
}

/** The ramp of most machines: 1.0 to 5.8 and 6.0 to 1.2 km/h in 9 s each (wire-facts a.9). */
export const RAMP = 0.53;

export const beltAtRest = (lastUsed: number): Belt => ({
  phase: "rest",
  speed: 0,
  target: 0,
  rate: RAMP,
  wait: 0,
  next: 0,
  lastUsed,
  counters: NO_COUNTERS,
});

/** The countdown begins; then the belt accelerates to `speed`. Only a belt at rest can be started. */
export const startBelt = (belt: Belt, spec: BeltSpec, speed: number): Belt =>
  belt.phase === "rest"
    ? { ...belt, phase: "countdown", wait: spec.countdown, next: clamp(speed, spec) }
    : belt;

/** A new target. In the countdown it applies after it; a stopping belt accelerates again. */
export const aimBelt = (belt: Belt, spec: BeltSpec, speed: number): Belt => {
  const aim = clamp(speed, spec);
  if (belt.phase === "rest") return belt;
  if (belt.phase === "countdown") return { ...belt, next: aim, lastUsed: aim };
  return { ...belt, phase: "running", target: aim, rate: spec.ramp, wait: 0, next: 0, lastUsed: aim };
};

/** Slows to rest; a countdown simply ends. */
export const stopBelt = (belt: Belt, spec: BeltSpec): Belt => {
  if (belt.phase === "rest") return belt;
  const phase = belt.phase === "countdown" ? "rest" : "stopping";
  return { ...belt, phase, target: 0, rate: spec.ramp, wait: 0, next: 0 };
};

/** The belt `ms` later, in steps from one event (countdown over, speed reached, …) to the next. */
export const moveBelt = (belt: Belt, spec: BeltSpec, load: Load, ms: number): Belt => {
  let moved = belt;
  for (let left = ms; left > 0;) {
    const goal = goalOf(moved, load.creep);
    const span = Math.min(left, untilNext(moved, goal));
    moved = arrive(glide(moved, goal, load.walker, span), spec);
    left -= span;
  }
  return moved;
};

const clamp = (speed: number, spec: BeltSpec): number => Math.min(spec.max, Math.max(spec.min, speed));

/** A creeping belt stays at the creep speed, or below it where it is slower already. */
const goalOf = (belt: Belt, creep: number): number =>
  belt.phase === "stopping" ? Math.min(creep, belt.speed) : belt.target;

/** Milliseconds until the next event of the belt other than its ramp. */
const untilNext = (belt: Belt, goal: number): number => {
  const still = belt.phase === "rest" && belt.speed === 0 && countersSettled(belt.counters);
  return Math.min(
    belt.wait > 0 ? belt.wait : Infinity,
    belt.speed === goal ? Infinity : (Math.abs(goal - belt.speed) / belt.rate) * 1000,
    still ? Infinity : belt.counters.beat,
  );
};

/** `ms` of the ramp alone. */
const glide = (belt: Belt, goal: number, walker: boolean, ms: number): Belt => {
  const change = (belt.rate * ms) / 1000;
  const left = goal - belt.speed;
  // The tolerance covers floating point rounding, so that the target is reached exactly.
  const speed = Math.abs(left) <= change + 1e-9 ? goal : belt.speed + Math.sign(left) * change;
  const still = belt.phase === "rest" && countersSettled(belt.counters);
  const counters = still ? belt.counters : count(belt.counters, (belt.speed + speed) / 2, walker, ms);
  return { ...belt, speed, counters, wait: Math.max(0, belt.wait - ms) };
};

const arrive = (belt: Belt, spec: BeltSpec): Belt => {
  if (belt.phase === "stopping" && belt.speed === 0) return { ...belt, phase: "rest" };
  if (belt.next === 0 || belt.wait > 0) return belt;
  if (belt.phase === "countdown" && spec.crawl)
    return {
      ...belt,
      phase: "running",
      target: Math.min(spec.crawl.speed, belt.next),
      wait: spec.crawl.hold,
    };
  return { ...belt, phase: "running", target: belt.next, next: 0, rate: climb(belt, spec) };
};

/** After a crawl the belt takes its configured time, but never accelerates faster than the ramp. */
const climb = (belt: Belt, spec: BeltSpec): number =>
  spec.crawl && belt.phase === "running"
    ? Math.min(spec.ramp, Math.max(0.01, ((belt.next - belt.speed) / spec.crawl.reach) * 1000))
    : spec.ramp;
