import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex } from "../../../test/support/captures.js";
import type { Speed } from "../../domain/units.js";
import { toHex } from "../bytes.js";
import { encodeRequest, opcodeOf, readAnswer, type Request } from "./control-point-frames.js";

const encoded = (request: Request, imperial = false): string | null => {
  const bytes = encodeRequest(request, imperial);
  return bytes && toHex(bytes);
};

describe("encodeRequest", () => {
  it.each<[Request, string | null]>([
    [{ op: "control" }, "00"],
    [{ op: "start" }, "07"],
    [{ op: "stop" }, "0801"],
    [{ op: "pause" }, "0802"],
    [{ op: "speed", speed: 250 as Speed }, "02fa00"],
    [{ op: "incline", percent: 2 }, "031400"],
    [{ op: "incline", percent: -1.5 }, "03f1ff"],
    [{ op: "poll" }, null],
    [{ op: "preferences" }, null],
    [{ op: "handshake" }, null],
    [{ op: "record" }, null],
    [{ op: "mode", mode: "manual" }, null],
  ])("%j is %s", (request, hex) => {
    expect(encoded(request)).toBe(hex);
    expect(opcodeOf(request)).toBe(hex === null ? null : parseInt(hex.slice(0, 2), 16));
  });

  it("counts in miles where the machine does: 1 mph is 1.61 km/h (wire-facts b.7.11)", () => {
    expect(encoded({ op: "speed", speed: 161 as Speed }, true)).toBe("026400");
    expect(encoded({ op: "incline", percent: 2 }, true)).toBe("031400");
  });

  it("never lets a number wrap round to another", () => {
    fc.assert(
      fc.property(fc.integer({ min: -100_000, max: 200_000 }), (speed) => {
        const bytes = encodeRequest({ op: "speed", speed: speed as Speed }, false);
        const back = bytes && new DataView(bytes.buffer).getUint16(1, true);
        expect(back).toBe(speed >= 0 && speed <= 0xffff ? speed : null);
      }),
    );
    for (const value of [NaN, Infinity, -Infinity])
      expect(encoded({ op: "speed", speed: value as Speed })).toBeNull();
    expect(encoded({ op: "incline", percent: 4000 })).toBeNull();
  });
});

describe("readAnswer", () => {
  it.each([
    ["800701", { opcode: 7, result: "success" }],
    ["800202", { opcode: 2, result: "not-supported" }],
    ["800303", { opcode: 3, result: "invalid" }],
    ["800004", { opcode: 0, result: "failed" }],
    ["800805", { opcode: 8, result: "not-permitted" }],
    ["800806", { opcode: 8, result: "unknown" }],
    ["800800", { opcode: 8, result: "unknown" }],
    ["80070100ff", { opcode: 7, result: "success" }],
    ["8007", null],
    ["070701", null],
    ["", null],
  ])("%s", (hex, answer) => {
    expect(readAnswer(fromHex(hex))).toEqual(answer);
  });

  it("is total", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 8 }), (bytes) => {
        expect(() => readAnswer(bytes)).not.toThrow();
      }),
    );
  });
});
