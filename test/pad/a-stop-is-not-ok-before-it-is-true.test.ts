import { describe, expect, it } from "vitest";
import { codes, FTMS_MODELS, isHalt, OFF, ON, padRig, type Rig } from "../support/pad-rig.js";

/** The belt rests when the stop is ok, and 20 s later. */
const expectTrueStop = async (rig: Rig): Promise<void> => {
  const stop = rig.send(OFF);
  await rig.clock.until(() => stop.length > 0, 40_000);
  expect(codes(stop)).toEqual(["ok"]);
  expect(rig.phase()).toBe("rest");
  await rig.clock.advance(20_000);
  expect(rig.phase()).toBe("rest");
  expect(await rig.close()).toBe(0);
};

describe("a machine that loses stops in its spin-up (safety rule 7)", () => {
  it.each([4_000, 9_000, 14_000])(
    "of %i ms is stopped once the belt moves, and ok is true",
    async (countdown) => {
      const rig = padRig({ model: "ftms", pad: { deafSpinUp: true, countdown } });
      await rig.online();
      await rig.clock.advance(3_000);
      rig.send(ON);
      await rig.clock.until(() => rig.frames().includes("start"));
      await rig.clock.advance(500);
      await expectTrueStop(rig);
    },
  );

  it.each(FTMS_MODELS.flatMap((model) => [300, 2_000, 5_000].map((wait) => ({ model, wait }))))(
    "and told of a start at its own button ($model, $wait ms ago) is not taken for resting",
    async ({ model, wait }) => {
      const rig = padRig({ model, pad: { deafSpinUp: true, countdown: 8_000 } });
      await rig.online();
      await rig.clock.advance(3_000);
      rig.press("start-stop");
      await rig.clock.advance(wait);
      await expectTrueStop(rig);
    },
  );

  it.each(FTMS_MODELS)(
    "and started again at its own button before a status showed it at rest (%s) is not taken for resting",
    async (model) => {
      const rig = padRig({ model, pad: { deafSpinUp: true, countdown: 8_000 } });
      await rig.online();
      await rig.clock.advance(3_000);
      expect(await rig.ask(ON)).toBe("ok");
      await rig.clock.advance(5_000);
      rig.send(OFF);
      await rig.clock.until(() => rig.phase() === "rest", 20_000);
      expect(rig.state()).toMatchObject({ moving: true, stopConfirmed: false });
      rig.press("start-stop");
      expect(rig.phase()).toBe("countdown");
      await rig.clock.advance(500);
      await expectTrueStop(rig);
    },
  );

  it.each(FTMS_MODELS)(
    "and started at its own button under a stop (%s) is given that stop until it moves, and time to obey",
    async (model) => {
      const rig = padRig({ model, pad: { deafSpinUp: true, countdown: 14_000 } });
      await rig.online();
      await rig.clock.advance(3_000);
      const since = rig.clock.now();
      const stop = rig.send(OFF);
      await rig.clock.advance(100);
      rig.press("start-stop");
      await rig.clock.until(() => stop.length > 0, 40_000);
      expect(codes(stop)).toEqual(["ok"]);
      expect(rig.phase()).toBe("rest");
      const halts = rig.handed.filter(({ op, at }) => isHalt(op) && at >= since).map(({ at }) => at - since);
      // Safety rule 7: repeated for all of the 15 s, or until it moves and obeys.
      expect(halts.filter((at) => at > 10_500 && at < 14_000)).not.toEqual([]);
      expect(await rig.close()).toBe(0);
    },
  );
});

describe("a machine whose data is all zeros (safety rule 7)", () => {
  it("has no telemetry once its start has shown nothing for 20 s: no stop is confirmed, no start written", async () => {
    const rig = padRig({ model: "ftms", pad: { silentData: true } });
    await rig.online();
    await rig.clock.advance(3_000);
    expect(await rig.ask(ON)).toBe("unconfirmed");
    await rig.clock.advance(3_000);
    expect(rig.state()).toMatchObject({ belt: "unknown", moving: null, problem: "no-telemetry" });
    const since = rig.clock.now();
    const stop = rig.send(OFF);
    await rig.clock.until(() => stop.length > 0, 30_000);
    expect(codes(stop)).toEqual(["unconfirmed"]);
    expect(rig.speed()).toBe(0);
    expect(rig.state()).toMatchObject({ belt: "unknown", problem: "stop-unconfirmed" });
    await rig.ask(ON);
    expect(rig.frames(since)).not.toContain("start");
    expect(rig.pad.shutdown.verdict()).toBe("moving");
    expect(await rig.close()).toBe(0);
  });
});
