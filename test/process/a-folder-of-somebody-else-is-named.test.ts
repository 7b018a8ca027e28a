import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, type TestContext, vi } from "vitest";
import { fixture, MAIN, type Program } from "../support/program.js";
import { expectCleanEnd, newFolder, started } from "./scene.js";

vi.setConfig({ testTimeout: 60_000, maxConcurrency: 4 });

const START_MS = 20_000;
const NOBODY = 65_534;
const asNobody = (command: readonly string[]): readonly string[] => [
  ...["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"],
  ...command,
];
const [tool = "", ...flags] = asNobody([process.execPath, MAIN, "--version"]);
const able = process.platform === "linux" && process.getuid?.() === 0 && spawnSync(tool, flags).status === 0;
const unlessAble = able ? "" : " (skipped: needs root, setpriv, and a checkout that others may read)";

/** As `docker run -v ./data:/data` makes it: root's, in a folder that everybody may enter. */
const dataOf = async (ctx: TestContext, mode: number): Promise<string> => {
  const folder = await newFolder(ctx);
  chmodSync(folder, 0o755);
  const data = join(folder, "data");
  mkdirSync(data);
  chmodSync(data, mode);
  return data;
};

const start = (ctx: TestContext, data: string, ...args: string[]): Promise<Program> =>
  started(ctx, {
    folder: join(data, ".."),
    args,
    wrap: asNobody,
    env: {
      WALKINGPAD2MQTT_STORE_PATH: data,
      WALKINGPAD2MQTT_WEB_ENABLED: "false",
      WALKINGPAD2MQTT_BLUETOOTH_RADIO: "simulator",
      // Nothing answers there (discard).
      WALKINGPAD2MQTT_MQTT_URL: "mqtt://127.0.0.1:9",
    },
  });

const WHOSE = /belongs to root; the bridge runs as user 65534: chown -R 65534 \S+\/data/;

describe.skipIf(!able)(`a folder of root's${unlessAble}`, () => {
  it.concurrent(
    "that may be entered: healthy, and the log names its owner and the command to run",
    async (ctx) => {
      const data = await dataOf(ctx, 0o755);
      const bridge = await start(ctx, data, "run");
      await bridge.untilLine("Store cannot be used", START_MS);
      expect(bridge.output).toMatch(WHOSE);
      const health = await start(ctx, data, "health");
      expect((await health.exit(START_MS)).code).toBe(0);
      const sessions = await start(ctx, data, "sessions");
      expect(await sessions.exit(START_MS)).toMatchObject({ code: 0 });
      bridge.signal("SIGTERM");
      await expectCleanEnd(bridge, START_MS);
      expect(bridge.output).not.toContain("can be written");
      expect(statSync(data).uid).toBe(0);
    },
  );

  it.concurrent("that may not be entered: the error names the folder, not a missing file", async (ctx) => {
    const data = await dataOf(ctx, 0o700);
    writeFileSync(join(data, "config.yaml"), "log: {level: info}\n");
    const bridge = await start(ctx, data, "run", "--config", join(data, "config.yaml"));
    expect((await bridge.exit(START_MS)).code).toBe(78);
    expect(bridge.stderr).toMatch(WHOSE);
    expect(bridge.stderr).not.toContain("permission denied");
    const sessions = await start(ctx, data, "sessions");
    expect((await sessions.exit(START_MS)).code).toBe(70);
    expect(sessions.stderr).toMatch(WHOSE);
  });
});

it("sessions without SQLite and without a store is an empty list", async (ctx) => {
  const nodeFlags = ["--require", fixture("no-sqlite.cjs")];
  const data = join(await newFolder(ctx), "none");
  const program = await started(ctx, {
    folder: await newFolder(ctx),
    args: ["sessions"],
    nodeFlags,
    env: { WALKINGPAD2MQTT_STORE_PATH: data },
  });
  expect((await program.exit(START_MS)).code).toBe(0);
  expect(program.stdout).toBe("No sessions yet.\n");
});
