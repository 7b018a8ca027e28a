// A year of walking, two hours a day and a sample a second, in the store: how large it is and how long it takes to open,
// to list and to add to. Prints a table for the README.
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { sessionsTcx } from "../src/app/export/tcx.js";
import { systemClock } from "../src/clock.js";
import type { Session, Totals } from "../src/domain/stats.js";
import { localDays } from "../test/support/local-days.js";
import { metres, seconds, speedFromKmh } from "../src/domain/units.js";
import type { Logger } from "../src/log/log.js";
import { StoreEngine } from "../src/store/engine.js";
import { noChange, type Sample } from "../src/store/changes.js";
import { readSamples, readSessions } from "../src/store/read.js";
import { databaseFile, loadDriver, openDatabase, openForReading } from "../src/store/sqlite.js";
import { Store } from "../src/store/store.js";
import { Writer } from "../src/store/write.js";

const DAYS = 365;
const SESSIONS_A_DAY = 2;
const SECONDS = 3600;
const FIRST = Date.UTC(2026, 0, 1, 8);
const ZONE = "Europe/Berlin";
const localDay = localDays(ZONE);

const silent = (): void => undefined;
const quiet: Logger = {
  trace: silent,
  debug: silent,
  info: silent,
  warn: silent,
  error: silent,
  fatal: silent,
  child: () => quiet,
};

/** Milliseconds that `run` takes: the middle one of some times. */
const timed = async (times: number, run: () => unknown): Promise<number> => {
  const took: number[] = [];
  for (let i = 0; i < times; i += 1) {
    const began = performance.now();
    await run();
    took.push(performance.now() - began);
  }
  return took.sort((a, b) => a - b)[Math.floor(times / 2)] ?? 0;
};

const sampleAt = (second: number): Sample => ({
  speed: 350 + (second % 20),
  distance: second,
  steps: Math.floor(1.7 * second),
  calories: 0.06 * second,
  heartRate: null,
  incline: null,
});

const sessionOf = (index: number): Session => {
  const startedAt =
    FIRST + Math.floor(index / SESSIONS_A_DAY) * 86_400_000 + (index % SESSIONS_A_DAY) * 6 * 3_600_000;
  return {
    id: startedAt.toString(36).padStart(9, "0"),
    state: "ended",
    startedAt,
    endedAt: startedAt + SECONDS * 1000,
    distance: metres(SECONDS),
    duration: seconds(SECONDS),
    steps: 6120,
    calories: 216,
    caloriesSource: "estimate",
    maxSpeed: speedFromKmh(3.7),
  };
};

const portionOf = ({ distance, duration, steps, calories }: Session): Totals => ({
  distance,
  duration,
  steps,
  calories,
  sessions: 1,
});

const folder = mkdtempSync(join(tmpdir(), "walkingpad-bench-"));
const path = databaseFile(folder);
try {
  const driver = await loadDriver();
  const db = openDatabase(driver, path);
  const writer = new Writer(db);
  const samples = new Map(Array.from({ length: SECONDS }, (_, second) => [second, sampleAt(second)]));
  for (let index = 0; index < DAYS * SESSIONS_A_DAY; index += 1) {
    const session = sessionOf(index);
    const change = noChange();
    const portions = new Map([[localDay(session.startedAt), portionOf(session)]]);
    change.sessions.set(session.id, { session, counts: true, portions, samples });
    writer.write(new Map([["office", change]]), silent);
  }
  db.close();
  const size = statSync(path).size;

  const options = {
    log: quiet,
    clock: systemClock(),
    localDay,
    retentionDays: null,
    changed: silent,
  };
  const start = await timed(9, async () => {
    const store = new Store(folder, new StoreEngine(folder, Date.now), options);
    await store.open();
    store.sessionStoreOf("office").resume();
    await store.close();
  });
  const all = { pad: null, since: null, limit: null };
  const reading = openForReading(driver, path);
  if (!reading) throw new Error("there is no store");
  const list = await timed(9, () => readSessions(reading, all));
  const month = await timed(9, () => readSessions(reading, { ...all, since: FIRST + 335 * 86_400_000 }));
  const [first] = readSessions(reading, { ...all, limit: 1 });
  if (!first) throw new Error("there is no session");
  const tcx = await timed(
    9,
    () => [...sessionsTcx([first], (one) => readSamples(reading, one))].join("").length,
  );
  reading.close();

  // What the store's thread does while somebody walks: one transaction a second.
  const walking = openDatabase(driver, path);
  const walker = new Writer(walking);
  const session = { ...sessionOf(DAYS * SESSIONS_A_DAY), state: "active" as const, endedAt: null };
  const took: number[] = [];
  for (let second = 0; second < 7200; second += 1) {
    const change = noChange();
    const gained = { distance: metres(1), duration: seconds(1), steps: 2, calories: 0.06, sessions: 0 };
    const portions = new Map([[localDay(session.startedAt), gained]]);
    const one = new Map([[second, sampleAt(second)]]);
    change.sessions.set(session.id, { session, counts: true, portions, samples: one });
    change.lastStatusAt = second;
    const began = performance.now();
    walker.write(new Map([["office", change]]), silent);
    took.push(performance.now() - began);
  }
  walking.close();
  took.sort((a, b) => a - b);
  const ms = (value: number): string => `${value < 10 ? value.toFixed(2) : Math.round(value)} ms`;
  const rows: readonly (readonly [string, string])[] = [
    [
      "sessions, samples",
      `${DAYS * SESSIONS_A_DAY}, ${(DAYS * SESSIONS_A_DAY * SECONDS).toLocaleString("en-US")}`,
    ],
    ["size of the file", `${(size / 1024 / 1024).toFixed(1)} MiB`],
    ["start: open, check, read totals and open session", ms(start)],
    ["all sessions listed", ms(list)],
    ["those of the last 30 days", ms(month)],
    ["one hour as TCX", ms(tcx)],
    ["a second of walking written: median", ms(took[3600] ?? 0)],
    ["99 % of them below", ms(took[7128] ?? 0)],
    ["the longest of 7,200, checkpoints included", ms(took.at(-1) ?? 0)],
  ];
  const cpu = cpus()[0]?.model ?? "unknown processor";
  process.stdout.write(
    [
      `| a year, 2 h a day at 1 Hz | ${cpu}, Node ${process.version} |`,
      "|---|---|",
      ...rows.map(([what, value]) => `| ${what} | ${value} |`),
      "",
    ].join("\n"),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
