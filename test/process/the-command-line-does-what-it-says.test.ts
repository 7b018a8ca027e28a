import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, type TestContext, vi } from "vitest";
import { freePort } from "../support/mosquitto.js";
import { type Exit, type Program, type ProgramOptions, ROOT } from "../support/program.js";
import { START_MS } from "./pad-on-broker.js";
import { configFor, expectCleanEnd, newFolder, started } from "./scene.js";

vi.setConfig({ testTimeout: 90_000, maxConcurrency: 8 });

const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };

const ran = async (
  ctx: TestContext,
  options: Partial<ProgramOptions>,
): Promise<Program & { exited: Exit }> => {
  const program = await started(ctx, { folder: await newFolder(ctx), ...options });
  await program.exit(START_MS);
  return program as Program & { exited: Exit };
};

interface Case {
  readonly args: readonly string[];
  readonly code: number;
  readonly out: RegExp;
  readonly err: RegExp;
}
const NOTHING = /^$/;
const USAGE = /walkingpad2mqtt \[run\].*demo.*check-config.*health/s;

const CASES: readonly Case[] = [
  { args: ["--help"], code: 0, out: USAGE, err: NOTHING },
  { args: ["demo", "--help"], code: 0, out: USAGE, err: NOTHING },
  { args: ["check-config", "--help"], code: 0, out: USAGE, err: NOTHING },
  { args: ["--version"], code: 0, out: new RegExp(`^${version}\n$`), err: NOTHING },
  { args: ["health", "--version"], code: 0, out: new RegExp(`^${version}\n$`), err: NOTHING },
  { args: ["walk"], code: 64, out: NOTHING, err: /unknown command "walk"/ },
  { args: ["run", "now"], code: 64, out: NOTHING, err: /no argument "now"/ },
  { args: ["--fast"], code: 64, out: NOTHING, err: /--fast/ },
  { args: ["sessions", "--pad"], code: 64, out: NOTHING, err: /argument missing/ },
  {
    args: ["sessions", "--since", "-1d"],
    code: 64,
    out: NOTHING,
    err: /ambiguous\. Did you forget .*--since/,
  },
  { args: ["demo", "--port", "6abc"], code: 64, out: NOTHING, err: /--port must be .* 1 to 65535/ },
  { args: ["demo", "--model", "ks-c2,c3"], code: 64, out: NOTHING, err: /--model must be .* c2, .*sperax/ },
  { args: ["demo", "--model", "c2,c2"], code: 64, out: NOTHING, err: /each once/ },
  { args: ["scan", "--model", "c2"], code: 64, out: NOTHING, err: /--model is for demo/ },
  { args: ["demo", "--port", "0"], code: 64, out: NOTHING, err: /--port/ },
  { args: ["scan", "--seconds", "0x1"], code: 64, out: NOTHING, err: /--seconds must be a number/ },
  { args: ["scan", "--seconds", "1e1"], code: 64, out: NOTHING, err: /--seconds must be a number/ },
  { args: ["run", "--config"], code: 64, out: NOTHING, err: /config/ },
  { args: ["run", "--config", "missing.yaml"], code: 78, out: NOTHING, err: /missing\.yaml/ },
  { args: ["health"], code: 1, out: /^unhealthy/, err: NOTHING },
  {
    args: ["check-config"],
    code: 0,
    out: /^mqtt:/,
    err: /\.\/config\/config\.yaml does not exist yet.*`walkingpad2mqtt scan --save`/s,
  },
];

describe("walkingpad2mqtt", () => {
  it.concurrent.for(CASES)("$args: exit $code", async ({ args, code, out, err }, ctx) => {
    const program = await ran(ctx, { args });
    expect(program.exited).toEqual({ code, signal: null });
    expect(program.stdout).toMatch(out);
    expect(program.stderr).toMatch(err);
    expect(program.stderr).not.toMatch(/^\s+at /m);
  });

  it.concurrent("check-config: every error at once, with key, value and what is allowed; 78", async (ctx) => {
    const program = await ran(ctx, {
      args: ["check-config"],
      config: {
        mqtt: { url: "localhost", passwort: "x", keepalive: "6abc" },
        pads: [{ id: "bridge", address: "57:4c:4e:00:11:22" }, { id: "b" }],
        safety: { shutdown_timeout: 1 },
      },
      env: { WALKINGPAD2MQTT_LOG_LEVEL: "loud", WALKINGPAD2MQTT_BOGUS: "1" },
    });
    expect(program.exited.code).toBe(78);
    expect(program.stdout).toBe("");
    const wrong = [
      "mqtt.url",
      "mqtt.passwort",
      "mqtt.keepalive",
      "pads[0].id",
      "pads[1].address",
      "shutdown_timeout",
    ];
    for (const key of [...wrong, "WALKINGPAD2MQTT_LOG_LEVEL", "WALKINGPAD2MQTT_BOGUS"])
      expect(program.stderr).toContain(key);
    for (const value of ["localhost", "6abc", "loud"]) expect(program.stderr).toContain(value);
    expect(program.stderr).toMatch(/5 to 120/);
  });

  it.concurrent(
    "check-config: the effective config on stdout, the secret masked; run refuses nothing of it",
    async (ctx) => {
      const program = await ran(ctx, {
        args: ["check-config"],
        config: configFor("mqtt://me:hunter2@broker:1884"),
        env: { WALKINGPAD2MQTT_MQTT_BASE_TOPIC: "elsewhere" },
      });
      expect(program.exited.code).toBe(0);
      expect(program.stdout).toMatch(/base_topic: "?elsewhere/);
      expect(program.stdout).toContain("mqtt://broker:1884");
      expect(program.output).not.toContain("hunter2");
    },
  );

  it.concurrent("run without pads: logs the next step, and the pads in range", async (ctx) => {
    const config = { ...configFor(`mqtt://127.0.0.1:${await freePort()}`), pads: [] };
    const program = await started(ctx, { folder: await newFolder(ctx), config });
    const step = await program.untilLine("To add yours", START_MS);
    expect(step).toMatchObject({ level: "info" });
    expect(step.msg).toMatch(/`walkingpad2mqtt scan --config .*config\.yaml --save`/);
    await program.untilLine("Pad found: KS-BLC2 at 57:4c:4e:00:00:01", START_MS);
    program.signal("SIGTERM");
    await expectCleanEnd(program, 5_000);
  });

  it.concurrent("run with a config that is wrong: 78, and nothing was started", async (ctx) => {
    const program = await ran(ctx, { config: { safety: { shutdown_timeout: 1 } } });
    expect(program.exited.code).toBe(78);
    expect(program.stdout).toBe("");
    expect(program.stderr).toContain("shutdown_timeout");
  });

  it.concurrent("and prints JSON where the log is JSON, one line per error; text otherwise", async (ctx) => {
    const wrong = { safety: { shutdown_timeout: 1 }, mqtt: { url: "http://x" } };
    const [auto, pretty, unknown] = await Promise.all([
      ran(ctx, { config: wrong }),
      ran(ctx, { config: { ...wrong, log: { format: "pretty" } } }),
      ran(ctx, { config: { ...wrong, log: { format: "xml" } } }),
    ]);
    const linesOf = ({ stderr }: Program): unknown[] =>
      stderr
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown);
    const error = (key: string) =>
      expect.objectContaining({
        level: "fatal",
        key,
        msg: expect.stringContaining(`${key}: `) as string,
      }) as unknown;
    expect(linesOf(auto)).toEqual([error("mqtt.url"), error("safety.shutdown_timeout")]);
    expect(linesOf(unknown)).toContainEqual(error("log.format"));
    expect(pretty.stderr).toMatch(/^The configuration has 2 errors:\n {2}- /);
  });

  it.concurrent("run in Home Assistant's add-on gives only advice that works there", async (ctx) => {
    const config = { ...configFor(`mqtt://127.0.0.1:${await freePort()}`), pads: [] };
    const env = { SUPERVISOR_TOKEN: "token" };
    const program = await started(ctx, { folder: await newFolder(ctx), config, env });
    const step = await program.untilLine("To add a pad", START_MS);
    expect(step.msg).toMatch(/sidebar.*Configuration tab/);
    expect(program.output).not.toMatch(/scan|config\.yaml/);
    program.signal("SIGTERM");
    await expectCleanEnd(program, 5_000);
  });

  it.concurrent("the log begins its lines with a priority where the journal reads it", async (ctx) => {
    const folder = await newFolder(ctx);
    const out = join(folder, "journal");
    // A file in place of the journal's socket: what counts is that the variable names the very stream.
    const journal = 'exec >"$0"; export JOURNAL_STREAM="$(stat -Lc %d:%i "$0")"; exec "$@"';
    const config = configFor(`mqtt://127.0.0.1:${await freePort()}`);
    const wrap = (command: readonly string[]) => ["sh", "-c", journal, out, ...command];
    const program = await started(ctx, { folder, config, wrap });
    await vi.waitFor(() => expect(readFileSync(out, "utf8")).toContain("Connected to the pad"), START_MS);
    program.signal("SIGTERM");
    expect((await program.exit(START_MS)).code).toBe(0);
    const lines = readFileSync(out, "utf8").trimEnd().split("\n");
    expect(lines.filter((line) => !/^<[4-6]>\{/.test(line))).toEqual([]);
    expect(lines.find((line) => line.includes("cannot be reached"))).toMatch(/^<4>/);
  });

  it.concurrent(
    "health: 0 while the bridge runs, independent of its broker; a second bridge on the store: 78",
    async (ctx) => {
      const folder = await newFolder(ctx);
      const config = configFor(`mqtt://127.0.0.1:${await freePort()}`);
      const bridge = await started(ctx, { folder, config });
      await bridge.untilLine("Connected to the pad", START_MS);
      const health = await ran(ctx, { folder, config, args: ["health"] });
      expect(health.exited.code).toBe(0);
      expect(health.stdout).toMatch(/^healthy/);

      const second = await ran(ctx, { folder, config });
      expect(second.exited.code).toBe(78);
      expect(second.output).toMatch(/[Aa]nother bridge/);
      expect(second.output).not.toContain("belt");
      expect(second.output).not.toMatch(/\bat .*\.js:\d+/);

      expect(bridge.exited).toBeNull();
      bridge.signal("SIGTERM");
      await expectCleanEnd(bridge, 15_000);
      const gone = await ran(ctx, { folder, config, args: ["health"] });
      expect(gone.exited.code).toBe(1);
      // What the refused one left behind must not lock out the next.
      const third = await started(ctx, { folder, config });
      await third.untilLine("Connected to the pad", START_MS);
      third.signal("SIGTERM");
      await expectCleanEnd(third, 15_000);
    },
  );

  it.concurrent(
    "run with an impossible store: reported without a stack, and the bridge runs",
    async (ctx) => {
      const config = configFor(`mqtt://127.0.0.1:${await freePort()}`, undefined, {
        store: { path: "/dev/null/data" },
      });
      const bridge = await started(ctx, { folder: await newFolder(ctx), config });
      await bridge.untilLine("Store cannot be locked", START_MS);
      await bridge.untilLine("Connected to the pad", START_MS);
      bridge.signal("SIGTERM");
      await expectCleanEnd(bridge, 15_000);
    },
  );

  it.concurrent(
    "a port in use: 78 and a plain sentence, for demo and for an embedded broker",
    async (ctx) => {
      const port = await freePort();
      const demo = await started(ctx, {
        folder: await newFolder(ctx),
        args: ["demo", "--port", String(port)],
      });
      await demo.untilLine("Connected to the broker", START_MS);
      const embedded = { ...configFor("embedded"), embedded_broker: { port } };
      const others = await Promise.all([
        ran(ctx, { args: ["demo", "--port", String(port)] }),
        ran(ctx, { config: embedded }),
      ]);
      for (const other of others) {
        expect(other.exited.code).toBe(78);
        expect(other.output).toContain(`The port ${port} of 127.0.0.1 is in use. If that is a broker`);
        expect(other.output).toContain("Ended (exit code 78)");
        expect(other.output).not.toMatch(/\bat .*\.js:\d+/);
      }
      // Only `run` and `scan` may load Bluetooth (docs/command-line.md).
      if (process.platform === "linux")
        expect(readFileSync(`/proc/${demo.pid}/maps`, "utf8")).not.toMatch(/bluetooth/i);
      demo.signal("SIGTERM");
      await expectCleanEnd(demo, 15_000);
    },
  );
});
