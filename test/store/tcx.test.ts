import { describe, expect, it } from "vitest";
import { sessionsTcx } from "../../src/app/export/tcx.js";
import { metres, seconds, speedFromKmh } from "../../src/domain/units.js";
import type { StoredSession, TimedSample } from "../../src/store/read.js";
import { checkTcx, parseXml, textOf } from "./tcx-check.js";

const session: StoredSession = {
  pad: "office",
  id: "0mz",
  state: "ended",
  startedAt: Date.UTC(2026, 10, 22, 10),
  endedAt: Date.UTC(2026, 10, 22, 11),
  distance: metres(3000),
  duration: seconds(3000),
  steps: 5000,
  calories: 200.4,
  caloriesSource: "estimate",
  maxSpeed: speedFromKmh(5),
};
const sample = (second: number, heartRate: number | null): TimedSample => ({
  at: session.startedAt + second * 1000,
  speed: 360,
  distance: second,
  steps: 2 * second,
  calories: 0.1,
  heartRate,
  incline: null,
});
const tcx = (sessions: readonly StoredSession[], samples: readonly TimedSample[] = []): string =>
  [...sessionsTcx(sessions, () => samples)].join("");

describe("TCX", () => {
  it.each<[string, StoredSession, readonly TimedSample[]]>([
    ["a walk with samples", session, [sample(0, null), sample(1, 90), sample(2, 110)]],
    ["a walk that only the pad has seen", session, []],
    [
      "a walk without numbers",
      { ...session, distance: metres(0), duration: seconds(0), steps: 0 },
      [sample(0, null)],
    ],
    [
      "numbers beyond the schema's",
      { ...session, steps: 70_000, calories: 66_000 },
      [sample(0, 0), sample(1, 300)],
    ],
    ["a name that is no name", { ...session, pad: `<"&'>` }, []],
  ])("of %s is valid", (_, one, samples) => {
    expect(checkTcx(tcx([one], samples))).toEqual([]);
  });

  it("has mean and highest heart rate, or none", () => {
    const rates = (...all: (number | null)[]): string[] => {
      const document = parseXml(
        tcx(
          [session],
          all.map((rate, second) => sample(second, rate)),
        ),
      );
      return [...textOf(document, "AverageHeartRateBpm"), ...textOf(document, "MaximumHeartRateBpm")];
    };
    expect(rates(90, null, 0, 110)).toEqual(["100", "110"]);
    expect(rates(null, 0)).toEqual([]);
  });

  it("gives walks that began at once on two pads an Id each", () => {
    const both = tcx([session, { ...session, pad: "kitchen" }, { ...session, pad: "garage" }]);
    expect(checkTcx(both)).toEqual([]);
    expect(textOf(parseXml(both), "Id")).toHaveLength(3);
  });

  it.each([
    ["an element out of order", /(<Calories>.*<\/Calories>)([^]*?)(<Intensity>.*<\/Intensity>)/, "$3$2$1"],
    ["an element that is missing", /<TriggerMethod>Manual<\/TriggerMethod>/, ""],
    ["a fraction of a kcal", /<Calories>200</, "<Calories>200.4<"],
    ["an unknown sport", /Sport="Other"/, 'Sport="Walking"'],
    ["a track without a point", /<Track>[^]*<\/Track>/, "<Track></Track>"],
  ])("is seen to be wrong with %s", (_, from, to) => {
    const right = tcx([session], [sample(0, 90)]);
    const wrong = right.replace(from, to);
    expect(wrong).not.toBe(right);
    expect(checkTcx(wrong)).not.toEqual([]);
  });
});
