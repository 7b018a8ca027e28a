import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { kcalPerSecond, netKcalPerSecond, type Body } from "./calories.js";
import { speedFromKmh } from "./units.js";

const body: Body = { weight: 75, age: null, height: null, sex: null };
const perHour = (kcal: number): number => kcal * 3600;

describe("calories", () => {
  // By hand: VO2 = 0.1 · 80 + 3.5 = 11.5 ml/kg/min at 4.8 km/h, · 75 kg · 5 kcal/l = 4.3125 kcal/min.
  it.each([
    { kmh: 0, incline: 0, gross: 78.75 },
    { kmh: 3, incline: 0, gross: 191.25 },
    { kmh: 4.8, incline: 0, gross: 258.75 },
    { kmh: 6, incline: 0, gross: 303.75 },
    // 8 + 1.8 · 80 · 0.05 + 3.5 = 18.7
    { kmh: 4.8, incline: 5, gross: 420.75 },
    { kmh: 4.8, incline: -5, gross: 258.75 },
    // Running: 0.2 · 150 + 3.5 = 33.5, and 0.9 · 150 · 0.02 more uphill.
    { kmh: 9, incline: 0, gross: 753.75 },
    { kmh: 9, incline: 2, gross: 814.5 },
  ])("$kmh km/h at $incline % are $gross kcal an hour gross", ({ kmh, incline, gross }) => {
    expect(perHour(kcalPerSecond(speedFromKmh(kmh), incline, body))).toBeCloseTo(gross, 6);
    expect(perHour(netKcalPerSecond(speedFromKmh(kmh), incline, body))).toBeCloseTo(gross - 78.75, 6);
  });

  it.each([
    // Mifflin-St Jeor: 750 + 1112.5 − 200 + 5 = 1667.5 kcal a day; 750 + 1062.5 − 200 − 161 = 1451.5.
    { sex: "male" as const, height: 178, resting: 1667.5 / 24 },
    { sex: "female" as const, height: 170, resting: 1451.5 / 24 },
  ])("a $sex body that is known rests at its own rate", ({ sex, height, resting }) => {
    const known: Body = { weight: 75, age: 40, height, sex };
    const speed = speedFromKmh(4.8);
    expect(perHour(kcalPerSecond(speedFromKmh(0), 0, known))).toBeCloseTo(resting, 6);
    expect(netKcalPerSecond(speed, 0, known)).toBe(netKcalPerSecond(speed, 0, body));
  });

  it("never cost less by going faster, steeper or heavier", () => {
    const walk = fc.record({
      kmh: fc.float({ min: 0, max: 20, noNaN: true }),
      incline: fc.integer({ min: -5, max: 15 }),
    });
    fc.assert(
      fc.property(walk, walk, fc.integer({ min: 20, max: 250 }), (one, other, weight) => {
        const [slow, fast] = [Math.min(one.kmh, other.kmh), Math.max(one.kmh, other.kmh)];
        const [flat, steep] = [Math.min(one.incline, other.incline), Math.max(one.incline, other.incline)];
        const kcal = (speed: number, incline: number, kg: number): number =>
          kcalPerSecond(speedFromKmh(speed), incline, { ...body, weight: kg });
        expect(kcal(fast, flat, weight)).toBeGreaterThanOrEqual(kcal(slow, flat, weight));
        expect(kcal(fast, flat, weight + 1)).toBeGreaterThan(kcal(fast, flat, weight));
        expect(kcal(slow, steep, weight)).toBeGreaterThanOrEqual(kcal(slow, flat, weight));
      }),
    );
  });
});
