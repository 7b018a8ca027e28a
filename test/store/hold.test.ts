import { execFileSync } from "node:child_process";
import { closeSync, constants, existsSync, openSync } from "node:fs";
import { createHash } from "node:crypto";
import { chmod, mkdir, readFile, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { holdStore } from "../../src/store/hold.js";
import { ManualClock } from "../support/clock.js";
import { inFolder, listeningLog, newStore } from "./tracked-pad.js";

describe("the heartbeat", () => {
  it.skipIf(process.platform === "win32")("on a disk that hangs leaves Node.js its other threads", () =>
    inFolder(async (folder) => {
      const heartbeat = join(folder, "heartbeat");
      // Opened for writing, a pipe that nobody reads hangs as a dead network disk does.
      execFileSync("mkfifo", [heartbeat]);
      const clock = new ManualClock();
      const { log } = listeningLog();
      const held = await holdStore(newStore(folder, clock), folder, { clock, log });
      await clock.advance(60_000);
      const other = stat(folder).then(() => "settled");
      const late = new Promise((done) => setTimeout(done, 2_000, "hangs"));
      const outcome = await Promise.race([other, late]);
      // Meanwhile the signs of life are elsewhere.
      const name = createHash("sha256").update(folder).digest("hex").slice(0, 16);
      const elsewhere = join(tmpdir(), `walkingpad2mqtt-${name}.heartbeat`);
      await expect.poll(() => readFile(elsewhere, "utf8").catch(() => "")).toContain(`"pid":${process.pid}`);
      expect(held.isBusy).toBe(true);
      closeSync(openSync(heartbeat, constants.O_RDWR | constants.O_NONBLOCK));
      await held.release();
      expect(outcome).toBe("settled");
      expect(held.isBusy).toBe(false);
      expect(existsSync(elsewhere)).toBe(false);
    }),
  );
});

describe.skipIf(process.platform === "win32")("a folder that was there before", () => {
  it.each([
    [0o777, 1],
    [0o1777, 0],
    [0o775, 0],
    [0o700, 0],
  ])("of mode %o keeps it; that anybody may write it is said once", (mode, times) =>
    inFolder(async (folder) => {
      const path = join(folder, "data");
      await mkdir(path);
      await chmod(path, mode);
      const clock = new ManualClock();
      const { log, warnings } = listeningLog();
      const held = await holdStore(newStore(path, clock), path, { clock, log });
      await held.release();
      expect((await stat(path)).mode & 0o7777).toBe(mode);
      expect((await stat(join(path, "bridge.db"))).mode & 0o777).toBe(0o600);
      const said = warnings.filter((text) => text === "Any user of this machine can replace the history");
      expect(said).toHaveLength(times);
    }),
  );
});
