import { describe, expect, it } from "vitest";
import { dayOf } from "./day.js";
import { SCENARIOS } from "./scenarios.js";
import { runDay } from "./world.js";

/** A night has 20,000 of them: npm run test:world. */
const DAYS = 60;

describe("in the world", () => {
  it.each(SCENARIOS)("issue %s", async (_, day) => {
    expect((await runDay(day)).violations).toEqual([]);
  });

  it("nothing gets past a stop, on days of all kinds", async () => {
    for (let seed = 1; seed <= DAYS; seed += 1) {
      const { violations } = await runDay(dayOf(seed));
      expect(violations, `npm run test:world -- --days 1 --seed ${seed}`).toEqual([]);
    }
  }, 120_000);
});
