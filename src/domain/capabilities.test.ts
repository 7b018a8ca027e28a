import { describe, expect, it } from "vitest";
import { modelFor } from "../protocol/models.js";
import { capabilitiesOf, hasNoSpeed, toStep } from "./capabilities.js";
import { speedFromKmh, type Speed } from "./units.js";

const { defaults } = modelFor("ftms", null);
const NO_LIMITS = { minSpeed: null, maxSpeed: null };
/** 2AD4 `61 00 84 02 10 00`: 0.6 to 4 mph in steps of 0.1 mph. */
const FROM_ZERO = { maxSpeed: 644 as Speed, step: 16 as Speed, imperial: false };
const MILES = { ...FROM_ZERO, minSpeed: 97 as Speed };

describe("the speeds that may be written", () => {
  it.each([
    [97, 97],
    [100, 97],
    [105, 113],
    [300, 305],
    [641, 641],
    [644, 641],
  ])("of 0.97 to 6.44 in steps of 0.16, %d becomes %d", (asked, written) => {
    const capabilities = capabilitiesOf(defaults, MILES, NO_LIMITS);
    expect(capabilities).toMatchObject({ minSpeed: 97, maxSpeed: 644 });
    expect(toStep(asked as Speed, capabilities)).toBe(written);
  });

  it("begin, where the config asks for a higher minimum, at the machine's next step", () => {
    const capabilities = capabilitiesOf(defaults, MILES, { ...NO_LIMITS, minSpeed: speedFromKmh(1) });
    expect(capabilities.minSpeed).toBe(113);
    expect(toStep(speedFromKmh(2), capabilities)).toBe(193);
  });

  it("are counted from 0 where the machine's minimum is 0: its first steps are slower than a walk", () => {
    const capabilities = capabilitiesOf(defaults, FROM_ZERO, NO_LIMITS);
    expect(capabilities).toMatchObject({ minSpeed: 112, maxSpeed: 644 });
    expect([112, 300, 644].map((speed) => toStep(speed as Speed, capabilities))).toEqual([112, 304, 640]);
  });

  it("are none where the config's maximum is below the machine's minimum", () => {
    const limits = { ...NO_LIMITS, maxSpeed: speedFromKmh(0.8) };
    expect(capabilitiesOf(defaults, MILES, limits)).toMatchObject({ minSpeed: 97, maxSpeed: 80 });
    expect(hasNoSpeed(capabilitiesOf(defaults, MILES, limits))).toBe(true);
    // A minimum that nobody has reported is a guess: what the user says counts.
    expect(capabilitiesOf(defaults, null, limits)).toMatchObject({ minSpeed: 80, maxSpeed: 80 });
  });

  it("replace the model's default where the pad reports nothing", () => {
    const limits = { minSpeed: speedFromKmh(0.3), maxSpeed: speedFromKmh(8) };
    expect(capabilitiesOf(modelFor("wilink", null).defaults, null, limits)).toMatchObject({
      minSpeed: 30,
      maxSpeed: 800,
    });
  });

  it("of a model that counts in miles are capped, whatever was once learned of it", () => {
    const tm11gy = modelFor("ftms", "TM11GY").defaults;
    expect(capabilitiesOf(tm11gy, { imperial: false }, NO_LIMITS)).toMatchObject({
      imperial: true,
      maxSpeed: speedFromKmh(3.7),
    });
  });
});
