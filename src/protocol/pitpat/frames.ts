import { concat } from "../bytes.js";

// The family's frames (more-protocols 3): head, length, payload, XOR of what is between head and check, end.

const COMMAND = 0x6a;
const STATUS = 0x66;
const END = 0x43;
const ENVELOPE = 0x4d;
const ENVELOPE_LENGTH = 4;
const COMMAND_LENGTH = 23;
/** Up to the machine's type, the last field that all sources name. */
const STATUS_LENGTH = 31;

const check = (bytes: Uint8Array): number => bytes.subarray(1, -2).reduce((xor, byte) => xor ^ byte, 0);

/** Writes check and end into the last two bytes, in place. */
export const seal = (bytes: Uint8Array): Uint8Array => {
  bytes.set([check(bytes), END], bytes.length - 2);
  return bytes;
};

/** Whether length, check and end are right. */
export const checks = (bytes: Uint8Array): boolean =>
  bytes.length >= 5 && bytes[1] === bytes.length && bytes.at(-1) === END && bytes.at(-2) === check(bytes);

/** The requests of a command frame; the pad has no toggle: a start of a moving belt sets its speed. */
export type Order = "stop" | "pause" | "start" | "speed";

const CODES: Readonly<Record<Order, number>> = { stop: 0, pause: 2, start: 4, speed: 4 };
/** The acceleration: the published programs write 5 for a speed, 1 for all else. */
const ACCELERATION: Readonly<Record<Order, number>> = { stop: 1, pause: 1, start: 1, speed: 5 };
const KG = 80;
/** The user id, the same for all users: a constant of the maker's app, 58965456623. */
const USER = [0x00, 0x00, 0x00, 0x0d, 0xba, 0x9d, 0x76, 0xef];
/** The display counts in miles. Speeds stay in km/h; without this bit the display would change. */
const MILES_SHOWN = 0x08;

/** `speed` in m/h. */
export const commandFrame = (order: Order, speed: number, showsMiles: boolean): Uint8Array => {
  const bytes = new Uint8Array(COMMAND_LENGTH);
  bytes.set([COMMAND, COMMAND_LENGTH]);
  bytes.set([speed >> 8, speed & 0xff, ACCELERATION[order], 0, KG, 0], 6);
  bytes.set([CODES[order] | (showsMiles ? MILES_SHOWN : 0), ...USER], 12);
  return seal(bytes);
};

/** A query, or a sign of life. */
export const HEARTBEAT = seal(Uint8Array.of(COMMAND, 5, 0xfd, 0, 0));

export const enveloped = (frame: Uint8Array, flags: number, number: number): Uint8Array =>
  concat(Uint8Array.of(ENVELOPE, flags, number & 0xff, frame.length), frame);

/** The sources agree only on the first three bytes of a notification's envelope: the frame in it is checked by itself. */
const ENVELOPES = [ENVELOPE_LENGTH, ENVELOPE_LENGTH - 1] as const;

/** The frame in an envelope; null: none, or an invalid one. */
export const opened = (bytes: Uint8Array): Uint8Array | null => {
  if (bytes[0] !== ENVELOPE) return null;
  return ENVELOPES.map((length) => bytes.subarray(length)).find(checks) ?? null;
};

export const isStatus = (frame: Uint8Array): boolean => frame[0] === STATUS && frame.length >= STATUS_LENGTH;

const SERIAL = { from: 32, to: 48 } as const;
const isLetterOrDigit = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
/** This many letters or digits in a row may be part of a serial number in a truncated or damaged frame. */
const SERIAL_PART = 4;

/** A notification without the pad's serial number, which its statuses carry as text. */
export const withoutSerial = (
  bytes: Uint8Array,
  { envelope }: { readonly envelope: boolean },
): Uint8Array => {
  const shift = envelope ? ENVELOPE_LENGTH : 0;
  const masked = bytes.slice();
  masked.fill(0, SERIAL.from + shift, SERIAL.to + shift);
  let run = 0;
  for (let at = 0; at <= bytes.length; at++) {
    const byte = bytes[at];
    if (byte !== undefined && isLetterOrDigit(byte)) {
      run += 1;
      continue;
    }
    if (run >= SERIAL_PART) masked.fill(0, at - run, at);
    run = 0;
  }
  return masked;
};
