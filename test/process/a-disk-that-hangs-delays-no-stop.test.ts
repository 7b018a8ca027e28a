import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, type TestContext, vi } from "vitest";
import type { LogLine, ProgramOptions } from "../support/program.js";
import { parsed, START_MS } from "./pad-on-broker.js";
import { preloaded } from "./preloaded.js";
import { missing, newFolder, scene, type Scene, started, stopFrames, unlessMissing } from "./scene.js";

vi.setConfig({ testTimeout: 90_000, maxConcurrency: 4 });

interface Disk {
  readonly hang: () => void;
  readonly heal: () => void;
}

/** A walk under way, and a disk that can be made to hang: `file` is part of the names that it concerns. */
const walkOnDisk = async (
  ctx: TestContext,
  file: string,
  wrap?: ProgramOptions["wrap"],
): Promise<Scene & Disk> => {
  const preload = await preloaded(ctx, "hanging-disk.c");
  const flag = join(await newFolder(ctx), "hangs");
  ctx.onTestFinished(() => rmSync(flag, { force: true }));
  const made = await scene(ctx, {
    config: { session: { min_duration: 1 }, log: { level: "debug" } },
    program: { env: { LD_PRELOAD: preload, HANG_WHILE: flag, HANG_NAME: file }, ...(wrap && { wrap }) },
  });
  await made.pad.walk();
  return { ...made, hang: () => writeFileSync(flag, ""), heal: () => rmSync(flag) };
};

const saysStalled = ({ msg }: LogLine): boolean => msg.includes("(stalled)");

describe.skipIf(missing || process.platform !== "linux")(`a disk that hangs${unlessMissing}`, () => {
  it.concurrent.for(["bridge.db", "/data/"])(
    "under a moving belt (%s): OFF stops it, the main loop turns, and the end does not wait for the disk",
    async (file, ctx) => {
      const { hang, program, pad, folder } = await walkOnDisk(ctx, file);
      hang();
      await program.untilLine(saysStalled, 30_000);
      expect(await pad.ask({ belt: "OFF" })).toMatchObject({ status: "ok" });
      await pad.walk();
      const health = await started(ctx, {
        folder,
        args: ["health", "--config", join(folder, "config.yaml")],
      });
      expect(await health.exit(20_000)).toEqual({ code: 0, signal: null });
      const frames = stopFrames(program);
      program.signal("SIGTERM");
      // It hangs for as long as this test. A thread that waits for it cannot be joined: where Node.js has no exec, the
      // kernel's kill ends the process.
      const { code, signal } = await program.exit(30_000);
      expect([0, "SIGKILL"]).toContain(signal ?? code);
      expect(stopFrames(program)).toBeGreaterThan(frames);
      expect(program.count("Belt not confirmed stopped")).toBe(0);
      expect(program.count("The process ends without it")).toBe(1);
    },
  );

  it.concurrent(
    "under the log: OFF stops the belt, the main loop turns, and the end is in time",
    async (ctx) => {
      const { hang, heal, program, pad, folder, probe } = await walkOnDisk(ctx, "bridge.log", (command) => [
        "sh",
        "-c",
        'exec "$0" "$@" > bridge.log',
        ...command,
      ]);
      const log = (): string => readFileSync(join(folder, "bridge.log"), "utf8");
      hang();
      expect(await pad.ask({ belt: "OFF" })).toMatchObject({ status: "ok" });
      await pad.walk();
      heal();
      await vi.waitUntil(() => log().includes("Belt at rest"), { timeout: START_MS });
      hang();
      const from = probe.mark();
      program.signal("SIGTERM");
      await pad.until(({ belt, stop_confirmed }) => belt !== "running" && stop_confirmed, START_MS, from);
      const { code, signal } = await program.exit(30_000);
      expect([0, "SIGKILL"]).toContain(signal ?? code);
    },
  );

  it.concurrent("and answers again has what was walked meanwhile", async (ctx) => {
    const { hang, heal, program, probe, folder } = await walkOnDisk(ctx, "bridge.db");
    hang();
    await program.untilLine(saysStalled, 30_000);
    heal();
    await program.untilLine("Store can be written again", 20_000);
    program.signal("SIGTERM");
    expect(await program.exit(30_000)).toEqual({ code: 0, signal: null });
    const { session } = parsed(probe.last("walkingpad2mqtt/office/stats") ?? { payload: "{}" }) as {
      readonly session: object;
    };
    const sessions = await started(ctx, {
      folder,
      args: ["sessions", "--format", "json", "--config", join(folder, "config.yaml")],
    });
    expect(await sessions.exit(20_000)).toEqual({ code: 0, signal: null });
    expect(JSON.parse(sessions.stdout)).toEqual([{ pad: "office", ...session }]);
  });
});
