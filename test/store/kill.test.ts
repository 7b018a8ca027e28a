import Database from "better-sqlite3";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { loadDriver, openForReading } from "../../src/store/sqlite.js";
import { readSessions, readTally } from "../../src/store/read.js";
import { inFolder } from "./book.js";
import { movedBy } from "./walk-script.js";

const CHILD = fileURLToPath(new URL("./walking-child.ts", import.meta.url));
const ALL = { pad: null, since: null, limit: null };

/** Runs the child from a second on, and kills it once it has told `statuses` of them; null: lets it end by itself. */
const walkOn = async (folder: string, from: number, to: number, statuses: number | null): Promise<number> => {
  const child = spawn(process.execPath, ["--import", "tsx", CHILD, folder, String(from), String(to)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  let told = 0;
  let last = from;
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line);
    told += 1;
    if (told === statuses) child.kill("SIGKILL");
  }
  const [code] = (await exited) as [number | null];
  expect(statuses === null ? code : null).toBe(statuses === null ? 0 : null);
  return last;
};

it(
  "kill -9 at any moment: sessions and totals agree, and nothing is lost or counted twice",
  { timeout: 240_000 },
  () =>
    inFolder(async (folder) => {
      const driver = await loadDriver();
      let second = 0;
      const kills = 20;
      for (let kill = 1; kill <= kills; kill += 1) {
        const last = await walkOn(folder, second, 1e9, 1 + Math.floor(Math.random() * 150));
        const db = openForReading(driver, join(folder, "bridge.db"));
        if (!db) throw new Error("there is no store");
        const { total } = readTally(db, "office", "2026-11-22");
        const sessions = readSessions(db, ALL);
        expect(sessions.reduce((sum, { duration }) => sum + duration, 0)).toBe(total.duration);
        expect(sessions.reduce((sum, { distance }) => sum + distance, 0)).toBe(total.distance);
        expect(total.duration).toBeLessThanOrEqual(movedBy(last) + kill);
        db.close();
        // The pad goes on alone while the bridge is being started again.
        second = last + 2 + Math.floor(Math.random() * 20);
      }
      const end = Math.ceil(second / 1200) * 1200 + 1000;
      await walkOn(folder, second, end, null);
      const db = new Database(join(folder, "bridge.db"));
      expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
      const { total } = readTally(db, "office", "2026-11-22");
      expect(Math.abs(total.duration - movedBy(end))).toBeLessThanOrEqual(kills);
      expect(Math.abs(total.distance - movedBy(end))).toBeLessThanOrEqual(kills);
      expect(Math.abs(total.steps - 2 * movedBy(end))).toBeLessThanOrEqual(2 * kills);
      expect(readSessions(db, ALL)).toHaveLength(total.sessions);
      db.close();
    }),
);
