import { describe, expect, it } from "vitest";
import { control, remote, safetyKey } from "../../src/sim/pad.js";
import { toHex } from "../../src/protocol/bytes.js";
import { padRig, type Rig } from "../support/pad-rig.js";

const hexes = (rig: Rig): string[] => rig.radio.wire.map(({ bytes }) => toHex(bytes));

const MODELS = ["z1", "mc21", "ftms", "tm11gy"] as const;
const SECOND = 1000;
const ADDRESS = "57:4c:4e:00:11:22";

describe.each(MODELS)("%s", (model) => {
  it("starts, takes a speed, pauses, resumes and stops", async () => {
    const rig = padRig({ model });
    expect(await rig.online()).toBeDefined();
    await rig.clock.advance(2 * SECOND);
    expect(rig.state()).toMatchObject({ belt: "idle", speed: 0, link: "ready", protocol: "ftms" });
    const on = rig.send({ key: "belt", value: "ON" });
    await rig.clock.until(() => on.length > 0, 25_000);
    expect(on).toEqual([{ status: "ok" }]);
    await rig.clock.advance(8 * SECOND);
    const speed = rig.send({ key: "speed", value: 2.5 });
    await rig.clock.until(() => speed.length > 0, 25_000);
    expect(speed).toEqual([{ status: "ok" }]);
    expect(rig.speed()).toBeCloseTo(2.5, 0);
    await rig.clock.advance(6 * SECOND);
    expect(rig.speed()).toBeCloseTo(2.5, 1);
    expect(rig.state()).toMatchObject({ belt: "running", targetSpeed: 250 });
    const off = rig.send({ key: "belt", value: "OFF" });
    await rig.clock.advance(SECOND);
    expect(rig.state().belt).toBe("stopping");
    await rig.clock.until(() => off.length > 0, 25_000);
    expect(off).toEqual([{ status: "ok" }]);
    expect([rig.speed(), rig.state().belt]).toEqual([0, "paused"]);
    const again = rig.send({ key: "belt", value: "ON" });
    await rig.clock.until(() => again.length > 0, 25_000);
    expect(again).toEqual([{ status: "ok" }]);
    await rig.clock.advance(15 * SECOND);
    expect(rig.speed()).toBeCloseTo(2.5, 1);
    const stop = rig.send({ key: "command", value: "stop" });
    await rig.clock.until(() => stop.length > 0, 25_000);
    expect(stop).toEqual([{ status: "ok" }]);
    expect([rig.speed(), rig.state().belt]).toEqual([0, "idle"]);
    expect(rig.events.map(({ type }) => type)).toEqual([
      "session_started",
      "session_paused",
      "session_resumed",
      "session_paused",
      "session_ended",
    ]);
    expect(hexes(rig).filter((hex) => hex.startsWith("080"))).toEqual(
      ["0802", "0801"].flatMap((hex) => hexes(rig).filter((each) => each === hex)),
    );
    expect(await rig.close()).toBe(0);
  });

  it.each([0.2, 1.5, 3, 6])("stops %d s after a start", async (after) => {
    const rig = padRig({ model });
    await rig.online();
    await rig.clock.advance(2 * SECOND);
    rig.send({ key: "belt", value: "ON" });
    await rig.clock.advance(after * SECOND);
    const off = rig.send({ key: "command", value: "stop" });
    await rig.clock.until(() => off.length > 0, 25_000);
    expect([off, rig.speed()]).toEqual([[{ status: "ok" }], 0]);
    await rig.clock.advance(20 * SECOND);
    expect(rig.speed()).toBe(0);
    expect(await rig.close()).toBe(0);
  });

  it("is stopped after a reconnect that lost it moving", async () => {
    const rig = padRig({ model });
    await rig.walking(2);
    rig.radio.disconnect(ADDRESS);
    const off = rig.send({ key: "belt", value: "OFF" });
    await rig.clock.advance(30 * SECOND);
    expect(rig.speed()).toBe(0);
    expect(off).toHaveLength(1);
    expect(await rig.close()).toBe(0);
  });

  it("keeps its numbers straight when it is out for longer than a status, and recovers from the remote", async () => {
    const rig = padRig({ model });
    await rig.walking(2);
    rig.radio.act(ADDRESS, (pad) => remote(pad, "start-stop"));
    await rig.clock.advance(10 * SECOND);
    expect(rig.state()).toMatchObject({ belt: "paused", speed: 0 });
    expect(rig.events.map(({ type }) => type)).toContain("belt_stopped_by_pad");
    rig.radio.act(ADDRESS, (pad) => remote(pad, "start-stop"));
    await rig.clock.advance(12 * SECOND);
    expect(rig.state().belt).toBe("running");
    rig.radio.act(ADDRESS, (pad) => safetyKey(pad, false));
    await rig.clock.advance(10 * SECOND);
    expect(rig.state()).toMatchObject({ belt: "idle", problem: "safety-key" });
    rig.radio.act(ADDRESS, (pad) => safetyKey(pad, true));
    const on = rig.send({ key: "belt", value: "ON" });
    await rig.clock.until(() => on.length > 0, 25_000);
    expect(on).toEqual([{ status: "ok" }]);
    await rig.clock.advance(2 * SECOND);
    expect(rig.state().problem).toBe(model === "tm11gy" ? "imperial-units" : null);
    expect(await rig.close()).toBe(0);
  });
});

describe("a machine that refuses control", () => {
  it("says so, is stopped when it allows, and is recovered from", async () => {
    const rig = padRig({ model: "ftms" });
    await rig.walking(2);
    rig.radio.act(ADDRESS, (pad) => control(pad, "refused"));
    await rig.clock.advance(5 * SECOND);
    expect(rig.state()).toMatchObject({ belt: "running", problem: "control-lost" });
    const faster = rig.send({ key: "speed", value: 3 });
    await rig.clock.until(() => faster.length > 0, 25_000);
    expect(faster).toMatchObject([{ status: "error", code: "unconfirmed" }]);
    const off = rig.send({ key: "belt", value: "OFF" });
    await rig.clock.advance(8 * SECOND);
    expect(hexes(rig).filter((hex) => hex.startsWith("08")).length).toBeGreaterThan(2);
    rig.radio.act(ADDRESS, (pad) => control(pad, "allowed"));
    await rig.clock.until(() => off.length > 0, 25_000);
    await rig.clock.advance(10 * SECOND);
    expect(rig.speed()).toBe(0);
    expect(rig.state().problem).toBeNull();
    expect(await rig.close()).toBe(0);
  });

  it("loses it mid-walk: asked again at once", async () => {
    const rig = padRig({ model: "z1" });
    await rig.walking(2);
    rig.radio.act(ADDRESS, (pad) => control(pad, "lost"));
    await rig.clock.advance(1 * SECOND);
    expect(rig.state().problem).toBe("control-lost");
    await rig.clock.advance(4 * SECOND);
    expect(rig.state().problem).toBeNull();
    const faster = rig.send({ key: "speed", value: 3 });
    await rig.clock.until(() => faster.length > 0, 25_000);
    expect(faster).toEqual([{ status: "ok" }]);
    expect(await rig.close()).toBe(0);
  });
});

describe("special machines", () => {
  it("a Z1 of V0.0.6 is unlocked", async () => {
    const rig = padRig({ model: "z1", pad: { unlockGate: true } });
    await rig.walking(2);
    expect(rig.speed()).toBeCloseTo(2, 1);
    expect(await rig.close()).toBe(0);
  });

  it("one that cannot pause is stopped", async () => {
    const rig = padRig({ model: "ftms", pad: { refusePause: true } });
    await rig.walking(3);
    const off = rig.send({ key: "belt", value: "OFF" });
    await rig.clock.until(() => off.length > 0, 25_000);
    expect([off, rig.speed()]).toEqual([[{ status: "ok" }], 0]);
    expect(
      hexes(rig)
        .filter((hex) => hex.startsWith("08"))
        .slice(0, 2),
    ).toEqual(["0802", "0801"]);
    expect(await rig.close()).toBe(0);
  });

  it("a generic one that counts in miles is learned, and brought to the speed that was asked for", async () => {
    const rig = padRig({ model: "ftms", pad: { imperial: true } });
    await rig.online();
    await rig.clock.advance(3 * SECOND);
    const speed = rig.send({ key: "speed", value: 2 });
    await rig.clock.until(() => speed.length > 0, 60_000);
    expect(speed).toEqual([{ status: "ok" }]);
    await rig.clock.advance(15 * SECOND);
    expect(rig.speed()).toBeCloseTo(2, 1);
    expect(rig.state().problem).toBe("imperial-units");
    expect(await rig.close()).toBe(0);
  });

  it("one that is silent at rest stays available, with a belt that is unknown", async () => {
    const rig = padRig({ model: "z1", pad: { quietAtRest: true } });
    await rig.online();
    await rig.clock.advance(60 * SECOND);
    expect(rig.pad.view().available).toBe(true);
    expect(rig.state().belt).toBe("unknown");
    expect(rig.pad.view().counters.connects).toBe(1);
    expect(await rig.close()).toBe(0);
  });
});
