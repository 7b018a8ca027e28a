import { chmodSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { uptime } from "node:os";
import { describe, expect, it } from "vitest";
import { Heartbeat, heartbeatAge } from "../../src/store/heartbeat.js";
import { inFolder } from "./tracked-pad.js";

const now = (): number => Date.now();

describe("the heartbeat", () => {
  it("has an age by a clock that cannot be set", () =>
    inFolder(async (folder) => {
      expect(await heartbeatAge(folder, now())).toBeNull();
      await new Heartbeat(folder).beat();
      expect(await heartbeatAge(folder, now())).toBeLessThan(30_000);
      // The wall clock was set forward an hour: the bridge is as healthy as before.
      expect(await heartbeatAge(folder, now() + 3_600_000)).toBeLessThan(30_000);
      await new Heartbeat(folder).remove();
      expect(await heartbeatAge(folder, now())).toBeNull();
    }));

  it("from the future, or of another boot, is none", () =>
    inFolder(async (folder) => {
      const file = join(folder, "heartbeat");
      await new Heartbeat(folder).beat();
      const later = (now() + 3_600_000) / 1000;
      utimesSync(file, later, later);
      expect(await heartbeatAge(folder, now())).toBeNull();
      writeFileSync(file, JSON.stringify({ uptime: uptime() + 3600, boot: null }));
      expect(await heartbeatAge(folder, now())).toBeNull();
      writeFileSync(file, JSON.stringify({ uptime: uptime(), boot: "another" }));
      expect(await heartbeatAge(folder, now())).toBeNull();
      for (const text of ["", "2026-11-27T10:00:00.000Z\n", "null"]) {
        writeFileSync(file, text);
        expect(await heartbeatAge(folder, now())).toBeNull();
      }
      await new Heartbeat(folder).remove();
    }));

  it("of a bridge whose store cannot be written is somewhere else", () =>
    inFolder(async (folder) => {
      // A file where the folder should be, since root may write into any folder.
      const store = join(folder, "store");
      writeFileSync(store, "");
      chmodSync(store, 0o444);
      await new Heartbeat(store).beat();
      expect(await heartbeatAge(store, now())).toBeLessThan(30_000);
      expect(await heartbeatAge(join(folder, "another"), now())).toBeNull();
      await new Heartbeat(store).remove();
      expect(await heartbeatAge(store, now())).toBeNull();
      rmSync(store);
    }));

  it("that is under way at the end is not written to another place afterwards", () =>
    inFolder(async (folder) => {
      const store = join(folder, "store");
      writeFileSync(store, "");
      const heartbeat = new Heartbeat(store);
      const beat = heartbeat.beat();
      await heartbeat.remove();
      expect(heartbeat.isBusy).toBe(false);
      await beat;
      expect(await heartbeatAge(store, now())).toBeNull();
    }));
});
