import { describe, expect, it } from "vitest";
import type { SimulatedModel } from "../../src/domain/faults.js";
import { OFF, ON, padRig, speed } from "../support/pad-rig.js";

const MODELS: readonly SimulatedModel[] = ["c2", "a1", "p1", "r1pro"];

describe.each(MODELS)("%s", (model) => {
  it.each(["manual", "standby", "auto"] as const)(
    "starts from %s, takes a speed, and stops",
    async (before) => {
      const rig = padRig({ model, pad: { mode: before } });
      await rig.online();
      await rig.clock.advance(3_000);

      expect(await rig.ask(ON)).toBe("ok");
      expect(rig.speed()).toBeGreaterThan(0);

      expect(await rig.ask(speed(3.5))).toBe("ok");
      await rig.clock.advance(4_000);
      const running = { belt: "running", running: true, moving: true, speed: 350, targetSpeed: 350 };
      expect(rig.state()).toMatchObject(running);

      const stop = rig.send(OFF);
      const stopping = { belt: "stopping", running: false, stopConfirmed: false, targetSpeed: null };
      expect(rig.state()).toMatchObject(stopping);
      await rig.clock.until(() => stop.length > 0, 25_000);
      expect(stop).toEqual([{ status: "ok" }]);
      expect(rig.speed()).toBe(0);
      const rest = { belt: "idle", running: false, moving: false, stopConfirmed: true, problem: null };
      expect(rig.state()).toMatchObject(rest);
      expect(await rig.close()).toBe(0);
    },
  );
});
