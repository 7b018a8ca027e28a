import Database from "better-sqlite3";
import { chmodSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { PadStatus } from "../../src/domain/pad.js";
import { NO_TOTALS, today } from "../../src/domain/totals.js";
import { sleep } from "../../src/clock.js";
import { noIdentity } from "../../src/domain/identity.js";
import { ManualClock } from "../support/clock.js";
import { statusAt } from "../support/pad-state.js";
import { storeHere } from "../support/store-here.js";
import { ALL, TrackedPad, inFolder, openStore, recordsIn, walkFor } from "./tracked-pad.js";

const resting = (count: number): PadStatus => statusAt(count, 0);

const modes = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder)
      .filter((name) => name.startsWith("bridge.db"))
      .map((name) => [name, (statSync(join(folder, name)).mode & 0o777).toString(8)]),
  );

describe("the store", () => {
  it("is its owner's alone, also one that an earlier version left open to others", () =>
    inFolder(async (parent) => {
      const folder = join(parent, "data");
      const clock = new ManualClock();
      const first = await openStore(folder, clock);
      expect((statSync(folder).mode & 0o777).toString(8)).toBe("700");
      const own = { "bridge.db": "600", "bridge.db-shm": "600", "bridge.db-wal": "600" };
      expect(modes(folder)).toEqual(own);
      for (const name of Object.keys(own)) chmodSync(join(folder, name), 0o644);
      const second = await openStore(folder, clock);
      expect(modes(folder)).toEqual(own);
      await second.close();
      await first.close();
    }));

  it("keeps the address that a name is bound to, also when it could not read it at the start", () =>
    inFolder(async (folder) => {
      const clock = new ManualClock();
      const bound = (address: string) => ({ ...noIdentity, bound: { name: "kingsmith", address } });
      const first = await openStore(folder, clock);
      first.keep("office", bound("57:4c:4e:00:11:01"));
      await first.close();
      const port = storeHere(folder, clock);
      const late = async () => {
        await sleep(clock, 30_000);
        return port.open();
      };
      const opening = openStore(folder, clock, { port: { ...port, open: late } });
      await clock.advance(31_000);
      const second = await opening;
      second.keep("office", bound("57:4c:4e:00:11:02"));
      expect(second.recall("office").bound?.address).toBe("57:4c:4e:00:11:02");
      await second.close();
      const third = await openStore(folder, clock);
      expect(third.recall("office").bound?.address).toBe("57:4c:4e:00:11:01");
      await third.close();
    }));

  it("does not change the mode of a file that is not its own", () =>
    inFolder(async (folder) => {
      const file = join(folder, "bridge.db");
      const other = new Database(file);
      other.exec("CREATE TABLE theirs (a)");
      other.close();
      chmodSync(file, 0o644);
      await openStore(folder, new ManualClock());
      expect(modes(folder)).toEqual({ "bridge.db": "644" });
    }));

  it("gives back identities, marks, totals and sessions", () =>
    inFolder(async (folder) => {
      const clock = new ManualClock();
      const store = await openStore(folder, clock);
      expect(store.state).toEqual({ state: "ok", advice: null });
      const identity = {
        bound: { name: "ks-blc2", address: "57:4c:4e:00:11:22" },
        protocol: "wilink" as const,
        model: "C2",
        capabilities: null,
      };
      store.keep("office", identity);
      const book = new TrackedPad(store, clock);
      book.status(resting(0));
      await walkFor(book, clock, 1, 61);
      book.status(resting(60));
      const [session] = await store.sessions(ALL);
      expect(session).toMatchObject({
        pad: "office",
        state: "paused",
        distance: 60,
        duration: 60,
        steps: 120,
      });
      book.end();
      await store.close();

      const again = await openStore(folder, clock);
      expect(again.recall("office")).toEqual(identity);
      expect(again.crashedAt("office")).not.toBeNull();
      expect(await again.sessions(ALL)).toEqual([{ ...book.records.walk.session, pad: "office" }]);
      expect(recordsIn(again).tally).toEqual(book.records.tally);
      expect(recordsIn(again, "kitchen").tally.total.distance).toBe(0);
      again.clearCrashMark("office");
      await again.close();
      const third = await openStore(folder, clock);
      expect(third.crashedAt("office")).toBeNull();
      await third.close();
      expect(clock.pending).toBe(0);
      expect(readdirSync(folder)).toEqual(["bridge.db"]);
    }));

  it("begins no day again that is over, when the clock comes up an hour late after midnight", () =>
    inFolder(async (folder) => {
      const clock = new ManualClock(Date.parse("2026-11-22T23:58:00+01:00"));
      const store = await openStore(folder, clock);
      const book = new TrackedPad(store, clock);
      await walkFor(book, clock, 1, 62);
      await clock.advance(120_000);
      book.status(resting(61));
      await store.close();
      clock.jumpWall(-3_600_000);
      const again = await openStore(folder, clock);
      expect(today(recordsIn(again).tally)).toEqual(NO_TOTALS);
      await again.close();
      clock.jumpWall(-86_400_000);
      const third = await openStore(folder, clock);
      expect(recordsIn(third).tally.day).toBe("2026-11-21");
      await third.close();
    }));

  it("writes at most once a second, from its timer, and what is new within a second", () =>
    inFolder(async (folder) => {
      const clock = new ManualClock();
      const store = await openStore(folder, clock);
      const reader = new Database(join(folder, "bridge.db"), { readonly: true });
      const version = (): unknown => reader.pragma("data_version", { simple: true });
      const book = new TrackedPad(store, clock);
      await clock.advance(5_000);
      let seen = version();
      let writes = 0;
      // Four statuses a second, as an FTMS machine may tell.
      for (let i = 1; i <= 400; i += 1) {
        book.status(statusAt(Math.floor(i / 4)));
        expect(version()).toBe(seen);
        await clock.advance(250);
        if (version() !== seen) writes += 1;
        seen = version();
      }
      expect(writes).toBeGreaterThan(95);
      expect(writes).toBeLessThanOrEqual(101);
      reader.close();
      await store.close();
    }));

  it("a pad that rests costs a write every 10 s, a pad that is away none", () =>
    inFolder(async (folder) => {
      const clock = new ManualClock();
      const store = await openStore(folder, clock);
      const book = new TrackedPad(store, clock);
      book.status(resting(0));
      await clock.advance(2_000);
      const reader = new Database(join(folder, "bridge.db"), { readonly: true });
      const writesIn = async (second: () => void): Promise<number> => {
        let writes = 0;
        let seen = reader.pragma("data_version", { simple: true });
        for (let i = 0; i < 100; i += 1) {
          second();
          await clock.advance(1000);
          const now = reader.pragma("data_version", { simple: true });
          if (now !== seen) writes += 1;
          seen = now;
        }
        return writes;
      };
      expect(await writesIn(() => book.status(resting(0)))).toBeLessThanOrEqual(11);
      await clock.advance(15_000);
      expect(await writesIn(() => book.tick())).toBe(0);
      reader.close();
      await store.close();
    }));

  it("takes nothing after its end, so that a late status does not undo a clean end", () =>
    inFolder(async (folder) => {
      const clock = new ManualClock();
      const store = await openStore(folder, clock);
      store.statusSeen("office", 1);
      await clock.advance(1_000);
      store.clearCrashMark("office");
      await store.end();
      store.statusSeen("office", 2);
      await clock.advance(20_000);
      await store.close();
      const again = await openStore(folder, clock);
      expect(again.crashedAt("office")).toBeNull();
      await again.close();
    }));

  it("keeps one sample a second, through wall clocks that jump, and none of a walk that is too short", () =>
    inFolder(async (folder) => {
      const clock = new ManualClock();
      const store = await openStore(folder, clock);
      const book = new TrackedPad(store, clock);
      await walkFor(book, clock, 1, 41);
      clock.jumpWall(-3_600_000);
      await walkFor(book, clock, 41, 61);
      clock.jumpWall(7_200_000);
      await walkFor(book, clock, 61, 81);
      book.end();
      await walkFor(book, clock, 81, 101);
      book.end();
      await store.close();
      const db = new Database(join(folder, "bridge.db"), { readonly: true });
      expect(
        db.prepare("SELECT second, distance, steps, speed FROM samples ORDER BY second").raw().all(),
      ).toEqual(Array.from({ length: 80 }, (_, second) => [second, second, 2 * second, 360]));
      expect(db.prepare("SELECT count(*) FROM sessions").pluck().get()).toBe(1);
      db.close();
    }));

  it("keeps the days of a walk across midnight apart", () =>
    inFolder(async (folder) => {
      const clock = new ManualClock(Date.parse("2026-11-22T22:59:00Z"));
      const store = await openStore(folder, clock);
      const book = new TrackedPad(store, clock);
      await walkFor(book, clock, 1, 121);
      await store.close();
      const again = await openStore(folder, clock);
      const { tally } = recordsIn(again);
      expect(
        Object.entries(tally.days).map(([day, { distance, sessions }]) => [day, distance, sessions]),
      ).toEqual([
        ["2026-11-22", 59, 1],
        ["2026-11-23", 60, 0],
      ]);
      expect(tally).toEqual(book.records.tally);
      await again.close();
    }));

  it.each([
    ["pad", { ...ALL, pad: "kitchen" }, ["kitchen 1"]],
    ["since", { ...ALL, since: Date.UTC(2026, 10, 22, 11) }, ["office 1", "kitchen 1"]],
    ["limit", { ...ALL, limit: 1 }, ["kitchen 1"]],
    ["nothing", ALL, ["office 0", "office 1", "kitchen 1"]],
  ])("lists sessions by %s", (_, filter, expected) =>
    inFolder(async (folder) => {
      const clock = new ManualClock();
      const store = await openStore(folder, clock);
      const office = new TrackedPad(store, clock);
      const kitchen = new TrackedPad(store, clock, "kitchen");
      const hour = Date.UTC(2026, 10, 22, 10);
      const walkAndEnd = async (book: TrackedPad): Promise<void> => {
        await walkFor(book, clock, 1, 61);
        book.end();
      };
      await walkAndEnd(office);
      await clock.advance(3_600_000);
      await walkAndEnd(office);
      await walkAndEnd(kitchen);
      const told = (await store.sessions(filter)).map(
        ({ pad, startedAt }) => `${pad} ${Math.floor((startedAt - hour) / 3_600_000)}`,
      );
      expect(told).toEqual(expected);
      await store.close();
    }),
  );
});
