import { PROTOCOL_NAMES } from "../domain/pad.js";
import { NO_MEMORY, type PadMemory } from "./pending.js";
import {
  boolean,
  fromJson,
  list,
  number,
  object,
  optional,
  orNull,
  text,
  type Test,
  word,
} from "./validators.js";

const incline = object({ min: number, max: number, step: number });
const capabilities = object({
  minSpeed: number,
  maxSpeed: number,
  step: number,
  modes: list(word("auto", "manual", "standby")),
  incline: orNull(incline),
  heartRate: boolean,
  steps: boolean,
  imperial: boolean,
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
});
const PARTS: Readonly<Record<keyof PadMemory, Test>> = {
  bound: object({ name: text, address: text }),
  protocol: word(...PROTOCOL_NAMES),
  model: text,
  capabilities,
  reported,
};

/** What of an identity has the right shape: an address that was bound stays bound, whatever else has changed. */
export const decodeIdentity = (json: string): PadMemory => {
  const value = fromJson(json);
  if (typeof value !== "object" || value === null) return NO_MEMORY;
  const right = Object.entries(PARTS).filter(([key, fits]) => fits(Reflect.get(value, key)));
  return {
    ...NO_MEMORY,
    ...Object.fromEntries(right.map(([key]) => [key, Reflect.get(value, key) as unknown])),
  };
};
