import type { PadPreferences, PadStatus } from "../../domain/pad.js";
import { toHex } from "../bytes.js";
import type { DecodedMessage, ConnectedDevice } from "../session.js";
import { readAnswer } from "./control-point-frames.js";
import { type Abilities, preferencesOf, readAbility } from "./features.js";
import { FTMS } from "./gatt.js";
import { readMachineEvent, readTrainingStatus } from "./machine-status.js";
import {
  activityOf,
  activityAfterAnswer,
  activityAfterStatus,
  type ActivityState,
  activityAfterSpeed,
  activityAfterTraining,
} from "./activity.js";
import { type SpeedScale, scaleAfterSpeed, scaleAfterTarget } from "./units.js";
import { ERROR_PROPERTY, contentOf, readSupplement, SUPPLEMENT } from "./kingsmith-service.js";
import { measuredOf, readTreadmillData } from "./treadmill-data.js";
import type { Model } from "../protocol.js";

/** The state of one connection. */
export interface Session {
  readonly peer: ConnectedDevice;
  readonly model: Model;
  readonly memory: ActivityState;
  readonly scale: SpeedScale;
  readonly abilities: Abilities;
  /** The latest record of each kind, by its flags. */
  readonly parts: Parts;
  /** It has sent a number of steps. */
  readonly counts: boolean;
}

type Measured = ReturnType<typeof measuredOf>;
type Parts = ReadonlyMap<number, { readonly measured: Measured; readonly at: number }>;

/** A machine with split records sends each part about once a second (b.1); an older part is outdated. */
const PART_HOLDS_MS = 5_000;

export interface Turn {
  readonly session: Session;
  readonly messages: readonly DecodedMessage[];
}

const bad = (session: Session, what: string, bytes: Uint8Array): Turn => ({
  session,
  messages: [
    { kind: "bad", reason: `${what}, ${bytes.length} bytes dropped: ${toHex(bytes.subarray(0, 32))}` },
  ],
});

/** Machines that count steps without the feature bit exist (b.2). */
const preferences = ({ abilities, scale, counts }: Session): PadPreferences => ({
  ...preferencesOf(abilities, scale.imperial),
  ...(counts && { steps: true }),
});

/** The parts of a split record come in any order, and each may have the speed (b.1). The newest is the last. */
const withPart = (parts: Parts, flags: number, measured: Measured, now: number): Parts =>
  new Map([
    ...[...parts].filter(([kind, { at }]) => kind !== flags && now - at <= PART_HOLDS_MS),
    [flags, { measured, at: now }],
  ]);

const merged = (parts: Parts): Measured =>
  [...parts.values()].reduce((all: Measured, { measured }) => ({ ...all, ...measured }), {});

const isKnownToCount = (session: Session): boolean =>
  session.model.defaults.steps || preferences(session).steps === true;

const onData = (session: Session, bytes: Uint8Array, now: number): Turn => {
  const data = readTreadmillData(bytes);
  if (!data) return bad(session, "no valid treadmill data", bytes);
  const parts = withPart(session.parts, data.flags, measuredOf(data), now);
  // A part without a speed says nothing about movement (safety rule 7): it waits for the speed.
  if (data.speed === undefined) return { session: { ...session, parts }, messages: [] };
  const measured = merged(parts);
  const memory = activityAfterSpeed(session.memory, data.speed, now);
  const scale = scaleAfterSpeed(session.scale, data.speed, now);
  const counts = session.counts || (measured.steps ?? 0) > 0;
  const after = { ...session, memory, scale, parts, counts };
  const status: PadStatus = { activity: activityOf(memory), code: memory.code, ...measured };
  const hasLearned = scale.imperial !== session.scale.imperial || (counts && !isKnownToCount(session));
  const learned: readonly DecodedMessage[] = hasLearned
    ? [{ kind: "preferences", preferences: preferences(after) }]
    : [];
  return { session: after, messages: [...learned, { kind: "status", status }] };
};

const onMachineStatus = (session: Session, bytes: Uint8Array, now: number): Turn => {
  const event = readMachineEvent(bytes);
  if (!event) return bad(session, "no machine status", bytes);
  const scale = event.type === "target-speed" ? scaleAfterTarget(session.scale, event.speed) : session.scale;
  return {
    session: { ...session, memory: activityAfterStatus(session.memory, event, now), scale },
    messages: [{ kind: "event", event }],
  };
};

const onTrainingStatus = (session: Session, bytes: Uint8Array, now: number): Turn => {
  const training = readTrainingStatus(bytes);
  if (!training) return bad(session, "no training status", bytes);
  return {
    session: { ...session, memory: activityAfterTraining(session.memory, training, now) },
    messages: [],
  };
};

const onControlPointResponse = (session: Session, bytes: Uint8Array, now: number): Turn => {
  const answer = readAnswer(bytes);
  if (!answer) return bad(session, "no answer of the control point", bytes);
  const memory = activityAfterAnswer(session.memory, answer, now);
  return { session: { ...session, memory }, messages: [{ kind: "answer", answer }] };
};

const onSupplement = (session: Session, bytes: Uint8Array): Turn => {
  const frame = readSupplement(bytes);
  if (!frame) return bad(session, "no frame of the supplement service", bytes);
  const news = contentOf(frame);
  if (news.type === "fault") return { session, messages: [{ kind: "fault", record: news.record }] };
  if (news.type === "unlocked") return { session, messages: [{ kind: "unlocked" }] };
  const error =
    news.type === "properties" ? news.properties.find(([id]) => id === ERROR_PROPERTY)?.[1] : undefined;
  if (error === undefined) return { session, messages: [{ kind: "other", type: frame.command[0] }] };
  return { session, messages: [{ kind: "fault", record: error === 0 ? null : `error ${error}` }] };
};

/** A read value. 2ACC is read repeatedly, as a sign of life (safety rule 7): an unchanged value is not reported. */
const onAbility = (session: Session, characteristic: string, bytes: Uint8Array): Turn => {
  const found = readAbility(characteristic, bytes);
  if (!found) return bad(session, `unexpected ${characteristic}`, bytes);
  const abilities = { ...session.abilities, ...found };
  if (JSON.stringify(abilities) === JSON.stringify(session.abilities)) return { session, messages: [] };
  const after = { ...session, abilities };
  return { session: after, messages: [{ kind: "preferences", preferences: preferences(after) }] };
};

/** Decodes a notification, an indication or a read value. Never throws. */
export const decodeNotification = (
  session: Session,
  characteristic: string,
  bytes: Uint8Array,
  now: number,
): Turn => {
  switch (characteristic) {
    case FTMS.treadmillData:
      return onData(session, bytes, now);
    case FTMS.machineStatus:
      return onMachineStatus(session, bytes, now);
    case FTMS.trainingStatus:
      return onTrainingStatus(session, bytes, now);
    case FTMS.controlPoint:
      return onControlPointResponse(session, bytes, now);
    case SUPPLEMENT.notify:
      return onSupplement(session, bytes);
    default:
      return onAbility(session, characteristic, bytes);
  }
};
