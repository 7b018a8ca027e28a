import { describe, expect, it } from "vitest";
import type { SimulatedModel } from "../../src/domain/faults.js";
import { speedFromKmh } from "../../src/domain/units.js";
import { proveAll } from "../../src/pad/shutdown.js";
import {
  ALL_MODELS,
  ADDRESS,
  codes,
  isMotion,
  isProcedure,
  isText,
  link,
  OFF,
  ON,
  padRig,
  type Rig,
  type RigOptions,
  speed,
  STOP,
} from "../support/pad-rig.js";

/** Ends the pad's service as the program does; resolves with how the belt was left and how long it took. */
const leave = async (rig: Rig, budget: number, hurryAt = Infinity) => {
  const since = rig.clock.now();
  const over = new AbortController();
  const hurry = new AbortController();
  rig.pad.shutdown.begin();
  const cancels = [rig.clock.after(budget, () => over.abort())];
  if (hurryAt < Infinity) cancels.push(rig.clock.after(hurryAt, () => hurry.abort()));
  await rig.clock.settled(rig.pad.shutdown.stop(over.signal, hurry.signal), budget + 1_000);
  for (const cancel of cancels) cancel();
  const took = rig.clock.now() - since;
  const verdict = rig.pad.shutdown.verdict();
  const left = await rig.close();
  expect(left).toBe(0);
  return { verdict, took, frames: rig.frames(since) };
};

const standing = async (options: RigOptions = {}): Promise<Rig> => {
  const rig = padRig(options);
  await rig.online();
  await rig.clock.advance(3_000);
  return rig;
};
const walking = async (kmh: number, options: RigOptions = {}): Promise<Rig> => {
  const rig = padRig(options);
  await rig.walking(kmh);
  return rig;
};

const BUDGET = 23_000;

/** The fastest that is a speed of them all: one counts in miles. */
const brisk = (model: SimulatedModel): number => (model === "c2" ? 6 : 3.5);
/**
 * MC21 speaks ten times a second: none of its statuses is 0.2 km/h below the one before (docs/command-line.md). Of a Sperax,
 * asked three times a second for tenths, three in a row may be; so of a text pad, which tells twice a second by itself
 * and answers as well.
 */
const falling = (model: SimulatedModel): readonly string[] =>
  model === "mc21" ? ["moving"] : model === "sperax" || isText(model) ? ["moving", "falling"] : ["falling"];
/** A text pad's stop is the end of a line that is cut off and two pieces, 60 ms apart. */
const stopWithin = (model: SimulatedModel): number => (isText(model) ? 140 : 20);
/** What FTMS knows no such thing as. */
const standby = (model: SimulatedModel): string[] => (model === "c2" ? ["mode standby"] : []);

it.each(["c2", "a1", "p1", "r1pro"] as const)(
  "the end of the program stops a %s from 6 km/h, then puts it to standby",
  async (model) => {
    const rig = await walking(6, { model });
    const { verdict, frames, took } = await leave(rig, BUDGET);
    expect(verdict).toBe("rest");
    expect(rig.speed()).toBe(0);
    expect(frames[0]).toBe("stop");
    expect(frames.at(-1)).toBe("mode standby");
    expect(rig.state().link).toBe("off");
    expect(took).toBeLessThan(17_000);
  },
);

describe.each(ALL_MODELS)("the end of the program (safety rule 8), of a %s", (model) => {
  it("before a status ever came, holds on to nothing", async () => {
    const rig = padRig({ model });
    rig.radio.outOfRange(ADDRESS, true);
    rig.pad.start();
    await rig.clock.advance(3_000);
    expect(rig.state().link).toBe("scanning");
    expect(await leave(rig, BUDGET)).toMatchObject({ verdict: "none", took: 0, frames: [] });
  });

  it("waits for a pad of an unknown variant only where a stop was asked for", async () => {
    const pad = { table: { a: "Z", b: "4" }, secondPair: { a: "w", b: "o" } };
    const met = async (): Promise<Rig> => {
      const rig = padRig({ model: "ks-c2", pad });
      rig.pad.start();
      await rig.clock.until(() => rig.state().problem === "unknown-variant", 40_000);
      return rig;
    };
    expect(await leave(await met(), BUDGET)).toMatchObject({ verdict: "none", took: 0, frames: [] });
    const rig = await met();
    rig.send(OFF);
    expect(await leave(rig, BUDGET)).toMatchObject({ verdict: "moving", took: BUDGET });
  });

  it("in the middle of a connect, breaks it off", async () => {
    const rig = padRig({ model });
    rig.pad.start();
    await rig.clock.until(() => rig.state().link === "connecting");
    expect(await leave(rig, BUDGET)).toMatchObject({ verdict: "none", took: 0, frames: [] });
  });

  it("on a link without a status yet, stops the belt first and polls later", async () => {
    const rig = padRig({ model });
    rig.press("start-stop");
    await rig.clock.advance(8_000);
    rig.pad.start();
    await rig.clock.until(() => rig.state().link === "ready");
    expect(rig.pad.view().available).toBe(false);
    expect((await leave(rig, BUDGET)).verdict).toBe("rest");
    expect(rig.speed()).toBe(0);
    // FTMS may want to be asked for permission before it obeys even a stop.
    expect(rig.wire().find(({ op }) => op !== "poll" && !isProcedure(op))).toMatchObject({ op: "stop" });
  });

  it("writes the stop as soon as it begins", async () => {
    const rig = await walking(3, { model });
    const since = rig.clock.now();
    rig.pad.shutdown.begin();
    await rig.clock.advance(stopWithin(model));
    expect(rig.frames(since).filter((op) => op === "stop")).toHaveLength(1);
    await leave(rig, BUDGET);
  });

  it("in the countdown, halts it", async () => {
    const rig = await standing({ model });
    rig.send(ON);
    // The lines of a text pad show nothing of a start before the belt moves.
    const starts = (): boolean =>
      isText(model) ? rig.phase() === "countdown" : rig.state().belt === "starting";
    await rig.clock.until(starts, 5_000);
    expect(await leave(rig, BUDGET)).toMatchObject({ verdict: "rest" });
    expect(rig.phase()).toBe("rest");
  });

  it("of a resting pad writes a stop and standby, and takes no command any more but a stop", async () => {
    const rig = await standing({ model });
    rig.pad.shutdown.begin();
    expect(codes(rig.send(ON, speed(3), link("OFF"), link("ON")))).toEqual(Array(4).fill("stopping"));
    const stop = rig.send(STOP);
    const { verdict, frames } = await leave(rig, BUDGET);
    expect(codes(stop)).toEqual(["ok"]);
    expect(verdict).toBe("rest");
    // One that comes within the gap of a poll, or of the request for permission, is written twice. So is the first one to
    // an X21, which may refuse it until its clock is set.
    const twice = model === "c2" || model === "x21";
    const stops = twice ? ["stop", "stop"] : ["stop"];
    expect(frames).toEqual([...stops, ...standby(model)]);
  });

  it("cancels a start that has not been written yet, and reports it", async () => {
    const rig = await standing({ model, pad: { mode: "standby" }, safety: { stopOnExit: false } });
    const start = rig.send(ON, speed(3));
    await rig.clock.advance(300);
    const { frames } = await leave(rig, BUDGET);
    expect(codes(start)).toEqual(["stopping", "stopping"]);
    expect(frames.filter(isMotion)).toEqual([]);
    expect(rig.speed()).toBe(0);
  });

  it("gets a lost link to a moving belt back to stop it", async () => {
    const rig = await walking(brisk(model), { model });
    rig.radio.outOfRange(ADDRESS, true);
    await rig.clock.until(() => rig.state().link === "lost", 10_000);
    rig.clock.after(5_000, () => rig.radio.outOfRange(ADDRESS, false));
    const { verdict, frames } = await leave(rig, BUDGET);
    expect(verdict).toBe("rest");
    expect(frames[0]).toBe("stop");
    expect(rig.speed()).toBe(0);
  });

  it("gets a link back that breaks on the way out", async () => {
    const rig = await walking(brisk(model), { model });
    rig.clock.after(2_000, () => rig.radio.disconnect(ADDRESS));
    expect((await leave(rig, BUDGET)).verdict).toBe("rest");
    expect(rig.speed()).toBe(0);
  });

  it("is not safe when the link to a moving belt is not regained", async () => {
    const rig = await walking(brisk(model), { model });
    rig.radio.outOfRange(ADDRESS, true);
    await rig.clock.until(() => rig.state().link === "lost", 10_000);
    const { verdict, took } = await leave(rig, BUDGET);
    expect(verdict).toBe("moving");
    expect(took).toBeGreaterThanOrEqual(BUDGET);
  });

  it("does not wait for a pad that rested when it went away", async () => {
    const rig = await standing({ model });
    rig.radio.outOfRange(ADDRESS, true);
    await rig.clock.until(() => rig.state().link === "scanning", 10_000);
    expect(await leave(rig, BUDGET)).toMatchObject({ verdict: "rest", took: 0 });
  });

  it("reconnects for a stop that was accepted while the pad was away: it may have been started at the pad", async () => {
    const rig = await standing({ model });
    rig.radio.outOfRange(ADDRESS, true);
    await rig.clock.until(() => rig.state().link === "scanning", 10_000);
    rig.press("start-stop");
    rig.send(OFF);
    rig.clock.after(4_000, () => rig.radio.outOfRange(ADDRESS, false));
    expect((await leave(rig, BUDGET)).verdict).toBe("rest");
    expect(rig.speed()).toBe(0);
  });

  it("is not safe while such a stop is not confirmed", async () => {
    const rig = await standing({ model });
    rig.radio.outOfRange(ADDRESS, true);
    await rig.clock.until(() => rig.state().link === "scanning", 10_000);
    rig.send(OFF);
    expect((await leave(rig, BUDGET)).verdict).toBe("moving");
  });

  it("leaves no lost link behind, however the belt was left", async () => {
    const rig = await walking(brisk(model), { model });
    const seen: string[] = [];
    rig.pad.subscribe({
      changed: () => seen.push(`${rig.state().link} ${rig.state().problem}`),
      happened: () => undefined,
    });
    await leave(rig, 4_000);
    expect(seen.filter((each) => each.includes("lost"))).toEqual([]);
  });

  it("is not safe when the belt creeps", async () => {
    const rig = await walking(3, { model });
    rig.faults({ creep: speedFromKmh(0.5) });
    const { verdict, took, frames } = await leave(rig, BUDGET);
    expect(verdict).toBe("moving");
    expect(took).toBeGreaterThanOrEqual(BUDGET);
    expect(new Set(frames)).toEqual(new Set(["stop"]));
  });

  it.each([3_500, 5_000, 6_000])("lets a belt go that still falls after %i ms", async (budget) => {
    const rig = await walking(brisk(model), { model });
    const { verdict, took } = await leave(rig, budget);
    expect(falling(model)).toContain(verdict);
    expect(took).toBeGreaterThanOrEqual(budget);
    expect(took).toBeLessThan(budget + 100);
    expect(rig.events.map(({ type }) => type)).not.toContain("link_lost");
  });

  it("does not report a belt as falling because of one status", async () => {
    const rig = await walking(brisk(model), { model });
    expect((await leave(rig, 1_200)).verdict).toBe("moving");
  });

  it("reports a belt at rest whose last status shows it, though the time ran out before the second", async () => {
    const rig = await walking(3, { model });
    const over = new AbortController();
    const leaving = rig.pad.shutdown.stop(over.signal, new AbortController().signal);
    await rig.clock.until(() => rig.state().belt === "idle", 10_000);
    expect(rig.state().stopConfirmed).toBe(false);
    over.abort();
    await rig.clock.settled(leaving);
    expect(rig.pad.shutdown.verdict()).toBe("rest");
    expect(await rig.close()).toBe(0);
  });

  it("does not call it so under a stop that was accepted: that takes the second", async () => {
    const rig = await walking(3, { model });
    const over = new AbortController();
    rig.send(OFF);
    const leaving = rig.pad.shutdown.stop(over.signal, new AbortController().signal);
    await rig.clock.until(() => ["idle", "paused"].includes(rig.state().belt), 10_000);
    expect(rig.state().stopConfirmed).toBe(false);
    over.abort();
    await rig.clock.settled(leaving);
    // Some have been seen falling all the way.
    expect(["moving", "falling"]).toContain(rig.pad.shutdown.verdict());
    expect(await rig.close()).toBe(0);
  });

  it("waits for a stop that was accepted after the belt was seen at rest", async () => {
    const rig = await walking(3, { model });
    const signals = [new AbortController().signal, new AbortController().signal] as const;
    rig.pad.shutdown.begin();
    await rig.clock.settled(rig.pad.shutdown.stop(...signals), BUDGET);
    expect(rig.pad.shutdown.verdict()).toBe("rest");
    rig.send(OFF);
    expect(rig.pad.shutdown.verdict()).not.toBe("rest");
    await rig.clock.settled(proveAll([rig.pad.shutdown], ...signals), BUDGET);
    expect([rig.pad.shutdown.verdict(), rig.state().stopConfirmed]).toEqual(["rest", true]);
    expect(await rig.close()).toBe(0);
  });

  it("of a silent pad is as unsafe as the belt was in its last status", async () => {
    const rig = await walking(3, { model });
    rig.faults({ drop: 1 });
    const { verdict, frames } = await leave(rig, BUDGET);
    expect(verdict).toBe("moving");
    expect(frames[0]).toBe("stop");
    expect(rig.speed()).toBe(0);
  });

  it("waits for nothing when the radio is gone, and reports how it left the belt", async () => {
    const rig = await walking(3, { model });
    rig.radio.setPower("unavailable");
    await rig.clock.advance(100);
    expect((await leave(rig, BUDGET)).verdict).toBe("moving");
  });

  it("stops a belt again that is started at the pad while another one still slows down", async () => {
    const rig = await walking(2, { model });
    const never = new AbortController().signal;
    rig.pad.shutdown.begin();
    await rig.clock.settled(rig.pad.shutdown.stop(never, never), BUDGET);
    const since = rig.clock.now();
    rig.press("start-stop");
    // Nothing says so before that: a pad whose countdown no status shows.
    await rig.clock.until(() => !rig.state().stopConfirmed, 30_000);
    await rig.clock.settled(proveAll([rig.pad.shutdown], never, never), BUDGET);
    expect(rig.phase()).toBe("rest");
    expect(rig.frames(since)[0]).toBe("stop");
    expect(rig.pad.shutdown.verdict()).toBe("rest");
    expect(rig.warnings.join()).toContain("started again at the pad");
    expect(await rig.close()).toBe(0);
  });

  it("takes over a requested stop: it is ok once the belt rests", async () => {
    const rig = await walking(brisk(model), { model });
    const stop = rig.send(OFF);
    await rig.clock.advance(1_000);
    expect((await leave(rig, BUDGET)).verdict).toBe("rest");
    expect(codes(stop)).toEqual(["ok"]);
  });
});

describe("with stop_on_exit false", () => {
  const safety = { stopOnExit: false };

  it("a running belt is left running, which is not safe, and standby is not written to it", async () => {
    const rig = await walking(3, { safety });
    expect(await leave(rig, BUDGET)).toMatchObject({ verdict: "moving", took: 0, frames: [] });
    expect(rig.speed()).toBeCloseTo(3);
  });

  it("a resting one is put to standby, unless that is not wanted either", async () => {
    const rig = await standing({ safety });
    expect((await leave(rig, BUDGET)).frames).toEqual(["mode standby"]);
    const other = await standing({ safety: { ...safety, standbyOnExit: false } });
    expect(await leave(other, BUDGET)).toMatchObject({ verdict: "rest", took: 0, frames: [] });
  });

  it("a belt that is started at the pad meanwhile is left running", async () => {
    const rig = await standing({ safety });
    const never = new AbortController().signal;
    rig.pad.shutdown.begin();
    rig.press("start-stop");
    await rig.clock.settled(rig.pad.shutdown.stop(never, never), BUDGET);
    await rig.clock.advance(8_000);
    expect(rig.speed()).toBeGreaterThan(0);
    expect(rig.frames()).not.toContain("stop");
    expect(rig.pad.shutdown.verdict()).toBe("moving");
    expect(await rig.close()).toBe(0);
  });

  it.each([false, true])("a requested stop is not cancelled, link lost: %s", async (lost) => {
    const rig = await walking(4, { safety });
    const stop = rig.send(OFF);
    await rig.clock.advance(500);
    if (lost) rig.radio.disconnect(ADDRESS);
    expect((await leave(rig, BUDGET)).verdict).toBe("rest");
    expect(codes(stop)).toEqual([lost ? "link-lost" : "ok"]);
    expect(rig.speed()).toBe(0);
  });
});

describe.each(ALL_MODELS)("a second signal, with a %s", (model) => {
  it("ends the waiting once the live link has its stop frame", async () => {
    const rig = await walking(brisk(model), { model });
    // Four statuses: of a pad that is polled they come a little faster than one a second.
    const hurryAt = model === "c2" ? 3_500 : 4_000;
    const { took, frames, verdict } = await leave(rig, BUDGET, hurryAt);
    expect(took).toBeLessThan(hurryAt + 100);
    expect(frames.at(-1)).toBe("stop");
    expect(falling(model)).toContain(verdict);
  });

  it("waits for the stop frame of a link whose last write hangs, and that frame gets out", async () => {
    const rig = await walking(brisk(model), { model });
    rig.radio.hangWrites(ADDRESS, true);
    const since = rig.clock.now();
    rig.clock.after(1_150, () => rig.radio.hangWrites(ADDRESS, false));
    const { frames } = await leave(rig, BUDGET, 1_000);
    expect(frames).toContain("stop");
    expect(rig.clock.now() - since).toBeLessThan(2_000);
    expect(rig.phase()).toBe("stopping");
  });

  it("does not end it while the link to a moving belt is being regained", async () => {
    const rig = await walking(brisk(model), { model });
    rig.radio.outOfRange(ADDRESS, true);
    await rig.clock.until(() => rig.state().link === "lost", 10_000);
    rig.clock.after(5_000, () => rig.radio.outOfRange(ADDRESS, false));
    const { took, frames } = await leave(rig, BUDGET, 1_200);
    expect(took).toBeGreaterThan(5_000);
    // Four steps to open an FTMS link, 100 ms apart (wire-facts b.7.2), and two more to unlock a Z1.
    expect(took).toBeLessThan(model === "c2" ? 6_500 : 7_000);
    expect(new Set(frames)).toEqual(new Set(["stop"]));
    expect(rig.phase()).toBe("stopping");
  });
});

/** Until the pad's gap after a poll is over: a frame within it may be lost. */
const pollGap = async (rig: Rig): Promise<number> => {
  const polled = rig.wire().length;
  await rig.clock.until(() => rig.wire().length > polled);
  await rig.clock.advance(800);
  return rig.clock.now();
};

it.each([0, 200, 600, 1_000])(
  "a belt that is started at the pad %i ms after its stop was confirmed is stopped again, then put to standby",
  async (wait) => {
    const rig = await walking(2);
    const never = new AbortController().signal;
    rig.pad.shutdown.begin();
    const left = rig.pad.shutdown.stop(never, never);
    await rig.clock.until(() => rig.state().stopConfirmed, BUDGET);
    await rig.clock.advance(wait);
    rig.press("start-stop");
    await rig.clock.settled(left, 2 * BUDGET);
    expect(rig.phase()).toBe("rest");
    expect(rig.state()).toMatchObject({ mode: "standby", stopConfirmed: true });
    expect(rig.pad.shutdown.verdict()).toBe("rest");
    expect(await rig.close()).toBe(0);
  },
);

it("a stop frame that was handed over on the very last moment still gets out", async () => {
  const rig = await walking(6);
  const since = await pollGap(rig);
  const never = new AbortController().signal;
  rig.pad.shutdown.begin();
  const leaving = rig.pad.shutdown.stop(never, never);
  expect(await rig.close()).toBe(0);
  await rig.clock.settled(leaving, 100);
  expect(rig.frames(since)).toEqual(["stop"]);
  expect(rig.phase()).toBe("stopping");
});

it("a closed pad resolves every pending request", async () => {
  const rig = await walking(3);
  const waiting = rig.send(speed(5));
  expect(await rig.close()).toBe(0);
  expect(codes(waiting)).toEqual(["link-lost"]);
  expect(codes(rig.send(OFF, ON, link("ON")))).toEqual(["unconfirmed", "unconfirmed", "unconfirmed"]);
  expect(rig.clock.pending).toBe(0);
  expect(await rig.close()).toBe(0);
});

it("a close in the middle of leaving ends that too", async () => {
  const rig = await walking(4);
  rig.radio.outOfRange(ADDRESS, true);
  await rig.clock.until(() => rig.state().link === "lost", 10_000);
  const leaving = rig.pad.shutdown.stop(new AbortController().signal, new AbortController().signal);
  await rig.clock.advance(2_000);
  expect(await rig.close()).toBe(0);
  await rig.clock.settled(leaving, 100);
  expect(rig.pad.shutdown.verdict()).toBe("moving");
});
