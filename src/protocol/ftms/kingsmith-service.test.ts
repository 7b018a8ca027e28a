import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { captures, fromHex } from "../../../test/support/captures.js";
import { toHex } from "../bytes.js";
import { contentOf, readSupplement, supplementFrame, unlockFrame } from "./kingsmith-service.js";

const CAPTURES = captures().filter(({ characteristic }) => characteristic?.startsWith("24e2521c"));

describe("unlockFrame", () => {
  it.each([
    ["KS-HD-Z1D", 1, "710005012e5a314474"],
    ["KS-HD-Z1D", 100, "71000564915a31443a"],
    // The salt carries into the next byte, and out of the last one.
    ["\xff\xff\xff\xff", 1, "7100050100000000" + "77"],
  ])("%s with salt %d", (name, salt, hex) => {
    expect(toHex(unlockFrame(name, salt)!)).toBe(hex);
  });

  it.each(["Z1D", "", "KS-Z1—D"])("has none for the name %j", (name) => {
    expect(unlockFrame(name)).toBeNull();
  });
});

describe("frames", () => {
  it.each(CAPTURES)("$hex reads and is encoded to itself", ({ hex }) => {
    const frame = readSupplement(fromHex(hex))!;
    expect(toHex(supplementFrame(frame.command, frame.data))).toBe(hex);
  });

  it("has captures to read", () => {
    expect(CAPTURES.length).toBeGreaterThan(4);
  });

  it("refuses a firmware update, and data that do not fit", () => {
    expect(() => supplementFrame([0xe8, 0], [])).toThrow(RangeError);
    expect(() => supplementFrame([0x72, 0], new Uint8Array(256))).toThrow(RangeError);
  });

  it("reads back what it makes, and nothing with one byte wrong", () => {
    const byte = fc.integer({ min: 0, max: 0xe7 });
    fc.assert(
      fc.property(
        byte,
        byte,
        fc.uint8Array({ maxLength: 30 }),
        fc.nat(100),
        fc.integer({ min: 1, max: 255 }),
        (a, b, data, at, by) => {
          const bytes = supplementFrame([a, b], data);
          expect(readSupplement(bytes)).toEqual({ command: [a, b], data });
          bytes[at % bytes.length] = (bytes[at % bytes.length]! + by) & 0xff;
          expect(readSupplement(bytes)).toBeNull();
        },
      ),
    );
  });

  it("is total", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
        const frame = readSupplement(bytes);
        expect(() => frame && contentOf(frame)).not.toThrow();
      }),
    );
  });
});

describe("the content of a frame", () => {
  it.each([
    ["an unlock", [0x71, 0x80], [], { type: "unlocked" }],
    [
      "a list of properties, one of them failed",
      [0x72, 0x80],
      [1, 0, 3, 0, 4, 9, 5, 0, 5, 0, 7, 1, 0],
      {
        type: "properties",
        properties: [
          [1, 3],
          [5, 0x107],
        ],
      },
    ],
    ["pushed properties", [0x72, 0x50], [5, 2, 0, 10], { type: "properties", properties: [[5, 2]] }],
    ["a fault", [0x73, 0x51], [1, 2], { type: "fault", record: "0102" }],
    ["an exercise record", [0x73, 0x50], [1, 2], { type: "other" }],
  ] as const)("%s", (_, command, data, content) => {
    expect(contentOf({ command, data: Uint8Array.from(data) })).toEqual(content);
  });
});
