import type { Clock } from "../clock.js";
import { RateLimit } from "./rate-limit.js";

/** Limits of live messages, docs/topics.md. A person, an automation or a test sends far fewer. */
const LIMITS = {
  set: { perSecond: 100, burst: 1_000 },
  // Of all pads together.
  sets: { perSecond: 200, burst: 1_200 },
  stop: { perSecond: 100, burst: 1_000 },
  get: { perSecond: 2, burst: 20 },
  request: { perSecond: 5, burst: 20 },
  // Home Assistant has a config for each device, and publishes all of them when its broker comes back.
  discovery: { perSecond: 100, burst: 5_000 },
  "bridge-state": { perSecond: 2, burst: 20 },
  "homeassistant-status": { perSecond: 2, burst: 20 },
} as const;
export type FloodKind = keyof typeof LIMITS;

/** The present limits, one for each kind and name of a topic. */
export class FloodLimits {
  readonly #clock: Clock;
  readonly #limits = new Map<string, RateLimit>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of(kind: FloodKind, name: string): RateLimit {
    const key = `${kind} ${name}`;
    const known = this.#limits.get(key);
    if (known) return known;
    const limit = new RateLimit(LIMITS[kind], this.#clock.now());
    this.#limits.set(key, limit);
    return limit;
  }
}
