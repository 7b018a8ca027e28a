import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex } from "../../../test/support/captures.js";
import { type Abilities, noAbilities, preferencesOf, readAbility } from "./features.js";

describe("readAbility", () => {
  it.each([
    ["2acc", "dc5600000f000000", { features: { features: 0x56dc, targets: 0x0f } }],
    ["2acc", "4412000001000000", { features: { features: 0x1244, targets: 1 } }],
    ["2acc", "dc56ffff0f0000ff", { features: { features: 0xffff56dc, targets: 0xff00000f } }],
    ["2acc", "dc560000", null],
    ["2ad4", "640040060a00", { speed: { min: 100, max: 1600, step: 10 } }],
    ["2ad4", "6400400600", null],
    ["2ad5", "000096000a00", { incline: { min: 0, max: 150, step: 10 } }],
    ["2ad5", "e2ff96000500", { incline: { min: -30, max: 150, step: 5 } }],
    ["2ad5", "", null],
    ["2ad8", "640040060a00", null],
  ])("%s %s", (characteristic, hex, ability) => {
    expect(readAbility(characteristic, fromHex(hex))).toEqual(ability);
  });

  it("is total", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("2acc", "2ad4", "2ad5"),
        fc.uint8Array({ maxLength: 12 }),
        (uuid, bytes) => {
          const found = readAbility(uuid, bytes);
          expect(() => preferencesOf({ ...noAbilities, ...found }, false)).not.toThrow();
        },
      ),
    );
  });
});

describe("preferencesOf", () => {
  const range = (min: number, max: number, step: number) => ({ min, max, step });
  const features = (bits: number, targets: number) => ({ features: bits, targets });
  it.each<[string, Partial<Abilities>, object]>([
    ["nothing", {}, {}],
    ["a Z1F", { features: features(0x1244, 1) }, { incline: null, heartRate: false, steps: true }],
    [
      "a FitShow",
      { features: features(0x56dc, 0x0f), speed: range(100, 1600, 10), incline: range(0, 150, 10) },
      { minSpeed: 100, maxSpeed: 1600, step: 10, incline: range(0, 15, 1), heartRate: true, steps: true },
    ],
    [
      "an incline that cannot be set",
      { features: features(0x8, 1), incline: range(0, 150, 10) },
      { incline: null, heartRate: false },
    ],
    ["an incline of an unknown range", { features: features(0, 2) }, { heartRate: false }],
    ["an incline nobody asked about", { incline: range(0, 150, 10) }, {}],
    [
      "an incline of one value",
      { features: features(0, 2), incline: range(0, 0, 10) },
      { incline: null, heartRate: false },
    ],
    ["a range from 0", { speed: range(0, 600, 10) }, { maxSpeed: 600, step: 10 }],
    ["a range that was not filled in", { speed: range(0, 0, 0) }, {}],
    ["a range upside down", { speed: range(600, 100, 10) }, {}],
    ["a range without a step", { speed: range(100, 600, 0) }, {}],
  ])("%s", (_, abilities, preferences) => {
    expect(preferencesOf({ ...noAbilities, ...abilities }, false)).toEqual({
      ...preferences,
      imperial: false,
    });
    expect(preferencesOf({ ...noAbilities, ...abilities }, true)).toEqual({ ...preferences, imperial: true });
  });
});
