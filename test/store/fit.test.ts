import { Decoder, Stream } from "@garmin/fitsdk";
import FitParser from "fit-file-parser";
import { describe, expect, it } from "vitest";
import { sessionFit } from "../../src/app/export/fit.js";
import { metres, seconds, speedFromKmh } from "../../src/domain/units.js";
import type { StoredSession, TimedSample } from "../../src/store/read.js";

const session: StoredSession = {
  pad: "office",
  id: "0abc",
  state: "ended",
  startedAt: Date.UTC(2026, 10, 22, 10),
  endedAt: Date.UTC(2026, 10, 22, 10, 10),
  distance: metres(300),
  duration: seconds(300),
  steps: 501,
  calories: 20.4,
  caloriesSource: "estimate",
  maxSpeed: speedFromKmh(5),
};
const sample = (second: number, more: Partial<TimedSample> = {}): TimedSample => ({
  at: session.startedAt + second * 1000,
  speed: 360,
  distance: second,
  steps: 2 * second,
  calories: 0.1,
  heartRate: null,
  incline: null,
  ...more,
});
/** Two minutes, a pause of five, three minutes more. */
const samples = [
  ...Array.from({ length: 121 }, (_, second) => sample(second, { heartRate: 100 + (second % 10) })),
  ...Array.from({ length: 181 }, (_, second) => sample(420 + second, { incline: 2.5 })),
];
const at = (second: number): Date => new Date(session.startedAt + second * 1000);

const decoded = (file: Uint8Array) => {
  const decoder = new Decoder(Stream.fromByteArray([...file]));
  expect(decoder.isFIT()).toBe(true);
  expect(decoder.checkIntegrity()).toBe(true);
  const { messages, errors } = decoder.read();
  expect(errors).toEqual([]);
  return messages;
};

describe("a walk as FIT, decoded again", () => {
  const messages = decoded(sessionFit(session, samples));

  it("is an activity of walking on a treadmill, with the sums of the walk", () => {
    expect(messages.fileIdMesgs).toMatchObject([{ type: "activity", timeCreated: at(0) }]);
    const sums = {
      startTime: at(0),
      timestamp: at(600),
      totalElapsedTime: 600,
      totalTimerTime: 300,
      totalDistance: 300,
      totalStrides: 250,
      totalCalories: 20,
      enhancedMaxSpeed: 1.389,
      enhancedAvgSpeed: 1,
      avgHeartRate: 104,
      maxHeartRate: 109,
      sport: "walking",
      subSport: "treadmill",
    };
    expect(messages.sessionMesgs).toMatchObject([{ ...sums, numLaps: 1, trigger: "activityEnd" }]);
    expect(messages.lapMesgs).toMatchObject([sums]);
    expect(messages.activityMesgs).toMatchObject([
      { timestamp: at(600), numSessions: 1, totalTimerTime: 300 },
    ]);
  });

  it("has every sample, with heart rate and incline where there are any", () => {
    const { recordMesgs = [] } = messages;
    expect(recordMesgs).toHaveLength(samples.length);
    expect(recordMesgs[3]).toMatchObject({ timestamp: at(3), distance: 3, enhancedSpeed: 1, heartRate: 103 });
    expect(recordMesgs[3]).not.toHaveProperty("grade");
    expect(recordMesgs.at(-1)).toMatchObject({ timestamp: at(600), distance: 600, grade: 2.5 });
    expect(recordMesgs.at(-1)).not.toHaveProperty("heartRate");
  });

  it("stops its timer for the pause", () => {
    expect(messages.eventMesgs?.map(({ eventType, timestamp }) => [eventType, timestamp])).toEqual([
      ["start", at(0)],
      ["stopAll", at(120)],
      ["start", at(420)],
      ["stopAll", at(600)],
    ]);
  });

  it.each<[string, StoredSession, readonly TimedSample[]]>([
    ["that only the pad has seen", session, []],
    ["under way", { ...session, state: "active", endedAt: null }, samples],
    ["without numbers", { ...session, distance: metres(0), duration: seconds(0), steps: 0 }, [sample(0)]],
    ["of a clock that stood at 1970", { ...session, startedAt: 0, endedAt: 1000 }, []],
    ["beyond what 16 bits hold", { ...session, calories: 1e9, steps: 1e7 }, [sample(0, { heartRate: 300 })]],
  ])("is valid for a walk %s", (_, one, of) => {
    expect(decoded(sessionFit(one, of)).sessionMesgs).toHaveLength(1);
  });
});

it("a second reader finds the same walk in it", async () => {
  const parser = new FitParser({ mode: "list", speedUnit: "m/s", lengthUnit: "m", force: false });
  const file = sessionFit(session, samples);
  const read = await parser.parseAsync(Buffer.from(file));
  expect(read.sessions).toMatchObject([{ sport: "walking", sub_sport: "treadmill", total_distance: 300 }]);
  expect(read.records).toHaveLength(samples.length);
  expect(read.records?.[3]).toMatchObject({ distance: 3, heart_rate: 103 });
  expect(read.events?.map(({ event_type }) => event_type)).toEqual([
    "start",
    "stop_all",
    "start",
    "stop_all",
  ]);
});
