import { kmh, type Speed } from "../../domain/units.js";
import { concat, toHex } from "../bytes.js";
import { type ProtocolSession, type ConnectedDevice, type Protocol, unmasked } from "../session.js";
import type { Frame, Message, Model, Operation } from "../protocol.js";
import { COMMAND, deframe, frame, TYPE, type Piece } from "./frames.js";
import {
  MODE_BYTES,
  preferencesOf,
  readPreferences,
  readRecord,
  readStatus,
  recordOf,
  statusOf,
} from "./replies.js";

const SERVICE = "fe00";
const NOTIFY = "fe01";
const WRITE = "fe02";

/**
 * A5 payloads, indexed by `Quirks.handshake` (wire-facts a.4); their meaning is unknown. 0: ph4's variant 0, which
 * unlocks start and speed on a 2026 A1. 1: qdomyos-zwift's classic one. 2: its variant for RE and KS-S1.
 */
const HANDSHAKES: readonly (readonly number[])[] = [
  [0x60, 0x4a, 0x4d, 0x93, 0x71, 0x29],
  [0x61, 0x01, 0x6a, 0x23, 0x1d, 0xbe],
  [0x61, 0x2b, 0xe9, 0x19, 0xc7, 0xd2],
];

// A bad frame has 20 bytes or fewer; a peer that sends much garbage must not fill the log with it.
const SHOWN = 32;

const bad = (what: string, bytes: Uint8Array): Message => ({
  kind: "bad",
  reason: `${what}, ${bytes.length} bytes dropped: ${toHex(bytes.subarray(0, SHOWN))}`,
});

const messageOf = ({ valid, bytes }: Piece): Message => {
  if (!valid) return bad("no valid frame", bytes);
  const type = bytes[1] ?? 0;
  switch (type) {
    case TYPE.status:
      return { kind: "status", status: statusOf(readStatus(bytes)) };
    case TYPE.preferences:
      return { kind: "preferences", preferences: preferencesOf(readPreferences(bytes)) };
    case TYPE.record:
      return { kind: "record", record: recordOf(readRecord(bytes)) };
    default:
      return { kind: "other", type };
  }
};

/** Never throws. Returns the incomplete rest and every message found, in order: frames may be split or merged. */
const decode = (
  pending: Uint8Array,
  characteristic: string,
  bytes: Uint8Array,
): { pending: Uint8Array; messages: Message[] } => {
  if (characteristic !== NOTIFY) return { pending, messages: [bad(`unexpected ${characteristic}`, bytes)] };
  const { pieces, rest } = deframe(concat(pending, bytes));
  return { pending: rest, messages: pieces.map(messageOf) };
};

/** Command bodies, type first (wire-facts a.3, a.5, a.6). */
const BODIES = {
  poll: [TYPE.status, 0, 0],
  // Speed 0 is the only pause of WiLink. The start opcode toggles as well, but could start a resting belt.
  stop: [TYPE.status, 1, 0],
  pause: [TYPE.status, 1, 0],
  start: [TYPE.status, 4, 1],
  // Key 0 reads; every other key writes to the pad's own memory (safety rule 6).
  preferences: [TYPE.preferences, 0, 0, 0, 0, 0],
  // 255 requests the newest; other numbers go back, 0 clears.
  record: [TYPE.record, 0xaa, 0xff],
} as const;

/** A speed that does not fit the byte would wrap to another speed, so it has no body. */
const speedBody = (speed: Speed): readonly number[] | null => {
  const tenths = Math.round(kmh(speed) * 10);
  return tenths >= 0 && tenths <= 0xff ? [TYPE.status, 1, tenths] : null;
};

const handshakeBody = (index: number): readonly number[] | null => {
  const payload = HANDSHAKES[index];
  return payload ? [TYPE.handshake, ...payload] : null;
};

const bodyOf = (operation: Operation, model: Model): readonly number[] | null => {
  switch (operation.op) {
    case "speed":
      return speedBody(operation.speed);
    case "mode":
      return [TYPE.status, 2, MODE_BYTES[operation.mode]];
    case "handshake":
      return handshakeBody(model.quirks.handshake);
    case "incline":
    case "control":
      return null;
    default:
      return BODIES[operation.op];
  }
};

/** The frames for an operation, in order; empty where the protocol has no such operation. */
const encode = (operation: Operation, model: Model): readonly Frame[] => {
  const body = bodyOf(operation, model);
  return body ? [{ characteristic: WRITE, bytes: frame(COMMAND, body), response: false }] : [];
};

const protocolSession = (pending: Uint8Array, peer: ConnectedDevice, model: Model): ProtocolSession => {
  const self: ProtocolSession = {
    access: "full",
    interrupt: [],
    opening: peer.services.get(SERVICE)?.includes(NOTIFY)
      ? [{ do: "subscribe", characteristic: NOTIFY }]
      : [],
    receive(characteristic, bytes) {
      const { pending: rest, messages } = decode(pending, characteristic, bytes);
      return { session: protocolSession(rest, peer, model), messages };
    },
    onWritten: () => self,
    frames: (operation) => encode(operation, model),
    reads: () => [],
  };
  return self;
};

/** KingSmith's own protocol, service FE00 (wire-facts a). */
export const wilink: Protocol & { readonly decode: typeof decode; readonly encode: typeof encode } = {
  name: "wilink",
  // Modules of other makers have the service with other characteristics.
  speaks: ({ services }) => services.get(SERVICE)?.includes(WRITE) ?? false,
  masked: unmasked,
  // FE02 needs no session, no answer and no pairing (a.1).
  stopsWithoutTelemetry: true,
  openSession: (peer: ConnectedDevice, model: Model): ProtocolSession =>
    protocolSession(new Uint8Array(), peer, model),
  decode,
  encode,
};
