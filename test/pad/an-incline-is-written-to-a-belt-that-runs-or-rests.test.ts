import { describe, expect, it } from "vitest";
import type { Command } from "../../src/domain/command.js";
import { control } from "../../src/sim/pad.js";
import { ADDRESS, codes, OFF, ON, padRig, speed } from "../support/pad-rig.js";

const incline = (value: number): Command => ({ key: "incline", value });
const inclines = (frames: readonly string[]): string[] => frames.filter((op) => op === "incline");

describe("an incline", () => {
  it.each([
    ["at rest", 0],
    ["on a running belt", 2],
  ])("is ok %s once the machine reports it, within a step", async (_, kmh) => {
    const rig = padRig({ model: "ftms" });
    if (kmh > 0) await rig.walking(kmh);
    else await rig.online();
    await rig.clock.advance(2_000);
    const since = rig.clock.now();
    expect(await rig.ask(incline(6))).toBe("ok");
    // 0.5 % a second: 5 % take 10 s.
    expect(rig.clock.now() - since).toBeGreaterThan(9_000);
    expect(rig.state().incline).toBeGreaterThanOrEqual(5);
    await rig.clock.advance(5_000);
    expect(rig.state().incline).toBe(6);
    expect(inclines(rig.frames())).toHaveLength(1);
    expect(rig.speed()).toBeCloseTo(kmh, 1);
    await rig.close();
  });

  it("is unsupported by a pad that has none, whatever it is, and never written", async () => {
    for (const model of ["c2", "z1", "mc21", "tm11gy"] as const) {
      const rig = padRig({ model });
      await rig.online();
      await rig.clock.advance(3_000);
      expect(await rig.ask(incline(3))).toBe("unsupported");
      expect(inclines(rig.frames())).toEqual([]);
      await rig.close();
    }
  });

  it.each([-1, -0.1, 15.1, 16, 1e9])("of %d is out of range", async (value) => {
    const rig = padRig({ model: "ftms" });
    await rig.online();
    await rig.clock.advance(3_000);
    expect(await rig.ask(incline(value))).toBe("out-of-range");
    expect(inclines(rig.frames())).toEqual([]);
    await rig.close();
  });

  it("that comes with a start waits until the belt moves, and goes with a start that fails", async () => {
    const rig = padRig({ model: "ftms" });
    await rig.online();
    await rig.clock.advance(3_000);
    const asked = rig.send(ON, incline(3));
    await rig.clock.until(() => rig.frames().includes("incline"), 20_000);
    expect(rig.speed()).toBeGreaterThan(0);
    await rig.clock.until(() => asked.length === 2, 30_000);
    expect(codes(asked)).toEqual(["ok", "ok"]);
    expect(await rig.ask(OFF)).toBe("ok");

    rig.faults({ refuseStart: 1 });
    const since = rig.clock.now();
    const failing = rig.send(ON, incline(5));
    await rig.clock.until(() => failing.length === 2, 60_000);
    expect(codes(failing)).toEqual(["unconfirmed", "superseded"]);
    expect(inclines(rig.frames(since))).toEqual([]);
    await rig.close();
  });

  it("is cancelled by a stop, and refused until the belt is at rest", async () => {
    const rig = padRig({ model: "ftms" });
    await rig.walking(3);
    const asked = rig.send(incline(9));
    await rig.clock.advance(2_000);
    const since = rig.clock.now();
    const off = rig.send(OFF);
    expect(codes(asked)).toEqual(["superseded"]);
    expect(await rig.ask(incline(2))).toBe("stopping");
    await rig.clock.until(() => off.length > 0, 30_000);
    expect(codes(off)).toEqual(["ok"]);
    expect(inclines(rig.frames(since))).toEqual([]);
    await rig.close();
  });

  it("is the latest one requested", async () => {
    const rig = padRig({ model: "ftms" });
    await rig.walking(2);
    const first = rig.send(incline(9));
    await rig.clock.advance(1_500);
    expect(await rig.ask(incline(2))).toBe("ok");
    expect(codes(first)).toEqual(["superseded"]);
    await rig.clock.advance(5_000);
    expect(rig.state().incline).toBe(2);
    await rig.close();
  });

  it("may only be lowered where MQTT may only slow the belt", async () => {
    const rig = padRig({ model: "ftms", safety: { allowStart: false } });
    await rig.online();
    await rig.clock.advance(3_000);
    expect(await rig.ask(incline(3))).toBe("start-not-allowed");
    expect(await rig.ask(incline(0))).toBe("ok");
    await rig.close();
  });

  it("ends with the link, and is not repeated after it", async () => {
    const rig = padRig({ model: "ftms" });
    await rig.walking(2);
    const asked = rig.send(incline(9));
    await rig.clock.advance(1_000);
    const since = rig.clock.now();
    rig.radio.disconnect(ADDRESS);
    await rig.clock.advance(10);
    expect(codes(asked)).toEqual(["link-lost"]);
    await rig.clock.advance(30_000);
    expect(inclines(rig.frames(since))).toEqual([]);
    expect(await rig.ask(speed(0))).toBe("ok");
    await rig.close();
  });

  it("fails on a machine that refuses control", async () => {
    const rig = padRig({ model: "ftms" });
    rig.radio.act(ADDRESS, (pad) => control(pad, "refused"));
    await rig.online();
    await rig.clock.advance(3_000);
    const [outcome] = await rig.settled(rig.send(incline(2)));
    expect(outcome).toMatchObject({
      code: "unconfirmed",
      message: expect.stringContaining("refuses control by the bridge") as string,
    });
    expect(inclines(rig.frames())).toEqual([]);
    expect(rig.state().problem).toBe("control-lost");
    await rig.close();
  });
});

describe("an incline of a pad whose frame carries a speed, which also starts the belt", () => {
  it("is not written to a belt at rest, nor while its speed changes, and leaves the speed as it is", async () => {
    const rig = padRig({ model: "sperax" });
    await rig.online();
    await rig.clock.advance(3_000);
    expect(await rig.ask(incline(4))).toBe("unconfirmed");
    expect(rig.frames()).toEqual([]);

    expect(await rig.ask(speed(2))).toBe("ok");
    await rig.clock.advance(4_000);
    const since = rig.clock.now();
    const outcomes = rig.send(speed(3), incline(4));
    await rig.clock.until(() => outcomes.length === 2, 30_000);
    expect(codes(outcomes)).toEqual(["ok", "unconfirmed"]);
    expect(rig.frames(since)).toEqual(["speed 3"]);

    await rig.clock.advance(4_000);
    expect(await rig.ask(incline(4))).toBe("ok");
    await rig.clock.advance(3_000);
    expect(rig.state()).toMatchObject({ speed: 300, incline: 4, belt: "running" });
    expect(await rig.ask(speed(2.5))).toBe("ok");
    await rig.clock.advance(3_000);
    expect(rig.state()).toMatchObject({ speed: 250, incline: 4 });
    expect(await rig.close()).toBe(0);
  });
});
