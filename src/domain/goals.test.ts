import { describe, expect, it } from "vitest";
import { goalProgress } from "./goals.js";
import type { Goals, Session, Totals } from "./stats.js";
import { metres, seconds, speedFromKmh } from "./units.js";

const none: Goals = { distance: null, steps: null, duration: null, calories: null };
const today: Totals = {
  distance: metres(1000),
  duration: seconds(900),
  steps: 1500,
  calories: 60,
  sessions: 1,
};
const session: Session = {
  id: "1",
  state: "active",
  startedAt: 0,
  endedAt: null,
  distance: metres(500),
  duration: seconds(500),
  steps: 750,
  calories: 30,
  caloriesSource: "estimate",
  maxSpeed: speedFromKmh(3.6),
};
const twoMetresPerSecond = speedFromKmh(7.2);

describe("goals", () => {
  it.each([
    { goal: "distance", target: 5000, progress: 0.2, eta: 2000 },
    // 1.5 steps and 0.06 kcal a metre in this session.
    { goal: "steps", target: 6000, progress: 0.25, eta: 1500 },
    { goal: "calories", target: 120, progress: 0.5, eta: 500 },
    { goal: "duration", target: 1800, progress: 0.5, eta: 900 },
    { goal: "distance", target: 1000, progress: 1, eta: 0 },
    { goal: "distance", target: 500, progress: 2, eta: 0 },
  ])("$goal of $target is at $progress, $eta s away", ({ goal, target, progress, eta }) => {
    const told = goalProgress({ ...none, [goal]: target }, today, session, twoMetresPerSecond);
    expect(told).toEqual({ [goal]: { target, progress, eta } });
  });

  it.each([
    { why: "the belt rests", session, speed: speedFromKmh(0) },
    { why: "the speed is unknown", session, speed: null },
    { why: "nothing tells the pace", session: null, speed: twoMetresPerSecond },
    { why: "the machine counts no steps", session: { ...session, steps: 0 }, speed: twoMetresPerSecond },
  ])("has no time to go while $why", ({ session, speed }) => {
    expect(goalProgress({ ...none, steps: 6000 }, today, session, speed)).toEqual({
      steps: { target: 6000, progress: 0.25, eta: null },
    });
  });

  it("goes by time where the machine counts no metres", () => {
    const timed = { ...session, distance: metres(0) };
    expect(goalProgress({ ...none, steps: 3000 }, today, timed, twoMetresPerSecond).steps?.eta).toBe(1000);
  });

  it("is empty without goals", () => {
    expect(goalProgress(none, today, session, twoMetresPerSecond)).toEqual({});
  });
});
