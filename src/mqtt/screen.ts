import { parseSet } from "../api/set-message.js";
import { type Command, isStop } from "../domain/command.js";
import type { Clock } from "../clock.js";
import type { Screened } from "./client/packet-filter.js";
import { mayStop, VERBS } from "./flood-guard.js";
import { FloodLimits } from "./flood-limits.js";
import type { RateLimit } from "./rate-limit.js";
import { type HomeAssistantTopics, parseTopic, type TopicMeaning } from "./topics.js";

/** Parsed topics that are cached: the sender chooses the names, which must not fill the memory. */
const REMEMBERED = 1_000;

interface Meaning {
  readonly meaning: TopicMeaning;
  /** The limit that this message counts for. */
  readonly limit: RateLimit;
}

/**
 * Checks a message before it is parsed. Within the limits of docs/topics.md every message is handled. Above them a
 * readable stop is handled, and of equal messages that arrive together only the first and the last.
 */
export class Screen {
  readonly #base: string;
  readonly #homeAssistant: HomeAssistantTopics;
  readonly #clock: Clock;
  readonly #limits: FloodLimits;
  readonly #meanings = new Map<string, Meaning | null>();
  /** Parsed payloads: those of a flood are mostly equal. */
  readonly #stops = new Map<string, readonly Command[]>();

  constructor(base: string, homeAssistant: HomeAssistantTopics, clock: Clock) {
    this.#base = base;
    this.#homeAssistant = homeAssistant;
    this.#clock = clock;
    this.#limits = new FloodLimits(clock);
  }

  screen(topic: string, payload: Uint8Array, behind: boolean): Screened {
    const known = this.#meaning(topic);
    if (!known) return "handle";
    const { meaning } = known;
    if (this.#isWithin(known))
      return behind && meaning.kind === "set" && this.#stopsIn(meaning.key, payload).length > 0
        ? "ahead"
        : "handle";
    switch (meaning.kind) {
      case "set":
        return this.#stop(meaning.pad, meaning.key, payload);
      case "get":
        return { sameAs: topic, ahead: false };
      case "request":
        return { sameAs: `request ${verbOf(meaning.verb)}`, ahead: false };
      case "discovery":
        // Live configs of other clients do not matter, unless they clear a config.
        return payload.length === 0 ? { sameAs: topic, ahead: false } : "drop";
      case "bridge-state":
      case "homeassistant-status":
        return { sameAs: `${topic} ${Buffer.from(payload).toString("latin1")}`, ahead: false };
    }
  }

  /**
   * A stop that gets a result is handled by itself; stops without a result are equal, so the first and the last
   * suffice.
   */
  #stop(pad: string, key: string | null, payload: Uint8Array): Screened {
    const stops = this.#stopsIn(key, payload);
    if (stops.length === 0) return "drop";
    if (this.#limits.of("stop", pad).take(this.#clock.now())) return "ahead";
    return { sameAs: `${pad} ${stops.map(({ value }) => value).join(" ")}`, ahead: true };
  }

  /** Commands for all pads together have a limit too. */
  #isWithin({ meaning, limit }: Meaning): boolean {
    const now = this.#clock.now();
    return limit.take(now) && (meaning.kind !== "set" || this.#limits.of("sets", "").take(now));
  }

  #stopsIn(key: string | null, payload: Uint8Array): readonly Command[] {
    if (!mayStop(payload)) return [];
    const text = `${key} ${Buffer.from(payload).toString("latin1")}`;
    const known = this.#stops.get(text);
    if (known) return known;
    const stops = parseSet(key, payload).commands.filter(isStop);
    if (this.#stops.size >= REMEMBERED) this.#stops.clear();
    this.#stops.set(text, stops);
    return stops;
  }

  #meaning(topic: string): Meaning | null {
    const known = this.#meanings.get(topic);
    if (known !== undefined) return known;
    const meaning = parseTopic(this.#base, topic, this.#homeAssistant);
    const read = meaning && { meaning, limit: this.#limits.of(meaning.kind, nameOf(meaning)) };
    if (this.#meanings.size < REMEMBERED) this.#meanings.set(topic, read);
    return read;
  }
}

const verbOf = (verb: string): string => (VERBS.includes(verb) ? verb : "");
const nameOf = (meaning: TopicMeaning): string => {
  if (meaning.kind === "request") return verbOf(meaning.verb);
  return meaning.kind === "set" || meaning.kind === "get" ? meaning.pad : "";
};
