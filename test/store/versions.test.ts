import Database from "better-sqlite3";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { MIGRATIONS } from "../../src/store/schema.js";
import { loadDriver, openDatabase, openForReading } from "../../src/store/sqlite.js";
import { inFolder } from "./tracked-pad.js";

const version = (db: Database.Database): unknown => db.pragma("user_version", { simple: true });

describe("the schema", () => {
  it("of a version 1 file is migrated, and what is in it is kept", () =>
    inFolder(async (folder) => {
      const driver = await loadDriver();
      const path = join(folder, "bridge.db");
      const first = openDatabase(driver, path, { migrations: MIGRATIONS.slice(0, 1) });
      first.exec("INSERT INTO pads (id, last_status_at) VALUES ('office', 7)");
      expect(version(first)).toBe(1);
      first.close();
      const steps = [...MIGRATIONS, "ALTER TABLE pads ADD COLUMN colour TEXT NOT NULL DEFAULT 'grey'"];
      for (let again = 0; again < 2; again += 1) {
        const db = openDatabase(driver, path, { migrations: steps });
        expect(version(db)).toBe(steps.length);
        expect(db.prepare("SELECT id, last_status_at, colour FROM pads").raw().all()).toEqual([
          ["office", 7, "grey"],
        ]);
        db.close();
      }
    }));

  it("is left as it was by a migration that fails", () =>
    inFolder(async (folder) => {
      const driver = await loadDriver();
      const path = join(folder, "bridge.db");
      openDatabase(driver, path).close();
      const broken = [...MIGRATIONS, "CREATE TABLE walks (key INTEGER); CREATE TABLE nonsense ("];
      expect(() => openDatabase(driver, path, { migrations: broken })).toThrow();
      const db = openDatabase(driver, path);
      expect(version(db)).toBe(MIGRATIONS.length);
      expect(db.prepare("SELECT count(*) FROM sqlite_master WHERE name = 'walks'").pluck().get()).toBe(0);
      db.close();
    }));

  it("of an unknown newer version is refused, and the file left untouched", () =>
    inFolder(async (folder) => {
      const driver = await loadDriver();
      const path = join(folder, "bridge.db");
      openDatabase(driver, path, {
        migrations: [...MIGRATIONS, "CREATE TABLE future (key INTEGER)"],
      }).close();
      const before = readFileSync(path);
      expect(() => openDatabase(driver, path)).toThrow(/version 4; this program knows up to 3/);
      expect(() => openForReading(driver, path)).toThrow(/version 4/);
      expect(readFileSync(path)).toEqual(before);
    }));

  it("is found newer even where only the log shows it", () =>
    inFolder(async (folder) => {
      const driver = await loadDriver();
      const path = join(folder, "bridge.db");
      openDatabase(driver, path).close();
      const newer = new Database(path);
      newer.pragma("journal_mode = WAL");
      newer.pragma("user_version = 9");
      expect(() => openDatabase(driver, path)).toThrow(/version 9/);
      newer.close();
    }));

  it("of a file that was only just created is an empty history", () =>
    inFolder(async (folder) => {
      const driver = await loadDriver();
      const path = join(folder, "bridge.db");
      expect(openForReading(driver, path)).toBeNull();
      new Database(path).exec("VACUUM").close();
      expect(openForReading(driver, path)).toBeNull();
    }));
});
