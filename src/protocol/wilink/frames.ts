// WiLink framing (wire-facts a.2): head, type, payload, checksum, end. The end byte may also occur inside a
// payload, so a frame is found by its length and proved by checksum and end.

export const COMMAND = 0xf7;
export const REPLY = 0xf8;
const END = 0xfd;

/** Frame types, the same in both directions. */
export const TYPE = { status: 0xa2, handshake: 0xa5, preferences: 0xa6, record: 0xa7 } as const;

// The link runs at the default MTU, 23, whose notifications hold 20 bytes (wire-facts a.1). As a status has 20 as
// well, a status completes whatever broken frame it arrives behind, and is never held back by it.
const MAX_LENGTH = 20;

/** A run of the stream: one proved frame, or bytes that belong to none. */
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

/** A whole frame around `body`, which begins with the type. */
export const frame = (head: number, body: readonly number[]): Uint8Array =>
  seal(Uint8Array.of(head, ...body, 0, 0));

/** Whether checksum and end are right. */
export const checks = (bytes: Uint8Array): boolean =>
  bytes.length >= 4 && bytes.at(-1) === END && bytes.at(-2) === checksum(bytes);

/** The lengths a reply may have, ascending, none for an unknown type; undefined until enough bytes are there. */
const lengths = (type: number | undefined, size: number | undefined): readonly number[] | undefined => {
  if (type === undefined) return undefined;
  if (type === TYPE.preferences) return [16, 20];
  if (type === TYPE.status || type === TYPE.handshake || type === TYPE.record) return [20];
  // B2 says its own length, and so do the B1 and B3 commands of wire-facts a.4.
  if (type >> 4 !== 0xb) return [];
  if (size === undefined) return undefined;
  return size + 5 <= MAX_LENGTH ? [size + 5] : [];
};

/**
 * The length of the frame at the start of `bytes`, which begin with the reply head. The shortest that checks is
 * taken, so that the answer depends on the bytes alone and never on how the notifications cut them.
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
 * Cuts a stream of replies into pieces, in order. After a broken frame the search goes on at the very next byte,
 * since a good frame may begin inside it. `rest` is the start of a frame still to come, at most 19 bytes.
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
