// WiLink framing (wire-facts a.2): head, type, payload, checksum, end. The end byte may also occur inside a payload, so
// a frame is found by its length and verified by checksum and end.

export const COMMAND = 0xf7;
export const REPLY = 0xf8;
const END = 0xfd;

/** Frame types, the same in both directions. */
export const TYPE = { status: 0xa2, handshake: 0xa5, preferences: 0xa6, record: 0xa7 } as const;

// The link runs at the default MTU, 23, whose notifications hold 20 bytes (wire-facts a.1). A status has 20 as well, so
// it completes any broken frame before it, and is never held back by one.
const MAX_LENGTH = 20;

/** A part of the stream: one verified frame, or bytes outside of one. */
export interface Piece {
  readonly valid: boolean;
  readonly bytes: Uint8Array;
}

const checksum = (bytes: Uint8Array): number =>
  bytes.subarray(1, -2).reduce((sum, byte) => sum + byte, 0) & 0xff;

/** Writes checksum and end into the last two bytes, in place. */
export const seal = (bytes: Uint8Array): Uint8Array => {
  bytes.set([checksum(bytes), END], bytes.length - 2);
  return bytes;
};

/** A complete frame around `body`, which begins with the type. */
export const frame = (head: number, body: readonly number[]): Uint8Array =>
  seal(Uint8Array.of(head, ...body, 0, 0));

/** Whether checksum and end are right. */
export const checks = (bytes: Uint8Array): boolean =>
  bytes.length >= 4 && bytes.at(-1) === END && bytes.at(-2) === checksum(bytes);

/** The possible lengths of a reply, ascending, none for an unknown type; undefined until enough bytes are there. */
const lengths = (type: number | undefined, size: number | undefined): readonly number[] | undefined => {
  if (type === undefined) return undefined;
  if (type === TYPE.preferences) return [16, 20];
  if (type === TYPE.status || type === TYPE.handshake || type === TYPE.record) return [20];
  // B2 contains its own length, and so do the B1 and B3 commands of wire-facts a.4.
  if (type >> 4 !== 0xb) return [];
  if (size === undefined) return undefined;
  return size + 5 <= MAX_LENGTH ? [size + 5] : [];
};

/**
 * The length of the frame at the start of `bytes`, which begin with the reply head. The shortest valid one is taken, so
 * that the result depends on the bytes alone and never on the split into notifications.
 */
const measure = (bytes: Uint8Array): number | "incomplete" | "broken" => {
  const candidates = lengths(bytes[1], bytes[2]);
  if (candidates === undefined) return "incomplete";
  for (const length of candidates) {
    if (bytes.length < length) return "incomplete";
    if (checks(bytes.subarray(0, length))) return length;
  }
  return "broken";
};

/**
 * Splits a stream of replies into parts, in order. After a broken frame the search continues at the very next byte,
 * since a good frame may begin inside it. `rest` is the start of an incomplete frame, at most 19 bytes.
 */
export const deframe = (bytes: Uint8Array): { pieces: Piece[]; rest: Uint8Array } => {
  const pieces: Piece[] = [];
  let dropped = 0;
  let at = 0;
  const flush = (): void => {
    if (at > dropped) pieces.push({ valid: false, bytes: bytes.subarray(dropped, at) });
  };
  while (at < bytes.length) {
    const length = bytes[at] === REPLY ? measure(bytes.subarray(at)) : "broken";
    if (length === "incomplete") break;
    if (length === "broken") {
      at += 1;
      continue;
    }
    flush();
    pieces.push({ valid: true, bytes: bytes.subarray(at, at + length) });
    at += length;
    dropped = at;
  }
  flush();
  return { pieces, rest: bytes.slice(at) };
};
