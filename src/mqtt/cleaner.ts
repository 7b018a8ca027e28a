import type { Clock } from "../clock.js";
import type { OutMessage } from "./client/broker.js";
import { leftovers, type Place, retainedTopics } from "./leftovers.js";
import { retained } from "./messages.js";

/** Home Assistant logs an error for an empty state of an entity that it still has: it gets this long to let go of it. */
const LATER_MS = 1_000;

interface CleanerDeps {
  readonly now: Place;
  /** Where the last run published; null where nothing is known of one. */
  readonly before: Place | null;
  readonly keepPlace: (place: Place) => void;
  readonly clock: Clock;
  readonly publish: (message: OutMessage) => void;
}

/** Clears the retained topics of pads that are gone, and of a base topic or prefix that is ours no more. */
export class Cleaner {
  readonly #deps: CleanerDeps;
  readonly #topics = new Set<string>();
  #begun = false;
  #cancel: () => void = () => undefined;

  constructor(deps: CleanerDeps) {
    this.#deps = deps;
  }

  /** The broker is there. Returns, once a run, the configs of Home Assistant that are to be removed first. */
  begin(): readonly string[] {
    const { before, now } = this.#deps;
    if (this.#begun || JSON.stringify(before) === JSON.stringify(now)) return [];
    this.#begun = true;
    const { configs, topics } = leftovers(before ?? now, now);
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
