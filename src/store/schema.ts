/** "WP2Q": identifies the bridge's files, whatever their name. */
export const APPLICATION_ID = 0x57503251;

/**
 * One step per version, in order; `user_version` counts them. A released step is never edited.
 *
 * A session is stored once, as its amounts on each local day (`portions`): sessions, days and totals are sums of it.
 * Sessions that retention has removed are kept in `rollups`. Units: metres, seconds, hundredths of a km/h, kcal (tenths
 * of one in samples); times in epoch milliseconds, `samples.second` counted from the start of the session.
 */
export const MIGRATIONS: readonly string[] = [
  `
  PRAGMA application_id = ${APPLICATION_ID};
  CREATE TABLE pads (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    identity TEXT,
    last_status_at INTEGER,
    walk TEXT
  ) STRICT;
  CREATE TABLE sessions (
    key INTEGER PRIMARY KEY,
    pad INTEGER NOT NULL REFERENCES pads,
    id TEXT NOT NULL,
    state TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    calories_source TEXT NOT NULL,
    max_speed INTEGER NOT NULL,
    UNIQUE (pad, id)
  ) STRICT;
  CREATE TABLE portions (
    session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
    day TEXT NOT NULL,
    distance INTEGER NOT NULL,
    duration INTEGER NOT NULL,
    steps INTEGER NOT NULL,
    calories REAL NOT NULL,
    sessions INTEGER NOT NULL,
    PRIMARY KEY (session, day)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE samples (
    session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
    second INTEGER NOT NULL,
    speed INTEGER NOT NULL,
    distance INTEGER NOT NULL,
    steps INTEGER NOT NULL,
    calories INTEGER NOT NULL,
    heart_rate INTEGER,
    PRIMARY KEY (session, second)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE rollups (
    pad INTEGER NOT NULL REFERENCES pads,
    day TEXT NOT NULL,
    distance INTEGER NOT NULL,
    duration INTEGER NOT NULL,
    steps INTEGER NOT NULL,
    calories REAL NOT NULL,
    sessions INTEGER NOT NULL,
    PRIMARY KEY (pad, day)
  ) STRICT, WITHOUT ROWID;
  CREATE VIEW days AS
    SELECT pad, day, sum(distance) AS distance, sum(duration) AS duration, sum(steps) AS steps,
      sum(calories) AS calories, sum(sessions) AS sessions
    FROM (
      SELECT sessions.pad, day, distance, duration, steps, calories, portions.sessions
        FROM portions JOIN sessions ON sessions.key = portions.session
      UNION ALL
      SELECT pad, day, distance, duration, steps, calories, sessions FROM rollups
    )
    GROUP BY pad, day;
  `,
  // Tenths of a percent; null where the machine has no incline.
  "ALTER TABLE samples ADD COLUMN incline INTEGER",
  // One row, as in clock-trust.ts; milliseconds.
  `
  CREATE TABLE clock (
    key INTEGER PRIMARY KEY CHECK (key = 1),
    trusted INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    held INTEGER NOT NULL
  ) STRICT;
  `,
];
