import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { ROOT } from "../support/program.js";
import type { HookSettings, WireLine } from "../virtual-controller/hook.js";
import { PadOnBroker, speeds } from "./pad-on-broker.js";
import {
  bridgeSays,
  configFor,
  expectCleanEnd,
  missing,
  newBroker,
  newFolder,
  newProbe,
  PAD,
  started,
  unlessMissing,
} from "./scene.js";

vi.setConfig({ testTimeout: 90_000, maxConcurrency: 8 });

/** Speed 0 to the WiLink pad (wire-facts a.3): the only stop frame there is. */
const STOP = "f7a20100a3fd";

describe.skipIf(missing)(`with noble on a virtual controller${unlessMissing}`, () => {
  // noble ends the process by itself on SIGINT, and lets go of its links at exit without stopping anything (design 5).
  it.concurrent.for(["SIGINT", "SIGTERM"] as const)(
    "%s: the stop frame is on the air, the belt seen at rest, and only then the link is closed",
    async (signal, ctx) => {
      const broker = await newBroker(ctx);
      const probe = await newProbe(ctx, broker.url);
      const folder = await newFolder(ctx);
      const wire = join(folder, "wire.jsonl");
      const settings: HookSettings = { pads: [{ address: PAD, model: "c2" }], wire };
      const program = await started(ctx, {
        folder,
        config: { ...configFor(broker.url), bluetooth: { radio: "noble" }, simulator: { pads: [] } },
        nodeFlags: ["--require", join(ROOT, "test", "virtual-controller", "hook.cjs")],
        env: { VIRTUAL_CONTROLLER: JSON.stringify(settings) },
      });
      const pad = new PadOnBroker(probe, "office");
      await pad.walk(1);
      const before = probe.mark();
      const signalledAt = Date.now();
      program.signal(signal);
      await expectCleanEnd(program, 20_000);
      await probe.until(bridgeSays("offline"), 2_000, before);
      expect(speeds(pad, before).at(-1)).toBe(0);

      const lines = readFileSync(wire, "utf8").trim().split("\n");
      const since = lines.map((line) => JSON.parse(line) as WireLine).filter(({ at }) => at >= signalledAt);
      const first = since.findIndex(({ value }) => value === STOP);
      expect(first).toBeGreaterThanOrEqual(0);
      expect(since[first]!.at - signalledAt).toBeLessThan(500);
      const closed = since.findIndex(({ what }) => what === "Disconnect");
      expect(closed).toBeGreaterThan(first);
      expect(since.slice(closed).some(({ value }) => value !== null)).toBe(false);
    },
  );
});
