import { describe, expect, it } from "vitest";
import { ADDRESS, codes, isMotion, OFF, ON, padRig, speed, STOP } from "../support/pad-rig.js";

describe("a stop waits for nothing", () => {
  it("passes a write that hangs, and is the last frame when the link is free again", async () => {
    const rig = padRig();
    await rig.online();
    await rig.clock.advance(3_000);
    await rig.clock.until(() => rig.wire().at(-1)!.at === rig.clock.now() - 900, 5_000);
    const since = rig.clock.now();
    rig.radio.hangWrites(ADDRESS, true);
    rig.send(ON);
    await rig.clock.advance(1_000);
    const stop = rig.send(OFF);
    expect(rig.handed.at(-1)).toEqual({ at: rig.clock.now(), op: "stop" });
    await rig.clock.advance(500);
    expect(rig.frames(since)).toEqual([]);
    rig.radio.hangWrites(ADDRESS, false);
    await rig.clock.advance(20);
    expect(rig.frames(since)).toEqual(["start", "stop"]);
    await rig.clock.until(() => stop.length > 0, 15_000);
    expect(codes(stop)).toEqual(["ok"]);
    expect(rig.speed()).toBe(0);
    expect(await rig.close()).toBe(0);
  });

  it("is written again when the link never delivers it", async () => {
    const rig = padRig();
    await rig.walking(3);
    rig.radio.hangWrites(ADDRESS, true);
    const since = rig.clock.now();
    const stop = rig.send(OFF);
    await rig.clock.until(() => rig.speed() === 0, 20_000);
    expect(codes(stop)).toEqual(["link-lost"]);
    const [first] = rig.wire(since);
    expect(first).toMatchObject({ op: "stop" });
    expect(first!.at - since).toBeLessThan(5_000);
    await rig.clock.until(() => rig.state().stopConfirmed, 10_000);
    expect(rig.frames(since).filter(isMotion)).toEqual([]);
    expect(await rig.close()).toBe(0);
  });

  it.each([0, 100, 300, 690])("ignores the pad's gap and its polls, %i ms after a write", async (after) => {
    const rig = padRig();
    await rig.walking(3);
    const poll = rig.wire().length;
    await rig.clock.until(() => rig.wire().length > poll, 2_000);
    await rig.clock.advance(after);
    const since = rig.clock.now();
    rig.send(STOP);
    await rig.clock.advance(20);
    expect(rig.wire(since + 1)).toMatchObject([{ op: "stop" }]);
    expect(await rig.close()).toBe(0);
  });

  it("requested while connecting is the first write, before the first status", async () => {
    const rig = padRig();
    rig.press("start-stop");
    await rig.clock.advance(5_000);
    rig.pad.start();
    await rig.clock.until(() => rig.state().link === "connecting");
    const stop = rig.send(OFF);
    expect(codes(rig.send(ON, speed(3)))).toEqual(["stopping", "stopping"]);
    await rig.clock.until(() => stop.length > 0, 15_000);
    expect(codes(stop)).toEqual(["ok"]);
    expect(rig.wire()[0]).toMatchObject({ op: "stop" });
    expect(await rig.close()).toBe(0);
  });

  it("requested on a link without a message yet is written at once", async () => {
    const rig = padRig();
    rig.press("start-stop");
    await rig.clock.advance(5_000);
    rig.faults({ drop: 1 });
    rig.pad.start();
    await rig.clock.until(() => rig.state().link === "ready");
    const since = rig.clock.now();
    const stop = rig.send(OFF);
    await rig.clock.advance(20);
    expect(rig.frames(since)).toEqual(["stop"]);
    await rig.clock.until(() => rig.speed() === 0, 10_000);
    expect(stop).toEqual([]);
    rig.faults({});
    await rig.clock.until(() => rig.state().stopConfirmed, 20_000);
    expect(await rig.close()).toBe(0);
  });

  it("gets through though no subscription does", async () => {
    const rig = padRig();
    await rig.walking(3);
    rig.radio.disconnect(ADDRESS);
    rig.radio.outOfRange(ADDRESS, true);
    await rig.clock.until(() => rig.state().link === "lost");
    rig.send(OFF);
    await rig.clock.advance(1_000);
    rig.radio.outOfRange(ADDRESS, false);
    await rig.clock.until(() => rig.state().link === "connecting", 5_000);
    // The stop reaches the air in 10 ms, a subscription in 20.
    const since = rig.clock.now();
    await rig.clock.until(() => rig.wire(since).length > 0, 5_000, 1);
    rig.radio.hangWrites(ADDRESS, true);
    expect(rig.wire(since)).toMatchObject([{ op: "stop" }]);
    await rig.clock.advance(4_000);
    expect(rig.state().link).not.toBe("ready");
    expect(rig.speed()).toBeLessThan(1.5);
    await rig.clock.until(() => rig.state().stopConfirmed, 15_000);
    expect(await rig.close()).toBe(0);
  });

  it("gets its result soon after we have slept past its deadline", async () => {
    const rig = padRig();
    rig.radio.outOfRange(ADDRESS, true);
    rig.pad.start();
    await rig.clock.advance(1_000);
    const stop = rig.send(OFF);
    rig.clock.suspend(60_000);
    expect(await rig.clock.until(() => stop.length > 0, 2_000)).toBeLessThanOrEqual(600);
    expect(codes(stop)).toEqual(["unconfirmed"]);
    expect(await rig.close()).toBe(0);
  });
});
