import { readdirSync } from "node:fs";
import { describe, expect, it, type TestContext, vi } from "vitest";
import { freePort } from "../support/mosquitto.js";
import { MqttProbe } from "../support/mqtt-probe.js";
import type { Program } from "../support/program.js";
import { PadOnBroker, parsed, speeds, START_MS } from "./pad-on-broker.js";
import { bridgeStateIs, expectCleanEnd, newFolder, started } from "./scene.js";

vi.setConfig({ testTimeout: 120_000 });

const CONFIG = "homeassistant/device/walkingpad2mqtt_demo-ftms/config";

/** The demo reads no environment but that of the log (docs/command-line.md). */
const IGNORED = {
  WALKINGPAD2MQTT_MQTT_URL: "mqtt://127.0.0.1:1",
  WALKINGPAD2MQTT_BOGUS: "1",
  WALKINGPAD2MQTT_PADS: "[",
};

interface Demo {
  readonly folder: string;
  readonly program: Program;
  readonly probe: MqttProbe;
  readonly pads: readonly PadOnBroker[];
}

const demo = async (
  ctx: TestContext,
  ids: readonly string[] = ["demo-wilink", "demo-ftms"],
  flags: readonly string[] = [],
): Promise<Demo> => {
  const port = await freePort();
  const folder = await newFolder(ctx);
  const program = await started(ctx, {
    folder,
    args: ["demo", "--port", String(port), ...flags],
    env: { ...IGNORED, TMPDIR: folder },
  });
  await program.untilLine("Embedded broker listening", START_MS);
  const probe = await MqttProbe.connect(`mqtt://127.0.0.1:${port}`);
  ctx.onTestFinished(() => probe.close());
  const pads = ids.map((id) => new PadOnBroker(probe, id));
  await Promise.all([probe.until(bridgeStateIs("online"), START_MS), ...pads.map((pad) => pad.online())]);
  return { folder, program, probe, pads };
};

const end = async ({ folder, program, probe }: Demo): Promise<void> => {
  const before = probe.mark();
  program.signal("SIGINT");
  await expectCleanEnd(program, 25_000);
  // The embedded broker lets its clients have the last word before it goes.
  await probe.until(bridgeStateIs("offline"), 1_000, before);
  expect(readdirSync(folder)).toEqual([]);
};

describe("walkingpad2mqtt demo", () => {
  it("bridge and pads are on its broker", async (ctx) => {
    await end(await demo(ctx));
  });

  it("with models of the user's choice, there are these pads and no others", async (ctx) => {
    const running = await demo(ctx, ["demo-ks-c2", "demo-sperax"], ["--model", "ks-c2, SPERAX"]);
    const [pad] = running.pads;
    expect(await pad?.ask({ belt: "ON" })).toMatchObject({ status: "ok" });
    expect(running.probe.all("walkingpad2mqtt/demo-wilink/state")).toEqual([]);
    expect(running.program.stdout).toContain("walkingpad2mqtt/demo-ks-c2/set -m ON");
    await end(running);
  });

  it("ended while it starts, it does not print how to use it", async (ctx) => {
    const folder = await newFolder(ctx);
    const args = ["demo", "--port", String(await freePort())];
    const program = await started(ctx, { folder, args, env: { TMPDIR: folder } });
    await program.untilLine("walkingpad2mqtt", START_MS);
    program.signal("SIGINT");
    expect(await program.exit(25_000)).toEqual({ code: 0, signal: null });
    expect(program.stdout).toContain("Stopping (SIGINT)");
    expect(program.stdout).toContain("Ended (exit code 0)");
    expect(program.stdout).not.toMatch(/Stopping \(SIGINT\).*The demo is up/s);
  });

  it("ON, 3.5 and OFF move the belt as a real one: countdown, ramp, stop, each with its result", async (ctx) => {
    const running = await demo(ctx);
    const { program, probe, pads } = running;
    const pad = pads[0]!;
    expect(program.stdout).toMatch(/mosquitto_sub.*mosquitto_pub/s);

    await probe.publish(`${pad.topic}/set`, "ON");
    await pad.until(
      ({ belt, running: on, speed }) => belt === "starting" && on === "ON" && speed === 0,
      10_000,
    );
    await pad.until(({ belt, speed }) => belt === "running" && (speed ?? 0) > 0, 10_000);
    await probe.until(`${pad.topic}/result`, 10_000);
    expect(pad.results()).toMatchObject([{ command: "belt", value: "ON", status: "ok" }]);

    const faster = probe.mark();
    await probe.publish(`${pad.topic}/set/speed`, "3.5");
    await pad.until(({ target_speed, speed }) => target_speed === 3.5 && (speed ?? 9) < 3, 3_000, faster);
    await pad.until(({ speed }) => speed === 3.5, 15_000, faster);
    await probe.until(`${pad.topic}/result`, 15_000, faster);
    expect(pad.results(faster)).toMatchObject([{ command: "speed", value: 3.5, status: "ok", code: null }]);
    const rising = speeds(pad, faster);
    expect(rising.filter((speed, index) => speed < (rising[index - 1] ?? 0))).toEqual([]);
    expect(rising.length).toBeGreaterThanOrEqual(4);

    const slower = probe.mark();
    await probe.publish(`${pad.topic}/set`, "OFF");
    await pad.until(({ belt, stop_confirmed }) => belt === "stopping" && !stop_confirmed, 2_000, slower);
    await probe.until(`${pad.topic}/result`, 20_000, slower);
    expect(pad.results(slower)).toMatchObject([{ command: "belt", value: "OFF", status: "ok" }]);
    expect(pad.last()).toMatchObject({ belt: "idle", running: "OFF", speed: 0, stop_confirmed: true });
    expect(speeds(pads[1]!).every((speed) => speed === 0)).toBe(true);
    await end(running);
  });

  it("the FTMS machine pauses on OFF, resumes at its former speed, and inclines", async (ctx) => {
    const running = await demo(ctx);
    const { probe, pads } = running;
    const pad = pads[1]!;
    await pad.until(({ belt, incline }) => belt === "idle" && incline === 0, 3_000);
    expect(pad.last()).toMatchObject({ protocol: "ftms", heart_rate: null });
    const entities = () =>
      Object.keys(
        (parsed(probe.all(CONFIG).at(-1)!) as { readonly cmps: Readonly<Record<string, unknown>> }).cmps,
      );
    expect(entities()).toEqual(expect.arrayContaining(["incline", "heart-rate"]));

    expect(await pad.ask({ belt: "ON", speed: 2, incline: 1 })).toMatchObject({ status: "ok" });
    await pad.until(({ speed, incline }) => speed === 2 && incline === 1, 20_000);
    expect(pad.last()).toMatchObject({ belt: "running", heart_rate: expect.any(Number) as number });
    expect(await pad.ask({ belt: "OFF" })).toMatchObject({ status: "ok" });
    expect(pad.last()).toMatchObject({ belt: "paused", running: "OFF", speed: 0, stop_confirmed: true });
    expect(await pad.ask({ belt: "ON" })).toMatchObject({ status: "ok" });
    await pad.until(({ speed }) => speed === 2, 15_000);
    expect(await pad.ask({ command: "stop" })).toMatchObject({ status: "ok" });
    expect(pad.last()).toMatchObject({ belt: "idle", speed: 0, mode: null });
    await end(running);
  });

  it("but a temporary folder: without one it prints a sentence, and exits 78", async (ctx) => {
    const folder = await newFolder(ctx);
    const gone = `${folder}/gone`;
    const program = await started(ctx, { folder, args: ["demo"], env: { TMPDIR: gone } });
    expect(await program.exit(START_MS)).toEqual({ code: 78, signal: null });
    expect(program.stdout).toBe("");
    expect(program.stderr).toMatch(/^The demo needs a temporary folder, and .*gone cannot be written.*\.\n$/);
  });
});
