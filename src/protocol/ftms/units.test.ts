import { describe, expect, it } from "vitest";
import {
  forgetWrittenSpeed,
  newScale,
  speedWritten,
  scaleAfterTarget,
  type SpeedScale,
  scaleAfterSpeed,
} from "./units.js";

/** The speeds of a belt that ramps from one to another at 0.53 km/h a second and stays for `stay` s, told each second. */
const ramp = (from: number, to: number, stay: number): number[] => {
  const speeds: number[] = [];
  for (let speed = from; speed !== to; speeds.push(speed))
    speed = Math.abs(to - speed) <= 53 ? to : speed + Math.sign(to - speed) * 53;
  return [...speeds, ...Array.from({ length: stay }, () => to)];
};

const see = (scale: SpeedScale, speeds: readonly number[], every = 1000): SpeedScale =>
  speeds.reduce((now, speed, index) => scaleAfterSpeed(now, speed, index * every), scale);

const fresh = (imperial: boolean): SpeedScale => newScale(false, imperial);
/** The number is sent, and the belt does this. */
const tried = (scale: SpeedScale, number: number, from: number, speeds: readonly number[]): SpeedScale =>
  see(speedWritten(scale, number, from), speeds);

describe("the scale of a machine's speeds", () => {
  it.each<[string, boolean, number, number, number[], boolean]>([
    ["settles at the number", false, 300, 100, ramp(100, 300, 4), false],
    ["settles at 1.6 times the number", false, 200, 100, ramp(100, 322, 4), true],
    ["settles at 1.6 times the slowest number", false, 50, 200, ramp(200, 80, 4), true],
    ["settles at the slowest number", false, 50, 200, ramp(200, 50, 4), false],
    ["was taken to count in miles, and does not", true, 200, 100, ramp(100, 200, 4), false],
    ["was taken to count in miles, and does", true, 200, 100, ramp(100, 322, 4), true],
    ["has not settled yet", false, 200, 100, ramp(100, 322, 0), false],
    ["stood at 1.6 times the number, and has not moved", false, 200, 322, [322, 322, 322, 322], false],
    ["stood at 1.6 times the number, and slows to it", false, 200, 322, [322, ...ramp(322, 200, 4)], false],
    ["settles where someone else wants it", false, 200, 100, ramp(100, 250, 4), false],
    ["settles where someone else wants it", true, 200, 100, ramp(100, 250, 4), true],
    ["settles so after it came to rest", false, 200, 100, [50, 0, ...ramp(0, 322, 4)], false],
  ])("a belt that twice %s (imperial so far: %s)", (_, imperial, number, from, speeds, learned) => {
    const once = tried(fresh(imperial), number, from, speeds);
    expect(once.imperial).toBe(imperial);
    expect(tried(once, number, from, speeds).imperial).toBe(learned);
  });

  it("is decided by two settlings in a row only", () => {
    const [mph, kmh, neither] = [ramp(100, 322, 4), ramp(100, 200, 4), ramp(100, 250, 4)];
    const after = (...all: (readonly number[])[]): boolean =>
      all.reduce((scale, speeds) => tried(scale, 200, 100, speeds), fresh(false)).imperial;
    expect([after(mph), after(mph, kmh, mph), after(mph, neither, mph)]).toEqual([false, false, false]);
    expect([after(mph, mph), after(mph, mph, kmh), after(mph, mph, kmh, kmh)]).toEqual([true, true, false]);
  });

  it("stays what the model is known for", () => {
    const kmh = ramp(100, 200, 4);
    expect(tried(tried(newScale(true, false), 200, 100, kmh), 200, 100, kmh).imperial).toBe(true);
  });

  it.each([
    ["its number", false, 200, true],
    ["1.6 times its number", false, 322, true],
    ["another one", false, 250, false],
    ["1.6 times its number", true, 322, true],
    // Somebody's button on a machine that counts in miles must not make it count in km/h.
    ["its number", true, 200, false],
  ])("a target that is told, %s (imperial so far: %s)", (_, imperial, target, ours) => {
    expect(scaleAfterTarget(speedWritten(fresh(imperial), 200, 100), target).sent !== null).toBe(ours);
    expect(scaleAfterTarget(fresh(imperial), target).sent).toBeNull();
  });

  it("is not taken from a crossing at 10 Hz", () => {
    const sent = speedWritten(fresh(false), 200, 100);
    const crossing = Array.from({ length: 40 }, (_, index) => 300 + index);
    expect(see(sent, crossing, 100)).toMatchObject({ imperial: false, doubted: false });
  });

  it("is not learned from a number that was replaced", () => {
    const sent = forgetWrittenSpeed(speedWritten(fresh(false), 200, 100));
    expect(see(sent, ramp(100, 322, 4)).doubted).toBe(false);
  });

  it("learns once from each number", () => {
    const once = tried(fresh(false), 200, 100, ramp(100, 322, 4));
    expect(once).toMatchObject({ imperial: false, doubted: true, sent: null });
    expect(see(once, ramp(322, 322, 4)).imperial).toBe(false);
  });
});
