import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex } from "../../../test/support/captures.js";
import { toHex } from "../bytes.js";
import { encodeTreadmillData, measuredOf, readTreadmillData, type TreadmillData } from "./treadmill-data.js";

const read = (hex: string): TreadmillData | null => readTreadmillData(fromHex(hex));

describe("readTreadmillData", () => {
  it.each([
    // Captured: a Z1 whose steps have two bytes, and a FitShow's second part.
    ["0424fa0000000002000000", { flags: 0x2404, speed: 250, distance: 0, elapsed: 2, steps: 0 }],
    ["0120000000", { flags: 0x2001, steps: 0 }],
    // Wire-facts b.2: u16 and a zero, u24, u16 at the end of the frame.
    ["0020fa00e80300", { flags: 0x2000, speed: 250, steps: 1000 }],
    ["0020fa00010001", { flags: 0x2000, speed: 250, steps: 65537 }],
    ["0020fa00e803", { flags: 0x2000, speed: 250, steps: 1000 }],
    // FitShow's first part, 0x058c: distance, inclination, energy, heart rate, time.
    [
      "8c05640000000014000000050078000250" + "3c00",
      {
        flags: 0x058c,
        speed: 100,
        distance: 0,
        inclination: 20,
        rampAngle: 0,
        energy: 5,
        energyPerHour: 120,
        energyPerMinute: 2,
        heartRate: 80,
        elapsed: 60,
      },
    ],
    // "Not available" in every field that has a word for it.
    ["8810fa00ff7fff7fffffffffffff7fff7f", { flags: 0x1088, speed: 250 }],
    ["0800fa00f6ff0a00", { flags: 8, speed: 250, inclination: -10, rampAngle: 10 }],
  ])("%s", (hex, data) => {
    expect(read(hex)).toEqual(data);
  });

  it.each([
    ["nothing", ""],
    ["half the flags", "00"],
    ["flags that announce a speed, and none", "0000"],
    ["half a speed", "0400fa"],
  ])("takes %s for nothing", (_, hex) => {
    expect(read(hex)).toBeNull();
  });

  it.each([
    ["bit 0 and nothing else", "0100", undefined],
    ["bit 0, and two bytes too many", "0100fa00", 250],
    ["bit 0 and steps of two bytes", "0120fa00", undefined],
    ["bit 0 and steps of three bytes", "0120fa0000", undefined],
    ["bit 0, and two bytes more than steps of two", "0120fa000700", 250],
    ["bit 0, and two bytes more than steps of three", "0524fa00" + "000000" + "0200" + "070000", 250],
    ["bit 0, distance and time", "0504000000" + "0200", undefined],
    ["bit 0, and two bytes more than distance and time", "0504fa00000000" + "0200", 250],
    ["bit 0, and bytes that an unknown bit may explain", "0140fa00", undefined],
  ])("goes by the length where bit 0 says that the speed is absent: %s", (_, hex, speed) => {
    expect(read(hex)?.speed).toBe(speed);
  });

  const field = {
    u8: fc.nat(0xff),
    u16: fc.nat(0xfffe),
    u24: fc.nat(0xfffffe),
    s16: fc.integer({ min: -0x8000, max: 0x7ffe }),
  };
  const whole = fc.record({
    flags: fc.nat(0x3fff).map((flags) => flags & ~1),
    speed: field.u16,
    averageSpeed: field.u16,
    distance: field.u24,
    inclination: field.s16,
    rampAngle: field.s16,
    elevationGain: field.u16,
    elevationLoss: field.u16,
    pace: field.u8,
    averagePace: field.u8,
    energy: field.u16,
    energyPerHour: field.u16,
    energyPerMinute: fc.nat(0xfe),
    heartRate: field.u8,
    metabolicEquivalent: field.u8,
    elapsed: field.u16,
    remaining: field.u16,
    force: field.s16,
    power: field.s16,
    steps: field.u16,
  });

  it("reads every field that its flags announce, and no other, as it was encoded", () => {
    fc.assert(
      fc.property(whole, fc.constantFrom(2 as const, 3 as const), (data, stepBytes) => {
        const bytes = encodeTreadmillData(data, stepBytes);
        const found = readTreadmillData(bytes);
        expect(data).toMatchObject(found ?? { flags: null });
        expect(toHex(encodeTreadmillData(found!, stepBytes))).toBe(toHex(bytes));
        expect(found?.speed).toBe(data.speed);
      }),
    );
  });

  it("reads of a truncated record what is whole in it", () => {
    fc.assert(
      fc.property(whole, fc.nat(1000), (data, cut) => {
        const bytes = encodeTreadmillData({ ...data, flags: data.flags & 0x1fff });
        const length = 4 + (cut % (bytes.length - 3));
        expect(data).toMatchObject({ ...readTreadmillData(bytes.subarray(0, length)), flags: data.flags });
      }),
    );
  });

  it("is total, also on a window of a larger buffer", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(8), (bytes, offset) => {
        const window = new Uint8Array(bytes.length + 16);
        window.set(bytes, offset);
        expect(readTreadmillData(window.subarray(offset, offset + bytes.length))).toEqual(
          readTreadmillData(bytes),
        );
      }),
    );
  });
});

describe("measuredOf", () => {
  it("contains the present fields in the domain's units, and no others", () => {
    const data = {
      flags: 0,
      speed: 250,
      distance: 1234,
      elapsed: 61,
      steps: 99,
      energy: 7,
      inclination: -15,
      heartRate: 80,
    };
    expect(measuredOf(data)).toEqual({
      speed: 250,
      distance: 1234,
      elapsed: 61,
      steps: 99,
      energy: 7,
      incline: -1.5,
      heartRate: 80,
    });
    expect(measuredOf({ flags: 0x2001, averageSpeed: 5, power: 100, heartRate: 0 })).toEqual({});
    expect(measuredOf({ flags: 0x0101, heartRate: 255 })).toEqual({});
  });
});
