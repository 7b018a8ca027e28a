import {
  type ProtocolSession,
  type OpeningStep,
  type ConnectedDevice,
  type Protocol,
  unmasked,
} from "../session.js";
import { encodeRequest, opcodeOf, type Request, speedNumber } from "./control-point-frames.js";
import { noAbilities } from "./features.js";
import { noActivity, activityAfterRequest } from "./activity.js";
import { forgetWrittenSpeed, newScale, speedWritten } from "./units.js";
import { FTMS } from "./gatt.js";
import { decodeNotification, type Session } from "./decode.js";
import { SUPPLEMENT, unlockFrame } from "./kingsmith-service.js";
import type { Frame, Model, Operation } from "../protocol.js";

const offers = ({ services }: ConnectedDevice, characteristic: string): boolean =>
  [...services.values()].some((offered) => offered.includes(characteristic));

// Status before data, and both last: messages before the first data are the replay (b.4), and requests may be answered
// from the first data on. Training Status is not subscribed to: that destabilised a Z1D (b.5).
const SUBSCRIPTIONS = [FTMS.controlPoint, FTMS.machineStatus, FTMS.treadmillData] as const;

const opening = ({ peer, model }: Session): readonly OpeningStep[] => {
  const subscribe = (characteristic: string): OpeningStep => ({ do: "subscribe", characteristic });
  const unlock = model.quirks.ftms?.unlock && peer.name !== null ? unlockFrame(peer.name) : null;
  const unlocks: readonly OpeningStep[] =
    unlock && peer.services.has(SUPPLEMENT.service)
      ? [
          subscribe(SUPPLEMENT.notify),
          { do: "write", frame: { characteristic: SUPPLEMENT.write, bytes: unlock, response: false } },
        ]
      : [];
  return [...unlocks, ...SUBSCRIPTIONS.filter((each) => offers(peer, each)).map(subscribe)];
};

const frames = ({ peer, model, scale }: Session, request: Request): readonly Frame[] => {
  const bytes = encodeRequest(request, scale.imperial);
  if (!bytes) return [];
  const preamble = model.quirks.ftms?.preamble;
  const before =
    preamble && offers(peer, FTMS.preamble)
      ? [{ characteristic: FTMS.preamble, bytes: Uint8Array.from(preamble), response: true }]
      : [];
  return [...before, { characteristic: FTMS.controlPoint, bytes, response: true }];
};

/** Reads instead of polls: a machine that notifies by itself is only read as a sign of life (safety rule 7). */
const READS: Readonly<Partial<Record<Operation["op"], readonly string[]>>> = {
  poll: [FTMS.feature],
  preferences: [FTMS.feature, FTMS.speedRange, FTMS.inclineRange],
};

const onWritten = (session: Session, request: Request): Session => {
  if (opcodeOf(request) === null) return session;
  const { memory, scale } = session;
  const after =
    request.op === "speed"
      ? speedWritten(scale, speedNumber(request.speed, scale.imperial), memory.speed)
      : forgetWrittenSpeed(scale);
  return { ...session, memory: activityAfterRequest(memory, request), scale: after };
};

const protocolSession = (session: Session): ProtocolSession => ({
  opening: opening(session),
  // A machine without a control point can only be watched (FTMS 4.16 makes it optional).
  access: offers(session.peer, FTMS.controlPoint) ? "full" : "none",
  interrupt: [],
  receive(characteristic, bytes, now) {
    const turn = decodeNotification(session, characteristic, bytes, now);
    return { session: protocolSession(turn.session), messages: turn.messages };
  },
  onWritten: (request) => protocolSession(onWritten(session, request)),
  frames: (request) => frames(session, request),
  reads: ({ op }) => (op === "control" ? [] : (READS[op] ?? [])).filter((each) => offers(session.peer, each)),
});

/** Treadmills with the Bluetooth SIG's Fitness Machine Service, KingSmith's variants included (wire-facts b). */
export const ftms: Protocol = {
  name: "ftms",
  // A bicycle or a rower has the service too, but no Treadmill Data (FTMS 4.9).
  speaks: ({ services }) => services.get(FTMS.service)?.includes(FTMS.treadmillData) ?? false,
  masked: unmasked,
  // Requests require indications first (b.3), and a Z1 must be unlocked.
  stopsWithoutTelemetry: false,
  openSession: (peer: ConnectedDevice, model: Model): ProtocolSession =>
    protocolSession({
      peer,
      model,
      memory: noActivity,
      scale: newScale(model.defaults.imperial, peer.imperial),
      abilities: noAbilities,
      parts: new Map(),
      counts: false,
    }),
};
