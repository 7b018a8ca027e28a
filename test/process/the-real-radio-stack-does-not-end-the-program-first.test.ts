import { describe, expect, it, vi } from "vitest";
import { newPad } from "../../src/sim/pad.js";
import { machineModel } from "../../src/sim/models.js";
import { handedOver, isHalt, isMotion, MODELS_WITH_TELEMETRY } from "../support/pad-rig.js";
import type { SimulatedModel } from "../../src/domain/faults.js";
import type { WireLine } from "../virtual-controller/hook.js";
import { nobleScene } from "./noble-scene.js";
import { speeds } from "./pad-on-broker.js";
import { bridgeStateIs, expectCleanEnd, missing, PAD, unlessMissing } from "./scene.js";

vi.setConfig({ testTimeout: 120_000, maxConcurrency: 8 });

/** What each write means to a pad of this model, in order; what is a part of a line that goes on is left out. */
const operations = (model: SimulatedModel, wire: readonly WireLine[]): readonly string[] => {
  const pad = newPad(machineModel(model));
  const names = handedOver(() => pad);
  return wire.flatMap(({ characteristic, value }) => {
    const op = value === null ? null : names(characteristic ?? "", Buffer.from(value, "hex"));
    return op === null ? [] : [op];
  });
};

const SCENES = MODELS_WITH_TELEMETRY.map((model, index) => ({
  model,
  signal: index % 2 === 0 ? ("SIGINT" as const) : ("SIGTERM" as const),
}));

describe.skipIf(missing)(`with noble on a virtual controller${unlessMissing}`, () => {
  // noble ends the process by itself on SIGINT, and lets go of its links at exit without stopping anything (ADR 9).
  it.concurrent.for(SCENES)(
    "$signal, a $model: the stop frame is on the air, the belt seen at rest, and only then the link is closed",
    async ({ signal, model }, ctx) => {
      const scene = await nobleScene(ctx, { pads: [{ address: PAD, model }] });
      const { probe, program, pad } = scene;
      await pad.walk(1);
      const before = probe.mark();
      const signalledAt = Date.now();
      program.signal(signal);
      await expectCleanEnd(program, 25_000);
      await probe.until(bridgeStateIs("offline"), 2_000, before);
      expect(speeds(pad, before).at(-1)).toBe(0);

      const since = scene.wire().filter(({ at }) => at >= signalledAt);
      const ops = operations(model, since);
      expect(ops.find((op) => !["poll", "control", "preamble"].includes(op))).toSatisfy(isHalt);
      expect(ops.filter(isMotion)).toEqual([]);
      const closed = since.findIndex(({ what }) => what === "Disconnect");
      expect(operations(model, since.slice(0, closed)).filter(isHalt)).not.toEqual([]);
      expect(since.slice(closed).some(({ value }) => value !== null)).toBe(false);
    },
  );

  it.concurrent(
    "SIGTERM, a urtm028 whose data shows nothing: its stop is on the air, and 75",
    async (ctx) => {
      const model = "urtm028";
      const scene = await nobleScene(ctx, { pads: [{ address: PAD, model }] });
      const { probe, program, pad } = scene;
      await pad.online();
      await pad.send("belt", "ON");
      await pad.until(({ problem }) => problem === "no-telemetry", 45_000);
      expect(await scene.ask({ do: "speed", address: PAD })).toBeGreaterThan(0.9);
      const before = probe.mark();
      const signalledAt = Date.now();
      program.signal("SIGTERM");
      expect((await program.exit(40_000)).code).toBe(75);
      await probe.until(bridgeStateIs("offline"), 2_000, before);
      expect(pad.last()).toMatchObject({ stop_confirmed: false });
      const ops = operations(
        model,
        scene.wire().filter(({ at }) => at >= signalledAt),
      );
      expect(ops.filter(isHalt).length).toBeGreaterThan(1);
      expect(ops.filter(isMotion)).toEqual([]);
    },
  );
});
