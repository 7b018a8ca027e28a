import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inFolder } from "./book.js";
import { MODELS, type Numbers, Walker } from "./walker.js";

const ALL = { pad: null, since: null, limit: null };

/** Totals are the sum of the sessions, whatever happened, and at most `slack` away from what the belt did. */
const expectTruth = (walker: Walker, slack: Numbers): void => {
  const { total } = walker.book.records.tally;
  const sessions = walker.store.sessions(ALL);
  const sum = (pick: (one: (typeof sessions)[number]) => number): number =>
    sessions.reduce((all, one) => all + pick(one), 0);
  expect(total).toEqual({
    distance: sum(({ distance }) => distance),
    duration: sum(({ duration }) => duration),
    steps: sum(({ steps }) => steps),
    calories: sum(({ calories }) => calories),
    sessions: sessions.length,
  });
  for (const key of ["distance", "duration", "steps"] as const) {
    expect(total[key], key).toBeLessThanOrEqual(walker.truth[key] + slack[key]);
    expect(total[key], key).toBeGreaterThanOrEqual(walker.truth[key] - slack[key]);
  }
};

describe("a bridge that restarts in the middle of a walk", () => {
  it.each(MODELS)("leaves one session, with three pauses and a lost link in it (%s)", (model) =>
    inFolder(async (folder) => {
      const walker = new Walker(model, folder);
      await walker.start();
      await walker.listen(5);
      walker.press("start-stop");
      await walker.listen(120);
      for (let pause = 0; pause < 3; pause += 1) {
        walker.press("start-stop");
        await walker.listen(30);
        walker.press("start-stop");
        await walker.listen(60);
      }
      await walker.away(40);
      await walker.listen(60);
      await walker.exit();
      await walker.away(120);
      await walker.start();
      await walker.listen(10);
      expect(walker.book.records.walk.session?.state).toBe("paused");
      walker.press("start-stop");
      await walker.listen(60);
      walker.press("start-stop");
      await walker.listen(20);
      walker.book.end();

      const words = [...walker.events, ...walker.book.events].flatMap(({ type }) =>
        type === "delta" ? [] : [type.slice(8)],
      );
      const pauseAndResume = ["paused", "resumed"];
      expect(words).toEqual(["started", ...[1, 2, 3, 4].flatMap(() => pauseAndResume), "paused", "ended"]);
      expect(walker.store.sessions(ALL)).toHaveLength(1);
      // Distance comes in units of 10 m, and each leg may leave one unfinished.
      expectTruth(walker, { distance: 60, duration: 6, steps: 6 });
      walker.store.close();
    }),
  );

  it.each(MODELS)("finds the walk again that went on without it (%s)", (model) =>
    inFolder(async (folder) => {
      const walker = new Walker(model, folder);
      await walker.start();
      await walker.listen(5);
      walker.press("start-stop");
      await walker.listen(60);
      walker.kill();
      await walker.away(300);
      await walker.start();
      await walker.listen(60);
      expect(walker.store.sessions(ALL)).toHaveLength(1);
      expect(walker.book.words).toEqual([]);
      expectTruth(walker, { distance: 10, duration: 1, steps: 3 });
      walker.store.close();
    }),
  );

  it.each(MODELS)("ends a walk at its last movement when it was away for longer than a pause (%s)", (model) =>
    inFolder(async (folder) => {
      const walker = new Walker(model, folder);
      await walker.start();
      await walker.listen(5);
      walker.press("start-stop");
      await walker.listen(60);
      await walker.exit();
      const last = walker.clock.wall();
      await walker.away(20 * 60);
      await walker.start();
      await walker.listen(10);
      const [session] = walker.store.sessions(ALL);
      expect(session?.state).toBe("ended");
      expect(session?.endedAt).toBeGreaterThan(last - 20_000);
      expect(session?.endedAt).toBeLessThanOrEqual(last);
      walker.press("start-stop");
      await walker.listen(60);
      expect(walker.store.sessions(ALL)).toHaveLength(2);
      expectTruth(walker, { distance: 20, duration: 2, steps: 4 });
      walker.store.close();
    }),
  );
});

describe("a bridge that is killed a hundred times", () => {
  it.each(MODELS)("has what was walked, within a status a time, and nothing twice (%s)", (model) =>
    inFolder(async (folder) => {
      const walker = new Walker(model, folder);
      const upTo = (most: number): number => 1 + Math.floor(Math.random() * most);
      await walker.start();
      await walker.listen(5);
      walker.press("start-stop");
      const kills = 100;
      for (let kill = 0; kill < kills; kill += 1) {
        await walker.listen(upTo(20));
        if (kill % 7 === 3) {
          walker.press("start-stop");
          await walker.listen(10 + upTo(20));
          walker.press("start-stop");
          await walker.listen(5);
        }
        walker.kill();
        await walker.away(upTo(5));
        await walker.start();
      }
      await walker.listen(5);
      // The kills cost nothing: what is lost is what each leg leaves short of a unit, where a reset zeroes it.
      const legs = 16;
      expectTruth(walker, { distance: 10 * legs, duration: legs, steps: 3 * legs });
      walker.store.close();
    }),
  );
});

type Step =
  | { readonly do: "listen"; readonly seconds: number }
  | { readonly do: "press" }
  | { readonly do: "kill" | "exit" | "lose"; readonly dark: number; readonly pressAfter: number | null };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("listen" as const), seconds: fc.integer({ min: 5, max: 90 }) }),
  },
  { weight: 3, arbitrary: fc.constant({ do: "press" as const }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom("kill" as const, "exit" as const, "lose" as const),
      dark: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 30, max: 1500 })),
      pressAfter: fc.option(fc.integer({ min: 1, max: 600 })),
    }),
  },
);

const play = async (walker: Walker, steps: readonly Step[]): Promise<number> => {
  let unsure = 0;
  await walker.start();
  await walker.listen(5);
  for (const one of steps) {
    if (one.do === "listen") await walker.listen(one.seconds);
    else if (one.do === "press") walker.press("start-stop");
    else {
      if (one.do === "kill") walker.kill();
      if (one.do === "exit") await walker.exit();
      const before = one.pressAfter === null ? one.dark : Math.min(one.dark, one.pressAfter);
      await walker.away(before);
      if (one.pressAfter !== null) walker.press("start-stop");
      await walker.away(one.dark - before);
      if (one.do !== "lose") await walker.start();
      await walker.listen(6);
      unsure += 1;
    }
  }
  if (walker.moving) walker.press("start-stop");
  await walker.listen(30);
  return unsure;
};

describe("whatever a bridge misses", () => {
  it.each(MODELS)("nothing is counted twice (%s)", { timeout: 120_000 }, (model) =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) =>
        inFolder(async (folder) => {
          const walker = new Walker(model, folder);
          const gaps = await play(walker, steps);
          const { total } = walker.book.records.tally;
          const slack = 2 + gaps;
          expect(total.duration).toBeLessThanOrEqual(walker.truth.duration + slack);
          expect(total.distance).toBeLessThanOrEqual(walker.truth.distance + 10 * slack);
          expect(total.steps).toBeLessThanOrEqual(walker.truth.steps + 4 * slack);
          walker.store.close();
        }),
      ),
      { numRuns: 30 },
    ),
  );
});
