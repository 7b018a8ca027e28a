import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PadStatus } from "./pad.js";
import { speedFromKmh } from "./units.js";
import { detect, noSteps } from "./step-monitor.js";

const AFTER = 15_000;

/** One second of belt: km/h, and the step count where the status carries one. */
type Second = readonly [kmh: number, steps?: number];

const status = ([kmh, steps]: Second): PadStatus => ({
  activity: kmh > 0 ? "running" : "resting",
  code: 1,
  speed: speedFromKmh(kmh),
  ...(steps === undefined ? {} : { steps }),
});

/** The seconds at which the detector spoke. */
const spokeAt = (frames: readonly Second[], every = 1000): number[] => {
  let state = noSteps;
  return frames.flatMap((frame, index) => {
    const told = detect(state, status(frame), index * every, AFTER);
    state = told.state;
    return told.walkedOff ? [index] : [];
  });
};

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const walking = (count: number, from = 0, kmh = 3): Second[] =>
  times(count, (index) => [kmh, from + 2 * index]);
const standing = (count: number, steps: number, kmh = 3): Second[] => times(count, () => [kmh, steps]);

describe("walked off", () => {
  it.each([
    { when: "nobody steps for 15 s", frames: [...walking(10), ...standing(60, 18)], spoke: [24] },
    {
      when: "it happens twice",
      frames: [...walking(5), ...standing(30, 8), ...walking(5, 10), ...standing(30, 18)],
      spoke: [19, 54],
    },
    {
      when: "the walker came back in time",
      frames: [...walking(10), ...standing(14, 18), ...walking(10, 20)],
      spoke: [],
    },
    { when: "the pad counts no steps", frames: standing(120, 0), spoke: [] },
    { when: "the pad sends no steps", frames: times(120, (): Second => [3]), spoke: [] },
    {
      when: "the pad stops sending steps",
      frames: [...walking(10), ...times(60, (): Second => [3])],
      spoke: [],
    },
    { when: "the belt rests", frames: [...walking(10), ...standing(120, 18, 0)], spoke: [] },
    { when: "the belt is slow", frames: [...walking(10), ...standing(120, 18, 1.4)], spoke: [] },
    {
      when: "a slow belt gets faster, empty",
      frames: [...walking(10), ...standing(60, 18, 1.4), ...standing(30, 18, 1.6)],
      spoke: [84],
    },
    {
      when: "the belt starts again, empty",
      frames: [...walking(5), ...standing(3, 8, 0), ...standing(30, 8)],
      spoke: [23],
    },
    {
      when: "the counter was reset by the restart",
      frames: [...walking(5), ...standing(3, 8, 0), ...standing(30, 0)],
      spoke: [23],
    },
    {
      // Ten seconds without a step under a walker (Z1 below 3 km/h, wire-facts b.2): twice as much is allowed.
      when: "the sensor misses steps now and then",
      frames: [...walking(5), ...standing(10, 8, 2), ...walking(5, 10, 2), ...standing(40, 18, 2)],
      spoke: [39],
    },
  ])("when $when: $spoke", ({ frames, spoke }) => {
    expect(spokeAt(frames)).toEqual(spoke);
  });

  it("takes split records, where only every other status carries steps", () => {
    const split = [...walking(10), ...standing(60, 18)].flatMap((frame): Second[] => [[frame[0]], frame]);
    expect(spokeAt(split, 500).map((half) => Math.floor(half / 2))).toEqual([24]);
  });

  it("does not take a gap in the link for an empty belt", () => {
    const { state } = detect(detect(noSteps, status([3, 0]), 0, AFTER).state, status([3, 2]), 1000, AFTER);
    expect(detect(state, status([3, 2]), 60_000, AFTER).walkedOff).toBe(false);
  });

  it("never triggers under a walker whose steps are counted at least every 7 s, and always on an empty belt", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 30 }), (pauses) => {
        let steps = 0;
        const frames: Second[] = [[3, 0]];
        for (const pause of pauses) frames.push(...standing(pause - 1, steps), [3, (steps += 2)]);
        expect(spokeAt(frames)).toEqual([]);
        expect(spokeAt([...frames, ...standing(60, steps)])).toEqual([frames.length + 14]);
      }),
    );
  });
});
