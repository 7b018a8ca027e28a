// Frames of the WLT6200 module (more-protocols 2): F5, length on the wire, body, CRC, FA. Body bytes from F0 on are
// sent as F0 and their low nibble, so that F5 and FA occur only as head and end.

const HEAD = 0xf5;
const END = 0xfa;
const ESCAPE = 0xf0;
/** Head, length, CRC and end, besides the body. */
const AROUND = 5;
/** The longest that is known has 25 bytes. */
const MAX_LENGTH = 64;

/** CRC-16, reflected, polynomial A327, from FFFF. */
const crc = (bytes: readonly number[]): number => {
  let value = 0xffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >> 1) ^ 0xa327 : value >> 1;
  }
  return value;
};

/** Computed over the unstuffed frame, its length byte included. */
const crcOf = (body: readonly number[]): readonly [low: number, high: number] => {
  const value = crc([HEAD, body.length + AROUND, ...body]);
  return [value & 0xff, value >> 8];
};

const stuffed = (bytes: readonly number[]): number[] =>
  bytes.flatMap((byte) => (byte >= ESCAPE ? [ESCAPE, byte & 0x0f] : [byte]));

/** Null: an invalid escape. */
const unstuffed = (bytes: Uint8Array): number[] | null => {
  const plain: number[] = [];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    const low = bytes[at + 1];
    if (byte !== ESCAPE) plain.push(byte);
    else if (low === undefined || low > 0x0f) return null;
    else {
      plain.push(ESCAPE | low);
      at += 1;
    }
  }
  return plain;
};

/** A complete frame around a body, which begins with 00 and the command. */
export const frame = (body: readonly number[]): Uint8Array => {
  const inner = stuffed([...body, ...crcOf(body)]);
  return Uint8Array.of(HEAD, inner.length + 3, ...inner, END);
};

/** The body of a complete frame; null: length or CRC is wrong. */
const bodyIn = (bytes: Uint8Array): Uint8Array | null => {
  if (bytes[1] !== bytes.length) return null;
  const inner = unstuffed(bytes.subarray(2, -1));
  if (!inner || inner.length < 4) return null;
  const body = inner.slice(0, -2);
  const [low, high] = crcOf(body);
  return inner.at(-2) === low && inner.at(-1) === high ? Uint8Array.from(body) : null;
};

/** A part of the stream: the body of a valid frame, or bytes outside of one. */
export interface Piece {
  readonly valid: boolean;
  readonly bytes: Uint8Array;
}

/** Splits a stream into parts, in order; frames may be split or merged. `rest` is the start of an incomplete frame. */
export const deframe = (
  bytes: Uint8Array,
): { readonly pieces: readonly Piece[]; readonly rest: Uint8Array } => {
  const pieces: Piece[] = [];
  const stray = (from: number, to: number): void => {
    if (to > from) pieces.push({ valid: false, bytes: bytes.subarray(from, to) });
  };
  let at = 0;
  while (at < bytes.length) {
    const end = bytes.indexOf(END, at);
    // A head inside belongs to another frame: the one before it was cut off.
    const head = bytes.subarray(0, end < 0 ? bytes.length : end).lastIndexOf(HEAD);
    const begins = head >= at;
    if (end < 0) {
      const from = begins && bytes.length - head < MAX_LENGTH ? head : bytes.length;
      stray(at, from);
      return { pieces, rest: bytes.slice(from) };
    }
    const body = begins ? bodyIn(bytes.subarray(head, end + 1)) : null;
    stray(at, body ? head : end + 1);
    if (body) pieces.push({ valid: true, bytes: body });
    at = end + 1;
  }
  return { pieces, rest: new Uint8Array() };
};
