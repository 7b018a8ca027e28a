import Database from "better-sqlite3";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import type { Totals } from "../../src/domain/stats.js";
import { loadDriver, openForReading } from "../../src/store/sqlite.js";
import { readSessions, readTally } from "../../src/store/read.js";
import { ALL, inFolder } from "./tracked-pad.js";
import { HOME_MODELS, type HomeModel, STEPLESS, type Truth } from "./home.js";

const CHILD = fileURLToPath(new URL("./walking-child.ts", import.meta.url));
/** All of it, some ten minutes: `KILLS=100 npx vitest run test/store/kill.test.ts`. */
const KILLS = Number(process.env["KILLS"] ?? 3);
const MODELS: readonly HomeModel[] = KILLS < 100 ? ["p1", "z1"] : HOME_MODELS;

interface Told {
  readonly second: number;
  readonly end: { readonly truth: Truth; readonly total: Totals } | null;
}

/** Runs the child from a second on, and kills it once it has reported `seconds` of them; null: lets it end by itself. */
const walkOn = async (
  folder: string,
  model: HomeModel,
  [from, to]: readonly [number, number],
  seconds: number | null,
): Promise<Told> => {
  const args = ["--import", "tsx", CHILD, folder, model, String(from), String(to)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  let lines = 0;
  let told: Told = { second: from, end: null };
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line) as number | NonNullable<Told["end"]>;
    told = typeof said === "number" ? { ...told, second: said } : { ...told, end: said };
    lines += 1;
    if (lines === seconds) child.kill("SIGKILL");
  }
  const [code, signal] = (await exited) as [number | null, NodeJS.Signals | null];
  expect({ code, signal }).toEqual(
    seconds === null ? { code: 0, signal: null } : { code: null, signal: "SIGKILL" },
  );
  return told;
};

/** What the file has at this moment: totals are the sum of the sessions. */
const totalIn = async (folder: string): Promise<Totals> => {
  const db = openForReading(await loadDriver(), join(folder, "bridge.db"));
  if (!db) throw new Error("there is no store");
  const { total } = readTally(db, "office");
  const sessions = readSessions(db, ALL);
  for (const key of ["distance", "duration", "steps"] as const)
    expect(
      sessions.reduce((sum, one) => sum + one[key], 0),
      key,
    ).toBe(total[key]);
  expect(sessions).toHaveLength(total.sessions);
  db.close();
  return total;
};

it.each(MODELS)(
  "kill -9 at any moment: sessions and totals agree, and nothing is lost or counted twice (%s)",
  { timeout: 900_000 },
  (model) =>
    inFolder(async (folder) => {
      let [second, before] = [0, 0];
      for (let kill = 0; kill < KILLS; kill += 1) {
        const told = await walkOn(folder, model, [second, 1e9], 10 + Math.floor(Math.random() * 140));
        const { duration } = await totalIn(folder);
        expect(duration).toBeGreaterThanOrEqual(before);
        before = duration;
        // The pad goes on alone while the bridge is being started again; the child had begun another second.
        second = told.second + 2 + Math.floor(Math.random() * 5);
      }
      const { end } = await walkOn(folder, model, [second, second + 60], null);
      if (!end) throw new Error("the child did not come to its end");
      const { truth, total } = end;
      expect(await totalIn(folder)).toMatchObject({ duration: total.duration, distance: total.distance });
      const off = (key: keyof Truth): number => Math.round(total[key] - truth[key]);
      if (KILLS >= 100)
        process.stdout.write(
          `${model}: ${second + 60} s, ${total.sessions} session, off by ${off("duration")} s, ` +
            `${off("distance")} m, ${off("steps")} steps of ${Math.round(truth.duration)} s, ` +
            `${Math.round(truth.distance)} m, ${Math.round(truth.steps)} steps\n`,
        );
      // Each leg ends with a unit that is not full; each kill may fall into the end of one.
      const legs = 1 + Math.ceil(second / 240);
      const lost = { distance: 11, duration: 2, steps: 5 };
      for (const key of ["distance", "duration", "steps"] as const) {
        if (key === "steps" && STEPLESS.includes(model)) continue;
        expect(total[key], key).toBeLessThanOrEqual(truth[key] + 1);
        expect(total[key], key).toBeGreaterThanOrEqual(truth[key] - (legs + KILLS) * lost[key]);
      }
      const db = new Database(join(folder, "bridge.db"));
      expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
      db.close();
    }),
);
