import type { Session, Totals } from "../domain/stats.js";
import { addTotals, DAYS_KEPT, NO_TOTALS, type TotalsState } from "../domain/totals.js";
import { metres, seconds, speedFromHundredths } from "../domain/units.js";
import type { ClockTrust } from "./clock-trust.js";
import type { Identity } from "../domain/identity.js";
import type { Sample } from "./changes.js";
import type { Sqlite } from "./sqlite.js";
import { decodeIdentity } from "./validators.js";

/** A session as it is listed. */
export interface StoredSession extends Session {
  readonly pad: string;
}

export interface SessionFilter {
  readonly pad: string | null;
  /** Epoch milliseconds: sessions that started then or later. */
  readonly since: number | null;
  /** The newest ones; null: all. */
  readonly limit: number | null;
}

/** A sample with its time in epoch milliseconds. */
export interface TimedSample extends Sample {
  readonly at: number;
}

interface TotalsRow {
  readonly distance: number;
  readonly duration: number;
  readonly steps: number;
  readonly calories: number;
  readonly sessions: number;
}

const totalsOf = (row: TotalsRow): Totals => ({
  distance: metres(row.distance),
  duration: seconds(row.duration),
  steps: row.steps,
  calories: row.calories,
  sessions: row.sessions,
});

export interface PadRow {
  readonly id: string;
  readonly identity: Identity | null;
  readonly lastStatusAt: number | null;
  /** JSON, as `encodeWalk` wrote it. */
  readonly walk: string | null;
}

export const readPads = (db: Sqlite): readonly PadRow[] =>
  db
    .prepare<[], { id: string; identity: string | null; last_status_at: number | null; walk: string | null }>(
      "SELECT id, identity, last_status_at, walk FROM pads",
    )
    .all()
    .map(({ id, identity, last_status_at: lastStatusAt, walk }) => ({
      id,
      identity: identity === null ? null : decodeIdentity(identity),
      lastStatusAt,
      walk,
    }));

/** The last run's trust in its clock; null where there is no record. */
export const readTrust = (db: Sqlite): ClockTrust | null =>
  db.prepare<[], ClockTrust>("SELECT trusted, seen, held FROM clock").get() ?? null;

/** The newest time in the file, epoch milliseconds; null where there is none. */
export const newestTime = (db: Sqlite): number | null =>
  db
    .prepare<[], number | null>(
      `SELECT max(at) FROM (
         SELECT max(started_at) AS at FROM sessions UNION ALL SELECT max(ended_at) FROM sessions
         UNION ALL SELECT max(last_status_at) FROM pads)`,
    )
    .pluck()
    .get() ?? null;

/** All-time totals, and those of the last days; the caller determines the present day. */
export const readTally = (db: Sqlite, pad: string): TotalsState => {
  const rows = db
    .prepare<[string], TotalsRow & { day: string }>(
      `SELECT day, distance, duration, steps, calories, sessions
       FROM days JOIN pads ON pads.key = days.pad WHERE pads.id = ? ORDER BY day`,
    )
    .all(pad);
  return {
    day: "",
    days: Object.fromEntries(rows.slice(-DAYS_KEPT).map((row) => [row.day, totalsOf(row)])),
    total: rows.map(totalsOf).reduce(addTotals, NO_TOTALS),
  };
};

/** The last second of a session that has a sample; null where it has none. */
export const lastSecond = (db: Sqlite, pad: string, session: string | null): number | null =>
  db
    .prepare<[string, string | null], number | null>(
      `SELECT max(second) FROM samples
       WHERE session = (SELECT sessions.key FROM sessions JOIN pads ON pads.key = pad WHERE pads.id = ? AND sessions.id = ?)`,
    )
    .pluck()
    .get(pad, session) ?? null;

interface SessionRow extends TotalsRow {
  readonly pad: string;
  readonly id: string;
  readonly state: Session["state"];
  readonly started_at: number;
  readonly ended_at: number | null;
  readonly calories_source: Session["caloriesSource"];
  readonly max_speed: number;
}

const sessionOf = (row: SessionRow): StoredSession => ({
  pad: row.pad,
  id: row.id,
  state: row.state,
  startedAt: row.started_at,
  endedAt: row.ended_at,
  distance: metres(row.distance),
  duration: seconds(row.duration),
  steps: row.steps,
  calories: row.calories,
  caloriesSource: row.calories_source,
  maxSpeed: speedFromHundredths(row.max_speed),
});

/** By their start, the oldest first. */
export const readSessions = (db: Sqlite, { pad, since, limit }: SessionFilter): readonly StoredSession[] =>
  db
    .prepare<{ pad: string | null; since: number | null; limit: number }, SessionRow>(
      `SELECT pads.id AS pad, sessions.id, state, started_at, ended_at, calories_source, max_speed,
         coalesce(sum(distance), 0) AS distance, coalesce(sum(duration), 0) AS duration,
         coalesce(sum(steps), 0) AS steps, coalesce(sum(calories), 0) AS calories, 0 AS sessions
       FROM sessions JOIN pads ON pads.key = sessions.pad LEFT JOIN portions ON portions.session = sessions.key
       WHERE (:pad IS NULL OR pads.id = :pad) AND (:since IS NULL OR started_at >= :since)
       GROUP BY sessions.key ORDER BY started_at DESC, pads.id DESC LIMIT :limit`,
    )
    .all({ pad, since, limit: limit ?? -1 })
    .map(sessionOf)
    .reverse();

/** The totals of a pad on one local day. */
export interface StoredDay extends Totals {
  readonly pad: string;
  readonly day: string;
}

export interface DayFilter {
  readonly pad: string | null;
  /** A local day, `YYYY-MM-DD`. */
  readonly since: string | null;
}

/** The oldest first. */
export const readDays = (db: Sqlite, filter: DayFilter): readonly StoredDay[] =>
  db
    .prepare<DayFilter, TotalsRow & { pad: string; day: string }>(
      `SELECT pads.id AS pad, day, distance, duration, steps, calories, sessions
       FROM days JOIN pads ON pads.key = days.pad
       WHERE (:pad IS NULL OR pads.id = :pad) AND (:since IS NULL OR day >= :since) ORDER BY day, pads.id`,
    )
    .all(filter)
    .map((row) => ({ pad: row.pad, day: row.day, ...totalsOf(row) }));

/** A session's samples in order. */
export const readSamples = (db: Sqlite, { pad, id, startedAt }: StoredSession): readonly TimedSample[] =>
  db
    .prepare<
      [string, string],
      {
        second: number;
        speed: number;
        distance: number;
        steps: number;
        calories: number;
        heart_rate: number | null;
        incline: number | null;
      }
    >(
      `SELECT second, speed, distance, steps, calories, heart_rate, incline
       FROM samples JOIN sessions ON sessions.key = samples.session JOIN pads ON pads.key = sessions.pad
       WHERE pads.id = ? AND sessions.id = ? ORDER BY second`,
    )
    .all(pad, id)
    .map(({ second, calories, heart_rate: heartRate, incline, ...sample }) => ({
      ...sample,
      at: startedAt + second * 1000,
      calories: calories / 10,
      heartRate,
      incline: incline === null ? null : incline / 10,
    }));
