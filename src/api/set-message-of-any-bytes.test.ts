import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { COMMAND_KEYS, type Command, isStop, VERBS } from "../domain/command.js";
import { MODES } from "../domain/pad.js";
import { type ParsedSet, parseSet } from "./set-message.js";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const set = (text: string): ParsedSet => parseSet(null, bytes(text));

describe("parseSet on anything", () => {
  const anyKey = fc.option(fc.oneof(fc.constantFrom(...COMMAND_KEYS), fc.string()));

  it("never throws, never echoes, and always answers", () => {
    const payload = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map(bytes),
      fc.string({ unit: "binary" }).map(bytes),
    );
    fc.assert(
      fc.property(anyKey, payload, (key, given) => {
        const { commands, rejected } = parseSet(key, given);
        expect(commands.length + rejected.length).toBeGreaterThan(0);
        for (const { command, value } of rejected) {
          expect([null, ...COMMAND_KEYS]).toContain(command);
          if (command === null) expect(value).toBeNull();
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ["bad UTF-8", [0x4f, 0x46, 0x46, 0xff]],
    ["too large", new Array<number>(64 * 1024 + 1).fill(0x20)],
  ])("refuses what is %s", (_, payload) => {
    const refusal = { value: null, outcome: { code: "invalid-payload" } };
    expect(parseSet(null, new Uint8Array(payload))).toMatchObject({
      commands: [],
      rejected: [{ command: null, ...refusal }],
    });
    expect(parseSet("speed", new Uint8Array(payload))).toMatchObject({
      commands: [],
      rejected: [{ command: "speed", ...refusal }],
    });
  });

  it.each([
    ["white space", `${"x".repeat(10)}${" ".repeat(65_000)}x`],
    ["brackets", "[".repeat(65_000)],
    ["a nested value", `{"a":${"[".repeat(32_000)}${"]".repeat(32_000)}}`],
    ["escapes", `{"a":"${"\\\\".repeat(32_000)}"}`],
    ["digits", "9".repeat(65_000)],
    ["unknown keys", `{${'"":0,'.repeat(13_000)}"x":0}`],
    ["speeds", `{${'"speed":1,'.repeat(6_500)}"speed":2}`],
    ["stops", `{${'"speed":0,'.repeat(6_500)}"belt":"OFF"}`],
  ])("reads 64 KiB of %s quickly, with few results", (_, payload) => {
    for (const key of [null, "belt", "speed"]) {
      const before = performance.now();
      const { commands, rejected } = parseSet(key, bytes(payload));
      // A quadratic reader takes several seconds; the belt's stop would wait behind it.
      expect(performance.now() - before).toBeLessThan(2000);
      expect(commands.length + rejected.length).toBeLessThanOrEqual(40);
    }
  });

  const command = fc.oneof(
    fc.tuple(fc.constant("belt"), fc.constantFrom("ON", "OFF", "off")),
    fc.tuple(
      fc.constant("speed"),
      fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constant(0)),
    ),
    fc.tuple(fc.constant("mode"), fc.constantFrom(...MODES)),
    fc.tuple(fc.constant("command"), fc.constantFrom(...VERBS)),
  );
  const member = fc.oneof(command, fc.tuple(fc.string(), fc.jsonValue()));

  it("runs only stops when one is readable, and every readable key has one answer", () => {
    fc.assert(
      fc.property(fc.array(member, { minLength: 1, maxLength: 8 }), (entries) => {
        const text = `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join(",")}}`;
        const { commands, rejected } = set(text);
        // The oracle reads each member on its own.
        const alone = entries.flatMap(
          ([k, v]): readonly Command[] => set(JSON.stringify({ [k]: v })).commands,
        );
        if (alone.some(isStop)) {
          expect(commands.length).toBeGreaterThan(0);
          expect(commands.every(isStop)).toBe(true);
          expect(
            rejected.every(({ outcome }) => outcome.status === "error" && outcome.code === "superseded"),
          ).toBe(true);
        } else expect(commands.length > 0).toBe(alone.length > 0);
        const keys = commands.map(({ key, value }) => `${key} ${value}`);
        expect(new Set(keys).size).toBe(keys.length);
      }),
      { numRuns: 1000 },
    );
  });
});
