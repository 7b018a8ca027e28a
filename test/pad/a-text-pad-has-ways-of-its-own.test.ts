import { describe, expect, it } from "vitest";
import type { SimulatedModel } from "../../src/domain/faults.js";
import { control, type PadOptions } from "../../src/sim/pad.js";
import {
  ADDRESS,
  isMotion,
  OFF,
  ON,
  padRig,
  type Rig,
  speed,
  STOP,
  TEXT_MODELS,
} from "../support/pad-rig.js";

/** What reached the pad since then, the questions left out. */
const reached = (rig: Rig, since: number): readonly string[] =>
  rig
    .wire(since)
    .map(({ op }) => op)
    .filter((op) => op !== "poll");

describe.each(TEXT_MODELS)("a %s", (model) => {
  it("is queried in time, once, and nothing is written to its belt before its table is known", async () => {
    const rig = padRig({ model });
    await rig.online();
    expect(rig.pad.view().counters).toMatchObject({ connects: 1, losses: 0, badFrames: 0 });
    await rig.clock.advance(60_000);
    expect(reached(rig, 0)).toEqual([]);
    expect(rig.pad.view().counters).toMatchObject({ connects: 1, badFrames: 0 });
    expect(rig.state()).toMatchObject({ belt: "idle", problem: null });
    await rig.close();
  });

  it("gets a control request before every start", async () => {
    const rig = padRig({ model });
    await rig.online();
    await rig.clock.advance(2_000);
    // What an x21 refuses before its clock is set is asked for again.
    await rig.ask(ON);
    await rig.ask(OFF);
    const since = rig.clock.now();
    expect(await rig.ask(ON)).toBe("ok");
    expect(reached(rig, since)).toEqual(["control", "start"]);
    expect(await rig.ask(speed(3))).toBe("ok");
    expect(await rig.ask(STOP)).toBe("ok");
    expect(rig.speed()).toBe(0);
    await rig.close();
  });

  it("is not tried a fourth time, and the result contains advice", async () => {
    const rig = padRig({ model, pad: { takesTry: 9 } });
    await rig.online();
    await rig.clock.advance(2_000);
    const [outcome] = await rig.settled(rig.send(ON));
    expect(outcome).toMatchObject({
      code: "unconfirmed",
      message: expect.stringContaining("panel") as string,
    });
    expect(reached(rig, 0).filter((op) => op === "control")).toHaveLength(3);
    expect(rig.handed.filter(({ op }) => op === "start").length).toBeLessThanOrEqual(3);
    await rig.close();
  });

  it("is stopped in the middle of a line that is being written: an end of line goes first", async () => {
    const rig = padRig({ model });
    await rig.walking(3);
    const polls = rig.radio.wire.length;
    // The next poll has begun, and has pieces to come.
    await rig.clock.until(
      () => rig.radio.wire.length > polls && (rig.radio.wire.at(-1)?.bytes.length ?? 0) > 10,
      5_000,
      1,
    );
    const since = rig.radio.wire.length;
    const at = rig.clock.now();
    rig.send(OFF);
    await rig.clock.advance(200);
    const written = rig.radio.wire.slice(since);
    const ends = written.findIndex(({ bytes }) => bytes.length === 1 && bytes[0] === 0x0d);
    expect(ends).toBeGreaterThanOrEqual(0);
    expect(reached(rig, at)).toEqual(["stop"]);
    await rig.clock.advance(15_000);
    expect(rig.speed()).toBe(0);
    await rig.close();
  });

  it("whose panel keeps control is not started, and may be later", async () => {
    const rig = padRig({ model });
    await rig.online();
    await rig.clock.advance(2_000);
    rig.radio.act(ADDRESS, (pad) => control(pad, "refused"));
    expect(await rig.ask(ON)).toBe("unconfirmed");
    await rig.clock.advance(20_000);
    expect(rig.speed()).toBe(0);
    expect(rig.handed.filter(({ op }) => isMotion(op)).length).toBeLessThanOrEqual(3);
    rig.radio.act(ADDRESS, (pad) => control(pad, "allowed"));
    expect(await rig.ask(ON)).toBe("ok");
    await rig.close();
  });
});

/** Two pairs exchanged: the answers to `shake` and `version` show both of them, or only one. */
const UNKNOWN: readonly (readonly [string, PadOptions])[] = [
  ["seen in its first answers", { table: { a: "Z", b: "4" }, secondPair: { a: "w", b: "o" } }],
  // What it is asked is no query to it, and it says so in a line that can be read.
  ["that cannot read the queries either", { table: { a: "Z", b: "S" }, secondPair: { a: "d", b: "l" } }],
  // It answers `servers 0` to a query whose numbers are other ones to it.
  ["that is asked for other numbers", { table: { a: "Z", b: "b" }, secondPair: { a: "V", b: "2" } }],
  ["seen in nothing but its answers to reads", { table: { a: "Z", b: "i" }, secondPair: { a: "C", b: "2" } }],
];
const VARIANTS = TEXT_MODELS.flatMap((model) => UNKNOWN.map(([what, pad]) => ({ model, what, pad })));

it.each(VARIANTS)(
  "a $model of an unknown variant, $what, is read only, and a stop is answered with unconfirmed",
  async ({ model, pad }) => {
    const rig = padRig({ model, pad });
    rig.pad.start();
    await rig.clock.until(() => rig.state().problem === "unknown-variant", 40_000);
    rig.press("start-stop");
    await rig.clock.advance(10_000);
    expect(rig.speed()).toBeGreaterThan(0);
    const [start] = await rig.settled(rig.send(ON));
    expect(start).toMatchObject({ code: "unsupported" });
    const [stop] = await rig.settled(rig.send(OFF));
    expect(stop).toMatchObject({ code: "unconfirmed", message: expect.stringContaining("remote") as string });
    await rig.clock.advance(60_000);
    expect(rig.state()).toMatchObject({ problem: "stop-unconfirmed", belt: "unknown" });
    // The shutdown reports it too: an accepted stop that nothing could confirm (docs/command-line.md).
    expect(rig.pad.shutdown.verdict()).toBe("moving");
    expect(reached(rig, 0)).toEqual([]);
    await rig.close();
  },
);

/** The commands to the belt, and the settings, read the same in its table; its state does not. */
const HALF_KNOWN: readonly (readonly [SimulatedModel, PadOptions])[] = [
  ["ks-c2", { secondPair: { a: "V", b: "z" } }],
  ["x21", { secondPair: { a: "k", b: "8" } }],
];

it.each(HALF_KNOWN)(
  "a %s that reports its settings, and its belt in lines that nobody can read, has a problem and takes a stop",
  async (model, pad) => {
    const rig = padRig({ model, pad });
    rig.pad.start();
    await rig.clock.until(() => rig.state().problem !== null, 40_000);
    expect(rig.state()).toMatchObject({ problem: "no-telemetry", belt: "unknown" });
    // Between two links as well.
    for (let second = 0; second < 60; second += 1) {
      await rig.clock.advance(1_000);
      expect(rig.state().problem).toBe("no-telemetry");
    }
    rig.press("start-stop");
    await rig.clock.until(() => rig.speed() > 0, 20_000);
    rig.send(OFF);
    await rig.clock.until(() => rig.speed() === 0, 40_000);
    await rig.close();
  },
);

it("a ks-c2 takes a start at its third try", async () => {
  const rig = padRig({ model: "ks-c2", pad: { takesTry: 3 } });
  await rig.online();
  await rig.clock.advance(2_000);
  expect(await rig.ask(ON)).toBe("ok");
  expect(rig.speed()).toBeGreaterThan(0);
  await rig.close();
});

it("a ks-c2 in the standby that only its panel ends is reported, until it is woken", async () => {
  const rig = padRig({ model: "ks-c2", pad: { asleep: true } });
  await rig.online();
  await rig.clock.until(() => rig.state().problem === "panel-standby", 10_000);
  expect(await rig.ask(ON)).toBe("unconfirmed");
  expect(rig.speed()).toBe(0);
  rig.press("start-stop");
  expect(await rig.ask(ON)).toBe("ok");
  expect(rig.state().problem).toBeNull();
  await rig.close();
});

it("a ks-c2 that is woken at its panel, or whose settings got lost, is not in standby any more", async () => {
  const rig = padRig({ model: "ks-c2", pad: { asleep: true } });
  await rig.online();
  await rig.clock.until(() => rig.state().problem === "panel-standby", 10_000);
  rig.press("start-stop");
  await rig.clock.until(() => rig.state().problem === null, 12_000);
  expect(rig.speed()).toBe(0);
  await rig.close();
});

it("a ks-c2 with its child lock on is reported", async () => {
  const rig = padRig({ model: "ks-c2", pad: { childLock: true } });
  await rig.online();
  await rig.clock.advance(2_000);
  const [outcome] = await rig.settled(rig.send(ON));
  expect(outcome).toMatchObject({
    code: "unconfirmed",
    message: expect.stringContaining("child lock") as string,
  });
  await rig.close();
});

// Safety rule 7: start, stop and speed are obeyed and answered, and every number of its data is 0.
it("a urtm028 that was started is blind: no-telemetry, and a stop is written and never confirmed", async () => {
  const rig = padRig({ model: "urtm028" });
  await rig.online();
  await rig.clock.advance(2_000);
  expect(await rig.ask(ON)).toBe("unconfirmed");
  await rig.clock.advance(5_000);
  expect(rig.speed()).toBeGreaterThan(0);
  expect(rig.state()).toMatchObject({ belt: "unknown", running: null, problem: "no-telemetry" });
  expect(await rig.ask(OFF)).toBe("unconfirmed");
  expect(rig.speed()).toBe(0);
  expect(rig.state()).toMatchObject({ belt: "unknown", stopConfirmed: false, problem: "stop-unconfirmed" });
  await rig.close();
});
