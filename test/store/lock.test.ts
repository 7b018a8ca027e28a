import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lockStore } from "../../src/store/lock.js";
import { loadDriver } from "../../src/store/sqlite.js";
import { ROOT } from "../support/program.js";
import { inFolder } from "./tracked-pad.js";

const driverModule = join(ROOT, "node_modules/better-sqlite3");
/** Another process that holds the lock until it is killed. */
const holder = async (folder: string) => {
  const program = `const db = new (require(${JSON.stringify(driverModule)}))(${JSON.stringify(join(folder, "bridge.lock"))});
    db.exec("BEGIN EXCLUSIVE"); console.log("held"); setInterval(() => 0, 1e3)`;
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return child;
};

describe("the lock of the store", () => {
  it("is held by one, given back, and gone with a process that was killed", () =>
    inFolder(async (folder) => {
      const letGo = await lockStore(folder, loadDriver);
      await expect(lockStore(folder, loadDriver)).rejects.toMatchObject({ code: "store-in-use" });
      letGo();
      const other = await holder(folder);
      await expect(lockStore(folder, loadDriver)).rejects.toMatchObject({ code: "store-in-use" });
      other.kill("SIGKILL");
      await once(other, "close");
      (await lockStore(folder, loadDriver))();
    }));

  it.each([
    ["new", null],
    ["damaged", "999999\n"],
    ["damaged at its end", `SQLite format 3\0${"x".repeat(5_000)}`],
  ])("that is %s is taken by one of two that start at the same time", (_, content) =>
    inFolder(async (folder) => {
      if (content !== null) writeFileSync(join(folder, "bridge.lock"), content);
      const both = await Promise.allSettled([lockStore(folder, loadDriver), lockStore(folder, loadDriver)]);
      expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    }),
  );

  it.skipIf(process.getuid?.() !== 0)("of another user is respected, not taken", () =>
    inFolder(async (folder) => {
      chmodSync(folder, 0o755);
      const letGo = await lockStore(folder, loadDriver);
      chmodSync(join(folder, "bridge.lock"), 0o644);
      const program = `import("${join(ROOT, "dist/store/lock.js")}").then(async ({ lockStore }) => {
        const { loadDriver } = await import("${join(ROOT, "dist/store/sqlite.js")}");
        await lockStore(${JSON.stringify(folder)}, loadDriver).then(() => console.log("taken"), (e) => console.log(e.code));
      })`;
      const { stdout } = spawnSync(process.execPath, ["-e", program], {
        uid: 1000,
        gid: 1000,
        encoding: "utf8",
      });
      letGo();
      expect(stdout).toBe("store-in-use\n");
    }),
  );
});
