import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inFolder } from "./tracked-pad.js";
import { MODELS, Walker } from "./walker.js";

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
          await walker.store.close();
        }),
      ),
      { numRuns: 30 },
    ),
  );
});
