import { describe, expect, it } from "vitest";
import type { SimulatedModel } from "../../src/domain/faults.js";
import {
  ALL_MODELS,
  ADDRESS,
  codes,
  PITPAT_MODELS,
  isProcedure,
  isText,
  OFF,
  ON,
  padRig,
  type Rig,
  STOP,
  verb,
} from "../support/pad-rig.js";

/** Takes the pad out of range, and waits until its link is lost. */
const away = async (rig: Rig): Promise<void> => {
  rig.radio.outOfRange(ADDRESS, true);
  await rig.clock.until(() => rig.state().belt === "unknown" && rig.state().link !== "ready", 10_000);
};

/** Brings it back; resolves with what was written before and after its first status. */
const back = async (rig: Rig): Promise<{ readonly before: string[]; readonly after: string[] }> => {
  const since = rig.clock.now();
  rig.radio.outOfRange(ADDRESS, false);
  await rig.clock.until(() => rig.pad.view().available, 40_000);
  const online = rig.clock.now();
  await rig.clock.advance(20_000);
  const ops = rig.wire(since).filter(({ op }) => op !== "preferences" && !isProcedure(op));
  return {
    before: ops.filter(({ at }) => at < online).map(({ op }) => op),
    after: ops.filter(({ at, op }) => at >= online && op !== "poll").map(({ op }) => op),
  };
};

/** OFF is a pause to a machine that knows one, as long as there is time. */
const offOf = (model: SimulatedModel): string => (model === "c2" || isText(model) ? "stop" : "pause");
const restOf = (model: SimulatedModel): string =>
  model === "c2" || model === "sperax" || isText(model) ? "idle" : "paused";
/**
 * What proves a text pad's table, in which a stop could else be read as a start (ADR 8): an empty line, `shake` and
 * `version`.
 */
const proofOf = (model: SimulatedModel): string[] => (isText(model) ? ["poll", "poll", "poll"] : []);
/** FTMS and PitPat machines speak by themselves. A text pad is asked for its configuration and its state. */
const asked = (model: SimulatedModel): string[] =>
  isText(model) ? [...proofOf(model), "poll", "poll"] : model === "c2" || model === "sperax" ? ["poll"] : [];
/** The first write of a reconnect: nothing but the proof of a text pad's table is before it. */
const firstOf = (model: SimulatedModel, before: readonly string[]): string | undefined => {
  const proof = proofOf(model);
  expect(before.slice(0, proof.length)).toEqual(proof);
  return before[proof.length];
};
/** Where a belt rests that its remote has stopped out of sight: PitPat's pauses, and tells of it. */
const stoppedOf = (model: SimulatedModel): string =>
  PITPAT_MODELS.some((each) => each === model) ? "paused" : "idle";

describe.each(ALL_MODELS)("a stop requested while the link to a %s is down (safety rule 2)", (model) => {
  it("within 60 s is the first write of the reconnect, moving or not", async () => {
    const rig = padRig({ model });
    await rig.walking(3);
    await away(rig);
    const stop = rig.send(OFF);
    await rig.clock.advance(5_000);
    expect(stop).toEqual([]);
    const { before } = await back(rig);
    expect(firstOf(model, before)).toBe(offOf(model));
    expect(codes(stop)).toEqual(["ok"]);
    expect(rig.speed()).toBe(0);
    expect(await rig.close()).toBe(0);
  });

  it("that cannot be carried out in time is unconfirmed at its deadline, and is carried out later", async () => {
    const rig = padRig({ model });
    await rig.walking(3);
    const due = 6_000 + (rig.state().speed! / 40) * 1_000;
    await away(rig);
    const since = rig.clock.now();
    expect(await rig.ask(OFF)).toBe("unconfirmed");
    expect(rig.clock.now() - since).toBeGreaterThanOrEqual(due);
    expect(rig.state()).toMatchObject({ problem: "stop-unconfirmed", link: "lost", stopConfirmed: false });
    expect(rig.events.map(({ type }) => type)).toContain("stop_unconfirmed");
    await rig.clock.advance(30_000);
    const { before } = await back(rig);
    expect(firstOf(model, before)).toBe("stop");
    expect(rig.state()).toMatchObject({ belt: "idle", problem: null, stopConfirmed: true });
    expect(await rig.close()).toBe(0);
  });

  it("later than 60 s stops a belt that moved when the link was lost, once its first status shows it moving", async () => {
    const rig = padRig({ model });
    await rig.walking(3);
    await away(rig);
    await rig.ask(OFF);
    await rig.clock.advance(60_000);
    const { before, after } = await back(rig);
    expect(before).toEqual(asked(model));
    expect(after[0]).toBe("stop");
    expect(rig.state()).toMatchObject({ belt: "idle", problem: null, stopConfirmed: true });
    expect(await rig.close()).toBe(0);
  });

  it("later than 60 s is cleared by a belt at rest, without a write", async () => {
    const rig = padRig({ model });
    await rig.walking(3);
    await away(rig);
    await rig.ask(STOP);
    rig.press("start-stop");
    await rig.clock.advance(60_000);
    const { before, after } = await back(rig);
    expect([...before, ...after]).toEqual(asked(model));
    expect(rig.state()).toMatchObject({ belt: stoppedOf(model), problem: null, stopConfirmed: true });
    // It was `stop`: the session is over.
    expect(rig.stats().session?.state).toBe("ended");
    expect(await rig.close()).toBe(0);
  });

  it("later than 60 s does not stop a belt that rested when the link was lost: another controller has started it", async () => {
    const rig = padRig({ model });
    await rig.online();
    await rig.clock.advance(3_000);
    await away(rig);
    expect(rig.state()).toMatchObject({ link: "scanning", problem: null });
    expect(await rig.ask(OFF)).toBe("unconfirmed");
    expect(rig.state()).toMatchObject({
      link: "scanning",
      problem: null,
      stopConfirmed: false,
    });
    expect(rig.events).toEqual([]);
    await rig.clock.advance(60_000);
    rig.press("start-stop");
    await rig.clock.advance(6_000);
    const { before, after } = await back(rig);
    expect([...before, ...after]).toEqual(asked(model));
    expect(rig.state()).toMatchObject({
      belt: "running",
      problem: null,
      stopConfirmed: false,
    });
    // The belt is free again, and the old stop is over when it rests.
    expect(await rig.ask(verb("faster"))).toBe("ok");
    rig.press("start-stop");
    await rig.clock.until(() => rig.state().stopConfirmed, 15_000);
    expect(rig.speed()).toBe(0);
    expect(await rig.close()).toBe(0);
  });

  it("within 60 s is written even if the belt rested when the link was lost", async () => {
    const rig = padRig({ model });
    await rig.online();
    await away(rig);
    const stop = rig.send(OFF);
    await rig.clock.advance(2_000);
    const { before } = await back(rig);
    expect(firstOf(model, before)).toBe(offOf(model));
    expect(codes(stop)).toEqual(["ok"]);
    expect(await rig.close()).toBe(0);
  });
});

it.each(ALL_MODELS)(
  "a stop whose link to a %s is lost ends as link-lost and is the first write of the next link",
  async (model) => {
    const rig = padRig({ model });
    await rig.walking(model === "c2" ? 4 : 3);
    const stop = rig.send(OFF);
    await rig.clock.advance(1_500);
    const since = rig.clock.now();
    rig.radio.disconnect(ADDRESS);
    await rig.clock.advance(10);
    expect(codes(stop)).toEqual(["link-lost"]);
    expect(rig.state()).toMatchObject({
      link: "lost",
      problem: "link-lost",
      belt: "unknown",
      stopConfirmed: false,
    });
    await rig.clock.until(() => rig.state().stopConfirmed, 15_000);
    // The first frame to a Sperax was lost in its gap, so its belt has slowed late: it may be told to stop by now.
    const ops = rig.wire(since).filter(({ op }) => !isProcedure(op));
    const first = firstOf(
      model,
      ops.map(({ op }) => op),
    );
    expect(model === "sperax" ? ["pause", "stop"] : [offOf(model)]).toContain(first);
    expect(rig.state()).toMatchObject({ belt: restOf(model), problem: null });
    expect(codes(rig.send(ON))).toEqual([]);
    expect(await rig.close()).toBe(0);
  },
);

it.each(ALL_MODELS)(
  "a start that was on its way when the link to a %s was lost may move the belt: it counts as moving",
  async (model) => {
    const rig = padRig({ model });
    await rig.online();
    await rig.clock.advance(3_000);
    const start = rig.send(ON);
    await rig.clock.until(() => rig.frames().includes("start"));
    rig.radio.disconnect(ADDRESS);
    await rig.clock.advance(10);
    expect(codes(start)).toEqual(["link-lost"]);
    expect(rig.state()).toMatchObject({ link: "lost", problem: "link-lost" });
    expect(rig.pad.shutdown.verdict()).toBe("moving");
    expect(await rig.close()).toBe(0);
  },
);
