import { kmh, type Speed } from "../../domain/units.js";
import { toHex } from "../bytes.js";
import type { Request } from "../ftms/control-point-frames.js";
import type { Frame, Model } from "../protocol.js";
import type { ProtocolSession, DecodedMessage, ConnectedDevice, Protocol, SessionStep } from "../session.js";
import { checks, commandFrame, enveloped, HEARTBEAT, isStatus, opened, withoutSerial } from "./frames.js";
import { type Channel, channelOf, NO_CHANNEL, VARIANTS } from "./gatt.js";
import { preferencesOf, readStatus, SHOWS_MILES, statusOf } from "./status.js";

/** The state of one connection. */
interface Session {
  readonly channel: Channel;
  readonly model: Model;
  /** The number of the next envelope. */
  readonly number: number;
  readonly showsMiles: boolean;
  /** m/h, as last reported by the pad. */
  readonly maxSpeed: number | null;
  /** When the last notification arrived; at first, when one was first missing. */
  readonly quietSince: number | null;
}

/** A silent pad that requires heartbeats gets one after this time (WM2: 3 s). */
const QUIET_MS = 3_000;

/** A speed that does not fit would be another speed, and 0 is no speed: the speed frame also starts a belt. */
const metresPerHour = (speed: Speed): number | null => {
  const value = Math.round(kmh(speed) * 1000);
  return value > 0 && value <= 0xffff ? value : null;
};

const isOverdue = ({ channel: { variant }, quietSince }: Session, now: number): boolean =>
  variant.heartbeat && quietSince !== null && now - quietSince >= QUIET_MS;

/** The frame of a request, without its envelope; null: none. */
const frameOf = (session: Session, request: Request, now: number): Uint8Array | null => {
  const { showsMiles, model } = session;
  switch (request.op) {
    case "poll":
      return isOverdue(session, now) ? HEARTBEAT : null;
    case "stop":
    case "pause":
      return commandFrame(request.op, 0, showsMiles);
    // A start carries the lowest speed. Another speed is set when the belt is seen running.
    case "start":
      return startFrame(model, showsMiles);
    case "speed": {
      const speed = metresPerHour(request.speed);
      return speed === null ? null : commandFrame("speed", speed, showsMiles);
    }
    default:
      return null;
  }
};

const startFrame = ({ defaults }: Model, showsMiles: boolean): Uint8Array | null => {
  const speed = metresPerHour(defaults.minSpeed);
  return speed === null ? null : commandFrame("start", speed, showsMiles);
};

const sent = (session: Session, frame: Uint8Array | null): readonly Frame[] => {
  const { variant, response } = session.channel;
  if (!frame) return [];
  const bytes = variant.envelope ? enveloped(frame, 0, session.number) : frame;
  return [{ characteristic: variant.write, bytes, response }];
};

const numbered = (session: Session): Session => ({ ...session, number: (session.number + 1) & 0xff });

const SHOWN = 64;
const bad = (what: string, bytes: Uint8Array, { variant }: Channel): DecodedMessage => ({
  kind: "bad",
  reason: `${what}, ${bytes.length} bytes dropped: ${toHex(withoutSerial(bytes, variant).subarray(0, SHOWN))}`,
});

/** A decoded notification. */
const decodeFrame = (
  session: Session,
  bytes: Uint8Array,
): { readonly session: Session; readonly messages: readonly DecodedMessage[] } => {
  const { channel } = session;
  const frame = channel.variant.envelope ? opened(bytes) : bytes;
  if (!frame || !checks(frame)) return { session, messages: [bad("no valid frame", bytes, channel)] };
  if (!isStatus(frame)) return { session, messages: [{ kind: "other", type: frame[0] ?? 0 }] };
  const raw = readStatus(frame);
  const news: readonly DecodedMessage[] =
    raw.maxSpeed === session.maxSpeed ? [] : [{ kind: "preferences", preferences: preferencesOf(raw) }];
  return {
    session: { ...session, maxSpeed: raw.maxSpeed, showsMiles: (raw.flags & SHOWS_MILES) !== 0 },
    messages: [...news, { kind: "status", status: statusOf(raw) }],
  };
};

const receive = (before: Session, characteristic: string, bytes: Uint8Array, now: number): SessionStep => {
  const { channel } = before;
  if (characteristic !== channel.variant.notify)
    return {
      session: protocolSession(before),
      messages: [{ kind: "bad", reason: `unexpected ${characteristic}, ${bytes.length} bytes dropped` }],
    };
  const { session, messages } = decodeFrame({ ...before, quietSince: now }, bytes);
  if (!channel.variant.heartbeat) return { session: protocolSession(session), messages };
  return {
    session: protocolSession(numbered(session)),
    messages,
    replies: [sent(session, HEARTBEAT)],
  };
};

const onWritten = (session: Session, request: Request, now: number): Session => {
  const after = frameOf(session, request, now) ? numbered(session) : session;
  return request.op === "poll" ? { ...after, quietSince: session.quietSince ?? now } : after;
};

const protocolSession = (session: Session): ProtocolSession => ({
  opening: [{ do: "subscribe", characteristic: session.channel.variant.notify }],
  access: "full",
  interrupt: [],
  receive: (characteristic, bytes, now) => receive(session, characteristic, bytes, now),
  onWritten: (request, now) => protocolSession(onWritten(session, request, now)),
  frames: (request, now) => sent(session, frameOf(session, request, now)),
  reads: () => [],
});

const masked = (characteristic: string, bytes: Uint8Array): Uint8Array => {
  const variant = VARIANTS.find(({ notify }) => notify === characteristic);
  return variant ? withoutSerial(bytes, variant) : bytes;
};

/** PitPat, DeerRun, Superun: one protocol in three layouts (more-protocols 3). */
export const pitpat: Protocol = {
  name: "pitpat",
  speaks: (gatt) => channelOf(gatt) !== null,
  // Its frames need no session; an envelope is numbered from 0 on each link.
  stopsWithoutTelemetry: true,
  masked,
  openSession: (peer: ConnectedDevice, model: Model) =>
    protocolSession({
      channel: channelOf(peer) ?? NO_CHANNEL,
      model,
      number: 0,
      showsMiles: false,
      maxSpeed: null,
      quietSince: null,
    }),
};
