import type { Clock } from "../clock.js";
import type { OutMessage } from "./client/broker.js";
import { staleTopics, type TopicPlace, retainedTopics } from "./stale-topics.js";
import { retained } from "./messages.js";

/** Home Assistant logs an error for an empty state of an entity that it still has: it gets this long to remove it. */
const LATER_MS = 1_000;

interface CleanerDeps {
  readonly now: TopicPlace;
  /** Where the last run published; null where unknown. */
  readonly before: TopicPlace | null;
  readonly keepPlace: (place: TopicPlace) => void;
  readonly clock: Clock;
  readonly publish: (message: OutMessage) => void;
}

/** Clears the retained topics of removed pads, and of a former base topic or prefix. */
export class Cleaner {
  readonly #deps: CleanerDeps;
  readonly #topics = new Set<string>();
  #begun = false;
  #cancel: () => void = () => undefined;

  constructor(deps: CleanerDeps) {
    this.#deps = deps;
  }

  /** Called on connect. Returns, once per run, the Home Assistant configs that must be removed first. */
  begin(): readonly string[] {
    const { before, now } = this.#deps;
    if (this.#begun || JSON.stringify(before) === JSON.stringify(now)) return [];
    this.#begun = true;
    const { configs, topics } = staleTopics(before ?? now, now);
    this.#clear(topics);
    return configs;
  }

  /** The device of a pad, or of the "bridge", was removed from Home Assistant. */
  removed(id: string): void {
    const { base, pads } = this.#deps.now;
    if (id !== "bridge" && !pads.includes(id)) this.#clear(retainedTopics(base, id));
  }

  end(): void {
    this.#cancel();
  }

  #clear(topics: readonly string[]): void {
    for (const topic of topics) this.#topics.add(topic);
    this.#cancel();
    this.#cancel = this.#deps.clock.after(LATER_MS, () => this.#publish());
  }

  #publish(): void {
    for (const topic of this.#topics) this.#deps.publish(retained(topic, ""));
    this.#topics.clear();
    if (this.#begun) this.#deps.keepPlace(this.#deps.now);
  }
}
