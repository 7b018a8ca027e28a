// The substitution of more-protocols 1.2: base64 whose characters are exchanged by a table. Every known table is v0
// with two characters exchanged, so a table is that pair, and only v0 is stored in full.

/** The v0 substitute of each of the 64 characters of base64, in their usual order. */
const V0 = "ZaCw4FGHIJqLhN+P9RVTU/WcY6ObDdefgEijklmnopQrsBuvMxXz1yA2t5078KS3";

/** v0 with these two of its characters exchanged; both the same: v0 itself. */
export interface Table {
  readonly a: string;
  readonly b: string;
}

/** v0 to v7, by the pairs that were seen (more-protocols 1.2). */
export const KNOWN_TABLES: readonly Table[] = [
  { a: "Z", b: "Z" },
  { a: "Z", b: "S" },
  { a: "V", b: "M" },
  { a: "Z", b: "0" },
  { a: "+", b: "9" },
  { a: "Z", b: "i" },
  { a: "9", b: "8" },
  { a: "Z", b: "b" },
];

/** v0, and every table that has one pair exchanged: 2017. */
export const ALL_TABLES: readonly Table[] = [
  { a: "Z", b: "Z" },
  ...Array.from(V0).flatMap((a, index) => Array.from(V0.slice(index + 1)).map((b) => ({ a, b }))),
];

export const isKnown = ({ a, b }: Table): boolean =>
  KNOWN_TABLES.some((known) => (known.a === a && known.b === b) || (known.a === b && known.b === a));

const exchanged = (text: string, { a, b }: Table): string =>
  a === b ? text : Array.from(text, (char) => (char === a ? b : char === b ? a : char)).join("");

/** A line as it goes over the air, without its end. The text is ASCII. */
export const encodeText = (text: string, table: Table): string => {
  let encoded = "";
  for (let at = 0; at < text.length; at += 3) {
    const group = [0, 1, 2].map((offset) => text.charCodeAt(at + offset) || 0);
    const [one = 0, two = 0, three = 0] = group;
    const bits = (one << 16) | (two << 8) | three;
    const used = Math.min(3, text.length - at) + 1;
    for (let index = 0; index < 4; index += 1)
      encoded += index < used ? V0.charAt((bits >> (18 - 6 * index)) & 63) : "=";
  }
  return exchanged(encoded, table);
};

/** The characters of a line, in any table. */
const LINE = /^[A-Za-z0-9+/]{1,1024}={0,2}$/;

/** The position of each character in V0, by its code. */
const PLACES = Uint8Array.from({ length: 128 }, (_, code) =>
  Math.max(0, V0.indexOf(String.fromCharCode(code))),
);

/** The text of a line; null where it is not base64. The pad may leave the padding out. */
export const decodeText = (line: string, { a, b }: Table): string | null => {
  if (!LINE.test(line)) return null;
  const length = line.indexOf("=") < 0 ? line.length : line.indexOf("=");
  if (length % 4 === 1) return null;
  const [codeA, codeB] = [a.charCodeAt(0), b.charCodeAt(0)];
  const decoded: number[] = [];
  let bits = 0;
  let held = 0;
  for (let at = 0; at < length; at += 1) {
    const code = line.charCodeAt(at);
    bits = (bits << 6) | (PLACES[code === codeA ? codeB : code === codeB ? codeA : code] ?? 0);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    decoded.push((bits >> held) & 0xff);
  }
  return String.fromCharCode(...decoded);
};
