import type { SavedWalk } from "../domain/session-store.js";
import { boolean, fromJson, list, number, object, optional, orNull, text, word } from "./validators.js";

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
      gained: object(measures),
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
const lengthStop = orNull(object({ session: text, duration: number }));
const savedWalk = object({ at: number, now: number, walk, footfall, lengthStop });

export const encodeWalk = ({ at, now, walk, footfall, lengthStop }: SavedWalk): string =>
  JSON.stringify({ at, now, walk, footfall, lengthStop });

/** Null for what is not a walk as this version writes it. Never throws. */
export const decodeWalk = (json: string): SavedWalk | null => {
  const value = fromJson(json);
  return savedWalk(value) ? (value as SavedWalk) : null;
};
