import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Activity, PadStatus } from "../../domain/pad.js";
import { metres, speedFromKmh } from "../../domain/units.js";
import {
  beltState,
  interrupted,
  isFalling,
  isSlowing,
  isDriven,
  isStartingOrDriven,
  noTelemetry,
  observe,
  settledSpeed,
  showsRest,
  startReported,
  type Telemetry,
} from "./telemetry.js";

type Row = readonly [activity: Activity, kmh: number, mode?: "standby" | "auto"];

const status = ([activity, kmh, mode = "manual" as never]: Row): PadStatus => ({
  activity,
  code: 0,
  speed: speedFromKmh(kmh),
  mode,
});

/** Statuses a second apart, the first at 1000 ms. */
const seen = (...rows: readonly Row[]): Telemetry =>
  rows.reduce(
    (telemetry, row, i) => observe(telemetry, { status: status(row), at: 1000 * (i + 1), poll: null }),
    noTelemetry,
  );
const times = (n: number, row: Row): Row[] => Array<Row>(n).fill(row);

describe("showsRest (safety rule 7, for one status)", () => {
  it.each<[boolean, string, Row[]]>([
    [true, "resting", [["resting", 0]]],
    [true, "standby", [["standby", 0]]],
    [true, "paused", [["paused", 0]]],
    [false, "resting at 0.3 km/h (wire-facts a.10)", [["resting", 0.3]]],
    [false, "a countdown, however long", times(20, ["countdown", 0])],
    [false, "running at 0 for 4 s", times(5, ["running", 0])],
    [true, "running at 0 for 5 s", times(6, ["running", 0])],
    [false, "stopping at 0 for 4 s", times(5, ["stopping", 0])],
    [true, "an unknown state at 0 for 5 s", times(6, ["other", 0])],
    [false, "running at 0 after a countdown", [...times(9, ["countdown", 0]), ["running", 0]]],
    [false, "running at 0 after a long rest: a start", [...times(9, ["resting", 0]), ["running", 0]]],
    [
      false,
      "running at 0, moving, running at 0",
      [...times(4, ["running", 0]), ["running", 1], ["running", 0]],
    ],
  ])("%s: %s", (expected, _, rows) => {
    expect(showsRest(seen(...rows))).toBe(expected);
  });

  it("keeps what was true over a gap, but no duration", () => {
    expect(showsRest(interrupted(seen(["resting", 0])))).toBe(true);
    expect(showsRest(interrupted(seen(...times(6, ["running", 0]))))).toBe(false);
    expect(showsRest(noTelemetry)).toBe(false);
  });

  it("is never true of a belt that moves or counts down", () => {
    const activities = fc.constantFrom<Activity>(
      "resting",
      "standby",
      "countdown",
      "running",
      "stopping",
      "paused",
      "other",
    );
    const rows = fc.array(fc.tuple(activities, fc.constantFrom(0, 0, 0.1, 3)), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(rows, (history) => {
        const telemetry = seen(...history);
        const [activity, kmh] = history.at(-1)!;
        if (kmh > 0 || activity === "countdown") expect(showsRest(telemetry)).toBe(false);
        if (showsRest(telemetry)) expect(isStartingOrDriven(telemetry)).toBe(false);
        expect(telemetry.rests > 0).toBe(showsRest(telemetry));
      }),
    );
  });
});

describe("the belt value (docs/topics.md)", () => {
  it.each<[string, Row[], boolean]>([
    ["idle", [["resting", 0]], false],
    ["standby", [["standby", 0]], false],
    ["standby", [["resting", 0, "standby"]], false],
    ["idle", [["resting", 0, "auto"]], false],
    ["paused", [["paused", 0]], false],
    ["starting", [["countdown", 0]], false],
    ["starting", [["running", 0]], false],
    ["running", [["running", 0.5]], false],
    ["running", [["running", 0.9, "standby"]], false],
    ["stopping", [["running", 0.5]], true],
    ["stopping", [["running", 0]], true],
    ["idle", [["resting", 0]], true],
    ["stopping", [["stopping", 2]], false],
    ["stopping", [["resting", 0.3]], false],
    ["unknown", [["other", 0]], false],
    ["unknown", [["other", 3]], false],
    ["idle", times(6, ["running", 0]), false],
  ])("%s: %j", (word, rows, stopping) => {
    expect(beltState(seen(...rows), 1000 * rows.length, stopping)).toBe(word);
  });

  it("is unknown before the first status and after 5 s without one", () => {
    expect(beltState(noTelemetry, 0, false)).toBe("unknown");
    expect(beltState(seen(["resting", 0]), 6_000, false)).toBe("idle");
    expect(beltState(seen(["resting", 0]), 6_001, false)).toBe("unknown");
  });
});

it("a status without a speed does not count (safety rule 7)", () => {
  const telemetry = seen(["running", 3]);
  const part: PadStatus = { activity: "stopping", code: 0, distance: metres(40) };
  expect(observe(telemetry, { status: part, at: 9_000, poll: null })).toBe(telemetry);
});

it.each<[boolean, Row]>([
  [true, ["running", 0.1]],
  [true, ["other", 2]],
  [false, ["running", 0]],
  [false, ["stopping", 2]],
  [false, ["resting", 0.3]],
])("under power: %s, %j", (expected, row) => {
  expect(isDriven(seen(row))).toBe(expected);
});

describe("a start that was reported and that no status shows (safety rule 7)", () => {
  const rest = (telemetry: Telemetry, at: number): Telemetry =>
    observe(telemetry, { status: status(["resting", 0]), at, poll: null });
  const every = (telemetry: Telemetry, from: number, to: number): Telemetry =>
    Array.from({ length: (to - from) / 1000 + 1 }, (_, i) => from + 1000 * i).reduce(rest, telemetry);

  it("leaves no telemetry after 20 s of statuses without movement", () => {
    const started = startReported(every(noTelemetry, 0, 1_000), 1_000);
    expect(every(started, 2_000, 20_000).blind).toBe(false);
    expect(every(started, 2_000, 21_000).blind).toBe(true);
  });

  it("time without statuses, as when the machine was asleep, does not count", () => {
    const started = startReported(every(noTelemetry, 0, 1_000), 1_000);
    const later = every(started, 31_000, 50_000);
    expect(later.blind).toBe(false);
    expect(rest(later, 51_000).blind).toBe(true);
    // Statuses that are lost one by one are not such a time.
    const thin = [5_500, 10_000, 15_000, 20_000, 24_500].reduce(rest, started);
    expect(thin.blind).toBe(true);
  });
});

it("a speed is settled after 3 s within 0.1 km/h, and not before", () => {
  expect(settledSpeed(seen(["running", 1], ["running", 2], ["running", 2.1], ["running", 2]))).toBe(null);
  expect(settledSpeed(seen(["running", 2], ["running", 2.1], ["running", 2], ["running", 2.1]))).toBe(210);
  expect(settledSpeed(seen(...times(9, ["stopping", 2])))).toBe(null);
});

const falling = (...speeds: number[]): Telemetry => seen(...speeds.map((kmh): Row => ["running", kmh]));

it.each<[boolean, number[], number]>([
  [true, [4, 3.5, 3, 2.5], 1000],
  [true, [4, 3.8, 3.6, 3.4], 0],
  [false, [4, 3.5, 3, 2.9], 0],
  [false, [4, 3.5, 3], 0],
  [false, [2, 3, 2.5, 2], 0],
  // The first of the three came before the stop.
  [false, [4, 3.5, 3, 2.5], 2000],
])("falling (docs/command-line.md): %s, %j since %i", (expected, speeds, since) => {
  expect(isFalling(falling(...speeds), since)).toBe(expected);
});

it.each<[boolean, number[]]>([
  [true, [3, 2.8]],
  [false, [3, 2.9]],
  [false, [3]],
  [false, [3, 2, 2]],
])("slowing: %s, %j", (expected, speeds) => {
  expect(isSlowing(falling(...speeds))).toBe(expected);
});
