import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RetainedSizes } from "./retained-limit.js";

const LIMITS = { topics: 3, bytes: 100 };

describe("the sizes of what is retained", () => {
  it("count topics and bytes, topic names included; what is cleared or replaced makes room", () => {
    const sizes = new RetainedSizes();
    expect(sizes.keep("äa", 40, LIMITS)).toBe(true);
    expect(sizes.keep("bbb", 55, LIMITS)).toBe(false);
    expect(sizes.keep("bbb", 54, LIMITS)).toBe(true);
    expect([sizes.topics, sizes.bytes]).toEqual([2, 100]);
    expect(sizes.keep("äa", 0, LIMITS)).toBe(true);
    expect(sizes.keep("bbb", 97, LIMITS)).toBe(true);
    expect(sizes.keep("bbb", 98, LIMITS)).toBe(false);
    expect([sizes.topics, sizes.bytes]).toEqual([0, 0]);
  });

  it("never exceed the limits, and equal those of a plain map", () => {
    const step = fc.tuple(fc.constantFrom("a", "b", "c", "d", "e"), fc.nat(60));
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const sizes = new RetainedSizes();
        const plain = new Map<string, number>();
        for (const [topic, bytes] of steps) {
          plain.delete(topic);
          if (sizes.keep(topic, bytes, LIMITS) && bytes > 0) plain.set(topic, bytes + 1);
          expect(sizes.topics).toBe(plain.size);
          expect(sizes.bytes).toBe([...plain.values()].reduce((sum, one) => sum + one, 0));
          expect(sizes.topics).toBeLessThanOrEqual(LIMITS.topics);
          expect(sizes.bytes).toBeLessThanOrEqual(LIMITS.bytes);
        }
      }),
    );
  });
});
