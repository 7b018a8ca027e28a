import type { Session } from "../../src/domain/stats.js";
import { localDays } from "../../test/support/local-days.js";
import { metres, seconds, speedFromKmh } from "../../src/domain/units.js";
import { noChange } from "../../src/store/changes.js";
import { databaseFile, loadDriver, openDatabase } from "../../src/store/sqlite.js";
import { Writer } from "../../src/store/write.js";

const HOUR_MS = 3_600_000;
const FIRST = Date.UTC(2026, 0, 1, 8);

/** Fills the store in `folder` with so many ended walks of a pad, an hour each, four a day. */
export const writeWalks = async (folder: string, pad: string, count: number): Promise<void> => {
  const db = openDatabase(await loadDriver(), databaseFile(folder));
  const writer = new Writer(db);
  const dayOf = localDays("UTC");
  for (let n = 0; n < count; n += 1) {
    const startedAt = FIRST + n * 6 * HOUR_MS;
    const session: Session = {
      id: startedAt.toString(36).padStart(9, "0"),
      state: "ended",
      startedAt,
      endedAt: startedAt + HOUR_MS,
      distance: metres(3_600),
      duration: seconds(3_600),
      steps: 6_120,
      calories: 216,
      caloriesSource: "estimate",
      maxSpeed: speedFromKmh(3.7),
    };
    const { distance, duration, steps, calories } = session;
    const change = noChange();
    const portions = new Map([[dayOf(startedAt), { distance, duration, steps, calories, sessions: 1 }]]);
    change.sessions.set(session.id, { session, counts: true, portions, samples: new Map() });
    writer.write(new Map([[pad, change]]), () => undefined);
  }
  db.close();
};
