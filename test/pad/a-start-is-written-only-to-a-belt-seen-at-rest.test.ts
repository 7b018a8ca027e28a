import { describe, expect, it } from "vitest";
import { TOO_OLD } from "../../src/domain/message-age.js";
import { ADDRESS, codes, ON, OFF, padRig, speed, verb } from "../support/pad-rig.js";

describe("a start (safety rules 2 and 4)", () => {
  it.each([ON, verb("start"), verb("resume"), verb("toggle")])(
    "is refused at once without a status in the last 2 s: $value",
    async (command) => {
      const rig = padRig();
      await rig.online();
      await rig.clock.advance(3_000);
      rig.faults({ drop: 1 });
      await rig.clock.advance(3_100);
      expect(codes(rig.send(command))).toEqual(["not-connected"]);
      expect(codes(rig.send(speed(3)))).toEqual(["not-connected"]);
      await rig.clock.advance(3_000);
      expect(rig.frames()).toEqual([]);
      expect(await rig.close()).toBe(0);
    },
  );

  it.each(["running", "starting"] as const)("writes nothing to a belt that is %s", async (belt) => {
    const rig = padRig();
    await rig.online();
    await rig.clock.advance(2_000);
    rig.press("start-stop");
    await rig.clock.until(() => rig.state().belt === belt, 10_000);
    expect(await rig.ask(ON)).toBe("ok");
    await rig.clock.advance(6_000);
    expect(rig.frames()).toEqual([]);
    expect(rig.state().belt).toBe("running");
    expect(await rig.close()).toBe(0);
  });

  it("that gets lost is repeated once, on a status 3 s newer, and is unconfirmed after 20 s", async () => {
    const rig = padRig();
    await rig.online();
    await rig.clock.advance(3_000);
    rig.faults({ refuseStart: 1 });
    const since = rig.clock.now();
    expect(await rig.ask(ON)).toBe("unconfirmed");
    expect(rig.clock.now() - since).toBeGreaterThanOrEqual(20_000);
    expect(rig.clock.now() - since).toBeLessThan(21_000);
    const starts = rig.wire(since).filter(({ op }) => op === "start");
    expect(starts).toHaveLength(2);
    for (const { at } of starts) expect(at - since).toBeLessThanOrEqual(5_100);
    expect(await rig.close()).toBe(0);
  });

  it("that took effect late is not written again for any command", async () => {
    const rig = padRig();
    await rig.online();
    await rig.clock.advance(3_000);
    const first = rig.send(ON);
    await rig.clock.advance(200);
    const again = rig.send(ON, verb("start"));
    await rig.clock.until(() => first.length + again.length === 3, 20_000);
    expect(codes([...first, ...again])).toEqual(["ok", "ok", "ok"]);
    expect(rig.frames()).toEqual(["start"]);
    expect(await rig.close()).toBe(0);
  });

  it("of an older command counts against a newer one, on whatever link: 3 s lie between", async () => {
    const rig = padRig();
    await rig.online();
    await rig.clock.advance(3_000);
    rig.faults({ refuseStart: 1 });
    const since = rig.clock.now();
    rig.send(ON);
    await rig.clock.until(() => rig.frames(since).includes("start"));
    rig.radio.disconnect(ADDRESS);
    await rig.clock.until(() => rig.pad.view().available && rig.clock.now() - since > 500, 5_000);
    rig.send(ON);
    await rig.clock.advance(5_000);
    const [one, two] = rig.wire(since).filter(({ op }) => op === "start");
    expect(two!.at - one!.at).toBeGreaterThanOrEqual(2_900);
    expect(await rig.close()).toBe(0);
  });

  it.each(["c2", "a1", "p1", "r1pro"] as const)(
    "is not repeated on a %s whose countdown was cancelled at the pad",
    async (model) => {
      const rig = padRig({ model });
      await rig.online();
      await rig.clock.advance(3_000);
      const outcomes = rig.send(ON, speed(3));
      await rig.clock.until(() => rig.state().belt === "starting", 10_000);
      const since = rig.clock.now();
      rig.press("start-stop");
      await rig.clock.until(() => outcomes.length === 2, 2_000);
      expect(codes(outcomes)).toEqual(["superseded", "superseded"]);
      await rig.clock.advance(20_000);
      expect(rig.frames(since)).toEqual([]);
      expect(await rig.close()).toBe(0);
    },
  );

  it("waits for a belt that its own controls bring to rest, but not longer than 5 s", async () => {
    const rig = padRig({ model: "r1pro" });
    await rig.walking(6);
    rig.press("start-stop");
    await rig.clock.until(() => rig.state().belt === "stopping", 5_000);
    const since = rig.clock.now();
    expect(await rig.ask(ON)).toBe("unconfirmed");
    expect(rig.clock.now() - since).toBeLessThanOrEqual(5_600);
    await rig.clock.until(() => rig.state().belt === "idle", 15_000);
    await rig.clock.advance(5_000);
    expect(rig.frames(since)).toEqual([]);
    expect(await rig.close()).toBe(0);
  });

  it("comes too late when we slept: 5 s after its command nothing is written", async () => {
    const rig = padRig({ pad: { mode: "standby" } });
    await rig.online();
    await rig.clock.advance(3_000);
    const since = rig.clock.now();
    const outcomes = rig.send(ON, speed(3));
    await rig.clock.until(() => rig.frames(since).includes("mode manual"));
    rig.clock.suspend(5_000);
    await rig.clock.until(() => outcomes.length === 2, 25_000);
    expect(codes(outcomes)).toEqual(["unconfirmed", "superseded"]);
    expect(rig.frames(since)).toEqual(["mode manual"]);
    expect(await rig.close()).toBe(0);
  });

  it("that came before a gap in our own life is as old as it is", async () => {
    const rig = padRig();
    await rig.online();
    await rig.clock.advance(10_000);
    const arrived = rig.clock.now() - 5_001;
    expect(codes(rig.sendAt(arrived, null, ON, speed(3), verb("toggle")))).toEqual([
      "superseded",
      "superseded",
      "superseded",
    ]);
    expect(codes(rig.sendAt(rig.clock.now(), TOO_OLD, ON))).toEqual(["superseded"]);
    const stop = rig.sendAt(arrived, TOO_OLD, OFF);
    await rig.clock.until(() => stop.length > 0, 10_000);
    expect(codes(stop)).toEqual(["ok"]);
    expect(new Set(rig.frames())).toEqual(new Set(["stop"]));
    expect(await rig.close()).toBe(0);
  });

  it("does not trust a status that waited for us while we slept", async () => {
    const rig = padRig();
    await rig.online();
    await rig.clock.advance(3_000);
    // A poll has reached the pad, its answer has not reached us.
    const polled = rig.wire().length;
    await rig.clock.until(() => rig.wire().length > polled, 2_000, 1);
    rig.press("start-stop");
    rig.clock.suspend(4_000);
    const statuses = rig.pad.view().counters.statuses;
    await rig.clock.until(() => rig.pad.view().counters.statuses > statuses, 1_000, 1);
    expect(rig.state().belt).toBe("idle");
    expect(codes(rig.send(ON))).toEqual(["not-connected"]);
    await rig.clock.until(() => rig.state().belt === "running", 5_000);
    expect(rig.frames()).toEqual([]);
    expect(await rig.close()).toBe(0);
  });

  it("is not queued over a reconnect", async () => {
    const rig = padRig({ pad: { mode: "standby" } });
    await rig.online();
    await rig.clock.advance(3_000);
    const outcomes = rig.send(ON, speed(3));
    await rig.clock.advance(300);
    rig.radio.disconnect(ADDRESS);
    await rig.clock.advance(30);
    expect(codes(outcomes)).toEqual(["link-lost", "link-lost"]);
    await rig.clock.until(() => rig.pad.view().available, 10_000);
    await rig.clock.advance(20_000);
    expect(rig.frames().filter((op) => op !== "mode manual")).toEqual([]);
    expect(await rig.close()).toBe(0);
  });

  it("may be forbidden: stopping and slowing down are not", async () => {
    const rig = padRig({ safety: { allowStart: false } });
    await rig.online();
    await rig.clock.advance(2_000);
    const forbidden = [ON, speed(3), verb("toggle"), verb("start"), verb("faster")];
    for (const command of forbidden) expect(codes(rig.send(command))).toEqual(["start-not-allowed"]);
    rig.press("start-stop");
    await rig.clock.until(() => rig.state().speed === 200, 20_000);
    expect(codes(rig.send(speed(2.5)))).toEqual(["start-not-allowed"]);
    expect(await rig.ask(speed(1.5))).toBe("ok");
    expect(await rig.ask(verb("slower"))).toBe("ok");
    expect(await rig.ask(OFF)).toBe("ok");
    expect(await rig.close()).toBe(0);
  });
});
