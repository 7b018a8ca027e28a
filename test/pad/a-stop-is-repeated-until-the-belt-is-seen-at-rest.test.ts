import { describe, expect, it } from "vitest";
import { SIMULATED_MODELS, type SimulatedModel } from "../../src/domain/faults.js";
import { speedFromKmh } from "../../src/domain/units.js";
import {
  ALL_MODELS,
  codes,
  FTMS_MODELS,
  OTHER_MODELS,
  isHalt,
  isMotion,
  isText,
  OFF,
  ON,
  padRig,
  type Rig,
  speed,
  STOP,
  TEXT_MODELS,
  verb,
} from "../support/pad-rig.js";

const stopsOf = (rig: Rig, since: number): number[] =>
  rig
    .wire(since)
    .filter(({ op }) => isHalt(op))
    .map(({ at }) => at - since);

/**
 * An FTMS machine may want a preamble before it, or to be asked for permission: an answer on the way each. To a text pad
 * it is the end of a line that is cut off and two pieces, 60 ms apart.
 */
const stopWithin = (model: SimulatedModel): number => (model === "c2" ? 20 : isText(model) ? 140 : 100);
/** Half the models count in miles or begin at 1.6 km/h: 3.5 is a speed of them all. */
const brisk = (model: SimulatedModel): number => (model === "c2" ? 4 : 3.5);

/** Milliseconds that a pad wants between two writes (docs/protocol). */
const gapOf = (model: SimulatedModel): number =>
  model === "c2" ? 700 : model === "sperax" ? 300 : isText(model) ? 500 : 400;

/**
 * How long a start may still move the belt (safety rule 7). FTMS machines acknowledge a stop, and the others show a
 * start at once. A text pad does neither: it moves some 5 s after its start, and shows rest until then.
 */
const startFollows = (model: SimulatedModel): number => (isText(model) ? 15_000 : 5_000);

/** Notifications of 20 bytes in an answer: without one of them it is lost. */
const piecesOf = (model: SimulatedModel): number => (model === "ks-c2" ? 9 : model === "x21" ? 13 : 1);

describe.each(ALL_MODELS)("a stop (safety rule 1) of a %s", (model) => {
  it.each([OFF, STOP, verb("pause"), speed(0), verb("toggle")])(
    "is $key $value, and ok once the belt is at rest",
    async (command) => {
      const rig = padRig({ model });
      await rig.walking(brisk(model));
      const since = rig.clock.now();
      expect(await rig.ask(command)).toBe("ok");
      expect(rig.speed()).toBe(0);
      expect(rig.clock.now() - since).toBeLessThan(10_500);
      const stops = stopsOf(rig, since);
      expect(stops[0]).toBeLessThanOrEqual(stopWithin(model));
      const gaps = stops.slice(1).map((at, i) => at - stops[i]!);
      expect(Math.max(...gaps)).toBeLessThanOrEqual(2_400);
      expect(await rig.close()).toBe(0);
    },
  );

  it.each([OFF, STOP])("is written even to a belt that seems at rest: $value", async (command) => {
    const rig = padRig({ model });
    await rig.online();
    await rig.clock.advance(3_000);
    const since = rig.clock.now();
    expect(await rig.ask(command)).toBe("ok");
    // There is nothing to pause: FTMS says so, and is told to stop. MC21 says nothing. A frame within the gap of a poll, or
    // of the request for permission, is written twice.
    const isFtms = FTMS_MODELS.some((each) => each === model);
    // An X21 that no command was written to may refuse a stop before its clock is set: it gets one more after that.
    const twice = model === "c2" || model === "x21" || (isFtms && command === OFF);
    expect(rig.frames(since).filter(isHalt)).toHaveLength(twice ? 2 : 1);
    expect(rig.frames(since).filter((op) => !isHalt(op))).toEqual([]);
    expect(rig.state()).toMatchObject({ belt: "idle", stopConfirmed: true });
    expect(await rig.close()).toBe(0);
  });

  it("that reaches a belt right after its start is confirmed only when that start cannot follow any more", async () => {
    const rig = padRig({ model });
    await rig.online();
    await rig.clock.advance(3_000);
    rig.faults({ refuseStart: 1 });
    const since = rig.clock.now();
    rig.send(ON);
    await rig.clock.until(() => rig.frames(since).includes("start"));
    const started = rig.clock.now();
    expect(await rig.ask(OFF)).toBe("ok");
    expect(rig.clock.now() - started).toBeGreaterThanOrEqual(startFollows(model) - 100);
    expect(rig.clock.now() - started).toBeLessThan(startFollows(model) + 3_000);
    expect(await rig.close()).toBe(0);
  });

  it("shares its outcome with every other stop, and none is written twice within what a pad can take", async () => {
    const rig = padRig({ model });
    await rig.walking(brisk(model));
    const since = rig.clock.now();
    const stops = [rig.send(OFF, STOP), rig.send(verb("pause"))];
    await rig.clock.advance(100);
    stops.push(rig.send(STOP));
    await rig.clock.advance(1_000);
    stops.push(rig.send(STOP));
    await rig.clock.advance(20);
    const written = stopsOf(rig, since);
    const gaps = written.slice(1).map((at, i) => at - written[i]!);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(gapOf(model));
    await rig.clock.until(() => stops.flat().length === 5, 15_000);
    expect(codes(stops.flat())).toEqual(["ok", "ok", "ok", "ok", "ok"]);
    const kinds = rig.events.map(({ type }) => type);
    expect(kinds.filter((type) => type === "session_ended")).toHaveLength(1);
    expect(await rig.close()).toBe(0);
  });

  it("lets nothing set the belt in motion before it is confirmed, and supersedes what was about to", async () => {
    const rig = padRig({ model });
    await rig.walking(brisk(model));
    const late = rig.send(speed(model === "c2" ? 6 : 3));
    const since = rig.clock.now();
    const stop = rig.send(OFF);
    expect(codes(late)).toEqual(["superseded"]);
    while (stop.length === 0) {
      const commands = [ON, speed(2), verb("start"), verb("resume"), verb("faster"), verb("slower")];
      expect(commands.flatMap((command) => codes(rig.send(command)))).toEqual(commands.map(() => "stopping"));
      await rig.clock.advance(500);
    }
    // What was handed over before the stop may get there after it was asked for, but not after it.
    const frames = rig.frames(since);
    const from = model === "c2" ? 0 : frames.findIndex(isHalt);
    expect(frames.slice(from).filter(isMotion)).toEqual([]);
    expect(await rig.ask(ON)).toBe("ok");
    expect(await rig.close()).toBe(0);
  });
});

it.each(SIMULATED_MODELS)("a stop halts the countdown of a %s", async (model) => {
  const rig = padRig({ model });
  await rig.online();
  await rig.clock.advance(3_000);
  const start = rig.send(ON, speed(3));
  // The lines of a text pad show nothing of a start before the belt moves.
  const starts = (): boolean =>
    rig.state().protocol === "kingsmith-text" ? rig.phase() === "countdown" : rig.state().belt === "starting";
  await rig.clock.until(starts, 10_000);
  expect(await rig.ask(OFF)).toBe("ok");
  expect(codes(start)).toEqual(["superseded", "superseded"]);
  await rig.clock.advance(10_000);
  expect(rig.speed()).toBe(0);
  expect(await rig.close()).toBe(0);
});

it.each<{ model: SimulatedModel; drop: number }>(
  (["c2", "r1pro", ...FTMS_MODELS, ...OTHER_MODELS, ...TEXT_MODELS] as const).flatMap((model) =>
    [0.3, 0.4].map((drop) => ({ model, drop })),
  ),
)(
  "a stop is confirmed on a $model though a share of $drop of its answers is lost",
  async ({ model, drop }) => {
    const rig = padRig({ model });
    await rig.walking(3);
    rig.faults({ drop: 1 - (1 - drop) ** (1 / piecesOf(model)) });
    expect(await rig.ask(OFF)).toBe("ok");
    expect(rig.speed()).toBe(0);
    expect(await rig.close()).toBe(0);
  },
);

describe.each(ALL_MODELS)("a %s that creeps instead of coming to rest (wire-facts a.9, KS-F0)", (model) => {
  it("has an overdue stop: unconfirmed, reported, repeated every 5 s, and confirmed when it finally rests", async () => {
    const rig = padRig({ model });
    await rig.walking(3);
    rig.faults({ creep: speedFromKmh(0.5) });
    const since = rig.clock.now();
    // 0.4 km/h a second + 6.
    const due = 6_000 + (rig.state().speed! / 40) * 1_000;
    expect(await rig.ask(OFF)).toBe("unconfirmed");
    expect(rig.clock.now() - since).toBeGreaterThanOrEqual(due);
    expect(rig.clock.now() - since).toBeLessThan(due + 1_100);
    expect(rig.state()).toMatchObject({
      belt: "stopping",
      problem: "stop-unconfirmed",
      stopConfirmed: false,
    });
    expect(rig.events.map(({ type }) => type)).toContain("stop_unconfirmed");

    const overdue = rig.clock.now();
    await rig.clock.advance(30_000);
    const written = stopsOf(rig, overdue);
    // A Z1 has dropped the permission with the stop before: it refuses each, and gets it again with permission at once.
    const [frames, refused] = model === "z1" ? [2, written.filter((_, i) => i % 2 === 0)] : [1, []];
    const stops = written.filter((_, i) => i % frames === 0);
    for (const at of refused) expect(written.some((one) => one > at && one - at <= 100)).toBe(true);
    expect(stops.length).toBeGreaterThanOrEqual(5);
    const gaps = stops.slice(1).map((at, i) => at - stops[i]!);
    for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(5_000);
    for (const gap of gaps) expect(gap).toBeLessThan(6_000);
    expect(codes(rig.send(ON, speed(2)))).toEqual(["stopping", "stopping"]);

    // A second press is a stop of its own, and the problem stays until the belt rests.
    const again = rig.send(STOP);
    await rig.clock.advance(800);
    expect(stopsOf(rig, overdue).length).toBeGreaterThan(written.length);
    expect(rig.state().problem).toBe("stop-unconfirmed");
    rig.faults({});
    await rig.clock.until(() => again.length > 0, 10_000);
    expect(codes(again)).toEqual(["ok"]);
    expect(rig.state()).toMatchObject({ stopConfirmed: true, problem: null });
    expect(rig.state().belt).toBe("idle");
    expect(await rig.close()).toBe(0);
  });
});
