import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { holdStore } from "../../src/store/hold.js";
import { ManualClock } from "../support/clock.js";
import { inFolder, listeningLog, newStore } from "./book.js";

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
      const elsewhere = await readFile(join(tmpdir(), `walkingpad2mqtt-${name}.heartbeat`), "utf8");
      expect(JSON.parse(elsewhere)).toMatchObject({ pid: process.pid });
      expect(held.hangs).toBe(true);
      closeSync(openSync(heartbeat, constants.O_RDWR | constants.O_NONBLOCK));
      await held.release();
      expect(outcome).toBe("settled");
      expect(held.hangs).toBe(false);
    }),
  );
});
