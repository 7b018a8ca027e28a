import type { Session, Totals } from "../domain/stats.js";
import type { ClockTrust } from "./clock-trust.js";
import type { PadChange, Sample } from "./changes.js";
import type { Sqlite } from "./sqlite.js";
import { encodeWalk } from "./validators.js";

/**
 * SQLite stores NULL for NaN and refuses fractions in its integers: one bad number must not fail a whole transaction.
 */
const whole = (value: number): number => (Number.isFinite(value) ? Math.round(value) : 0);
const real = (value: number): number => (Number.isFinite(value) ? value : 0);

const numbers = ({ distance, duration, steps, calories, sessions }: Totals) =>
  [whole(distance), whole(duration), whole(steps), real(calories), whole(sessions)] as const;

const ADD = `distance = distance + excluded.distance, duration = duration + excluded.duration,
  steps = steps + excluded.steps, calories = calories + excluded.calories, sessions = sessions + excluded.sessions`;

/** The statements, prepared once for a connection. Each throws SQLite's errors. */
export class Writer {
  readonly #db: Sqlite;
  readonly #statements: ReturnType<typeof prepare>;

  constructor(db: Sqlite) {
    this.#db = db;
    this.#statements = prepare(db);
  }

  /** All or nothing, in one transaction that includes `also`. */
  write(pads: ReadonlyMap<string, PadChange>, also: () => void): void {
    this.#db
      .transaction(() => {
        for (const [id, change] of pads) this.#writePad(this.#padKey(id), change);
        also();
      })
      .immediate();
  }

  /** Must run in a transaction. */
  keepTrust({ trusted, seen, held }: ClockTrust): void {
    this.#statements.setTrust.run(whole(trusted), whole(seen), whole(held));
  }

  #padKey(id: string): number {
    this.#statements.addPad.run(id);
    return Number(this.#statements.padKey.get(id));
  }

  #writePad(key: number, { identity, lastStatusAt, walk, rollups, sessions }: PadChange): void {
    const { setIdentity, setMark, setWalk, rollUp } = this.#statements;
    if (identity) setIdentity.run(JSON.stringify(identity), key);
    if (lastStatusAt !== undefined) setMark.run(lastStatusAt === null ? null : whole(lastStatusAt), key);
    if (walk) setWalk.run(encodeWalk(walk), key);
    for (const [day, totals] of rollups) rollUp.run(key, day, ...numbers(totals));
    for (const { session, counts, portions, samples } of sessions.values())
      if (counts) this.#writeSession(key, session, portions, samples);
  }

  #writeSession(
    pad: number,
    session: Session,
    portions: ReadonlyMap<string, Totals>,
    samples: ReadonlyMap<number, Sample>,
  ): void {
    const { putSession, addPortion, dropEmpty, putSample } = this.#statements;
    const { id, state, startedAt, endedAt, caloriesSource, maxSpeed } = session;
    const ended = endedAt === null ? null : whole(endedAt);
    const key = Number(
      putSession.get(pad, id, state, whole(startedAt), ended, caloriesSource, whole(maxSpeed)),
    );
    for (const [day, gained] of portions) addPortion.run(key, day, ...numbers(gained));
    // The gains of a clock that was not set have moved to another day.
    if ([...portions.values()].some(({ duration, sessions }) => duration <= 0 && sessions <= 0))
      dropEmpty.run(key);
    for (const [second, sample] of samples) putSample.run(key, second, ...sampleNumbers(sample));
  }
}

const sampleNumbers = ({ speed, distance, steps, calories, heartRate, incline }: Sample) => [
  whole(speed),
  whole(distance),
  whole(steps),
  whole(calories * 10),
  heartRate === null ? null : whole(heartRate),
  incline === null ? null : whole(incline * 10),
];

const prepare = (db: Sqlite) => ({
  addPad: db.prepare("INSERT INTO pads (id) VALUES (?) ON CONFLICT DO NOTHING"),
  padKey: db.prepare("SELECT key FROM pads WHERE id = ?").pluck(),
  setIdentity: db.prepare("UPDATE pads SET identity = ? WHERE key = ?"),
  setMark: db.prepare("UPDATE pads SET last_status_at = ? WHERE key = ?"),
  setWalk: db.prepare("UPDATE pads SET walk = ? WHERE key = ?"),
  putSession: db
    .prepare(
      `INSERT INTO sessions (pad, id, state, started_at, ended_at, calories_source, max_speed)
       VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (pad, id) DO UPDATE SET state = excluded.state, started_at = excluded.started_at, ended_at = excluded.ended_at,
         calories_source = excluded.calories_source, max_speed = excluded.max_speed
       RETURNING key`,
    )
    .pluck(),
  setTrust: db.prepare("INSERT OR REPLACE INTO clock (key, trusted, seen, held) VALUES (1, ?, ?, ?)"),
  addPortion: db.prepare(
    `INSERT INTO portions (session, day, distance, duration, steps, calories, sessions)
     VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (session, day) DO UPDATE SET ${ADD}`,
  ),
  dropEmpty: db.prepare(
    `DELETE FROM portions WHERE session = ? AND distance = 0 AND duration = 0 AND steps = 0
       AND abs(calories) < 0.001 AND sessions = 0`,
  ),
  putSample: db.prepare(
    `INSERT OR REPLACE INTO samples (session, second, speed, distance, steps, calories, heart_rate, incline)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  ),
  rollUp: db.prepare(
    `INSERT INTO rollups (pad, day, distance, duration, steps, calories, sessions)
     VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (pad, day) DO UPDATE SET ${ADD}`,
  ),
});
