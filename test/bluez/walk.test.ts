import { join } from "node:path";
import { describe, expect, test, type TestContext } from "vitest";
import { systemClock } from "../../src/clock.js";
import { NO_FAULTS } from "../../src/domain/faults.js";
import { beltSpeed } from "../../src/sim/pad.js";
import { PadOnBroker, speeds, START_MS } from "../process/pad-on-broker.js";
import {
  configFor,
  expectCleanEnd,
  missing,
  newBroker,
  newFolder,
  newProbe,
  started,
  unlessMissing,
} from "../process/scene.js";
import type { MqttProbe } from "../support/mqtt-probe.js";
import { type Program, ROOT } from "../support/program.js";
import { STATUS } from "../virtual-controller/hci.js";
import { emulatedPad, type EmulatedPad } from "./peripheral.js";

/** The stop frame of each model: speed 0 (wire-facts a.3), and Stop at the control point (c). */
const STOPS = { c2: "f7a20100a3fd", ftms: "0801" } as const;
type Model = keyof typeof STOPS;
const MODELS = ["c2", "ftms"] as const;

interface Scene extends EmulatedPad {
  readonly program: Program;
  readonly probe: MqttProbe;
  readonly onBroker: PadOnBroker;
}

/**
 * The built program with its noble on one controller, and a simulated pad on another. One only: BlueZ 5.66 mixes up the
 * handles of a controller's second link (emulator/btdev.c, le_conn_complete and send_acl).
 */
const scene = async (ctx: TestContext, model: Model, address: string): Promise<Scene> => {
  const broker = await newBroker(ctx);
  const probe = await newProbe(ctx, broker.url);
  const emulated = emulatedPad({ address, name: null, model, faults: NO_FAULTS }, systemClock());
  ctx.onTestFinished(() => emulated.host.end());
  const program = await started(ctx, {
    folder: await newFolder(ctx),
    config: {
      ...configFor(broker.url, [{ id: "office", address }]),
      bluetooth: { radio: "noble" },
      simulator: { pads: [] },
    },
    nodeFlags: ["--require", join(ROOT, "test", "bluez", "hook.cjs")],
  });
  return { ...emulated, program, probe, onBroker: new PadOnBroker(probe, "office") };
};

describe.skipIf(missing)(
  `the built program on BlueZ's controller${unlessMissing}`,
  { concurrent: true },
  () => {
    test.for(MODELS)("%s: start, speed, stop", async (model, ctx) => {
      const address = `57:4c:4e:00:01:0${MODELS.indexOf(model)}`;
      const { program, pad, onBroker } = await scene(ctx, model, address);
      await onBroker.online();
      expect(await onBroker.ask({ belt: "ON" })).toMatchObject({ status: "ok" });
      expect(await onBroker.ask({ speed: 2.5 })).toMatchObject({ status: "ok" });
      // docs/topics.md: within 0.1, as measured by the pad.
      expect(Math.abs(beltSpeed(pad.pad) - 2.5)).toBeLessThan(0.15);
      expect(await onBroker.ask({ belt: "OFF" })).toMatchObject({ status: "ok" });
      expect(beltSpeed(pad.pad)).toBe(0);
      program.signal("SIGTERM");
      await expectCleanEnd(program, 20_000);
    });

    test.for(MODELS)(
      "%s, SIGINT: the stop arrives, the belt comes to rest, and only then the link is closed",
      async (model, ctx) => {
        const address = `57:4c:4e:00:02:0${MODELS.indexOf(model)}`;
        const { program, pad, host, onBroker } = await scene(ctx, model, address);
        await onBroker.walk(1);
        const before = host.happened.length;
        program.signal("SIGINT");
        await expectCleanEnd(program, 20_000);
        const since = host.happened.slice(before);
        const stop = since.findIndex(({ value }) => value === STOPS[model]);
        const closed = since.findIndex(({ what }) => what === "disconnected");
        expect(stop).toBeGreaterThanOrEqual(0);
        expect(closed).toBeGreaterThan(stop);
        expect(closed).toBe(since.length - 1);
        expect(speeds(onBroker).at(-1)).toBe(0);
        expect(beltSpeed(pad.pad)).toBe(0);
      },
    );

    test("a link lost while the belt moves is regained, and SIGTERM stops the belt", async (ctx) => {
      const { program, probe, pad, host, onBroker } = await scene(ctx, "c2", "57:4c:4e:00:00:03");
      await onBroker.walk(1);
      const before = probe.mark();
      host.drop(STATUS.connectionTimeout);
      await onBroker.until(({ link }) => link === "lost", 5_000, before);
      await onBroker.until(({ link, belt }) => link === "ready" && belt === "running", START_MS, before);
      expect(beltSpeed(pad.pad)).toBeGreaterThan(0);
      program.signal("SIGTERM");
      await expectCleanEnd(program, 20_000);
      expect(beltSpeed(pad.pad)).toBe(0);
      expect(host.happened.filter(({ what }) => what === "connected")).toHaveLength(2);
    });
  },
);
