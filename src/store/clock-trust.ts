import type { Timestamp } from "../domain/session.js";

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
/** NTP slews the clock; a time further from the monotonic clock than this was set. */
const SET_MS = 5 * 60_000;
/** For a machine that is off most of the time: an unconfirmed time is confirmed further from where it stopped. */
const AWAY_MS = 31 * DAY_MS;

/** How far the wall clock is trusted. Kept across restarts: the times in the store alone would follow a wrong clock. */
export interface ClockTrust {
  /** The newest confirmed time. Epoch milliseconds. */
  readonly trusted: number;
  /** The wall clock when it was last read. */
  readonly seen: number;
  /** How long the clock had run evenly by then, while the program ran. Milliseconds. */
  readonly held: number;
}

const isNear = (one: number, other: number): boolean => Math.abs(one - other) <= DAY_MS;

/** How long a time must hold to be confirmed: longer where it is far from every known time. */
export const holdFor = ({ trusted, seen }: ClockTrust): number => (isNear(seen, trusted) ? HOUR_MS : DAY_MS);

export const isTrusted = (trust: ClockTrust): boolean => trust.held >= holdFor(trust);

/** `newest`: the newest time in the store, for a file without a trust record; null: nothing is stored. */
export const firstTrust = (newest: number | null, at: number): ClockTrust => {
  const trusted = newest ?? at;
  return { trusted, seen: at, held: isNear(at, trusted) ? HOUR_MS : 0 };
};

/** The first check of a run: how long the machine was off is known from the wall clock alone. */
export const afterStart = (before: ClockTrust, at: number): ClockTrust => {
  const { trusted, seen, held } = before;
  const wasInDoubt = !isNear(seen, trusted);
  const away = at - seen;
  const goesOn = away >= -SET_MS && (isNear(at, trusted) || (wasInDoubt && away <= AWAY_MS));
  return settled({ trusted, seen: at, held: goesOn ? held : 0 });
};

/** A later check; `last` is the one before. */
export const afterLook = (before: ClockTrust, last: Timestamp, { at, now }: Timestamp): ClockTrust => {
  const passed = now - last.now;
  const wasSet = Math.abs(at - last.at - passed) > SET_MS;
  return settled({ trusted: before.trusted, seen: at, held: wasSet ? 0 : before.held + passed });
};

/** A time that has held for long enough is confirmed: the next ones are compared with it. */
const settled = (trust: ClockTrust): ClockTrust =>
  isTrusted(trust) ? { ...trust, trusted: trust.seen } : trust;
