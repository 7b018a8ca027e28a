import { PROTOCOL_NAMES } from "../domain/pad.js";
import type { SavedWalk } from "../domain/session-store.js";
import { type Identity, noIdentity } from "../domain/identity.js";

// Data of another version, or of a failing disk, must not stop the bridge at every start: only data of the right shape
// is used.

type Test = (value: unknown) => boolean;
interface Shape {
  readonly [key: string]: Test;
}

const number: Test = (value) => typeof value === "number" && Number.isFinite(value);
const boolean: Test = (value) => typeof value === "boolean";
const text: Test = (value) => typeof value === "string";
const oneOf =
  (...words: readonly unknown[]): Test =>
  (value) =>
    words.includes(value);
const orNull =
  (test: Test): Test =>
  (value) =>
    value === null || test(value);
const optional =
  (test: Test): Test =>
  (value) =>
    value === undefined || test(value);
const list =
  (test: Test): Test =>
  (value) =>
    Array.isArray(value) && value.every(test);
const object =
  (shape: Shape): Test =>
  (value) => {
    if (typeof value !== "object" || value === null) return false;
    const fields = new Map(Object.entries(value));
    return Object.entries(shape).every(([key, test]) => test(fields.get(key)));
  };

/** Undefined for text that is not JSON. */
const fromJson = (json: string): unknown => {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
};

const incline = object({ min: number, max: number, step: number });
const capabilities = object({
  minSpeed: number,
  maxSpeed: number,
  step: number,
  modes: list(oneOf("auto", "manual", "standby")),
  incline: orNull(incline),
  heartRate: boolean,
  steps: boolean,
  imperial: boolean,
  control: optional(boolean),
});
const reported = object({
  minSpeed: optional(number),
  maxSpeed: optional(number),
  step: optional(number),
  startSpeed: optional(number),
  incline: optional(orNull(incline)),
  heartRate: optional(boolean),
  steps: optional(boolean),
  imperial: boolean,
  control: optional(boolean),
});
const PARTS: Readonly<Record<keyof Identity, Test>> = {
  bound: object({ name: text, address: text }),
  protocol: oneOf(...PROTOCOL_NAMES),
  model: text,
  capabilities,
  reported,
};

/** The valid parts of an identity: a bound address stays bound, whatever else is invalid. */
export const decodeIdentity = (json: string): Identity => {
  const value = fromJson(json);
  if (typeof value !== "object" || value === null) return noIdentity;
  const right = Object.entries(PARTS).filter(([key, fits]) => fits(Reflect.get(value, key)));
  return {
    ...noIdentity,
    ...Object.fromEntries(right.map(([key]) => [key, Reflect.get(value, key) as unknown])),
  };
};

const totals = { distance: number, duration: number, steps: number, calories: number };
const measures = { elapsed: number, distance: number, steps: number };
const counter = orNull(
  object({
    value: number,
    at: number,
    changedAt: optional(number),
    before: orNull(number),
    fellAt: number,
    odd: orNull(number),
  }),
);
const session = object({
  ...totals,
  id: text,
  state: oneOf("active", "paused", "ended"),
  startedAt: number,
  endedAt: orNull(number),
  caloriesSource: oneOf("pad", "estimate"),
  maxSpeed: number,
});
const meter = object({
  counters: object({ distance: counter, elapsed: counter, steps: counter, energy: counter }),
  seen: orNull(number),
  gap: boolean,
  speed: number,
  incline: number,
  clocked: boolean,
  metered: boolean,
});
const absence = object({
  seenAt: orNull(number),
  gap: orNull(
    object({
      since: number,
      moving: boolean,
      counters: orNull(object(measures)),
      counted: boolean,
      gained: object(measures),
      statuses: number,
    }),
  ),
  heard: orNull(
    object({ record: object({ ...measures, age: optional(number), remaining: number }), at: number }),
  ),
  weighed: orNull(object(measures)),
});
const delta = object({ ...totals, sessions: number, at: number });
const walk = object({
  session: orNull(session),
  meter,
  moved: object({ at: number, now: number }),
  carry: number,
  held: list(delta),
  counts: boolean,
  parked: boolean,
  absence,
  undated: optional(list(object({ session, gains: list(delta) }))),
});
const footfall = object({
  speed: number,
  seen: orNull(object({ steps: number, at: number })),
  counts: boolean,
  quiet: number,
  longest: number,
  fired: boolean,
});
const lengthStop = orNull(object({ session: text, duration: number }));
const boot = optional(object({ id: text, uptime: number }));
const savedWalk = object({ at: number, now: number, boot, walk, footfall, lengthStop });

export const encodeWalk = ({ at, now, boot, walk, footfall, lengthStop }: SavedWalk): string =>
  JSON.stringify({ at, now, boot, walk, footfall, lengthStop });

/** Null for data that is not a session of this version. Never throws. */
export const decodeWalk = (json: string): SavedWalk | null => {
  const value = fromJson(json);
  return savedWalk(value) ? (value as SavedWalk) : null;
};

/** Where a run published its retained topics: `mqtt.base_topic`, `homeassistant.discovery_prefix`, the pads. */
export interface StoredPlace {
  readonly base: string;
  readonly discoveryPrefix: string;
  readonly pads: readonly string[];
}
const isPlace = object({ base: text, discoveryPrefix: text, pads: list(text) });

export const decodePlace = (json: string): StoredPlace | null => {
  const value = fromJson(json);
  return isPlace(value) ? (value as StoredPlace) : null;
};
