import type { UndatedSession } from "./open-session.js";
import type { Timestamp, Walk, WalkEvent, WalkStep } from "./session.js";
import type { Session } from "./stats.js";
import type { Delta } from "./totals.js";
import { metres, seconds } from "./units.js";

/**
 * This program is younger. An earlier time is that of a clock that was not set yet: a Raspberry Pi starts in 1970, or at
 * the build date of its systemd, until NTP answers.
 */
const NOT_BEFORE = Date.UTC(2026, 0, 1);
/** What is less is no step, but two clocks that were read one after the other. */
const STEP_MS = 1_000;
/** Gains within this time are kept as one: they are saved with every status. */
const TOGETHER_MS = 60_000;
/** The oldest walks of a machine that never gets a time keep the wrong one. */
const MOST_SESSIONS = 20;

export const isUnset = (at: number): boolean => at < NOT_BEFORE;

/** Milliseconds by which a clock that was not set has been set since `last`; 0 for any other step. */
export const clockSetBy = (last: Timestamp, { at, now }: Timestamp): number => {
  const ms = Math.round(at - last.at - (now - last.now));
  return isUnset(last.at) && Math.abs(ms) >= STEP_MS ? ms : 0;
};

const sum = (one: Delta, other: Delta): Delta => ({
  at: one.at,
  distance: metres(one.distance + other.distance),
  duration: seconds(one.duration + other.duration),
  steps: one.steps + other.steps,
  calories: one.calories + other.calories,
  sessions: one.sessions + other.sessions,
});

const negative = ({ at, distance, duration, steps, calories, sessions }: Delta): Delta => ({
  at,
  distance: metres(0 - distance),
  duration: seconds(0 - duration),
  steps: -steps,
  calories: -calories,
  sessions: -sessions,
});

const withGain = (gains: readonly Delta[], gain: Delta): readonly Delta[] => {
  const last = gains.at(-1);
  const together = last && Math.abs(gain.at - last.at) < TOGETHER_MS;
  return together ? [...gains.slice(0, -1), sum(last, gain)] : [...gains, gain];
};

const withDelta = (
  undated: readonly UndatedSession[],
  session: Session | undefined,
  delta: Delta,
): readonly UndatedSession[] => {
  if (!session || !isUnset(delta.at)) return undated;
  const known = undated.find((one) => one.session.id === session.id);
  if (!known) return [...undated, { session, gains: [delta] }].slice(-MOST_SESSIONS);
  const longer = { session, gains: withGain(known.gains, delta) };
  return undated.map((one) => (one === known ? longer : one));
};

/** Keeps what a step has gained while the clock was not set. */
export const keepUndated = (step: WalkStep): WalkStep => {
  const { state, events } = step;
  const { session, undated = [] } = state;
  if (events.length === 0 && undated.at(-1)?.session === session) return step;
  const told = events.flatMap((event) => (event.type === "delta" ? [] : [event.session]));
  const latest = new Map([...told, ...(session ? [session] : [])].map((one) => [one.id, one]));
  const current = undated.map((one) => ({ ...one, session: latest.get(one.session.id) ?? one.session }));
  const kept = events.reduce<readonly UndatedSession[]>(
    (before, event) =>
      event.type === "delta" ? withDelta(before, latest.get(event.session), event.delta) : before,
    current,
  );
  return kept.length === 0 ? step : { events, state: { ...state, undated: kept } };
};

const eventsOf = (before: UndatedSession, { session, gains }: UndatedSession): readonly WalkEvent[] => {
  const moved = [...before.gains.map(negative), ...gains];
  return [
    { type: "session_dated", session },
    ...moved.map((delta) => ({ type: "delta" as const, session: session.id, delta })),
  ];
};

/**
 * The walks since the clock began to run, after it was set by `ms` to `now` (epoch milliseconds): their gains move to the
 * days on which they happened. A walk that an earlier boot began is known from its first gain in this one.
 */
export const redate = (walk: Walk, ms: number, now: number): WalkStep => {
  const dated = (at: number): number => (isUnset(at) ? Math.min(at + ms, now) : at);
  const all = <T extends { readonly at: number }>(of: readonly T[]): readonly T[] =>
    of.map((one) => ({ ...one, at: dated(one.at) }));
  const datedSession = (session: Session, gains: readonly Delta[]): Session => ({
    ...session,
    startedAt: Math.min(dated(session.startedAt), ...gains.slice(0, 1).map(({ at }) => dated(at))),
    endedAt: session.endedAt === null ? null : dated(session.endedAt),
  });
  const { undated: before = [], ...rest } = walk;
  const after = before.map(({ session, gains }) => ({
    session: datedSession(session, gains),
    gains: all(gains),
  }));
  const { session, held, moved, absence } = rest;
  const known = after.find((one) => one.session.id === session?.id)?.session;
  const isNew = session?.state !== "ended" && !walk.counts;
  const { seenAt, gap, heard } = absence;
  const state: Walk = {
    ...rest,
    session: known ?? (session && isNew ? datedSession(session, held) : session),
    held: all(held),
    moved: { ...moved, at: dated(moved.at) },
    absence: {
      ...absence,
      seenAt: seenAt === null ? null : dated(seenAt),
      gap: gap && { ...gap, since: dated(gap.since) },
      heard: heard && { ...heard, at: dated(heard.at) },
    },
    // Another time before this program's is still none.
    ...(isUnset(now) && after.length > 0 && { undated: after }),
  };
  const events = after.flatMap((one, index) => eventsOf(before[index] ?? one, one));
  return { state, events };
};
