import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { localDays } from "../../test/support/local-days.js";
import {
  NO_TOTALS,
  noTally,
  updateTotals,
  today,
  type Delta,
  type TotalsState,
  type TotalsInput,
} from "./totals.js";
import { metres, seconds } from "./units.js";

const at = (iso: string): number => Date.parse(iso);
const delta = (iso: string, distance: number, sessions = 0): TotalsInput => ({
  type: "delta",
  delta: {
    ...NO_TOTALS,
    at: at(iso),
    distance: metres(distance),
    duration: seconds(1),
    steps: 2,
    calories: 0.25,
    sessions,
  },
});
const tick = (iso: string): TotalsInput => ({ type: "tick", at: at(iso) });
const run = (inputs: readonly TotalsInput[], zone = localDays("Europe/Berlin")): TotalsState =>
  inputs.reduce((state, input) => updateTotals(state, input, zone), noTally);

describe("the tally", () => {
  it("splits a walk at local midnight and counts it on the day it started", () => {
    const state = run([
      tick("2026-11-22T22:59:00Z"),
      delta("2026-11-22T22:59:58Z", 1, 1),
      delta("2026-11-22T22:59:59.999Z", 2),
      delta("2026-11-22T23:00:00Z", 4),
    ]);
    expect(state.days["2026-11-22"]).toMatchObject({ distance: 3, sessions: 1 });
    expect(today(state)).toEqual({ ...NO_TOTALS, distance: 4, duration: 1, steps: 2, calories: 0.25 });
    expect(state.total).toMatchObject({ distance: 7, duration: 3, steps: 6, calories: 0.75, sessions: 1 });
  });

  it("turns the day over without a walk", () => {
    const evening = run([delta("2026-11-22T12:00:00Z", 5, 1), tick("2026-11-22T22:59:59Z")]);
    expect(today(evening).distance).toBe(5);
    const morning = updateTotals(evening, tick("2026-11-22T23:00:00Z"), localDays("Europe/Berlin"));
    expect(today(morning)).toEqual(NO_TOTALS);
    expect(morning.total).toEqual(evening.total);
  });

  it("finds its day again when the clock was set forward and back", () => {
    const state = run([
      delta("2026-11-22T12:00:00Z", 5),
      tick("2036-01-01T00:00:00Z"),
      delta("2036-01-01T00:00:01Z", 1),
      tick("2026-11-22T12:00:03Z"),
      delta("2026-11-22T12:00:04Z", 2),
    ]);
    expect(today(state).distance).toBe(7);
    expect(state.total.distance).toBe(8);
  });

  it("is not turned back when the clock is put right shortly after midnight", () => {
    const state = run([
      delta("2026-11-22T12:00:00Z", 5, 1),
      tick("2026-11-22T23:00:01Z"),
      tick("2026-11-22T22:59:59Z"),
    ]);
    expect(today(state)).toEqual(NO_TOTALS);
    expect(
      today(updateTotals(state, tick("2026-11-22T20:59:59Z"), localDays("Europe/Berlin"))).distance,
    ).toBe(5);
  });

  it("is not set back by a delta that is reported late", () => {
    const before = run([delta("2026-11-22T23:00:01Z", 2), tick("2026-11-22T23:00:05Z")]);
    const state = updateTotals(before, delta("2026-11-22T22:59:59Z", 1, 1), localDays("Europe/Berlin"));
    expect(today(state)).toEqual(today(before));
    expect(state.total).toMatchObject({ distance: 3, sessions: 1 });
  });

  it("never falls within a day, and sums every delta", () => {
    const hours = fc.integer({ min: -30, max: 30 });
    const input: fc.Arbitrary<TotalsInput> = fc.oneof(
      hours.map((hour): TotalsInput => ({ type: "tick", at: hour * 3_600_000 })),
      fc.record({ hour: hours, distance: fc.nat(50) }).map(({ hour, distance }): TotalsInput => ({
        type: "delta",
        delta: { ...NO_TOTALS, at: hour * 3_600_000, distance: metres(distance) },
      })),
    );
    fc.assert(
      fc.property(fc.array(input, { maxLength: 60 }), (inputs) => {
        let state = noTally;
        for (const one of inputs) {
          const next = updateTotals(state, one, localDays("Europe/Berlin"));
          expect(next.total.distance).toBeGreaterThanOrEqual(state.total.distance);
          if (next.day === state.day)
            expect(today(next).distance).toBeGreaterThanOrEqual(today(state).distance);
          state = next;
        }
        const deltas = inputs.flatMap((one): Delta[] => (one.type === "delta" ? [one.delta] : []));
        const days = Object.values(state.days).reduce((sum, day) => sum + day.distance, 0);
        expect(state.total.distance).toBe(deltas.reduce((sum, { distance }) => sum + distance, 0));
        expect(days).toBe(state.total.distance);
      }),
    );
  });

  it("remembers a week and no more", () => {
    const state = run(
      Array.from({ length: 30 }, (_, day) => delta(new Date(day * 86_400_000).toISOString(), 1)),
    );
    expect(Object.keys(state.days)).toHaveLength(7);
    expect(state.total.distance).toBe(30);
  });
});
