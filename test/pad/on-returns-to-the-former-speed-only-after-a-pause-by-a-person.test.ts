import { describe, expect, it } from "vitest";
import type { Command } from "../../src/domain/command.js";
import type { SimulatedModel } from "../../src/domain/faults.js";
import { seconds } from "../../src/domain/units.js";
import { walker } from "../../src/sim/pad.js";
import {
  ALL_MODELS,
  ADDRESS,
  codes,
  OFF,
  ON,
  padRig,
  type Rig,
  speed,
  STOP,
  verb,
} from "../support/pad-rig.js";

const speedsSince = (rig: Rig, since: number): string[] =>
  rig.frames(since).filter((op) => op.startsWith("speed"));

const atRest = (rig: Rig) =>
  rig.clock.until(() => ["idle", "paused"].includes(rig.state().belt) && rig.state().stopConfirmed, 30_000);

/** Starts again with this command and says which speeds were written. */
const again = async (rig: Rig, command: Command): Promise<string[]> => {
  const since = rig.clock.now();
  expect(await rig.ask(command)).toBe("ok");
  await rig.clock.advance(8_000);
  return speedsSince(rig, since);
};

const PAUSES: readonly [string, (rig: Rig) => unknown][] = [
  ["OFF", (rig) => rig.send(OFF)],
  ["pause", (rig) => rig.send(verb("pause"))],
  ["speed 0", (rig) => rig.send(speed(0))],
  ["the pad's own controls", (rig) => rig.press("start-stop")],
];

/** One counts in miles, two count no steps. */
const inMiles = (model: SimulatedModel): boolean => model === "tm11gy";
const countsSteps = (model: SimulatedModel): boolean => model !== "tm11gy" && model !== "mc21";
const frameOf = (model: SimulatedModel, kmh: number): string[] => [
  `speed ${inMiles(model) ? Math.round(kmh * 62.1371) / 100 : kmh}`,
];

describe.each(ALL_MODELS)("%s", (model) => {
  describe.each(PAUSES)("after %s", (_, pause) => {
    it.each([ON, verb("resume")])(
      "$value returns to the former speed, in the same session",
      async (command) => {
        const rig = padRig({ model });
        await rig.walking(3.5);
        await rig.clock.advance(40_000);
        const { session } = rig.stats();
        pause(rig);
        await atRest(rig);
        expect(rig.stats().session).toMatchObject({ id: session!.id, state: "paused" });
        expect(await again(rig, command)).toEqual(frameOf(model, 3.5));
        expect(rig.stats().session).toMatchObject({ id: session!.id, state: "active" });
        expect(rig.events.filter(({ type }) => type.startsWith("session")).map(({ type }) => type)).toEqual([
          "session_started",
          "session_paused",
          "session_resumed",
        ]);
        expect(await rig.close()).toBe(0);
      },
    );

    it("start leaves the speed to the pad", async () => {
      const rig = padRig({ model });
      await rig.walking(3.5);
      pause(rig);
      await atRest(rig);
      expect(await again(rig, verb("start"))).toEqual([]);
      expect(await rig.close()).toBe(0);
    });
  });

  it("a belt that its own controls have stopped is reported as such, one that the bridge stopped is not", async () => {
    const rig = padRig({ model });
    await rig.walking(3);
    rig.send(OFF);
    await atRest(rig);
    await rig.ask(ON);
    expect(rig.events.map(({ type }) => type)).not.toContain("belt_stopped_by_pad");
    await rig.clock.advance(3_000);
    rig.press("start-stop");
    await atRest(rig);
    expect(rig.events.map(({ type }) => type)).toContain("belt_stopped_by_pad");
    expect(await rig.close()).toBe(0);
  });

  it("stop ends the session: there is nothing to resume, and ON starts a new one", async () => {
    const rig = padRig({ model });
    await rig.walking(3.5);
    await rig.clock.advance(40_000);
    const { session } = rig.stats();
    expect(await rig.ask(STOP)).toBe("ok");
    expect(rig.stats().session).toMatchObject({ id: session!.id, state: "ended" });
    expect(rig.events.at(-1)).toMatchObject({
      type: "session_ended",
      session: { id: session!.id, state: "ended" },
    });
    expect(codes(rig.send(verb("resume")))).toEqual(["unsupported"]);
    expect(await again(rig, ON)).toEqual([]);
    expect(rig.stats().session!.id).not.toBe(session!.id);
    expect(await rig.close()).toBe(0);
  });

  it("a speed that was requested just before is not overruled by the former one", async () => {
    const rig = padRig({ model });
    await rig.walking(3.5);
    rig.send(OFF);
    await atRest(rig);
    const since = rig.clock.now();
    const [asked, start] = [rig.send(speed(2)), rig.send(ON)];
    await rig.clock.until(() => (rig.state().speed ?? 0) >= 199, 15_000);
    await rig.clock.advance(5_000);
    expect(codes([...asked, ...start])).toEqual(["ok", "ok"]);
    expect(speedsSince(rig, since)).toEqual(frameOf(model, 2));
    expect(await rig.close()).toBe(0);
  });

  it("resume to a running belt is unsupported, to one that is being stopped it is stopping", async () => {
    const rig = padRig({ model });
    await rig.walking(3);
    expect(codes(rig.send(verb("resume")))).toEqual(["unsupported"]);
    rig.send(OFF);
    expect(codes(rig.send(verb("resume")))).toEqual(["stopping"]);
    expect(await rig.close()).toBe(0);
  });

  it.skipIf(inMiles(model))(
    "a former speed that is out of range by now is not written: the pad's own it is",
    async () => {
      const rig = padRig({ model, settings: { maxSpeed: 300 as never } });
      await rig.walking(3);
      for (let i = 0; i < 4; i += 1) rig.press("+");
      await rig.clock.until(() => rig.state().targetSpeed === 500, 15_000);
      rig.press("start-stop");
      await atRest(rig);
      expect(await again(rig, ON)).toEqual([]);
      expect(await rig.close()).toBe(0);
    },
  );

  describe("a belt that was stopped for safety's sake starts at the pad's own speed", () => {
    it("after broker_lost", async () => {
      const rig = padRig({ model });
      await rig.walking(3.5);
      expect(rig.pad.stopFor("broker_lost")).toBe(true);
      await atRest(rig);
      expect(await again(rig, ON)).toEqual([]);
      expect(await rig.close()).toBe(0);
    });

    it.runIf(countsSteps(model))("after the walker has left it", async () => {
      const rig = padRig({ model, safety: { walkedOff: { stop: true, after: 15_000 } } });
      await rig.walking(3.5);
      await rig.clock.advance(20_000);
      rig.radio.act(ADDRESS, (pad) => walker(pad, false));
      await rig.clock.advance(14_000);
      expect(rig.state().belt).toBe("running");
      await rig.clock.until(() => rig.state().belt === "stopping", 6_000);
      expect(rig.events.map(({ type }) => type)).toContain("walked_off");
      await atRest(rig);
      rig.radio.act(ADDRESS, (pad) => walker(pad, true));
      expect(await again(rig, verb("resume"))).toEqual([]);
      expect(await rig.close()).toBe(0);
    });

    it("after max_session, and may then walk as long again", async () => {
      const rig = padRig({ model, safety: { maxSession: seconds(60) } });
      await rig.walking(3.5);
      await rig.clock.until(() => rig.state().belt === "stopping", 60_000);
      expect(rig.stats().session!.duration).toBeGreaterThanOrEqual(60);
      expect(rig.stats().session!.duration).toBeLessThan(63);
      await atRest(rig);
      expect(await again(rig, ON)).toEqual([]);
      await rig.clock.advance(40_000);
      expect(rig.state().belt).toBe("running");
      await rig.clock.until(() => rig.state().belt === "stopping", 30_000);
      expect(await rig.close()).toBe(0);
    });

    it("but a person's own stop in between is a person's", async () => {
      const rig = padRig({ model });
      await rig.walking(3.5);
      rig.send(OFF);
      expect(rig.pad.stopFor("broker_lost")).toBe(false);
      await atRest(rig);
      expect(await again(rig, ON)).toEqual(frameOf(model, 3.5));
      expect(await rig.close()).toBe(0);
    });
  });

  it.runIf(countsSteps(model))("walked_off is only reported where it must not stop", async () => {
    const rig = padRig({ model });
    await rig.walking(3.5);
    await rig.clock.advance(20_000);
    rig.radio.act(ADDRESS, (pad) => walker(pad, false));
    await rig.clock.until(() => rig.events.some(({ type }) => type === "walked_off"), 20_000);
    await rig.clock.advance(30_000);
    expect(rig.state().belt).toBe("running");
    expect(rig.events.filter(({ type }) => type === "walked_off")).toHaveLength(1);
    expect(await rig.close()).toBe(0);
  });

  it("nothing is stopped for safety's sake that rests, or was never seen", async () => {
    const rig = padRig({ model });
    expect(rig.pad.stopFor("broker_lost")).toBe(false);
    await rig.online();
    await rig.clock.advance(3_000);
    expect(rig.pad.stopFor("broker_lost")).toBe(false);
    rig.radio.outOfRange(ADDRESS, true);
    await rig.clock.until(() => rig.state().link === "scanning", 10_000);
    expect(rig.pad.stopFor("broker_lost")).toBe(false);
    expect(rig.frames()).toEqual([]);
    expect(await rig.close()).toBe(0);
  });
});
