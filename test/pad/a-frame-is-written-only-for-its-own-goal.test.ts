import { describe, expect, it } from "vitest";
import { codes, isMotion, ON, OTHER_MODELS, padRig, type Rig, speed } from "../support/pad-rig.js";

// MC21 wants a preamble before each request (wire-facts b.7.6): what allowed the first frame may be gone by the last.
const slowly = async (rig: Rig, ms: number): Promise<void> => {
  await rig.online();
  await rig.clock.advance(3_000);
  rig.air.slow = ms;
};

describe("of the frames of one operation (safety rules 2, 5)", () => {
  it.each([900, 1_300, 1_700, 2_400])(
    "with %d ms a write, no start is written later than 5 s after its command",
    async (ms) => {
      const rig = padRig({ model: "mc21" });
      await slowly(rig, ms);
      const since = rig.clock.now();
      rig.send(ON, speed(3));
      await rig.clock.advance(40_000);
      for (const { at, op } of rig.handed) if (op === "start") expect(at - since).toBeLessThanOrEqual(5_000);
      expect(await rig.close()).toBe(0);
    },
  );

  it("a superseded speed is not written, the newer one is", async () => {
    const rig = padRig({ model: "mc21" });
    await rig.walking(2);
    rig.air.slow = 800;
    const since = rig.clock.now();
    const older = rig.send(speed(5));
    await rig.clock.advance(400);
    const newer = rig.send(speed(2.5));
    await rig.clock.until(() => newer.length > 0, 20_000);
    expect(codes([...older, ...newer])).toEqual(["superseded", "ok"]);
    expect(rig.frames(since)).toEqual(["speed 2.5"]);
    expect(await rig.close()).toBe(0);
  });

  it("nothing that moves a belt is written once the program ends", async () => {
    for (const after of [100, 900, 1_700, 2_500, 3_300]) {
      const rig = padRig({ model: "mc21" });
      await slowly(rig, 800);
      rig.send(ON, speed(3));
      await rig.clock.advance(after);
      const since = rig.clock.now();
      rig.pad.shutdown.begin();
      await rig.clock.advance(20_000);
      expect(rig.handed.filter(({ at, op }) => at > since && isMotion(op))).toEqual([]);
      expect(await rig.close()).toBe(0);
    }
  });

  it.each(["c2", "r1pro", "z1", "ftms", ...OTHER_MODELS] as const)(
    "ON to a %s that starts already writes nothing, not even when that start is cancelled at the pad",
    async (model) => {
      const rig = padRig({ model });
      await rig.online();
      await rig.clock.advance(3_000);
      rig.press("start-stop");
      await rig.clock.until(() => rig.state().belt === "starting", 3_000);
      const outcomes = rig.send(ON);
      await rig.clock.advance(500);
      rig.press("start-stop");
      await rig.clock.until(() => outcomes.length > 0, 25_000);
      await rig.clock.advance(10_000);
      expect(codes(outcomes)).toEqual(["superseded"]);
      expect(rig.frames()).toEqual([]);
      expect(await rig.close()).toBe(0);
    },
  );
});
