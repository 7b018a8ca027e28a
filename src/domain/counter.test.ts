import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NO_COUNTERS, readCounters, type CounterName, type Counters } from "./counter.js";
import type { PadStatus } from "./pad.js";

const status = (name: CounterName, value: number): PadStatus => ({
  activity: "running",
  code: 1,
  [name]: value,
});

/** Reads one counter at 1 Hz, or at the seconds given; what each reading gained. */
const gains = (name: CounterName, values: readonly number[], at?: readonly number[]): number[] => {
  let counters: Counters = NO_COUNTERS;
  return values.map((value, index) => {
    const read = readCounters(counters, status(name, value), (at?.[index] ?? index) * 1000);
    counters = read.counters;
    return read.gained[name];
  });
};

interface Case {
  readonly name: string;
  readonly counter: CounterName;
  readonly values: readonly number[];
  readonly at?: readonly number[];
  readonly gained: readonly number[];
}

const cases: readonly Case[] = [
  // captures.jsonl, PH4 README: a walk found running at 790 m and 977 steps.
  { name: "starts from what it finds", counter: "distance", values: [790, 790, 800], gained: [0, 0, 10] },
  { name: "rises", counter: "steps", values: [977, 980, 982], gained: [0, 3, 2] },
  { name: "resets to 0 at rest", counter: "steps", values: [4381, 4382, 0, 0, 2], gained: [0, 1, 0, 0, 2] },
  { name: "resets and has counted already", counter: "steps", values: [4382, 3], gained: [0, 3] },
  // wire-facts a.7: one frame stale. Nothing may be counted twice, large or small.
  { name: "is stale for a frame", counter: "steps", values: [4382, 0, 4382, 0, 1], gained: [0, 0, 0, 0, 1] },
  {
    name: "is stale twice over",
    counter: "steps",
    values: [4382, 0, 4382, 4382, 0, 2],
    gained: [0, 0, 0, 0, 0, 2],
  },
  {
    name: "is stale, and had lagged",
    counter: "steps",
    values: [4382, 0, 4384, 0, 1],
    gained: [0, 0, 2, 0, 1],
  },
  {
    name: "is stale, and small",
    counter: "steps",
    values: [0, 4, 0, 4, 0, 1, 2],
    gained: [0, 4, 0, 0, 0, 1, 1],
  },
  {
    name: "climbs to where it was at once",
    counter: "steps",
    values: [0, 2, 0, 3, 5, 8, 10],
    gained: [0, 2, 0, 0, 0, 0, 10],
  },
  {
    name: "shows one frame of nonsense",
    counter: "distance",
    values: [790, 90_000, 800],
    gained: [0, 0, 10],
  },
  { name: "shows one frame of too little", counter: "distance", values: [790, 400, 800], gained: [0, 0, 10] },
  {
    name: "falls to 0 for one frame",
    counter: "distance",
    values: [790, 0, 800, 800],
    gained: [0, 0, 10, 0],
  },
  { name: "jumps for good", counter: "distance", values: [790, 5000, 5010, 5020], gained: [0, 0, 10, 10] },
  { name: "comes out of order", counter: "distance", values: [790, 810, 800, 820], gained: [0, 20, 0, 10] },
  {
    name: "comes out of order, twice",
    counter: "distance",
    values: [790, 810, 800, 800, 820],
    gained: [0, 20, 0, 0, 10],
  },
  {
    name: "rises again above its last value",
    counter: "steps",
    values: [0, 4, 0, 1, 2, 5],
    gained: [0, 4, 0, 1, 1, 3],
  },
  { name: "wraps at 2^16 s", counter: "elapsed", values: [65_534, 65_535, 0, 1], gained: [0, 1, 1, 1] },
  { name: "wraps at 2^24 steps", counter: "steps", values: [16_777_214, 1], gained: [0, 3] },
  { name: "wraps at 2^24 units of 10 m", counter: "distance", values: [167_772_150, 0], gained: [0, 10] },
  { name: "resets far from a wrap", counter: "elapsed", values: [60_000, 0, 1], gained: [0, 0, 1] },
  {
    name: "resets over night, and rises across 2^16 only when it was near",
    counter: "steps",
    values: [3000, 5, 65_000, 65_530, 3],
    at: [0, 86_400, 172_800, 172_990, 173_000],
    gained: [0, 5, 64_995, 530, 9],
  },
  { name: "bridges a gap", counter: "distance", values: [100, 150], at: [0, 40], gained: [0, 50] },
  {
    name: "bridges a gap with a reset",
    counter: "distance",
    values: [100, 30],
    at: [0, 40],
    gained: [0, 30],
  },
  {
    name: "gains no more than a belt can",
    counter: "distance",
    values: [100, 1000],
    at: [0, 40],
    gained: [0, 0],
  },
  {
    name: "counts in steps of 100 m, as fast as a belt can",
    counter: "distance",
    values: [0, 0, 100, 100, 200, 300, 310],
    at: [0, 119, 120, 239, 240, 241, 242],
    gained: [0, 0, 100, 0, 100, 0, 10],
  },
  ...(
    [
      ["0.1 mile", "distance", 161],
      ["a minute", "elapsed", 60],
      ["half a minute's steps", "steps", 55],
      ["10 kcal", "energy", 10],
    ] as const
  ).map(([name, counter, step]) => ({
    name: `counts in ${name}`,
    counter,
    values: [0, 0, step, step, 2 * step, 2 * step],
    at: [0, 119, 120, 239, 240, 241],
    gained: [0, 0, step, 0, step, 0],
  })),
  { name: "counts kcal", counter: "energy", values: [0, 1, 1, 2, 0, 1], gained: [0, 1, 0, 1, 0, 1] },
];

describe("a counter", () => {
  it.each(cases)("$name", ({ counter, values, at, gained }) => {
    expect(gains(counter, values, at)).toEqual(gained);
  });

  it("is left alone by a status that does not carry it", () => {
    const { counters } = readCounters(NO_COUNTERS, status("steps", 7), 0);
    const read = readCounters(counters, { activity: "running", code: 1 }, 1000);
    expect(read.counters).toEqual(counters);
    expect(read.gained).toEqual({ distance: 0, elapsed: 0, steps: 0, energy: 0 });
  });

  it("never gains less than nothing, nor more than a belt can cover", () => {
    const reading = fc.record({ value: fc.nat(20_000_000), ms: fc.nat(100_000) });
    fc.assert(
      fc.property(fc.array(reading, { maxLength: 40 }), (readings) => {
        let counters: Counters = NO_COUNTERS;
        let now = 0;
        for (const { value, ms } of readings) {
          now += ms;
          const read = readCounters(counters, status("distance", value), now);
          counters = read.counters;
          expect(read.gained.distance).toBeGreaterThanOrEqual(0);
          expect(read.gained.distance).toBeLessThanOrEqual(7 * ((now / 1000) * 1.05 + 5) + 10);
        }
      }),
    );
  });
});
