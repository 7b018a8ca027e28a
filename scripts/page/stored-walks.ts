import { mkdir } from "node:fs/promises";
import { localDays } from "../../test/support/local-days.js";
import { metres, seconds, speedFromKmh } from "../../src/domain/units.js";
import { noChange, type Sample } from "../../src/store/changes.js";
import { databaseFile, loadDriver, openDatabase } from "../../src/store/sqlite.js";
import { Writer } from "../../src/store/write.js";

const DAY_MS = 86_400_000;
const localDay = localDays("UTC");

/** A typical session at a desk: slow at first, then faster, with a pause in the middle. Returns km/h, or null. */
const speedAt = (second: number, walk: number): number | null => {
  if (second >= 900 && second < 1_080) return null;
  const warm = Math.min(1, (second + 5) / 60);
  return warm * (2.5 + (walk % 4) * 0.5 + (second > 1_500 ? 0.5 : 0));
};

const samplesOf = (length: number, walk: number): ReadonlyMap<number, Sample> => {
  const samples = new Map<number, Sample>();
  let [distance, steps, calories] = [0, 0, 0];
  for (let second = 0; second < length; second += 1) {
    const kmh = speedAt(second, walk);
    if (kmh === null) continue;
    distance += kmh / 3.6;
    steps += kmh * 0.5;
    calories += kmh / 60;
    const isLast = speedAt(second + 1, walk) === null;
    samples.set(second, {
      speed: isLast ? 0 : Math.round(kmh * 100),
      distance: Math.round(distance),
      steps: Math.round(steps),
      calories,
      heartRate: null,
      incline: null,
    });
  }
  return samples;
};

/**
 * A store with `days` days of walks up to yesterday, none on Sundays, one or two on the others. `keeps`: whether the
 * walks of so many days ago keep their samples, which are most of the work.
 */
export const storeWalks = async (
  folder: string,
  pad: string,
  days: number,
  keeps: (daysAgo: number) => boolean = () => true,
): Promise<void> => {
  await mkdir(folder, { recursive: true });
  const db = openDatabase(await loadDriver(), databaseFile(folder));
  const writer = new Writer(db);
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  for (let day = days; day >= 1; day -= 1) {
    const midnight = today - day * DAY_MS;
    const isSunday = new Date(midnight).getUTCDay() === 0;
    for (let walk = 0; walk < (isSunday ? 0 : 1 + (day % 2)); walk += 1) {
      const length = 1_800 + ((day * 7 + walk * 3) % 5) * 600;
      const samples = samplesOf(length, day + walk);
      const last = [...samples.values()].at(-1);
      const startedAt = midnight + (8 + walk * 6) * 3_600_000 + (day % 6) * 600_000;
      const sums = {
        distance: metres(last?.distance ?? 0),
        duration: seconds(samples.size),
        steps: last?.steps ?? 0,
        calories: last?.calories ?? 0,
      };
      const change = noChange();
      const id = startedAt.toString(36).padStart(9, "0");
      const session = {
        ...sums,
        id,
        state: "ended",
        startedAt,
        endedAt: startedAt + length * 1_000,
        caloriesSource: "estimate",
        maxSpeed: speedFromKmh(Math.max(...[...samples.values()].map(({ speed }) => speed)) / 100),
      } as const;
      const portions = new Map([[localDay(startedAt), { ...sums, sessions: 1 }]]);
      change.sessions.set(id, {
        session,
        counts: true,
        portions,
        samples: new Map(keeps(day) ? samples : []),
      });
      writer.write(new Map([[pad, change]]), () => undefined);
    }
  }
  db.close();
};
