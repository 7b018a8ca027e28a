import type { Clock } from "../../clock.js";
import type { Logger } from "../../log/log.js";
import type { InMessage, OutMessage } from "../client/broker.js";
import { type DiscoveryMessage, staleDiscovery } from "./discovery.js";

/** A config that someone else cleared comes back once, this long after the last clearing (contract 6). */
const RESTORE_MS = 2_000;
/**
 * A machine tells piece by piece what it can do. A second config for a device whose platforms Home Assistant is still
 * loading makes it pass over the components that are new in it (core mqtt/discovery.py: the branch for a discovery that
 * is pending returns), so changes are gathered.
 */
const GATHER_MS = 1_000;
/** And published again once it has surely loaded them: it ignores a text that it knows (home-assistant 2, Updating). */
const REPEAT_MS = 10_000;
/** What a broker that refuses a config costs. */
const MISSING =
  "Until then Home Assistant shows none of what this config would announce; topics, page and belt are not affected. " +
  "Without Home Assistant: homeassistant.enabled: false";
/** Contract 5: after a birth message, and spread so that many bridges do not answer at once. */
const BIRTH_MS = { least: 500, spread: 2_500 } as const;

export interface AnnouncerDeps {
  readonly base: string;
  readonly enabled: boolean;
  readonly clock: Clock;
  readonly log: Logger;
  /** 0 to 1. */
  readonly random: () => number;
  /** The device messages as they are now, the bridge's first. */
  readonly configs: () => readonly DiscoveryMessage[];
  readonly publish: (message: OutMessage) => void;
  /** The device of a pad, or of the "bridge", was removed from Home Assistant. */
  readonly onRemoved: (id: string) => void;
  /** Home Assistant has (re)started: everything is published again. */
  readonly onBirth: () => void;
}

/** Keeps Home Assistant's picture of us true: configs published, restored, updated, and removed with what is gone. */
export class Announcer {
  readonly #deps: AnnouncerDeps;
  /** The last config published on each topic, as text. */
  readonly #published = new Map<string, string>();
  /** Topics that were restored since Home Assistant last came up: a second clearing is meant. */
  readonly #restored = new Set<string>();
  readonly #missing = new Set<string>();
  /** Cleared since the last announcement: what the broker had sent before is no news. */
  readonly #removed = new Set<string>();
  /** Topics to publish once more as they are. */
  readonly #unrepeated = new Set<string>();
  #cancelRestore: () => void = () => undefined;
  #cancelRepeat: () => void = () => undefined;
  #cancelGather: (() => void) | null = null;
  #cancelBirth: (() => void) | null = null;

  constructor(deps: AnnouncerDeps) {
    this.#deps = deps;
  }

  /**
   * Publishes every config, the bridge's first. Where an earlier run has left configs, those are removed and the others
   * come a second later: Home Assistant then gives the entity ids that have become free to their successors.
   */
  announce(left: readonly string[] = []): void {
    for (const topic of left) if (!this.#removed.has(topic)) this.#remove(topic);
    const isFirst = this.#published.size === 0;
    if (!this.#deps.enabled) return;
    if (isFirst && this.#removed.size > 0) return this.update();
    this.#removed.clear();
    for (const { topic, payload } of this.#deps.configs()) {
      const text = JSON.stringify(payload);
      if (this.#published.get(topic) === text) this.#send(topic, text);
      else this.#replace(topic, text);
    }
  }

  /** A pad's limits or model became known: publishes what has changed within a second. */
  update(): void {
    // The first timer stays: nobody can put the update off for ever.
    if (this.#deps.enabled)
      this.#cancelGather ??= this.#deps.clock.after(GATHER_MS, () => this.#publishChanged());
  }

  #publishChanged(): void {
    this.#cancelGather = null;
    for (const { topic, payload } of this.#deps.configs()) {
      const text = JSON.stringify(payload);
      if (this.#published.get(topic) !== text) this.#replace(topic, text);
    }
  }

  /** A message on a config topic: a leftover of ours to remove, or one of ours that someone has cleared. */
  seen(message: InMessage): void {
    if (message.payload.length === 0) this.#wasCleared(message.topic);
    else if (message.retain) this.#removeStale(message.topic, new TextDecoder().decode(message.payload));
  }

  /** A message on Home Assistant's status topic. */
  status(message: InMessage): void {
    const word = new TextDecoder().decode(message.payload);
    // A stored birth message is an old one: the one that is meant for us comes live.
    if (word !== "online" || message.retain) return;
    // The first timer stays: a flood of births would put it off for ever.
    if (this.#cancelBirth) return;
    const ms = BIRTH_MS.least + this.#deps.random() * BIRTH_MS.spread;
    this.#cancelBirth = this.#deps.clock.after(ms, () => {
      this.#cancelBirth = null;
      this.#deps.log.debug({}, "Home Assistant is back: publishing everything again");
      this.#restored.clear();
      this.#deps.onBirth();
    });
  }

  end(): void {
    this.#cancelRestore();
    this.#cancelRepeat();
    this.#cancelGather?.();
    this.#cancelBirth?.();
  }

  /** Home Assistant keeps a component that is merely left out: what is gone is removed by a stub first. */
  #replace(topic: string, text: string): void {
    const before = this.#published.get(topic);
    if (before !== undefined) this.#removeStale(topic, before);
    if (this.#published.get(topic) !== text) this.#send(topic, text);
  }

  #removeStale(topic: string, payload: string): void {
    const own = this.#deps.enabled ? this.#deps.configs() : [];
    for (const removal of staleDiscovery(own, { topic, payload }, this.#deps.base)) {
      if (removal.payload === null) {
        if (this.#removed.has(topic)) continue;
        this.#remove(topic);
        this.#deps.onRemoved(removal.id);
      }
      // Home Assistant has to see the stub that removes a component: the config that follows may not replace it.
      else this.#send(topic, JSON.stringify(removal.payload), true);
    }
  }

  /** A second clearing of the same config would be a warning in Home Assistant's log. */
  #remove(topic: string): void {
    this.#removed.add(topic);
    this.#deps.log.info({ topic }, "Removed an old device from Home Assistant");
    this.#send(topic, "", true);
  }

  #wasCleared(topic: string): void {
    // Whatever is decided about it, it does not come back unasked.
    this.#unrepeated.delete(topic);
    // The echo of a clearing of ours is not of a config that is published any more.
    if (!this.#published.has(topic) || this.#restored.has(topic)) return;
    // Home Assistant clears the topic once for each entity (home-assistant 2, Updating): wait for the last.
    this.#missing.add(topic);
    this.#cancelRestore();
    this.#cancelRestore = this.#deps.clock.after(RESTORE_MS, () => this.#restore());
  }

  #restore(): void {
    this.#deps.log.info(
      {},
      "our Home Assistant config was cleared by someone else; it is published again, once",
    );
    for (const topic of this.#missing) {
      const text = this.#published.get(topic);
      if (text !== undefined) this.#publish(topic, text);
      this.#restored.add(topic);
    }
    this.#missing.clear();
  }

  #send(topic: string, payload: string, mustBeSeen = false): void {
    if (payload === "") this.#published.delete(topic);
    else this.#published.set(topic, payload);
    this.#unrepeated.add(topic);
    this.#cancelRepeat();
    this.#cancelRepeat = this.#deps.clock.after(REPEAT_MS, () => this.#repeat());
    this.#publish(topic, payload, mustBeSeen);
  }

  #repeat(): void {
    for (const topic of this.#unrepeated) {
      const payload = this.#published.get(topic);
      if (payload !== undefined) this.#publish(topic, payload);
    }
    this.#unrepeated.clear();
  }

  #publish(topic: string, payload: string, mustBeSeen = false): void {
    this.#deps.publish({
      topic,
      payload,
      retain: true,
      qos: 1,
      ...(payload !== "" && { missing: MISSING }),
      ...(mustBeSeen && { mustBeSeen }),
    });
  }
}
