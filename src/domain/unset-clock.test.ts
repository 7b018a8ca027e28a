import { describe, expect, it } from "vitest";
import { localDays } from "../../test/support/local-days.js";
import { statusAt } from "../../test/support/pad-state.js";
import { noWalk, walk, type Walk, type WalkEvent, type WalkSettings, type WalkStep } from "./session.js";
import { noTally, updateTotals, type TotalsState } from "./totals.js";
import { seconds } from "./units.js";
import { clockSetBy, keepUndated, redate } from "./unset-clock.js";

const settings: WalkSettings = {
  pauseTimeout: 60_000,
  minDuration: seconds(10),
  body: { weight: 75, age: null, height: null, sex: null },
};
const NOW = Date.parse("2026-11-27T20:00:00Z");
const HOUR = 3_600_000;
const day = localDays("Europe/Berlin");

/** A machine that was switched on 100 s before 1970-01-01T00:01:40Z, as its own clock has it. */
class Run {
  walk: Walk = noWalk;
  tally: TotalsState = noTally;
  second = 100;
  ahead = 0;
  readonly events: WalkEvent[] = [];

  get moment(): { at: number; now: number } {
    return { at: this.ahead + this.second * 1000, now: 5 + this.second * 1000 };
  }

  /** A status a second. */
  walkFor(length: number): this {
    for (let i = 0; i < length; i += 1) {
      this.second += 1;
      this.#take(
        keepUndated(
          walk(this.walk, { type: "status", status: statusAt(this.second), ...this.moment }, settings),
        ),
      );
    }
    return this;
  }

  end(): this {
    this.#take(keepUndated(walk(this.walk, { type: "end", ...this.moment }, settings)));
    return this;
  }

  setClock(to: number): this {
    const before = this.moment;
    this.ahead = to - this.second * 1000;
    this.#take(redate(this.walk, clockSetBy(before, this.moment), to));
    return this;
  }

  #take({ state, events }: WalkStep): void {
    this.walk = state;
    this.events.push(...events);
    for (const event of events) if (event.type === "delta") this.tally = updateTotals(this.tally, event, day);
  }
}

describe("the step of a clock that was not set", () => {
  it.each([
    ["1970 to now", 90_000, NOW, NOW - 90_000 - 1000],
    ["the date of a systemd to now", Date.UTC(2024, 5, 1), NOW, NOW - Date.UTC(2024, 5, 1) - 1000],
    ["1970 to the date of a systemd", 90_000, Date.UTC(2024, 5, 1), Date.UTC(2024, 5, 1) - 91_000],
    ["no step, in 1970", 90_000, 91_000, 0],
    ["a clock that is read a little later", 90_000, 91_400, 0],
    ["an hour forward, now", NOW, NOW + HOUR, 0],
    ["three days back, now", NOW, NOW - 72 * HOUR, 0],
    ["now to 1970", NOW, 0, 0],
  ])("%s", (_, from, to, ms) => {
    expect(clockSetBy({ at: from, now: 7 }, { at: to, now: 1007 })).toBe(ms);
  });
});

describe("a walk before the clock was set", () => {
  it("that is under way gets its time, and keeps its id and its amounts", () => {
    const run = new Run().walkFor(60);
    const before = run.walk.session;
    run.setClock(NOW);
    expect(run.walk.session).toEqual({ ...before, startedAt: NOW - 59_000 });
    expect(run.walk.moved.at).toBe(NOW);
    expect(run.walk.undated).toBeUndefined();
    run.walkFor(10).end();
    expect(run.walk.session).toMatchObject({ id: before?.id, endedAt: NOW + 10_000, duration: 69 });
    expect(run.tally.days["2026-11-27"]).toMatchObject({
      duration: 69,
      distance: 69,
      steps: 138,
      sessions: 1,
    });
    expect(run.tally.total).toMatchObject({ duration: 69, distance: 69, sessions: 1 });
    expect(run.tally.days["1970-01-01"]).toMatchObject({ duration: 0, distance: 0, steps: 0, sessions: 0 });
  });

  it("that is too short to count yet begins when it really did", () => {
    const run = new Run().walkFor(5).setClock(NOW).walkFor(10);
    expect(run.walk.session).toMatchObject({ startedAt: NOW - 4_000 });
    expect(run.tally.days).toEqual({ "2026-11-27": run.tally.total });
  });

  it("that has ended counts on the day of its end", () => {
    const run = new Run().walkFor(60).end().setClock(NOW);
    expect(run.walk.session).toMatchObject({ state: "ended", startedAt: NOW - 59_000, endedAt: NOW });
    expect(run.events.findLast(({ type }) => type === "session_dated")).toMatchObject({
      session: { startedAt: NOW - 59_000, endedAt: NOW },
    });
    expect(run.tally.days["2026-11-27"]).toEqual({
      ...run.tally.total,
      calories: expect.closeTo(run.tally.total.calories) as number,
    });
  });

  it("counts with each of several, on both sides of the real midnight", () => {
    const midnight = Date.parse("2026-11-27T23:00:00Z");
    const run = new Run().walkFor(300).end();
    run.walkFor(600).end();
    expect(run.walk.undated).toHaveLength(2);
    run.setClock(midnight + 300_000);
    expect(run.events.filter(({ type }) => type === "session_dated")).toHaveLength(2);
    expect(run.tally.total).toMatchObject({ duration: 899, sessions: 2 });
    const [first, second] = [run.tally.days["2026-11-27"], run.tally.days["2026-11-28"]];
    expect(first?.sessions).toBe(2);
    expect((first?.duration ?? 0) + (second?.duration ?? 0)).toBe(899);
    // Gains are kept by the minute.
    expect(Math.abs((second?.duration ?? 0) - 300)).toBeLessThanOrEqual(60);
  });

  it("gets its time in two steps where the first is still before this program's", () => {
    const run = new Run()
      .walkFor(60)
      .setClock(Date.UTC(2024, 5, 1))
      .walkFor(60)
      .setClock(NOW);
    expect(run.walk.session).toMatchObject({ startedAt: NOW - 119_000, duration: 119 });
    expect(run.tally.days["2026-11-27"]).toMatchObject({ duration: 119, sessions: 1 });
  });

  it("keeps little in memory, however long the clock is not set", () => {
    const run = new Run();
    for (let i = 0; i < 30; i += 1) run.walkFor(121).end();
    expect(run.walk.undated).toHaveLength(20);
    expect(run.walk.undated?.every(({ gains }) => gains.length <= 3)).toBe(true);
  });
});

it("leaves a walk of a clock that was set alone", () => {
  const run = new Run();
  run.ahead = NOW;
  run.walkFor(60);
  const { walk: before, tally } = run;
  expect(before.undated).toBeUndefined();
  run.setClock(NOW + 5 * HOUR);
  expect(run.walk).toEqual(before);
  expect(run.tally).toBe(tally);
});
