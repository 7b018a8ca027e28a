import { describe, expect, it } from "vitest";
import type { SimulatedModel } from "../../src/domain/faults.js";
import { padRig } from "../support/pad-rig.js";

const MODELS: readonly SimulatedModel[] = ["c2", "a1", "p1", "r1pro"];

describe.each(MODELS)("%s", (model) => {
  it.each(["manual", "standby"] as const)("starts from %s, takes a speed, and stops", async (mode) => {
    const rig = padRig({ model, pad: { mode } });
    await rig.online();
    await rig.clock.advance(3_000);

    const start = rig.send({ key: "belt", value: "ON" });
    await rig.clock.until(() => start.length > 0, 25_000);
    expect(start).toEqual([{ status: "ok" }]);
    expect(rig.speed()).toBeGreaterThan(0);

    const speed = rig.send({ key: "speed", value: 3.5 });
    await rig.clock.until(() => speed.length > 0, 30_000);
    expect(speed).toEqual([{ status: "ok" }]);
    await rig.clock.advance(4_000);
    expect(rig.state()).toMatchObject({ belt: "running", running: true, moving: true, speed: 350, targetSpeed: 350 });

    const stop = rig.send({ key: "belt", value: "OFF" });
    expect(rig.state()).toMatchObject({ belt: "stopping", stopConfirmed: false, targetSpeed: null });
    await rig.clock.until(() => stop.length > 0, 25_000);
    expect(stop).toEqual([{ status: "ok" }]);
    expect(rig.speed()).toBe(0);
    expect(rig.state()).toMatchObject({ belt: "idle", running: false, moving: false, stopConfirmed: true, problem: null });
    expect(await rig.close()).toBe(0);
  });
});
