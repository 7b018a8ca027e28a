import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { cutLines, readLine } from "./lines.js";
import { decodeText, encodeText, KNOWN_TABLES } from "./tables.js";

interface TextCapture {
  readonly direction: string;
  readonly hex: string | null;
  readonly decoded: string;
  readonly table: string | null;
  readonly hex_origin: string;
}

const captures = readFileSync(new URL("../../../test/captures-text.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as TextCapture);
const lines = captures.flatMap(({ hex, ...rest }) => (hex === null ? [] : [{ hex, ...rest }]));
/** The side channel, and the one answer with two letters in the other case. */
const isOdd = ({ decoded }: { readonly decoded: string }): boolean => /^\(|^shake \+/.test(decoded);
const tableOf = (name: string | null) => KNOWN_TABLES[name?.startsWith("v") ? Number(name.slice(1)) : 0]!;

it.each(lines.filter((line) => !isOdd(line)))("$direction $decoded ($table)", ({ hex, decoded, table }) => {
  const bytes = Uint8Array.from(Buffer.from(hex, "hex"));
  const cut = cutLines("", bytes);
  const [line = ""] = cut?.lines ?? [];
  if (decoded === "") expect(line).toBe("");
  else {
    expect(decodeText(line, tableOf(table))).toBe(decoded);
    expect(`${encodeText(decoded, tableOf(table))}\r`).toBe(Buffer.from(bytes).toString("latin1"));
  }
});

it("what came in is understood", () => {
  const came = captures.filter((capture) => capture.direction === "in" && !isOdd(capture));
  for (const { decoded } of came) expect(readLine(decoded), decoded).not.toBeNull();
  expect(captures).toHaveLength(40);
});

it("the side channel is no line, and the odd answer is not guessed", () => {
  const odd = lines
    .filter(isOdd)
    .map(({ hex }) => cutLines("", Uint8Array.from(Buffer.from(`${hex}0d`, "hex"))));
  expect(odd.filter((cut) => cut === null)).toHaveLength(3);
  expect(KNOWN_TABLES.map((table) => readLine(decodeText("DAEEOAUGHwiN", table) ?? ""))).toEqual(
    KNOWN_TABLES.map(() => null),
  );
});
