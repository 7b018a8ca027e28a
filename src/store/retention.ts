import type { Sqlite } from "./sqlite.js";

/** A few milliseconds of work, during which no session data is written. */
const SAMPLES_AT_ONCE = 2_000;

/**
 * One step of removing the sessions that ended before `until` (epoch milliseconds): some samples of the oldest, and the
 * session itself with the last of them; its amounts stay in the totals of its days. Must run in a transaction.
 */
export const removeExpired = (
  db: Sqlite,
  until: number,
): { readonly expired: number; readonly more: boolean } => {
  const session = db
    .prepare("SELECT key FROM sessions WHERE state = 'ended' AND ended_at < ? ORDER BY ended_at LIMIT 1")
    .pluck()
    .get(until);
  if (session === undefined) return { expired: 0, more: false };
  const { changes } = db
    .prepare(
      `DELETE FROM samples WHERE session = :session
       AND second IN (SELECT second FROM samples WHERE session = :session LIMIT ${SAMPLES_AT_ONCE})`,
    )
    .run({ session });
  if (changes === SAMPLES_AT_ONCE) return { expired: 0, more: true };
  removeSession(db, session);
  return { expired: 1, more: true };
};

const removeSession = (db: Sqlite, session: unknown): void => {
  db.prepare(
    `INSERT INTO rollups (pad, day, distance, duration, steps, calories, sessions)
     SELECT pad, day, distance, duration, steps, calories, portions.sessions
     FROM portions JOIN sessions ON sessions.key = session WHERE session = ?
     ON CONFLICT (pad, day) DO UPDATE SET distance = distance + excluded.distance,
       duration = duration + excluded.duration, steps = steps + excluded.steps,
       calories = calories + excluded.calories, sessions = sessions + excluded.sessions`,
  ).run(session);
  // Its portions are removed with it.
  db.prepare("DELETE FROM sessions WHERE key = ?").run(session);
};

/**
 * Ends the sessions that no event will end any more: their session state is not in the file, as after a store that
 * could not be written for a while.
 */
export const endAbandonedSessions = (db: Sqlite, pad: string, openSession: string | null): void => {
  db.prepare(
    `UPDATE sessions SET state = 'ended', ended_at = started_at + 1000 * (
       SELECT coalesce(sum(duration), 0) FROM portions WHERE session = sessions.key)
     WHERE state <> 'ended' AND pad = (SELECT key FROM pads WHERE id = ?) AND id IS NOT ?`,
  ).run(pad, openSession);
};
