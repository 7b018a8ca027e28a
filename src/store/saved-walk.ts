import type { SavedWalk } from "../domain/ledger.js";

// What was written by another version, or by a failing disk, must not bring the bridge down at every start: only a
// walk that has the shape of one is taken up.

type Test = (value: unknown) => boolean;
interface Shape {
  readonly [key: string]: Test;
}

const number: Test = (value) => typeof value === "number" && Number.isFinite(value);
const boolean: Test = (value) => typeof value === "boolean";
const text: Test = (value) => typeof value === "string";
const word =
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

const totals = { distance: number, duration: number, steps: number, calories: number };
const measures = { elapsed: number, distance: number, steps: number };
const counter = orNull(
  object({ value: number, at: number, before: orNull(number), fellAt: number, odd: orNull(number) }),
);
const session = object({
  ...totals,
  id: text,
  state: word("active", "paused", "ended"),
  startedAt: number,
  endedAt: orNull(number),
  caloriesSource: word("pad", "estimate"),
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
      statuses: number,
    }),
  ),
  heard: orNull(
    object({ record: object({ ...measures, age: optional(number), remaining: number }), at: number }),
  ),
  weighed: orNull(object(measures)),
});
const walk = object({
  session: orNull(session),
  meter,
  moved: object({ at: number, now: number }),
  carry: number,
  held: list(object({ ...totals, sessions: number, at: number })),
  counts: boolean,
  parked: boolean,
  absence,
});
const footfall = object({
  speed: number,
  seen: orNull(object({ steps: number, at: number })),
  counts: boolean,
  quiet: number,
  longest: number,
  fired: boolean,
});
const savedWalk = object({ at: number, now: number, walk, footfall });

export const encodeWalk = ({ at, now, walk, footfall }: SavedWalk): string =>
  JSON.stringify({ at, now, walk, footfall });

/** Null for what is not a walk as this version writes it. Never throws. */
export const decodeWalk = (json: string): SavedWalk | null => {
  try {
    const value: unknown = JSON.parse(json);
    return savedWalk(value) ? (value as SavedWalk) : null;
  } catch {
    return null;
  }
};
