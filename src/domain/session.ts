import { kcalOf, type Body } from "./calories.js";
import { fastest, measure, noMeter, SILENCE_MS, type Meter, type Reading } from "./meter.js";
import {
  withRecord,
  noOfflineSession,
  afterStatus,
  evaluate,
  type OfflineSession,
  type MissedSession,
} from "./offline-session.js";
import { addDelta, isOpen, newSession, type OpenSession, type UndatedSession } from "./open-session.js";
import type { PadRecord, PadStatus } from "./pad.js";
import { isMetered, kcalGained, timeGained } from "./session-gains.js";
import type { Session } from "./stats.js";
import { NO_TOTALS, type Delta } from "./totals.js";
import { metres, type Seconds, type Speed } from "./units.js";

export interface WalkSettings {
  /** Milliseconds a belt at rest keeps its session open. */
  readonly pauseTimeout: number;
  /** Shorter sessions do not count. */
  readonly minDuration: Seconds;
  readonly body: Body;
}

/** `at` is epoch milliseconds and only shown; `now` is monotonic milliseconds and decides. */
export interface Timestamp {
  readonly at: number;
  readonly now: number;
}

export type WalkInput =
  /** Any valid status of the pad. */
  | (Timestamp & { readonly type: "status"; readonly status: PadStatus })
  /** A `stop` was confirmed: the belt is at rest and the session ends. */
  | (Timestamp & { readonly type: "end" })
  /** The link is lost; the counters of the next status show what was missed. */
  | { readonly type: "gap" }
  /** The pad's record of its last walk, which may not have been observed. */
  | (Timestamp & { readonly type: "record"; readonly record: PadRecord })
  /** The bridge is about to put the pad into standby during its shutdown: that standby ends no session. */
  | { readonly type: "park" }
  /** About every second, for the pause timeout. */
  | (Timestamp & { readonly type: "tick" });

export type WalkEvent =
  | { readonly type: "session_started" | "session_paused" | "session_resumed"; readonly session: Session }
  /** `kept` is false for a session that is too short to count. */
  | { readonly type: "session_ended"; readonly session: Session; readonly kept: boolean }
  /** The clock was set only now, and the session's times with it. */
  | { readonly type: "session_dated"; readonly session: Session }
  /** Only of sessions that count: their deltas add up to the session's values. `session` is the id. */
  | { readonly type: "delta"; readonly session: string; readonly delta: Delta };

/** One pad's session state: plain data. */
export interface Walk {
  /** The open session, or the last one. */
  readonly session: Session | null;
  readonly meter: Meter;
  /** When the belt was last known to move. */
  readonly moved: Timestamp;
  /** Milliseconds of moving belt short of a second, where the machine has no clock. */
  readonly carry: number;
  /** Deltas kept back until the session is long enough to count. */
  readonly held: readonly Delta[];
  readonly counts: boolean;
  /** The pad's standby, present or imminent, comes from the bridge, or began while the bridge was not running. */
  readonly parked: boolean;
  readonly absence: OfflineSession;
  /** The sessions of this boot that have the times of a clock that was not set; see unset-clock.ts. */
  readonly undated?: readonly UndatedSession[];
}

export interface WalkStep {
  readonly state: Walk;
  readonly events: readonly WalkEvent[];
}

export const noWalk: Walk = {
  session: null,
  meter: noMeter,
  moved: { at: 0, now: 0 },
  carry: 0,
  held: [],
  counts: false,
  parked: false,
  absence: noOfflineSession,
};

const still = (state: Walk): WalkStep => ({ state, events: [] });
const then = (step: WalkStep, next: (state: Walk) => WalkStep): WalkStep => {
  const after = next(step.state);
  return { state: after.state, events: [...step.events, ...after.events] };
};

const open = (state: Walk, startedAt: number, caloriesSource: Session["caloriesSource"]): WalkStep => {
  const session = newSession(startedAt, caloriesSource);
  // The first delta carries the session itself, so that it counts on the day it started.
  const held = [{ ...NO_TOTALS, sessions: 1, at: startedAt }];
  return {
    state: { ...state, session, carry: 0, held, counts: false },
    events: [{ type: "session_started", session }],
  };
};

const finish = (state: Walk): WalkStep => {
  if (!isOpen(state.session)) return still(state);
  // Whatever ended the session, it was over when the belt last moved; the wall clock may have been set back since.
  const endedAt = Math.max(state.session.startedAt, state.moved.at);
  const session: Session = { ...state.session, state: "ended", endedAt };
  return {
    state: { ...state, session, held: [] },
    events: [{ type: "session_ended", session, kept: state.counts }],
  };
};

/** A belt that is at rest or sends no status keeps its session open for the pause timeout and no longer. */
const expire = (state: Walk, now: number, { pauseTimeout }: WalkSettings): WalkStep =>
  now - state.moved.now >= pauseTimeout ? finish(state) : still(state);

/** Opens or resumes the session when the belt moves, or has moved unobserved. */
const begin = (state: Walk, reading: Reading, { at, now }: Timestamp): WalkStep => {
  const { moving, unseen, silent, passed, before } = reading;
  if (!moving && !unseen) return still(state);
  const { session } = state;
  const clock = reading.gained.elapsed * 1000;
  // A belt that moved when the link was lost, and rests now, moved for as long as its clock shows; of any other
  // unobserved walk only the latest possible end is certain.
  const rested = !moving && session?.state === "active" ? Math.max(0, passed - clock) : 0;
  const after = { ...state, parked: false, moved: { at: at - rested, now: now - rested } };
  if (!isOpen(session)) return open(after, silent ? at - clock : at, before.metered ? "pad" : "estimate");
  if (session.state === "active") return still(after);
  const resumed: Session = { ...session, state: "active" };
  return { state: { ...after, session: resumed }, events: [{ type: "session_resumed", session: resumed }] };
};

/** Adds `delta` to the session; the delta is reported once the session is long enough to count. */
const tell = (state: Walk, session: OpenSession, delta: Delta, minDuration: Seconds): WalkStep => {
  const { distance, duration, steps, calories } = delta;
  const held = distance + duration + steps + calories > 0 ? [...state.held, delta] : state.held;
  const counts = state.counts || session.duration >= minDuration;
  const events = counts
    ? held.map((one) => ({ type: "delta" as const, session: session.id, delta: one }))
    : [];
  return { state: { ...state, session, held: counts ? [] : held, counts }, events };
};

/** Adds the gains of this status to the open session. */
const credit = (
  state: Walk,
  reading: Reading,
  { at, now }: Timestamp,
  { minDuration, body }: WalkSettings,
): WalkStep => {
  if (!isOpen(state.session)) return still(state);
  const { duration, carry } = timeGained(state.session, reading, state.carry, now - state.moved.now);
  const { distance, steps } = reading.gained;
  const calories = kcalGained(state.session, reading, duration, body);
  const delta: Delta = { at, distance: metres(distance), duration, steps, calories, sessions: 0 };
  const source = isMetered(state.session, reading) ? "pad" : "estimate";
  const session = addDelta(state.session, delta, source, fastest(reading, duration));
  return tell({ ...state, carry }, session, delta, minDuration);
};

/** Adds a walk that only the pad recorded: to the open session, else as an ended session of its own. */
const recover = (before: Walk, { at, now }: Timestamp, settings: WalkSettings): WalkStep => {
  const { state: absence, missed } = evaluate(before.absence);
  const state = { ...before, absence };
  if (!missed || (!isOpen(state.session) && missed.elapsed < settings.minDuration)) return still(state);
  const ended = { at: missed.to, now: now - Math.max(0, at - missed.to) };
  const moved = ended.now > state.moved.now ? ended : state.moved;
  if (isOpen(state.session)) return fill({ ...state, moved }, state.session, missed, settings);
  const opened = open({ ...state, moved: ended }, missed.from, "estimate");
  const filled = then(opened, (walk) =>
    isOpen(walk.session) ? fill(walk, walk.session, missed, settings) : still(walk),
  );
  return then(filled, finish);
};

const fill = (state: Walk, session: OpenSession, missed: MissedSession, settings: WalkSettings): WalkStep => {
  const { to: at, distance, elapsed: duration, steps } = missed;
  // The record has no speed; this is the average (1 m/s is 360 hundredths of a km/h).
  const speed = Math.round((distance / duration) * 360) as Speed;
  const calories = kcalOf(speed, 0, settings.body, duration);
  const delta: Delta = { at, distance, duration, steps, calories, sessions: 0 };
  return tell(state, addDelta(session, delta, session.caloriesSource, speed), delta, settings.minDuration);
};

const isAsleep = ({ activity, mode }: PadStatus): boolean => activity === "standby" || mode === "standby";

/** Pauses or ends the session of a belt that came to rest. */
const settle = (state: Walk, status: PadStatus, now: number): WalkStep => {
  const { activity, speed } = status;
  if (!isOpen(state.session) || speed !== 0) return still(state);
  const asleep = isAsleep(status);
  if (asleep && !state.parked) return finish(state);
  // State 1 at speed 0 is seen after a start (wire-facts a.8): only resting states are rest at once. Any other state is
  // rest after 5 s of speed 0 (safety rule 7), a countdown never.
  const resting = asleep || activity === "resting" || activity === "paused";
  const stuck = activity !== "countdown" && now - state.moved.now >= SILENCE_MS;
  if (state.session.state !== "active" || !(resting || stuck)) return still(state);
  const session: Session = { ...state.session, state: "paused" };
  return { state: { ...state, session }, events: [{ type: "session_paused", session }] };
};

const observe = (before: Walk, status: PadStatus, moment: Timestamp, settings: WalkSettings): WalkStep => {
  const reading = measure(before.meter, status, moment.now);
  const absence = afterStatus(before.absence, reading, moment.at);
  // A pad that is found awake has left the standby that ended no session.
  const parked = before.parked && !(reading.silent && !isAsleep(status));
  const state = { ...before, meter: reading.after, absence, parked };
  // During a silence, the time that the belt's clock counted was movement.
  const walked = reading.unseen ? reading.gained.elapsed * 1000 : 0;
  const expired = expire(state, moment.now - walked, settings);
  const begun = then(expired, (walk) => begin(walk, reading, moment));
  const credited = then(begun, (walk) => credit(walk, reading, moment, settings));
  const settled = then(credited, (walk) => settle(walk, status, moment.now));
  return then(settled, (walk) => recover(walk, moment, settings));
};

/**
 * Sessions from statuses: opened by the first movement whatever caused it, paused at rest, resumed by movement within
 * the pause timeout, ended by `end`, the timeout or standby, and completed from the pad's record where statuses are
 * missing. Pure and total; a status older than the last changes nothing.
 */
export const walk = (state: Walk, input: WalkInput, settings: WalkSettings): WalkStep => {
  switch (input.type) {
    case "gap":
      return still({ ...state, meter: { ...state.meter, gap: true } });
    case "record":
      return still({ ...state, absence: withRecord(state.absence, input.record, input.at) });
    case "park":
      return still({ ...state, parked: true });
    case "tick":
      return expire(state, input.now, settings);
    case "end":
      return finish(state);
    case "status": {
      const { seen } = state.meter;
      return seen !== null && input.now < seen ? still(state) : observe(state, input.status, input, settings);
    }
  }
};
