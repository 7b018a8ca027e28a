import fc from "fast-check";
import { expect, test } from "vitest";
import { hasHidden, visible, visibleLines, withoutHidden } from "./visible.js";

/** By number, since an editor would not show them. */
const HARMFUL = [
  ...[0x00, 0x07, 0x09, 0x0a, 0x0d, 0x1b, 0x7f, 0x80, 0x85, 0x9b, 0x9f],
  ...[0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069, 0x200e, 0x200f, 0x061c],
  ...[0x2028, 0x2029, 0xfeff, 0x200b, 0x200c, 0x200d, 0x2060, 0x00ad, 0x034f, 0x3164, 0xd800, 0xdfff],
].map((code) => [code.toString(16).padStart(4, "0"), String.fromCharCode(code)] as const);

test.each(HARMFUL)("U+%s is written as an escape", (code, character) => {
  expect(visible(`a${character}b`)).toBe(`a\\u${code}b`);
  expect(hasHidden(`a${character}b`)).toBe(true);
  expect(withoutHidden(`${character}a${character}b`)).toBe("a b");
});

test.each(["KS-BLC2", "Brücke für Anna", "走步机", "мой пад", "a\\u202eb", "🏃", 'a"b {c}'])(
  "%s stays as it is",
  (text) => {
    expect([visible(text), visibleLines(text), withoutHidden(text)]).toEqual([text, text, text]);
    expect(hasHidden(text)).toBe(false);
  },
);

test("a character beyond 16 bits is written as JSON does it", () => {
  expect(visible("a\u{e0041}b")).toBe("a\\udb40\\udc41b");
});

test("in a text of several lines only its line ends and tabs stay; a carriage return alone would go back over it", () => {
  expect(visibleLines("a\tb\r\nc\rd\n\u001b[2J\u2028")).toBe("a\tb\r\nc\\u000dd\n\\u001b[2J\\u2028");
});

test("JSON keeps its meaning", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const json = visibleLines(JSON.stringify({ [text]: text }));
      expect(JSON.parse(json)).toEqual({ [text]: text });
      expect(hasHidden(json)).toBe(false);
    }),
  );
});
