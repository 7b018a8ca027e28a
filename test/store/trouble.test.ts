import Database from "better-sqlite3";
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { StoreError } from "../../src/store/store-state.js";
import { ManualClock } from "../support/clock.js";
import { ALL, TrackedPad, inFolder, listeningLog, openStore, recordsIn, walkFor } from "./tracked-pad.js";

const FILE = "bridge.db";

/** A store with a walk of a minute, or of `length` seconds, in it. */
const fill = async (folder: string, length = 60): Promise<void> => {
  const clock = new ManualClock(Date.UTC(2026, 10, 21, 10));
  const store = await openStore(folder, clock);
  const book = new TrackedPad(store, clock);
  await walkFor(book, clock, 0, length + 1);
  book.end();
  store.clearCrashMark("office");
  await store.close();
};

/** With any store: a session continues, its numbers are known, and nothing throws. */
const walksOn = async (folder: string, open = openStore): Promise<void> => {
  const clock = new ManualClock();
  const store = await open(folder, clock);
  const before = store.sessionStoreOf("office").resume()?.tally.total.distance ?? 0;
  const book = new TrackedPad(store, clock);
  await walkFor(book, clock, 1, 62);
  expect(book.records.tally.total.distance).toBe(before + 60);
  expect((await store.sessions(ALL)).at(-1)).toMatchObject({ state: "active", duration: 60, distance: 60 });
  await store.close();
  expect(clock.pending).toBe(0);
};

const asideOf = (folder: string): string => {
  const [aside = "", ...more] = readdirSync(folder).filter(
    (name) => name.includes(".damaged-") && name.endsWith("Z"),
  );
  expect(more).toEqual([]);
  return join(folder, aside);
};

const breaks: readonly (readonly [string, (path: string) => void])[] = [
  ["garbage", (path) => writeFileSync(path, "not a database ".repeat(500))],
  ["a file cut in half", (path) => truncateSync(path, Math.floor(statSync(path).size / 2 / 4096) * 4096)],
  ["a file cut within a page", (path) => truncateSync(path, 5_000)],
  [
    "pages of zeros",
    (path) => {
      const file = openSync(path, "r+");
      for (let page = 2; page < statSync(path).size / 4096; page += 1)
        writeSync(file, Buffer.alloc(4096), 0, 4096, page * 4096);
    },
  ],
];

describe("a damaged store", () => {
  it.each(breaks)("of %s is kept aside, and a new one begun", (_, damage) =>
    inFolder(async (folder) => {
      await fill(folder);
      damage(join(folder, FILE));
      const broken = readFileSync(join(folder, FILE));
      const { log, warnings } = listeningLog();
      const clock = new ManualClock();
      const store = await openStore(folder, clock, { log });
      expect(store.state.state).toBe("damaged");
      expect(store.state.advice).toContain(asideOf(folder));
      expect(readFileSync(asideOf(folder))).toEqual(broken);
      expect(warnings).toHaveLength(1);
      await store.close();
      await walksOn(folder);
      const again = await openStore(folder, clock);
      expect(again.state.state).toBe("ok");
      expect(recordsIn(again).tally.total.distance).toBe(60);
      await again.close();
    }),
  );

  it("is replaced under way, and no total falls", () =>
    inFolder(async (folder) => {
      await fill(folder);
      const clock = new ManualClock();
      const { log, warnings } = listeningLog();
      const store = await openStore(folder, clock, { log });
      const identity = { bound: null, protocol: "wilink" as const, model: "C2", capabilities: null };
      store.keep("office", identity);
      const book = new TrackedPad(store, clock);
      await walkFor(book, clock, 1, 62);
      // Another connection commits, so that ours reads the file anew, and what it then reads is nonsense.
      const other = new Database(join(folder, FILE));
      other.pragma("wal_checkpoint(TRUNCATE)");
      other.exec("UPDATE pads SET identity = identity");
      const file = openSync(join(folder, FILE), "r+");
      for (let page = 2; page < statSync(join(folder, FILE)).size / 4096; page += 1)
        writeSync(file, Buffer.alloc(4096, 0xa5), 0, 4096, page * 4096);
      await walkFor(book, clock, 62, 92);
      expect(store.state.state).toBe("damaged");
      expect(existsSync(asideOf(folder))).toBe(true);
      expect(warnings).toHaveLength(1);
      other.close();
      await store.close();

      const again = await openStore(folder, clock);
      expect(again.state.state).toBe("ok");
      expect(again.recall("office")).toEqual(identity);
      expect(again.crashedAt("office")).not.toBeNull();
      const { walk, tally } = recordsIn(again);
      expect(tally).toEqual(book.records.tally);
      expect(tally.total.distance).toBe(60 + 91);
      expect(walk.session).toEqual(book.records.walk.session);
      await again.close();
    }));
});

describe("a store that is", () => {
  it("of 0 bytes at the start is reported, not silently replaced", () =>
    inFolder(async (folder) => {
      await fill(folder);
      truncateSync(join(folder, FILE));
      const { log, warnings } = listeningLog();
      const store = await openStore(folder, new ManualClock(), { log });
      expect(store.state).toMatchObject({
        state: "damaged",
        advice: expect.stringMatching(/0 bytes.*history and totals start again/) as string,
      });
      expect(warnings).toHaveLength(1);
      expect(statSync(asideOf(folder)).size).toBe(0);
      await store.close();
    }));

  it.each<[string, (folder: string) => void, RegExp]>([
    [
      "removed",
      (folder) => rmSync(join(folder, FILE)),
      /removed while the bridge ran.*Totals and the session/,
    ],
    ["emptied", (folder) => truncateSync(join(folder, FILE)), /0 bytes.*Totals and the session/],
    [
      "removed with its folder",
      (folder) => rmSync(folder, { recursive: true }),
      /removed while the bridge ran.*Totals and the session/,
    ],
  ])("%s while it is in use: it is reported, and a new one has every total", (_, lose, advice) =>
    inFolder(async (parent) => {
      const folder = join(parent, "data");
      mkdirSync(folder);
      await fill(folder);
      const clock = new ManualClock();
      const { log, warnings } = listeningLog();
      const store = await openStore(folder, clock, { log });
      const book = new TrackedPad(store, clock);
      await walkFor(book, clock, 1, 62);
      lose(folder);
      await walkFor(book, clock, 62, 64);
      // As the heartbeat does.
      mkdirSync(folder, { recursive: true });
      await walkFor(book, clock, 64, 92);
      expect(store.state).toMatchObject({
        state: "damaged",
        advice: expect.stringMatching(advice) as string,
      });
      expect(warnings.filter((text) => text.startsWith("Store damaged"))).toHaveLength(1);
      await store.close();

      const again = await openStore(folder, clock);
      expect(again.state.state).toBe("ok");
      const { walk, tally } = recordsIn(again);
      expect(tally).toEqual(book.records.tally);
      expect(tally.total.distance).toBe(60 + 91);
      expect(walk.session).toEqual(book.records.walk.session);
      await again.close();
    }),
  );

  it("replaced by another file while it is in use is left alone until a restart", () =>
    inFolder(async (folder) => {
      await fill(folder);
      const backup = readFileSync(join(folder, FILE));
      const clock = new ManualClock();
      const { log, warnings } = listeningLog();
      const store = await openStore(folder, clock, { log });
      const book = new TrackedPad(store, clock);
      await walkFor(book, clock, 1, 62);
      writeFileSync(join(folder, "copy"), backup);
      renameSync(join(folder, "copy"), join(folder, FILE));
      await walkFor(book, clock, 62, 92);
      expect(store.state.state).toBe("replaced");
      expect(warnings).toHaveLength(1);
      expect(readFileSync(join(folder, FILE))).toEqual(backup);
      await store.close();
    }));
});

const obstacles: readonly (readonly [string, string, (folder: string) => void])[] = [
  [
    "a folder in place of the file",
    "unwritable",
    (folder) => mkdirSync(join(folder, "data", FILE), { recursive: true }),
  ],
  ["a file in place of the folder", "unwritable", (folder) => writeFileSync(join(folder, "data"), "")],
];

describe("a store that cannot be used", () => {
  it.each(obstacles)("for %s is reported once, and the session continues", (_, state, obstruct) =>
    inFolder(async (folder) => {
      obstruct(folder);
      const { log, warnings } = listeningLog();
      await walksOn(join(folder, "data"), async (path, clock) => {
        const store = await openStore(path, clock, { log });
        expect(store.state.state).toBe(state);
        expect(store.state.advice).toContain("Belts are still stopped");
        return store;
      });
      expect(warnings).toHaveLength(1);
    }),
  );

  it("for lack of its native part is reported, and the session continues", () =>
    inFolder(async (folder) => {
      await walksOn(folder, async (path, clock) => {
        const loadDriver = (): Promise<never> => Promise.reject(new StoreError("unavailable", "no build"));
        const store = await openStore(path, clock, { loadDriver });
        expect(store.state.state).toBe("unavailable");
        return store;
      });
      expect(readdirSync(folder)).toEqual([]);
    }));

  it.each([
    ["newer", (db: Database.Database) => db.pragma("user_version = 99")],
    ["foreign", (db: Database.Database) => db.pragma("application_id = 1")],
    [
      "foreign",
      (db: Database.Database) => {
        db.pragma("user_version = 0");
      },
    ],
  ] as const)("since it is %s is left untouched", (state, change) =>
    inFolder(async (folder) => {
      await fill(folder);
      const db = new Database(join(folder, FILE));
      change(db);
      db.close();
      const before = readFileSync(join(folder, FILE));
      await walksOn(folder, async (path, clock) => {
        const { log, warnings } = listeningLog();
        const store = await openStore(path, clock, { log });
        expect(store.state.state).toBe(state);
        // Of walks that are there and cannot be read no total is known; another program's file has none.
        expect(store.sessionStoreOf("office").resume() === null).toBe(state === "newer");
        expect(warnings.some((said) => said.includes("stats is not published"))).toBe(state === "newer");
        return store;
      });
      expect(readFileSync(join(folder, FILE))).toEqual(before);
      expect(readdirSync(folder)).toEqual([FILE]);
    }),
  );

  it("that was opened, and whose sessions cannot be read, reports no totals", () =>
    inFolder(async (folder) => {
      await fill(folder);
      const clock = new ManualClock();
      const other = new Database(join(folder, FILE));
      other.exec("DROP VIEW days; UPDATE pads SET last_status_at = 7");
      other.close();
      const store = await openStore(folder, clock);
      expect(store.sessionStoreOf("office").resume()).toBeNull();
      expect(store.crashedAt("office")).toBe(7);
      await store.close();
    }));

  it("that cannot be repaired at the start still has its marks read", () =>
    inFolder(async (folder) => {
      const clock = new ManualClock();
      const store = await openStore(folder, clock);
      for (const pad of ["attic", "office"]) store.statusSeen(pad, clock.wall());
      await store.close();
      const other = new Database(join(folder, FILE));
      other.exec(`INSERT INTO sessions (pad, id, state, started_at, calories_source, max_speed)
          VALUES ((SELECT key FROM pads WHERE id = 'attic'), 'forgotten', 'active', 0, 'pad', 0);
        CREATE TRIGGER full BEFORE UPDATE ON sessions BEGIN SELECT RAISE(ABORT, 'full'); END`);
      other.close();
      const again = await openStore(folder, clock);
      expect(again.state.state).toBe("unwritable");
      expect(["attic", "office"].map((pad) => again.crashedAt(pad))).toEqual([clock.wall(), clock.wall()]);
      await again.close();
    }));

  it("while another program holds it waits, and writes a second after it is released", () =>
    inFolder(async (folder) => {
      const clock = new ManualClock();
      const { log, warnings } = listeningLog();
      const store = await openStore(folder, clock, { log });
      const book = new TrackedPad(store, clock);
      await walkFor(book, clock, 1, 33);
      const other = new Database(join(folder, FILE));
      other.exec("BEGIN IMMEDIATE");
      await walkFor(book, clock, 33, 36);
      expect(store.state.state).toBe("busy");
      expect(warnings).toHaveLength(1);
      expect(await store.sessions(ALL)).toMatchObject([{ duration: 34 }]);
      other.exec("ROLLBACK");
      await walkFor(book, clock, 36, 38);
      expect(store.state.state).toBe("ok");
      const written = other.prepare("SELECT sum(duration) FROM portions").pluck().get();
      expect(written).toBe(36);
      other.close();
      await store.close();
    }));

  it("begins to write once it can, with all that was walked meanwhile", () =>
    inFolder(async (folder) => {
      const path = join(folder, "data");
      writeFileSync(path, "");
      const clock = new ManualClock();
      const { log, warnings } = listeningLog();
      const store = await openStore(path, clock, { log });
      const book = new TrackedPad(store, clock);
      await walkFor(book, clock, 1, 62);
      rmSync(path);
      mkdirSync(path);
      await walkFor(book, clock, 62, 92);
      expect(store.state.state).toBe("ok");
      expect(warnings).toHaveLength(1);
      await store.close();
      const again = await openStore(path, clock);
      expect(recordsIn(again).tally).toEqual(book.records.tally);
      expect(await again.sessions(ALL)).toMatchObject([{ duration: 90 }]);
      await again.close();
    }));
});

// A disk of 2 MB of its own; a few test machines may have no right to it.
const mountable = ((): boolean => {
  try {
    execFileSync("unshare", ["--mount", "mount", "-t", "tmpfs", "none", "/mnt"], { stdio: "ignore" });
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
})();

describe.runIf(mountable)("a disk of its own", () => {
  const disk = join("/tmp", `walkingpad-disk-${process.pid}`);
  const mount = (...options: string[]): void => {
    execFileSync("mount", [...options, disk]);
  };
  beforeAll(() => {
    mkdirSync(disk);
    mount("-t", "tmpfs", "-o", "size=2m", "none");
  });
  /** A store that was closed may still have its log forced to the disk, off the main loop: as long the disk is busy. */
  const idle = (work: () => void): Promise<void> => vi.waitFor(work, 2_000);
  afterAll(async () => {
    await idle(() => execFileSync("umount", [disk]));
    rmSync(disk, { recursive: true });
  });

  it("that is full is reported, loses no data, and is used again once there is room", async () => {
    const folder = join(disk, "full");
    await fill(folder);
    const clock = new ManualClock();
    const { log, warnings } = listeningLog();
    const store = await openStore(folder, clock, { log });
    const book = new TrackedPad(store, clock);
    await walkFor(book, clock, 1, 5);
    const filler = join(disk, "filler");
    try {
      writeFileSync(filler, Buffer.alloc(4 * 1024 * 1024));
    } catch {
      // As intended: the disk is full now.
    }
    await walkFor(book, clock, 5, 400);
    expect(store.state.state).toBe("full");
    expect(warnings).toHaveLength(1);
    expect(await store.sessions(ALL)).toMatchObject([{ duration: 60 }, { duration: 399 }]);
    rmSync(filler);
    await walkFor(book, clock, 400, 420);
    expect(store.state.state).toBe("ok");
    await store.close();
    const again = await openStore(folder, clock);
    expect(recordsIn(again).tally).toEqual(book.records.tally);
    await again.close();
    rmSync(folder, { recursive: true });
  });

  it.each(["after a clean end", "after a crash"])(
    "that has become read-only still reports totals, %s",
    async (how) => {
      const [folder, crashed] = [join(disk, "closed"), join(disk, "crashed")];
      await fill(folder);
      const clock = new ManualClock();
      const store = await openStore(folder, clock);
      const book = new TrackedPad(store, clock);
      await walkFor(book, clock, 1, 62);
      // What a crash leaves is what is there now, log and all.
      await clock.advance(2_000);
      cpSync(folder, crashed, { recursive: true });
      await store.close();
      await idle(() => mount("-o", "remount,ro"));
      try {
        const reopened = await openStore(how === "after a crash" ? crashed : folder, clock);
        expect(reopened.state.state).toBe("unwritable");
        expect(recordsIn(reopened).tally).toEqual(book.records.tally);
        expect(await reopened.sessions(ALL)).toHaveLength(2);
        await reopened.close();
      } finally {
        mount("-o", "remount,rw");
        for (const each of [folder, crashed]) rmSync(each, { recursive: true });
      }
    },
  );

  it("that is read-only is read once, not every time that it cannot be written", async () => {
    const folder = join(disk, "once");
    await fill(folder);
    await idle(() => mount("-o", "remount,ro"));
    try {
      const opened: (string | Buffer | undefined)[] = [];
      class Counted extends Database {
        constructor(...args: ConstructorParameters<typeof Database>) {
          super(...args);
          opened.push(args[0]);
        }
      }
      const clock = new ManualClock();
      const loadDriver = (): Promise<typeof Database> => Promise.resolve(Counted as typeof Database);
      const store = await openStore(folder, clock, { loadDriver });
      const book = new TrackedPad(store, clock);
      await walkFor(book, clock, 1, 62);
      expect(opened.filter((what) => typeof what !== "string")).toHaveLength(1);
      expect(await store.sessions(ALL)).toMatchObject([{ duration: 60 }, { state: "active" }]);
      await store.close();
    } finally {
      mount("-o", "remount,rw");
      rmSync(folder, { recursive: true });
    }
  });
});
