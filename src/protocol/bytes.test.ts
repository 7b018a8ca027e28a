import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat, getU24, getU24le, setU24, setU24le, toHex, viewOf } from "./bytes.js";

const u24 = fc.integer({ min: 0, max: 0xffffff });

describe("bytes", () => {
  it("reads and writes 24 bits in both orders", () => {
    const view = viewOf(Uint8Array.of(0x00, 0x12, 0x34, 0x56));
    expect(getU24(view, 1)).toBe(0x123456);
    expect(getU24le(view, 1)).toBe(0x563412);
    fc.assert(
      fc.property(u24, (value) => {
        const written = viewOf(new Uint8Array(6));
        setU24(written, 0, value);
        setU24le(written, 3, value);
        expect([getU24(written, 0), getU24le(written, 3)]).toEqual([value, value]);
      }),
    );
  });

  it("stays inside a window on a larger buffer", () => {
    const window = Uint8Array.of(1, 2, 3, 4, 5).subarray(1, 4);
    expect(getU24(viewOf(window), 0)).toBe(0x020304);
    expect(() => getU24(viewOf(window), 1)).toThrow(RangeError);
    expect(() => setU24(viewOf(window), 1, 0)).toThrow(RangeError);
  });

  it("joins and shows bytes", () => {
    expect(toHex(concat(Uint8Array.of(0xf8, 0x0a), Uint8Array.of(0)))).toBe("f80a00");
    expect(toHex(new Uint8Array())).toBe("");
  });
});
