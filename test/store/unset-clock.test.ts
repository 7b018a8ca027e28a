import Database from "better-sqlite3";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { today } from "../../src/domain/totals.js";
import type { Store } from "../../src/store/store.js";
import { ManualClock } from "../support/clock.js";
import { ALL, TrackedPad, inFolder, openStore, walkFor } from "./tracked-pad.js";
import { RunClock } from "./run-clock.js";

const NOW = Date.parse("2026-11-27T20:00:00Z");
const TODAY = "2026-11-27";

const machineAt = (wall: number): ManualClock => {
  const clock = new ManualClock(wall);
  clock.bootId = "first";
  return clock;
};

/** A Raspberry Pi without a battery for its clock, 30 s after its start. */
const pi = (): ManualClock => machineAt(30_000);

const setClock = (clock: ManualClock): void => clock.jumpWall(NOW - clock.wall());

/** What is in the file. */
const written = (folder: string): { days: unknown; sessions: unknown } => {
  const db = new Database(join(folder, "bridge.db"), { readonly: true });
  const days = db.prepare("SELECT day, distance, duration, steps, sessions FROM portions ORDER BY day").all();
  const sessions = db.prepare("SELECT started_at, ended_at, state FROM sessions ORDER BY key").all();
  db.close();
  return { days, sessions };
};

/** The next run, in a process whose monotonic clock has another zero. */
const nextRun = async (folder: string, clock: ManualClock): Promise<{ store: Store; book: TrackedPad }> => {
  const life = new RunClock(clock);
  const store = await openStore(folder, clock, { clock: life });
  return { store, book: new TrackedPad(store, life) };
};

describe("a walk that began before the clock was set", () => {
  it("gets its time when the clock does", () =>
    inFolder(async (folder) => {
      const clock = pi();
      const store = await openStore(folder, clock);
      const book = new TrackedPad(store, clock);
      await walkFor(book, clock, 1, 62);
      expect(written(folder).days).toMatchObject([{ day: "1970-01-01", sessions: 1 }]);
      const { id } = book.records.walk.session ?? {};
      setClock(clock);
      book.tick();
      const shown = { pad: "office", id, startedAt: NOW - 61_000, duration: 60, distance: 60, steps: 120 };
      expect(await store.sessions(ALL)).toMatchObject([shown]);
      expect(today(book.records.tally)).toMatchObject({ duration: 60, distance: 60, sessions: 1 });
      await walkFor(book, clock, 62, 72);
      book.end();
      await store.close();
      const endedAt = NOW + 9_000;
      expect(written(folder)).toEqual({
        days: [{ day: TODAY, distance: 70, duration: 70, steps: 140, sessions: 1 }],
        sessions: [{ started_at: NOW - 61_000, ended_at: endedAt, state: "ended" }],
      });
      const again = await openStore(folder, clock);
      const [session] = await again.sessions(ALL);
      if (!session) throw new Error("the walk is gone");
      const samples = await again.samples(session);
      expect([samples.at(0)?.at, samples.at(-1)?.at]).toEqual([NOW - 61_000, NOW + 9_000]);
      expect(samples).toHaveLength(71);
      await again.close();
    }));

  it("counts on its day when it had ended before", () =>
    inFolder(async (folder) => {
      const clock = pi();
      const store = await openStore(folder, clock);
      const book = new TrackedPad(store, clock);
      await walkFor(book, clock, 1, 62);
      book.end();
      await clock.advance(3_600_000);
      await walkFor(book, clock, 62, 123);
      book.end();
      await clock.advance(5_000);
      setClock(clock);
      book.tick();
      expect(await store.sessions({ ...ALL, since: NOW - 100_000 })).toMatchObject([{ duration: 61 }]);
      await clock.advance(5_000);
      expect(await store.days({ pad: null, since: null })).toMatchObject([
        { day: TODAY, duration: 121, sessions: 2 },
      ]);
      const sessions = await store.sessions(ALL);
      expect(sessions.map(({ endedAt }) => endedAt)).toEqual([NOW - 3_667_000, NOW - 6_000]);
      await store.close();
    }));

  it.each(["under way", "ended"])("is found by the next run in the same boot, after a kill (%s)", (how) =>
    inFolder(async (folder) => {
      const clock = pi();
      const { store, book } = await nextRun(folder, clock);
      await walkFor(book, clock, 1, 62);
      if (how === "ended") book.end();
      await clock.advance(2_000);
      setClock(clock);
      await clock.advance(10_000);
      const next = await nextRun(folder, clock);
      next.book.tick();
      await walkFor(next.book, clock, 74, 76);
      const [first] = await next.store.sessions(ALL);
      expect(first).toMatchObject({
        startedAt: NOW - 63_000,
        endedAt: how === "ended" ? NOW - 3_000 : null,
        duration: how === "ended" ? 60 : 74,
      });
      await next.store.close();
      expect(written(folder).days).toMatchObject([{ day: TODAY }]);
      await store.close();
    }),
  );

  it("stays where it is after another boot: when it was is not known", () =>
    inFolder(async (folder) => {
      const clock = pi();
      const { store, book } = await nextRun(folder, clock);
      await walkFor(book, clock, 1, 62);
      book.end();
      await clock.advance(2_000);
      clock.bootId = "second";
      clock.jumpWall(30_000 - clock.wall());
      const next = await nextRun(folder, clock);
      setClock(clock);
      next.book.tick();
      await walkFor(next.book, clock, 1, 62);
      await next.store.close();
      expect(written(folder).days).toMatchObject([
        { day: "1970-01-01", duration: 60, sessions: 1 },
        { day: TODAY, duration: 61, sessions: 1 },
      ]);
      await store.close();
    }));
});

it("leaves history alone when a clock that was right is corrected", () =>
  inFolder(async (folder) => {
    const clock = machineAt(NOW);
    const store = await openStore(folder, clock);
    const book = new TrackedPad(store, clock);
    await walkFor(book, clock, 1, 62);
    await clock.advance(2_000);
    const before = written(folder);
    for (const ms of [2_000, -3_600_000, 5 * 3_600_000]) {
      clock.jumpWall(ms);
      book.tick();
      await clock.advance(2_000);
    }
    expect(written(folder)).toEqual(before);
    await store.close();
  }));

describe("the mark of a crash, when the clock was set before the next run", () => {
  it.each([
    ["from 1970", pi, "first", NOW - 3_000],
    ["by an hour, forward", () => machineAt(NOW - 3_600_000), "first", NOW - 3_000],
    ["by an hour, back", () => machineAt(NOW + 3_600_000), "first", NOW - 3_000],
    ["from 1970, in another boot", pi, "second", 40_000],
  ])("%s", (_, machine, boot, mark) =>
    inFolder(async (folder) => {
      const clock = machine();
      const { store, book } = await nextRun(folder, clock);
      await walkFor(book, clock, 1, 12);
      await clock.advance(2_000);
      setClock(clock);
      clock.bootId = boot;
      const next = await nextRun(folder, clock);
      expect(next.store.crashedAt("office")).toBe(mark);
      await next.store.close();
      await store.close();
    }),
  );
});
