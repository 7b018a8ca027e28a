import { describe, expect, it } from "vitest";
import { forgetNumber, newScale, numberSent, type SpeedScale, speedSeen } from "./units.js";

/** The speeds of a belt that ramps from one to another at 0.53 km/h a second and stays for `stay` s, told each second. */
const ramp = (from: number, to: number, stay: number): number[] => {
  const speeds: number[] = [];
  for (let speed = from; speed !== to; speeds.push(speed))
    speed = Math.abs(to - speed) <= 53 ? to : speed + Math.sign(to - speed) * 53;
  return [...speeds, ...Array.from({ length: stay }, () => to)];
};

const see = (scale: SpeedScale, speeds: readonly number[], every = 1000): SpeedScale =>
  speeds.reduce((now, speed, index) => speedSeen(now, speed, index * every), scale);

const tries = (imperial: boolean, number: number, from: number, speeds: readonly number[]): boolean =>
  see(numberSent(newScale(imperial), number, from), speeds).imperial;

describe("the scale of a machine's speeds", () => {
  it.each<[string, boolean, number, number, number[], boolean]>([
    ["settles at the number", false, 300, 100, ramp(100, 300, 4), false],
    ["settles at 1.6 times the number", false, 200, 100, ramp(100, 322, 4), true],
    ["settles at 1.6 times the slowest number", false, 50, 200, ramp(200, 80, 4), true],
    ["settles at the slowest number", false, 50, 200, ramp(200, 50, 4), false],
    ["was taken to count in miles, and does not", true, 200, 100, ramp(100, 200, 4), false],
    ["was taken to count in miles, and does", true, 200, 100, ramp(100, 322, 4), true],
    ["has not settled yet", false, 200, 100, ramp(100, 322, 0), false],
    [
      "was at 1.6 times the number before, and has not moved yet",
      false,
      200,
      322,
      [322, 322, 322, 322],
      false,
    ],
    [
      "was at 1.6 times the number before, and slows to it",
      false,
      200,
      322,
      [322, 322, 322, ...ramp(322, 200, 4)],
      false,
    ],
    ["settles where someone else wants it", false, 200, 100, ramp(100, 250, 4), false],
    ["settles where someone else wants it", true, 200, 100, ramp(100, 250, 4), true],
    [
      "settles at 1.6 times the number after it came to rest",
      false,
      200,
      100,
      [50, 0, ...ramp(0, 322, 4)],
      false,
    ],
  ])("a belt that %s (imperial so far: %s)", (_, imperial, number, from, speeds, learned) => {
    expect(tries(imperial, number, from, speeds)).toBe(learned);
  });

  it("is not taken from a crossing at 10 Hz", () => {
    const sent = numberSent(newScale(false), 200, 100);
    const crossing = Array.from({ length: 40 }, (_, index) => 300 + index);
    expect(see(sent, crossing, 100).imperial).toBe(false);
  });

  it("is not learned from a number that somebody overtook", () => {
    const sent = forgetNumber(numberSent(newScale(false), 200, 100));
    expect(see(sent, ramp(100, 322, 4)).imperial).toBe(false);
  });

  it("is learned once from each number", () => {
    const learned = see(numberSent(newScale(false), 200, 100), ramp(100, 322, 4));
    expect(learned).toMatchObject({ imperial: true, sent: null });
    expect(see(learned, ramp(322, 200, 4)).imperial).toBe(true);
    expect(see(numberSent(learned, 200, 322), ramp(322, 200, 4)).imperial).toBe(false);
  });
});
