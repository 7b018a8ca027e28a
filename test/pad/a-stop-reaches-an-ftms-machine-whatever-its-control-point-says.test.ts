import { describe, expect, it } from "vitest";
import { ADDRESS, codes, OFF, padRig, type Rig, STOP } from "../support/pad-rig.js";
import { control, remote } from "../../src/sim/pad.js";

const FTMS_MODELS = ["z1", "mc21", "ftms", "tm11gy"] as const;
const HALTS = ["stop", "pause"];

/** Milliseconds until a stop or pause is handed to the link. */
const haltedAfter = async (rig: Rig, limit: number): Promise<number> => {
  const since = rig.clock.now();
  return rig.clock.until(() => rig.handed.some(({ at, op }) => at >= since && HALTS.includes(op)), limit);
};

/** docs/topics.md, from 3 km/h. */
const DEADLINE = 14_000;

describe.each(FTMS_MODELS)("a %s", (model) => {
  it.each([OFF, STOP])("that no longer answers: $value", async (command) => {
    const rig = padRig({ model });
    await rig.walking(3);
    rig.air.unanswered = true;
    const outcome = rig.send(command);
    expect(await haltedAfter(rig, 100)).toBeLessThanOrEqual(50);
    await rig.clock.until(() => outcome.length > 0, DEADLINE);
    expect(codes(outcome)).toEqual(["ok"]);
    expect(rig.speed()).toBe(0);
    await rig.close();
  });

  it("that answers nothing, and has withdrawn its permission", async () => {
    const rig = padRig({ model });
    await rig.walking(3);
    rig.air.unanswered = true;
    rig.radio.act(ADDRESS, (pad) => control(pad, "lost"));
    await rig.clock.advance(100);
    const outcome = rig.send(OFF);
    // The permission is asked for first, and waited for 0.3 s.
    expect(await haltedAfter(rig, 1_000)).toBeLessThanOrEqual(450);
    await rig.clock.until(() => outcome.length > 0, DEADLINE);
    expect(codes(outcome)).toEqual(["ok"]);
    expect(rig.speed()).toBe(0);
    await rig.close();
  });

  it("that refuses control gets a stop nevertheless", async () => {
    const rig = padRig({ model });
    await rig.walking(3);
    rig.radio.act(ADDRESS, (pad) => control(pad, "refused"));
    await rig.clock.advance(100);
    rig.send(OFF);
    expect(await haltedAfter(rig, 1_000)).toBeLessThanOrEqual(450);
    await rig.close();
  });

  it("whose procedure is already in progress, twice", async () => {
    const rig = padRig({ model });
    await rig.walking(3);
    rig.air.refuses = 2;
    const outcome = rig.send(OFF);
    await rig.clock.until(() => outcome.length > 0, DEADLINE);
    expect(codes(outcome)).toEqual(["ok"]);
    expect(rig.speed()).toBe(0);
    expect(rig.pad.view().counters.losses).toBe(0);
    await rig.close();
  });

  it("at the end of the program, with nothing answered", async () => {
    const rig = padRig({ model });
    await rig.walking(3);
    rig.air.unanswered = true;
    const [over, hurry] = [new AbortController(), new AbortController()];
    rig.pad.shutdown.begin();
    const left = rig.pad.shutdown.stop(over.signal, hurry.signal);
    await rig.clock.settled(left, DEADLINE);
    expect(rig.pad.shutdown.verdict()).toBe("rest");
    expect(rig.speed()).toBe(0);
    // No person asked for it (docs/topics.md): 08 01.
    expect(rig.handed.filter(({ op }) => op === "pause")).toEqual([]);
    await rig.close();
  });
});

const WITHOUT_PERMISSION = [
  { answer: "not permitted", failsWithoutPermission: false },
  { answer: "failed", failsWithoutPermission: true },
] as const;

describe.each(WITHOUT_PERMISSION)(
  "a machine that has refused control: $answer",
  ({ failsWithoutPermission }) => {
    const refusing = async (): Promise<Rig> => {
      const rig = padRig({ model: "ftms", pad: { failsWithoutPermission } });
      await rig.walking(3);
      rig.radio.act(ADDRESS, (pad) => control(pad, "refused"));
      // It is asked again after 3 s, refuses, and would be asked again 30 s later.
      await rig.clock.advance(10_000);
      return rig;
    };

    it.each([OFF, STOP])("and grants it by now is stopped at once: $value", async (command) => {
      const rig = await refusing();
      rig.radio.act(ADDRESS, (pad) => control(pad, "allowed"));
      const outcome = rig.send(command);
      await rig.clock.advance(500);
      expect(rig.speed()).toBeLessThan(3);
      await rig.clock.until(() => outcome.length > 0, DEADLINE);
      expect(codes(outcome)).toEqual(["ok"]);
      await rig.close();
    });

    it.each([OFF, STOP])("is stopped as soon as it grants it: $value", async (command) => {
      const rig = await refusing();
      rig.send(command);
      await rig.clock.advance(5_000);
      expect(rig.speed()).toBe(3);
      rig.radio.act(ADDRESS, (pad) => control(pad, "allowed"));
      await rig.clock.advance(2_500);
      expect(rig.speed()).toBeLessThan(3);
      await rig.close();
    });

    it("is stopped after its deadline as well", async () => {
      const rig = await refusing();
      const outcome = rig.send(OFF);
      await rig.clock.until(() => outcome.length > 0, DEADLINE);
      expect(codes(outcome)).toEqual(["unconfirmed"]);
      rig.radio.act(ADDRESS, (pad) => control(pad, "allowed"));
      await rig.clock.advance(6_000);
      expect(rig.speed()).toBeLessThan(3);
      await rig.close();
    });
  },
);

describe.each(WITHOUT_PERMISSION)(
  "a Z1 that was stopped and started at the machine: $answer",
  ({ failsWithoutPermission }) => {
    it.each([OFF, STOP])("is stopped at once: $value", async (command) => {
      const rig = padRig({ model: "z1", pad: { failsWithoutPermission } });
      await rig.walking(3);
      rig.radio.act(ADDRESS, (pad) => remote(pad, "start-stop"));
      await rig.clock.advance(15_000);
      rig.radio.act(ADDRESS, (pad) => remote(pad, "start-stop"));
      await rig.clock.advance(15_000);
      const before = rig.speed();
      expect(before).toBeGreaterThan(1);
      rig.send(command);
      await rig.clock.advance(500);
      expect(rig.speed()).toBeLessThan(before);
      await rig.close();
    });
  },
);
