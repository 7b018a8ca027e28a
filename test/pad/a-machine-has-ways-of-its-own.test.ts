import { describe, expect, it } from "vitest";
import { toHex } from "../../src/protocol/bytes.js";
import { control, type PadOptions, remote, safetyKey } from "../../src/sim/pad.js";
import {
  ADDRESS,
  codes,
  FTMS_MODELS,
  isHalt,
  isMotion,
  OFF,
  ON,
  padRig,
  type Rig,
  speed,
  STOP,
  verb,
} from "../support/pad-rig.js";

const kinds = (rig: Rig): string[] => rig.events.map(({ type }) => type);
const pull = (rig: Rig): void => rig.radio.act(ADDRESS, (pad) => safetyKey(pad, false));
const putBack = (rig: Rig): void => rig.radio.act(ADDRESS, (pad) => safetyKey(pad, true));
const halts = (rig: Rig): string[] => rig.frames().filter(isHalt);

const standing = async (model: (typeof FTMS_MODELS)[number], pad: PadOptions = {}): Promise<Rig> => {
  const rig = padRig({ model, pad });
  await rig.online();
  await rig.clock.advance(3_000);
  return rig;
};

describe.each(FTMS_MODELS)("a %s", (model) => {
  it("is paused by OFF, continues in the same session, and is stopped by stop", async () => {
    const rig = padRig({ model });
    await rig.walking(2.5);
    expect(rig.state()).toMatchObject({ belt: "running", link: "ready", protocol: "ftms", mode: null });
    expect(await rig.ask(OFF)).toBe("ok");
    expect([rig.speed(), rig.state().belt]).toEqual([0, "paused"]);
    expect(await rig.ask(ON)).toBe("ok");
    await rig.clock.advance(12_000);
    expect(rig.speed()).toBeCloseTo(2.5, 1);
    expect(await rig.ask(STOP)).toBe("ok");
    expect([rig.speed(), rig.state().belt]).toEqual([0, "idle"]);
    expect(kinds(rig)).toEqual([
      "session_started",
      "session_paused",
      "session_resumed",
      "session_paused",
      "session_ended",
    ]);
    expect([...new Set(halts(rig))]).toEqual(["pause", "stop"]);
    expect(halts(rig)).toEqual([...halts(rig)].sort());
    expect(await rig.close()).toBe(0);
  });

  it("can be stopped at any time after a start, and stays stopped", async () => {
    for (const after of [200, 1_500, 3_000, 6_000]) {
      const rig = await standing(model);
      const start = rig.send(ON, speed(3));
      await rig.clock.advance(after);
      expect(await rig.ask(STOP)).toBe("ok");
      expect(rig.speed()).toBe(0);
      expect(start).toHaveLength(2);
      await rig.clock.advance(20_000);
      expect(rig.speed()).toBe(0);
      expect(await rig.close()).toBe(0);
    }
  });

  it("that its own buttons pause, or stop, reports it, and may be started again", async () => {
    for (const key of ["start-stop", "stop"] as const) {
      const rig = padRig({ model });
      await rig.walking(2);
      rig.radio.act(ADDRESS, (pad) => remote(pad, key));
      await rig.clock.advance(10_000);
      expect(rig.state()).toMatchObject({ belt: key === "stop" ? "idle" : "paused", speed: 0 });
      expect(rig.state().problem).toBe(null);
      expect(kinds(rig)).toEqual(["session_started", "belt_stopped_by_pad", "session_paused"]);
      expect(halts(rig)).toEqual([]);
      expect(await rig.ask(ON)).toBe("ok");
      await rig.clock.advance(8_000);
      expect(rig.state().belt).toBe("running");
      expect(await rig.close()).toBe(0);
    }
  });

  it("that its own buttons halt in its spin-up is not started again, nor sped up when they start it", async () => {
    const rig = await standing(model);
    const start = rig.send(ON, speed(3));
    await rig.clock.until(() => rig.frames().includes("start"), 5_000);
    await rig.clock.advance(800);
    rig.press("start-stop");
    await rig.clock.advance(100);
    expect(codes(start)).toEqual(["superseded", "superseded"]);
    await rig.clock.advance(5_000);
    rig.press("start-stop");
    await rig.clock.advance(20_000);
    expect(rig.frames()).toEqual(["start"]);
    expect(rig.state().belt).toBe("running");
    expect(await rig.close()).toBe(0);
  });

  it("whose safety key is pulled reports it, and then starts at its own speed, whatever came in between", async () => {
    for (const between of ["nothing", "a lost link"]) {
      const rig = padRig({ model });
      await rig.walking(3);
      pull(rig);
      await rig.clock.advance(10_000);
      expect(rig.state()).toMatchObject({ belt: "idle", speed: 0, problem: "safety-key" });
      expect(kinds(rig)).toEqual(["session_started", "belt_stopped_by_pad", "session_paused"]);
      expect(rig.warnings.at(-1)).toContain("safety key was pulled");
      // Without its key the machine starts for nobody.
      expect(await rig.ask(ON, 40_000)).toBe("unconfirmed");
      expect(rig.speed()).toBe(0);
      putBack(rig);
      if (between !== "nothing") {
        rig.radio.disconnect(ADDRESS);
        await rig.clock.advance(10_000);
      }
      const since = rig.clock.now();
      expect(await rig.ask(verb("resume"))).toBe("ok");
      await rig.clock.advance(8_000);
      expect(rig.frames(since)).toEqual(["start"]);
      expect(rig.state()).toMatchObject({ belt: "running", problem: null });
      expect(await rig.close()).toBe(0);
    }
  });

  it("whose safety key is pulled while it is paused starts at its own speed too", async () => {
    const rig = padRig({ model });
    await rig.walking(3);
    expect(await rig.ask(OFF)).toBe("ok");
    pull(rig);
    await rig.clock.advance(2_000);
    expect(rig.state().problem).toBe("safety-key");
    putBack(rig);
    const since = rig.clock.now();
    expect(await rig.ask(ON)).toBe("ok");
    await rig.clock.advance(8_000);
    expect(rig.frames(since)).toEqual(["start"]);
    expect(await rig.close()).toBe(0);
  });

  it("that withdraws control gets a new request, and obeys", async () => {
    const rig = padRig({ model });
    await rig.walking(2);
    rig.radio.act(ADDRESS, (pad) => control(pad, "lost"));
    await rig.clock.advance(1_000);
    expect(rig.state()).toMatchObject({ belt: "running", problem: "control-lost" });
    expect(rig.warnings.at(-1)).toContain("refuses control");
    await rig.clock.advance(8_000);
    expect(rig.state().problem).toBe(null);
    expect(await rig.ask(speed(3))).toBe("ok");
    expect(await rig.close()).toBe(0);
  });

  it("that withdraws control is stopped nevertheless", async () => {
    const rig = padRig({ model });
    await rig.walking(2);
    rig.radio.act(ADDRESS, (pad) => control(pad, "lost"));
    await rig.clock.advance(50);
    expect(await rig.ask(OFF)).toBe("ok");
    expect(rig.speed()).toBe(0);
    expect(await rig.close()).toBe(0);
  });
});

describe("a machine that refuses control", () => {
  it("is reported, allows only a stop to be written, and is stopped as soon as it permits", async () => {
    const rig = padRig({ model: "ftms" });
    await rig.walking(2);
    rig.radio.act(ADDRESS, (pad) => control(pad, "refused"));
    await rig.clock.advance(5_000);
    expect(rig.state()).toMatchObject({ belt: "running", problem: "control-lost" });
    const since = rig.clock.now();
    const [outcome] = await rig.settled(rig.send(speed(3)));
    expect(outcome).toMatchObject({ code: "unconfirmed" });
    expect(rig.frames(since)).toEqual([]);
    const off = rig.send(OFF);
    await rig.clock.advance(8_000);
    expect(halts(rig).length).toBeGreaterThan(2);
    rig.radio.act(ADDRESS, (pad) => control(pad, "allowed"));
    await rig.clock.until(() => off.length > 0, 25_000);
    await rig.clock.until(() => rig.state().stopConfirmed, 10_000);
    expect(rig.speed()).toBe(0);
    expect(rig.state().problem).toBeNull();
    expect(rig.warnings.filter((line) => line.includes("refuses control"))).toHaveLength(1);
    expect(await rig.close()).toBe(0);
  });

  it("from the beginning does not start, until it permits", async () => {
    const rig = padRig({ model: "z1" });
    rig.radio.act(ADDRESS, (pad) => control(pad, "refused"));
    await rig.online();
    await rig.clock.advance(3_000);
    const [outcome] = await rig.settled(rig.send(ON));
    expect(outcome).toMatchObject({ code: "unconfirmed" });
    expect(outcome).toMatchObject({
      message: expect.stringContaining("refuses control by the bridge") as string,
    });
    expect(rig.frames()).toEqual([]);
    rig.radio.act(ADDRESS, (pad) => control(pad, "allowed"));
    await rig.clock.advance(4_000);
    expect(await rig.ask(ON)).toBe("ok");
    expect(rig.state().problem).toBeNull();
    expect(await rig.close()).toBe(0);
  });
});

describe("a special machine", () => {
  it("of firmware V0.0.6 is unlocked, and no frame of an update is ever written", async () => {
    const rig = padRig({ model: "z1", pad: { unlockGate: true } });
    await rig.walking(2);
    expect(rig.speed()).toBeCloseTo(2, 1);
    expect(toHex(rig.radio.wire[0]!.bytes)).toBe("710005012e5a314474");
    expect(rig.radio.wire.filter(({ bytes }) => bytes[0] === 0xe8)).toEqual([]);
    // What that did is said, once, and nothing to worry about.
    expect(rig.news.filter((text) => text.includes("unlock"))).toEqual([
      expect.stringContaining("accepted the unlock request"),
    ]);
    expect(rig.warnings).toEqual([]);
    expect(await rig.close()).toBe(0);
  });

  it("that cannot pause is stopped", async () => {
    const rig = padRig({ model: "ftms", pad: { refusePause: true } });
    await rig.walking(3);
    const since = rig.clock.now();
    expect(await rig.ask(OFF)).toBe("ok");
    expect(rig.speed()).toBe(0);
    expect(rig.frames(since).slice(0, 2)).toEqual(["pause", "stop"]);
    expect(rig.clock.now() - since).toBeLessThan(9_000);
    expect(await rig.close()).toBe(0);
  });

  it("that counts in miles unannounced is learned from two speeds, and brought to the second", async () => {
    const rig = await standing("ftms", { imperial: true });
    // Whether a person or the machine made it 3.2 nobody can tell from one.
    expect(await rig.ask(speed(2), 60_000)).toBe("superseded");
    expect([rig.state().problem, rig.state().belt]).toEqual([null, "running"]);
    expect(await rig.ask(speed(3), 60_000)).toBe("ok");
    await rig.clock.advance(15_000);
    expect(rig.speed()).toBeCloseTo(3, 1);
    // It is handled, so it is no problem.
    expect(rig.state().problem).toBeNull();
    expect(rig.warnings.filter((line) => line.includes("miles per hour"))).toHaveLength(1);
    // What is learned is kept: the next speed is right at once.
    expect(await rig.ask(OFF)).toBe("ok");
    rig.radio.disconnect(ADDRESS);
    await rig.clock.advance(10_000);
    const since = rig.clock.now();
    expect(await rig.ask(speed(3), 60_000)).toBe("ok");
    expect(rig.frames(since)).toEqual(["start", "speed 1.86"]);
    expect(await rig.close()).toBe(0);
  });

  it.each([
    ["a model that is known for miles", "tm11gy", {}, 0],
    ["a machine that was found to count in miles", "ftms", { imperial: true }, 2],
  ] as const)(
    "%s is not assumed to count in km/h because of a button press while it ramps",
    async (_, model, pad, lessons) => {
      const rig = await standing(model, pad);
      for (const lesson of [2, 3].slice(0, lessons)) await rig.ask(speed(lesson), 60_000);
      for (let times = 0; times < 2; times += 1) {
        await rig.ask(speed(1), 60_000);
        await rig.clock.advance(4_000);
        // 2 km/h is 1.24 mph, and half a mile an hour less than 2 km/h is 1.2 km/h: as if 1.24 had been km/h.
        const asked = rig.send(speed(2));
        await rig.clock.advance(1_500);
        rig.press("-");
        await rig.settled(asked);
        await rig.clock.advance(4_000);
        expect(rig.speed()).toBeCloseTo(1.2, 1);
      }
      const asked = rig.send(speed(3.5));
      await rig.clock.until(() => {
        expect(rig.speed()).toBeLessThan(3.6);
        return asked.length > 0;
      }, 60_000);
      expect(codes(asked)).toEqual(["ok"]);
      await rig.clock.advance(4_000);
      expect(rig.speed()).toBeCloseTo(3.5, 1);
      expect(await rig.close()).toBe(0);
    },
  );

  it("that offers no control point is watched, and answers every command", async () => {
    const rig = padRig({ model: "ftms" });
    rig.air.watchOnly = true;
    await rig.online();
    await rig.clock.advance(3_000);
    expect(rig.pad.view().identity.capabilities).toMatchObject({ control: false });
    for (const command of [ON, speed(3), verb("faster")]) {
      const [outcome] = rig.send(command);
      expect(outcome).toMatchObject({
        code: "unsupported",
        message: expect.stringContaining("remote") as string,
      });
    }
    rig.press("start-stop");
    await rig.clock.until(() => rig.state().belt === "running", 15_000);
    const stopped = rig.send(OFF);
    await rig.clock.advance(1_500);
    expect(stopped[0]).toMatchObject({
      code: "unconfirmed",
      message: expect.stringContaining("remote") as string,
    });
    rig.press("start-stop");
    await rig.clock.advance(30_000);
    expect(rig.state()).toMatchObject({ link: "ready", belt: "paused", speed: 0 });
    expect(rig.frames()).toEqual([]);
    expect(rig.pad.view().counters.connects).toBe(1);
    expect(await rig.close()).toBe(0);
  });

  it("that sends nothing at rest stays available with an unknown belt, and cannot be started by the bridge", async () => {
    const rig = padRig({ model: "z1", pad: { quietAtRest: true } });
    await rig.online();
    await rig.clock.advance(60_000);
    expect(rig.pad.view().available).toBe(true);
    expect(rig.warnings).toEqual([
      expect.stringMatching(/sends no data.*accepted the unlock.*its own button/),
    ]);
    expect(rig.state()).toMatchObject({ belt: "unknown", running: null, speed: null, link: "ready" });
    expect(rig.pad.view().counters.connects).toBe(1);
    expect(codes(rig.send(ON, speed(3)))).toEqual(["not-connected", "not-connected"]);
    // Started by its own button it speaks, and can be steered; once at rest it falls silent again.
    rig.press("start-stop");
    await rig.clock.until(() => rig.state().belt === "running", 15_000);
    expect(await rig.ask(speed(3))).toBe("ok");
    rig.send(OFF);
    await rig.clock.until(() => rig.speed() === 0, 20_000);
    expect(rig.frames().filter(isMotion)).toEqual(["speed 3"]);
    expect(await rig.close()).toBe(0);
  });

  it("has its subscriptions 100 ms apart, and its training status left alone", async () => {
    const rig = await standing("z1");
    const { subscribed } = rig.tap;
    const [notify, ...ftms] = subscribed.map(({ characteristic }) => characteristic);
    expect([notify, ...ftms]).toEqual(["24e2521cf63b48ed85bec5330b00fdf7", "2ad9", "2ada", "2acd"]);
    const gaps = subscribed.slice(1).map(({ at }, i) => at - subscribed[i]!.at);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(100);
    expect(await rig.close()).toBe(0);
  });

  it("has the capabilities that it reports", async () => {
    const rig = await standing("ftms");
    const { identity } = rig.pad.view();
    expect(identity).toMatchObject({
      capabilities: { minSpeed: 100, maxSpeed: 1600, incline: { min: 0, max: 15, step: 1 }, heartRate: true },
    });
    expect(await rig.close()).toBe(0);
  });
});
