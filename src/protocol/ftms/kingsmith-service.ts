import { toHex, viewOf } from "../bytes.js";

// KingSmith's own service beside FTMS on KS-HD machines (wire-facts b.7.7, b.7.8): frames of two command bytes, a
// length, data, and the sum of all that. It is only received, except for the unlock request. A frame beginning with E8
// starts a firmware update: nothing here can create one.

export const SUPPLEMENT = {
  service: "24e2521cf63b48ed85bec5330a00fdf7",
  notify: "24e2521cf63b48ed85bec5330b00fdf7",
  write: "24e2521cf63b48ed85bec5330d00fdf7",
} as const;

/** A frame as sent, its checksum verified. */
export interface SupplementFrame {
  readonly command: readonly [number, number];
  readonly data: Uint8Array;
}

const sum = (bytes: Uint8Array): number => bytes.reduce((total, byte) => total + byte, 0) & 0xff;

const OTA = 0xe8;

/** The bytes of a frame. Throws RangeError for one that does not fit, or that begins a firmware update. */
export const supplementFrame = (
  [first, second]: SupplementFrame["command"],
  data: Iterable<number>,
): Uint8Array => {
  const payload = Uint8Array.from(data);
  if (first === OTA || payload.length > 0xff) throw new RangeError("not a frame of the supplement service");
  const body = Uint8Array.of(first, second, payload.length, ...payload);
  return Uint8Array.of(...body, sum(body));
};

/** Reads one notification of the service; null when length or sum are wrong. Never throws. */
export const readSupplement = (bytes: Uint8Array): SupplementFrame | null => {
  const [first, second, length] = bytes;
  if (first === undefined || second === undefined || bytes.length !== (length ?? 0) + 4) return null;
  if (sum(bytes.subarray(0, -1)) !== bytes.at(-1)) return null;
  return { command: [first, second], data: bytes.subarray(3, -1) };
};

/** Any number is accepted; V0.0.6 was unlocked with 1 (b.7.7). */
const SALT = 1;
const UNLOCK = [0x71, 0x00] as const;
export const UNLOCKED = [0x71, 0x80] as const;
const NAME_TAIL = 4;

/**
 * The request without which firmware V0.0.6 ignores every request and sends nothing: the last four characters of the
 * advertised name as a number, little-endian, plus the salt. Null for a name that is too short, or not of bytes.
 */
export const unlockFrame = (name: string, salt: number = SALT): Uint8Array | null => {
  const tail = Array.from(name.slice(-NAME_TAIL), (char) => char.charCodeAt(0));
  if (tail.length < NAME_TAIL || tail.some((code) => code > 0xff)) return null;
  const code = Uint8Array.from(tail);
  const view = viewOf(code);
  view.setUint32(0, view.getUint32(0, true) + salt, true);
  return supplementFrame(UNLOCK, [salt, ...code]);
};

/**
 * The content of a frame. Properties are `[id, value]`, faults the bytes of their record: no source names their fields.
 */
export type SupplementContent =
  | { readonly type: "unlocked" }
  | { readonly type: "properties"; readonly properties: readonly (readonly [id: number, value: number])[] }
  | { readonly type: "fault"; readonly record: string }
  | { readonly type: "other" };

/** Property 5 is the machine's error, 0 for none (b.7.8). */
export const ERROR_PROPERTY = 5;

/** Records of `size` bytes that end in a u16: an id first, and an error in between where there are four. */
const properties = (data: Uint8Array, size: 3 | 4): SupplementContent => {
  const view = viewOf(data);
  const found: (readonly [number, number])[] = [];
  for (let at = 0; at + size <= data.length; at += size) {
    const failed = size === 4 && view.getUint8(at + 1) !== 0;
    if (!failed) found.push([view.getUint8(at), view.getUint16(at + size - 2, true)]);
  }
  return { type: "properties", properties: found };
};

export const contentOf = ({ command: [first, second], data }: SupplementFrame): SupplementContent => {
  if (first === UNLOCKED[0] && second === UNLOCKED[1]) return { type: "unlocked" };
  if (first === 0x72 && second === 0x80) return properties(data, 4);
  if (first === 0x72 && second === 0x50) return properties(data, 3);
  return first === 0x73 && second === 0x51 ? { type: "fault", record: toHex(data) } : { type: "other" };
};
