import type { Clock } from "../../clock.js";
import type { Logger } from "../../log/log.js";
import type { InMessage, OutMessage } from "../client/broker.js";
import { type DiscoveryMessage, staleDiscovery } from "./discovery.js";
import { Echoes } from "./echoes.js";

/** A config that another client cleared is published again once, this long after the last clearing (docs/topics.md). */
const RESTORE_MS = 2_000;
/**
 * A machine reports its capabilities step by step. A second config for a device whose platforms Home Assistant is still
 * loading makes it ignore the new components (core mqtt/discovery.py: the branch for a pending discovery returns), so
 * changes are collected.
 */
const GATHER_MS = 1_000;
/**
 * And published again once Home Assistant has surely loaded them: it ignores a text that it has already (home-assistant
 * 2, Updating).
 */
const REPEAT_MS = 10_000;
/** What is missing while a broker refuses a config. */
const MISSING =
  "Until then Home Assistant does not show the entities of this config; topics, page and belt are not affected. " +
  "Without Home Assistant: homeassistant.enabled: false";
/** docs/topics.md: after a birth message, at a random time, so that many bridges do not publish at once. */
const BIRTH_MS = { least: 500, spread: 2_500 } as const;

export interface AnnouncerDeps {
  readonly base: string;
  readonly enabled: boolean;
  readonly clock: Clock;
  readonly log: Logger;
  /** 0 to 1. */
  readonly random: () => number;
  /** The present device messages, the bridge's first. */
  readonly configs: () => readonly DiscoveryMessage[];
  readonly publish: (message: OutMessage) => void;
  /** The device of a pad, or of the "bridge", was removed from Home Assistant. */
  readonly onRemoved: (id: string) => void;
  /** Home Assistant has (re)started: everything is published again. */
  readonly onBirth: () => void;
}

/** Keeps Home Assistant's devices up to date: configs are published, restored, updated, and removed. */
export class Announcer {
  readonly #deps: AnnouncerDeps;
  /** The last config published on each topic, as text. */
  readonly #published = new Map<string, string>();
  /** Topics that were restored since Home Assistant last started: a second clearing is intended. */
  readonly #restored = new Set<string>();
  readonly #missing = new Set<string>();
  /** Cleared since the last announcement: messages that the broker sent before are outdated. */
  readonly #removed = new Set<string>();
  /** Topics to publish once more unchanged. */
  readonly #unrepeated = new Set<string>();
  readonly #echoes: Echoes;
  #cancelRestore: () => void = () => undefined;
  #cancelRepeat: () => void = () => undefined;
  #cancelGather: (() => void) | null = null;
  #cancelBirth: (() => void) | null = null;

  constructor(deps: AnnouncerDeps) {
    this.#deps = deps;
    this.#echoes = new Echoes(deps.log);
  }

  /**
   * Publishes every config, the bridge's first. Configs of an earlier run are removed first, and the others follow a
   * second later: Home Assistant then gives the free entity ids to their successors.
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

  /** A pad's limits or model became known: publishes the changes within a second. */
  update(): void {
    // The first timer stays: repeated calls cannot delay the update for ever.
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

  /**
   * A message on a config topic: an old config of the bridge to remove, or a present one that another client has
   * cleared.
   */
  seen(message: InMessage): void {
    if (message.payload.length === 0) this.#wasCleared(message.topic);
    else if (message.retain) this.#removeStale(message.topic, new TextDecoder().decode(message.payload));
    else this.#echoes.came(message.topic);
  }

  /** A message on Home Assistant's status topic. */
  status(message: InMessage): void {
    const word = new TextDecoder().decode(message.payload);
    // A stored birth message is old: the one for this connection arrives live.
    if (word !== "online" || message.retain) return;
    // The first timer stays: a flood of births would delay it for ever.
    if (this.#cancelBirth) return;
    const ms = BIRTH_MS.least + this.#deps.random() * BIRTH_MS.spread;
    this.#cancelBirth = this.#deps.clock.after(ms, () => {
      this.#cancelBirth = null;
      this.#deps.log.debug({}, "Home Assistant started: publishing everything again");
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

  /** Home Assistant keeps a component that is merely left out: a stub removes it first. */
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
      // Home Assistant must receive the stub that removes a component: the config that follows must not replace it.
      else this.#send(topic, JSON.stringify(removal.payload), true);
    }
  }

  /** A second clearing of the same config would log a warning in Home Assistant. */
  #remove(topic: string): void {
    this.#removed.add(topic);
    this.#deps.log.info({ topic }, "Removed an old device from Home Assistant");
    this.#send(topic, "", true);
  }

  #wasCleared(topic: string): void {
    // In every case below the config is not repeated by the timer.
    this.#unrepeated.delete(topic);
    // The echo of the bridge's own clearing concerns a config that is no longer published.
    if (!this.#published.has(topic) || this.#restored.has(topic)) return;
    // Home Assistant clears the topic once for each entity (home-assistant 2, Updating): wait for the last.
    this.#missing.add(topic);
    this.#cancelRestore();
    this.#cancelRestore = this.#deps.clock.after(RESTORE_MS, () => this.#restore());
  }

  #restore(): void {
    this.#deps.log.info({}, "Home Assistant config cleared by another client; it is published again once");
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
    this.#cancelRepeat = this.#deps.clock.after(REPEAT_MS, () => this.#echoes.report());
  }

  #publish(topic: string, payload: string, mustBeSeen = false): void {
    this.#echoes.sent(topic, payload);
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
