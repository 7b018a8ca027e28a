import { describe, expect, it } from "vitest";
import type { SimulatedModel } from "../../src/domain/faults.js";
import type { Mode } from "../../src/domain/pad.js";
import {
  FTMS_MODELS,
  OFF,
  ON,
  OTHER_MODELS,
  PITPAT_MODELS,
  padRig,
  type Rig,
  speed,
} from "../support/pad-rig.js";

const MODELS: readonly (readonly [SimulatedModel, readonly Mode[]])[] = [
  ...(["c2", "a1", "p1", "r1pro"] as const).map((model) => [model, ["manual", "standby", "auto"]] as const),
  // Nobody else knows modes.
  ...[...FTMS_MODELS, ...OTHER_MODELS].map((model) => [model, ["manual"]] as const),
];

/** Where a machine rests after OFF: FTMS and PitPat tell of a pause. */
const restWord = (model: SimulatedModel): string =>
  [...FTMS_MODELS, ...PITPAT_MODELS].some((each) => each === model) ? "paused" : "idle";

const walkAndStop = async (rig: Rig, model: SimulatedModel): Promise<void> => {
  expect(await rig.ask(ON)).toBe("ok");
  expect(rig.speed()).toBeGreaterThan(0);

  expect(await rig.ask(speed(3.5))).toBe("ok");
  await rig.clock.advance(4_000);
  // 2.17 mph is what comes nearest.
  const reached = model === "tm11gy" ? 349 : 350;
  const running = { belt: "running", running: true, moving: true, speed: reached, targetSpeed: 350 };
  expect(rig.state()).toMatchObject(running);

  const stop = rig.send(OFF);
  const stopping = { belt: "stopping", running: false, stopConfirmed: false, targetSpeed: null };
  expect(rig.state()).toMatchObject(stopping);
  await rig.clock.until(() => stop.length > 0, 25_000);
  expect(stop).toEqual([{ status: "ok" }]);
  expect(rig.speed()).toBe(0);
  const rest = { belt: restWord(model), running: false, moving: false, stopConfirmed: true };
  expect(rig.state()).toMatchObject(rest);
  expect(rig.state().problem).toBe(null);
};

describe.each(MODELS)("%s", (model, modes) => {
  it.each(modes)("starts from %s, takes a speed, and stops", async (before) => {
    const rig = padRig({ model, pad: { mode: before } });
    await rig.online();
    await rig.clock.advance(3_000);
    await walkAndStop(rig, model);
    expect(await rig.close()).toBe(0);
  });
});
