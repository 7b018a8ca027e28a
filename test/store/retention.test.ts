import Database from "better-sqlite3";
import { join } from "node:path";
import { expect, it } from "vitest";
import { sleep } from "../../src/clock.js";
import { ManualClock } from "../support/clock.js";
import { statusAt } from "../support/pad-state.js";
import { storeHere } from "../support/store-here.js";
import { ALL, TrackedPad, inFolder, listeningLog, openStore, recordsIn } from "./tracked-pad.js";

const DAY_MS = 86_400_000;
const FIRST = Date.UTC(2026, 10, 1, 10);

/** Forty minutes of walking on each of some days. */
const walkDaily = async (folder: string, days: number): Promise<void> => {
  for (let day = 0; day < days; day += 1) {
    const clock = new ManualClock(FIRST + day * DAY_MS);
    const store = await openStore(folder, clock);
    const book = new TrackedPad(store, clock);
    for (let second = 1; second <= 2500; second += 1) {
      book.status(statusAt(second));
      await clock.advance(1000);
    }
    book.end();
    await store.close();
  }
};

const count = (folder: string, table: string): unknown => {
  const db = new Database(join(folder, "bridge.db"), { readonly: true });
  const rows = db.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
  db.close();
  return rows;
};

it("sessions and samples beyond retention_days go, a few at a time, and no total falls", () =>
  inFolder(async (folder) => {
    await walkDaily(folder, 3);
    const clock = new ManualClock(FIRST + 3 * DAY_MS);
    const before = await openStore(folder, clock);
    const { tally } = recordsIn(before);
    expect(tally.total).toMatchObject({ duration: 3 * 2499 + 2, sessions: 3 });
    await before.close();
    expect(count(folder, "samples")).toBe(3 * 2500);

    const store = await openStore(folder, clock, { retentionDays: 1 });
    const seen: unknown[] = [];
    for (let second = 0; second < 10; second += 1) {
      await clock.advance(1000);
      seen.push(count(folder, "sessions"));
      expect(recordsIn(store).tally).toEqual(tally);
    }
    // The samples of each are too many for one transaction.
    expect(seen).toEqual([2, 2, 1, 1, 1, 1, 1, 1, 1, 1]);
    expect(await store.sessions(ALL)).toHaveLength(1);
    expect(count(folder, "samples")).toBe(2500);
    // A day later the next one goes, while the bridge runs.
    await clock.advance(DAY_MS);
    expect(await store.sessions(ALL)).toHaveLength(0);
    expect(recordsIn(store).tally.total).toEqual(tally.total);
    await store.close();

    const after = await openStore(folder, clock);
    expect(recordsIn(after).tally.total).toEqual(tally.total);
    expect(recordsIn(after).tally.days).toEqual(tally.days);
    await after.close();
  }));

it("a walk under way outlives any retention", () =>
  inFolder(async (folder) => {
    const clock = new ManualClock(FIRST);
    const store = await openStore(folder, clock, { retentionDays: 1 });
    const book = new TrackedPad(store, clock);
    for (let second = 1; second <= 60; second += 1) {
      book.status(statusAt(second));
      await clock.advance(1000);
    }
    clock.jumpWall(10 * DAY_MS);
    await clock.advance(2 * 60 * 60_000);
    expect(await store.sessions(ALL)).toMatchObject([{ state: "active", duration: 59 }]);
    await store.close();
  }));

const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * DAY_MS;

/** A walk on the first day, kept by a bridge with retention, and an hour of that bridge. */
const keepWalk = async (folder: string): Promise<ManualClock> => {
  const clock = new ManualClock(FIRST);
  const store = await openStore(folder, clock, { retentionDays: 30 });
  const book = new TrackedPad(store, clock);
  for (let second = 1; second <= 60; second += 1) {
    book.status(statusAt(second));
    await clock.advance(1000);
  }
  book.end();
  await clock.advance(HOUR_MS);
  await store.close();
  return clock;
};

it("a clock that is ahead deletes nothing, is logged once, and leaves no effect once it is right", () =>
  inFolder(async (folder) => {
    const clock = await keepWalk(folder);
    const { log, warnings } = listeningLog();
    // It comes up a year ahead, stays so across restarts, and jumps further.
    clock.jumpWall(YEAR_MS);
    for (let run = 0; run < 3; run += 1) {
      const store = await openStore(folder, clock, { retentionDays: 30, log });
      await clock.advance(3 * HOUR_MS);
      if (run === 2) clock.jumpWall(YEAR_MS);
      await clock.advance(4 * HOUR_MS);
      expect(await store.sessions(ALL)).toHaveLength(1);
      await store.close();
    }
    expect(warnings).toEqual(Array(3).fill(expect.stringContaining("The clock shows 2027-11-0")));
    clock.jumpWall(-2 * YEAR_MS);
    const store = await openStore(folder, clock, { retentionDays: 30, log });
    await clock.advance(20 * DAY_MS);
    expect(await store.sessions(ALL)).toHaveLength(1);
    await store.close();
    expect(warnings).toHaveLength(3);
  }));

it("a clock that is ahead deletes nothing where the file was not read at the start", () =>
  inFolder(async (folder) => {
    const clock = await keepWalk(folder);
    clock.jumpWall(YEAR_MS);
    const port = storeHere(folder, clock);
    const late = async () => {
      await sleep(clock, 30_000);
      return port.open();
    };
    const opening = openStore(folder, clock, { retentionDays: 30, port: { ...port, open: late } });
    await clock.advance(31_000);
    const store = await opening;
    await clock.advance(3 * HOUR_MS);
    expect(await store.sessions(ALL)).toHaveLength(1);
    await store.close();
  }));

it("after a month without power old sessions are deleted a day later, and the log shows how many", () =>
  inFolder(async (folder) => {
    const clock = await keepWalk(folder);
    const { log, infos } = listeningLog();
    clock.jumpWall(40 * DAY_MS);
    const store = await openStore(folder, clock, { retentionDays: 30, log });
    const { total } = recordsIn(store).tally;
    await clock.advance(23 * HOUR_MS);
    expect(await store.sessions(ALL)).toHaveLength(1);
    await clock.advance(3 * HOUR_MS);
    expect(await store.sessions(ALL)).toHaveLength(0);
    expect(infos).toEqual([
      "Deleted 1 session that ended before 2026-11-12 (store.retention_days 30). Totals keep them.",
    ]);
    await store.close();
    const after = await openStore(folder, clock);
    expect(recordsIn(after).tally.total).toEqual(total);
    await after.close();
  }));
