import { describe, expect, it } from "vitest";
import { codes, mode, OFF, ON, OTHER_MODELS, padRig, speed, verb } from "../support/pad-rig.js";

const MODELS = ["c2", "a1", "p1", "r1pro", "z1", "mc21", "ftms", ...OTHER_MODELS] as const;

describe("a speed (safety rule 5)", () => {
  it.each(["c2", "a1", "p1", "r1pro"] as const)("requested at rest starts a %s first", async (model) => {
    const rig = padRig({ model });
    await rig.online();
    await rig.clock.advance(2_000);
    const outcomes = rig.send(speed(3));
    await rig.clock.until(() => rig.frames().includes("speed 3"), 25_000);
    expect(rig.speed()).toBeGreaterThan(0);
    expect(rig.phase()).toBe("running");
    await rig.clock.until(() => outcomes.length > 0, 30_000);
    expect(codes(outcomes)).toEqual(["ok"]);
    expect(rig.frames().filter((op) => op.startsWith("speed"))).toEqual(["speed 3"]);
    expect(await rig.close()).toBe(0);
  });

  it.each(MODELS)(
    "that keeps a belt at rest starts no %s, also a moment after it has stopped",
    async (model) => {
      const keepsRest = { key: "speed", value: 3, keepsRest: true } as const;
      const rig = padRig({ model });
      await rig.online();
      await rig.clock.advance(2_000);
      expect(await rig.ask(keepsRest)).toBe("unsupported");
      expect(await rig.ask(ON)).toBe("ok");
      await rig.clock.until(() => rig.state().belt === "running", 10_000);
      expect(await rig.ask(keepsRest)).toBe("ok");
      const frames = rig.frames().length;
      const stopped = rig.send(OFF);
      await rig.clock.until(() => stopped.length > 0, 20_000);
      expect(await rig.ask(keepsRest)).toBe("unsupported");
      await rig.clock.advance(20_000);
      expect(rig.speed()).toBe(0);
      expect(rig.frames().slice(frames)).not.toContain("start");
      expect(rig.frames().slice(frames)).not.toContain("speed 3");
      expect(await rig.close()).toBe(0);
    },
  );

  it("requested in the countdown waits for the belt to run", async () => {
    const rig = padRig({ model: "p1" });
    await rig.online();
    await rig.clock.advance(2_000);
    rig.press("start-stop");
    await rig.clock.until(() => rig.state().belt === "starting", 3_000);
    expect(await rig.ask(speed(4))).toBe("ok");
    expect(rig.frames()).toEqual(["speed 4"]);
    expect(rig.speed()).toBeCloseTo(4, 0);
    expect(await rig.close()).toBe(0);
  });

  it("belongs to its start: it goes when the belt comes to rest", async () => {
    const rig = padRig();
    await rig.online();
    await rig.clock.advance(2_000);
    const outcomes = rig.send(speed(6));
    await rig.clock.until(() => rig.state().belt === "running", 10_000);
    await rig.clock.until(() => rig.frames().includes("speed 6"), 10_000);
    rig.press("start-stop");
    await rig.clock.until(() => outcomes.length > 0, 10_000);
    expect(codes(outcomes)).toEqual(["superseded"]);
    expect(rig.speed()).toBe(0);
    expect(await rig.close()).toBe(0);
  });

  it("belongs to its start: it goes after 20 s without one", async () => {
    const rig = padRig();
    await rig.online();
    await rig.clock.advance(2_000);
    rig.faults({ refuseStart: 1 });
    const since = rig.clock.now();
    const outcomes = rig.send(ON, speed(3));
    await rig.clock.until(() => outcomes.length === 2, 21_000);
    expect(rig.clock.now() - since).toBeGreaterThanOrEqual(20_000);
    expect(codes(outcomes)).toEqual(["unconfirmed", "superseded"]);
    rig.faults({});
    rig.press("start-stop");
    await rig.clock.advance(10_000);
    expect(rig.frames()).not.toContain("speed 3");
    expect(await rig.close()).toBe(0);
  });

  it.each([
    { model: "c2", code: "unconfirmed" },
    { model: "r1pro", code: "superseded" },
  ] as const)(
    "is not written to a $model that slows because it was stopped at the pad",
    async ({ model, code }) => {
      const rig = padRig({ model });
      await rig.walking(5);
      rig.press("start-stop");
      await rig.clock.advance(2_500);
      const since = rig.clock.now();
      // A C2 shows "running" all the way down: it may as well settle, but not for longer than 5 s.
      expect(await rig.ask(speed(4))).toBe(code);
      expect(rig.clock.now() - since).toBeLessThanOrEqual(model === "c2" ? 5_100 : 10_000);
      await rig.clock.advance(15_000);
      expect(rig.frames(since)).toEqual([]);
      expect(rig.speed()).toBe(0);
      expect(await rig.close()).toBe(0);
    },
  );

  it("requested with a start belongs to it, though the belt has yet to come to rest", async () => {
    const rig = padRig({ model: "r1pro" });
    await rig.walking(2);
    rig.press("start-stop");
    await rig.clock.until(() => rig.state().belt === "stopping", 3_000);
    const outcomes = rig.send(ON, speed(3));
    await rig.clock.until(() => outcomes.length === 2, 40_000);
    expect(codes(outcomes)).toEqual(["ok", "ok"]);
    expect(await rig.close()).toBe(0);
  });

  it("requested in a countdown that is cancelled at the pad is not kept for the next start", async () => {
    const rig = padRig();
    await rig.online();
    await rig.clock.advance(2_000);
    rig.press("start-stop");
    await rig.clock.until(() => rig.state().belt === "starting", 3_000);
    const outcomes = rig.send(speed(4));
    rig.press("start-stop");
    await rig.clock.until(() => outcomes.length > 0, 3_000);
    expect(codes(outcomes)).toEqual(["superseded"]);
    rig.press("start-stop");
    await rig.clock.advance(10_000);
    expect(rig.frames()).toEqual([]);
    expect(await rig.close()).toBe(0);
  });

  it("is written again when it got lost, but not to a belt that was stopped at the pad meanwhile", async () => {
    const rig = padRig();
    await rig.walking(5);
    const since = rig.clock.now();
    const outcomes = rig.send(speed(5.5));
    await rig.clock.until(() => rig.frames(since).includes("speed 5.5"));
    rig.press("start-stop");
    await rig.clock.until(() => outcomes.length > 0, 25_000);
    await rig.clock.advance(10_000);
    expect(rig.frames(since)).toEqual(["speed 5.5"]);
    expect(rig.speed()).toBe(0);
    expect(await rig.close()).toBe(0);
  });

  it("may be set again while the belt slows down for the one before: the latest wins", async () => {
    const rig = padRig();
    await rig.walking(5);
    const since = rig.clock.now();
    const first = rig.send(speed(2));
    await rig.clock.advance(2_500);
    const second = rig.send(speed(6));
    expect(codes(first)).toEqual(["superseded"]);
    await rig.clock.advance(1_000);
    expect(rig.frames(since)).toEqual(["speed 2", "speed 6"]);
    await rig.clock.until(() => second.length > 0, 20_000);
    expect(codes(second)).toEqual(["ok"]);
    expect(await rig.close()).toBe(0);
  });

  it.each(MODELS)("that a %s has begun to obey is never written again against the remote", async (model) => {
    const rig = padRig({ model });
    await rig.walking(2);
    const since = rig.clock.now();
    const outcomes = rig.send(speed(5));
    await rig.clock.until(() => rig.speed() >= 3.3, 10_000);
    for (let press = 0; press < 6; press += 1) rig.press("-");
    await rig.clock.until(() => outcomes.length > 0, 30_000);
    expect(codes(outcomes)).toEqual(["superseded"]);
    const settled = rig.speed();
    expect(settled).toBeLessThan(3);
    expect(rig.state().targetSpeed).toBe(rig.state().speed);
    await rig.clock.advance(15_000);
    expect(rig.frames(since)).toEqual(["speed 5"]);
    expect(rig.speed()).toBe(settled);
    expect(await rig.close()).toBe(0);
  });

  it("comes once in a burst: the latest wins, each older one is superseded", async () => {
    const rig = padRig();
    await rig.walking(2);
    const since = rig.clock.now();
    const burst = [2.5, 3, 3.5, 4, 4.5].map((value) => rig.send(speed(value)));
    await rig.clock.until(() => burst.flat().length === 5, 20_000);
    expect(codes(burst.flat())).toEqual(["superseded", "superseded", "superseded", "superseded", "ok"]);
    const written = rig.frames(since);
    expect(written.at(-1)).toBe("speed 4.5");
    expect(written.length).toBeLessThanOrEqual(2);
    expect(await rig.close()).toBe(0);
  });

  it.each([0.4, 0.49, 6.01, 12, -1])("of %d km/h is out of range", async (value) => {
    const rig = padRig();
    await rig.walking(2);
    const since = rig.clock.now();
    expect(codes(rig.send(speed(value)))).toEqual(["out-of-range"]);
    await rig.clock.advance(3_000);
    expect(rig.frames(since)).toEqual([]);
    expect(rig.state().targetSpeed).toBe(200);
    expect(await rig.close()).toBe(0);
  });

  it.each([
    [2.44, "speed 2.4"],
    [2.46, "speed 2.5"],
    [0.5, "speed 0.5"],
    [6, "speed 6"],
  ])("of %d km/h is written as %s", async (value, frame) => {
    const rig = padRig();
    await rig.walking(3);
    expect(await rig.ask(speed(value))).toBe("ok");
    expect(rig.frames()).toContain(frame);
    expect(await rig.close()).toBe(0);
  });

  it("of a message that also sets mode and belt comes last", async () => {
    const rig = padRig({ pad: { mode: "standby" } });
    await rig.online();
    await rig.clock.advance(2_000);
    const outcomes = rig.send(mode("manual"), ON, speed(2.5));
    await rig.clock.until(() => outcomes.length === 3, 30_000);
    expect(codes(outcomes)).toEqual(["ok", "ok", "ok"]);
    expect(rig.frames()).toEqual(["mode manual", "start", "speed 2.5"]);
    expect(await rig.close()).toBe(0);
  });
});

describe("faster and slower", () => {
  it("take half a kilometre an hour from the target under way, and slower never from above the belt", async () => {
    const rig = padRig();
    await rig.walking(2);
    const since = rig.clock.now();
    const presses = [verb("faster"), verb("faster"), verb("faster")].map((press) => rig.send(press));
    expect(rig.state().targetSpeed).toBe(350);
    const slower = rig.send(verb("slower"));
    expect(rig.state().targetSpeed).toBe(150);
    await rig.clock.until(() => slower.length === 1, 15_000);
    expect(codes([...presses.flat(), ...slower])).toEqual(["superseded", "superseded", "superseded", "ok"]);
    expect(rig.frames(since).at(-1)).toBe("speed 1.5");
    expect(await rig.close()).toBe(0);
  });

  it.each(MODELS)(
    "count on a %s from the measured speed when the remote has just changed it",
    async (model) => {
      const rig = padRig({ model });
      await rig.walking(5);
      for (let press = 0; press < 4; press += 1) rig.press("-");
      await rig.clock.advance(5_500);
      const since = rig.clock.now();
      const before = rig.speed();
      expect(await rig.ask(verb("slower"))).toBe("ok");
      expect(rig.speed()).toBeLessThan(before);
      await rig.clock.advance(6_000);
      for (let press = 0; press < 3; press += 1) rig.press("+");
      await rig.clock.advance(4_500);
      const raised = rig.speed();
      expect(await rig.ask(verb("faster"))).toBe("ok");
      await rig.clock.advance(4_000);
      expect(rig.speed()).toBeCloseTo(raised + 0.5, 0);
      expect(rig.frames(since)).toHaveLength(2);
      expect(await rig.close()).toBe(0);
    },
  );

  it("slower works from above max_speed, and writes nothing above it", async () => {
    const rig = padRig({ settings: { maxSpeed: 300 as never } });
    await rig.walking(3);
    for (let press = 0; press < 4; press += 1) rig.press("+");
    await rig.clock.advance(8_000);
    expect(rig.speed()).toBeCloseTo(5, 1);
    expect(codes(rig.send(verb("faster")))).toEqual(["out-of-range"]);
    expect(await rig.ask(verb("slower"))).toBe("ok");
    expect(rig.frames().at(-1)).toBe("speed 3");
    expect(await rig.close()).toBe(0);
  });

  it("slower is not written to a belt that has become slower on its own before the frame left", async () => {
    const rig = padRig();
    await rig.walking(4);
    rig.send(verb("faster"));
    await rig.clock.advance(20);
    const since = rig.clock.now();
    const slower = rig.send(verb("slower"));
    for (let press = 0; press < 6; press += 1) rig.press("-");
    await rig.clock.until(() => slower.length > 0, 20_000);
    await rig.clock.advance(8_000);
    for (const op of rig.frames(since)) expect(Number(op.slice(6))).toBeLessThanOrEqual(4);
    expect(rig.speed()).toBeLessThan(3.6);
    expect(await rig.close()).toBe(0);
  });

  it("with allow_start false no speed is written above the measured one, whatever it was at the request", async () => {
    const rig = padRig({ safety: { allowStart: false } });
    await rig.online();
    await rig.clock.advance(2_000);
    rig.press("start-stop");
    await rig.clock.advance(9_000);
    for (let press = 0; press < 4; press += 1) rig.press("+");
    await rig.clock.advance(6_000);
    for (let press = 0; press < 5; press += 1) rig.press("-");
    await rig.clock.until(() => rig.state().speed !== 400, 2_000);
    const outcomes = rig.send(speed(3.5));
    await rig.clock.until(() => outcomes.length > 0, 20_000);
    expect(codes(outcomes)).toEqual(["superseded"]);
    expect(rig.frames()).toEqual([]);
    expect(await rig.close()).toBe(0);
  });

  it("need a running belt, and never leave the pad's range: slower does not stop", async () => {
    const rig = padRig();
    await rig.online();
    await rig.clock.advance(2_000);
    expect(codes(rig.send(verb("faster"), verb("slower")))).toEqual(["unsupported", "unsupported"]);
    await rig.ask(speed(0.7));
    expect(codes(rig.send(verb("slower")))).toEqual(["out-of-range"]);
    await rig.ask(speed(5.8));
    expect(codes(rig.send(verb("faster")))).toEqual(["out-of-range"]);
    expect(await rig.ask(OFF)).toBe("ok");
    expect(await rig.close()).toBe(0);
  });
});

it.each(["c2", "r1pro", "ks-c2", "x21", "z1", "ftms", ...OTHER_MODELS] as const)(
  "a speed whose belt was stopped at the pad does not pass to the next start (%s)",
  async (model) => {
    const rig = padRig({ model });
    await rig.online();
    await rig.clock.advance(3_000);
    const older = rig.send(speed(4));
    await rig.clock.until(() => rig.speed() > 1.5, 40_000);
    rig.press("start-stop");
    await rig.clock.until(() => rig.speed() < 0.8, 20_000);
    const since = rig.clock.now();
    rig.send(ON);
    await rig.clock.advance(25_000);
    expect(codes(older)).toEqual(["superseded"]);
    expect(rig.handed.filter(({ at, op }) => at > since && op === "speed 4")).toEqual([]);
    expect(await rig.close()).toBe(0);
  },
);
