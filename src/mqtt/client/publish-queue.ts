import type { OutMessage } from "./broker.js";
import { LossRecord, type MessageSize } from "./loss-record.js";

interface QueueLimits {
  /** Retained topics that may wait: each keeps its last value only. */
  readonly topics: number;
  /** The limits of waiting messages that are not retained (results, events, responses): number, bytes, and time. */
  readonly messages: number;
  readonly bytes: number;
  readonly ageMs: number;
}

export const QUEUE_LIMITS: QueueLimits = {
  topics: 2000,
  messages: 2000,
  bytes: 4 * 1024 * 1024,
  ageMs: 60_000,
};

export interface QueueEntry extends MessageSize {
  readonly key: string;
  readonly message: OutMessage;
  /** When it was queued, and when it was last sent. */
  readonly at: number;
  sentAt: number;
  /** A newer value of its topic was sent after it: this one is outdated, whatever the result of the newer one. */
  stale: boolean;
  settle: (delivered: boolean) => void;
}

export type DropReason =
  "queue full" | "too old" | "connection lost twice while it was sent" | "not taken before";

/** Fixed header, topic length, packet id and properties of a PUBLISH of the bridge (MQTT 5 §3.3), rounded up. */
const PUBLISH_OVERHEAD = 16;
const sizeOf = ({ topic, payload }: OutMessage): number =>
  Buffer.byteLength(payload) + Buffer.byteLength(topic) + PUBLISH_OVERHEAD;

const nothing = (): void => undefined;

/**
 * Messages to send, and messages in flight. Values of retained topics go first, then the messages that are not
 * retained, each in order: a state is never behind the result that it explains, and no burst of results (seen: 25 s of
 * them) delays the belt's state. A newer value replaces the waiting one. A value marked `mustBeSeen` keeps its place,
 * and the newer one is sent after it.
 */
export class PublishQueue {
  readonly #values = new Map<string, QueueEntry>();
  readonly #messages = new Map<string, QueueEntry>();
  readonly #inFlight = new Set<QueueEntry>();
  readonly #limits: QueueLimits;
  readonly #dropped: (entry: QueueEntry, why: DropReason) => void;
  readonly #losses = new LossRecord();
  #serial = 0;
  /** Bytes of the messages, and number of the important ones. */
  #bytes = 0;
  #important = 0;

  constructor(limits: QueueLimits, dropped: (entry: QueueEntry, why: DropReason) => void) {
    this.#limits = limits;
    this.#dropped = dropped;
  }

  get waiting(): number {
    return this.#values.size + this.#messages.size;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** When the oldest message in flight was sent; null without one. */
  get oldestSentAt(): number | null {
    for (const entry of this.#inFlight) return entry.sentAt;
    return null;
  }

  /** `settle` is called exactly once; false: delivery unknown. */
  put(message: OutMessage, now: number, settle: (delivered: boolean) => void = nothing): void {
    const key = message.retain && !message.mustBeSeen ? `=${message.topic}` : `#${this.#serial++}`;
    const { topic } = message;
    const entry = { key, topic, message, bytes: sizeOf(message), at: now, sentAt: now, stale: false, settle };
    if (this.#losses.isHeld(entry, now)) return this.#drop(entry, "not taken before");
    this.#add(entry);
    this.#trim();
  }

  /** The next message to send, now in flight; undefined when nothing waits, or while a suspect is sent alone. */
  take(now: number): QueueEntry | undefined {
    for (const entry of this.#inFlight) if (this.#losses.isSuspect(entry)) return undefined;
    const entry = this.#next(now);
    if (!entry || (this.#losses.isSuspect(entry) && this.#inFlight.size > 0)) return undefined;
    this.#remove(entry);
    if (!entry.message.mustBeSeen) this.#outdate(entry, (older) => !older.message.mustBeSeen);
    entry.sentAt = now;
    this.#inFlight.add(entry);
    return entry;
  }

  /** The broker has answered, or the entry was dropped. */
  settled(entry: QueueEntry, delivered: boolean): void {
    if (delivered) {
      this.#losses.delivered(entry);
      this.#outdate(entry, () => true);
    }
    this.#inFlight.delete(entry);
    entry.settle(delivered);
  }

  /**
   * The connection is gone: unacknowledged messages wait again, ahead of the others, but never instead of a newer value
   * of their topic. Every wait for a delivery ends.
   */
  lost(now: number): void {
    const culprit = this.#losses.lost([...this.#inFlight], now);
    const entries = [...this.#inFlight, ...this.#all()];
    this.#inFlight.clear();
    const kept = entries.filter((entry) => !entry.stale && entry !== culprit);
    this.#refill(kept.map((entry) => ({ ...entry, settle: nothing })));
    for (const entry of entries) entry.settle(false);
    if (culprit) this.#dropped(culprit, "connection lost twice while it was sent");
  }

  /**
   * Messages that `run` queues go ahead of everything that waits; older values of their topics are removed, or go
   * before them where they must be seen.
   */
  ahead(run: () => void): void {
    const before = this.#all();
    this.#refill(before.filter(({ message }) => message.mustBeSeen));
    try {
      run();
    } finally {
      for (const entry of before) {
        if (entry.message.mustBeSeen) continue;
        if (this.#values.has(entry.key)) entry.settle(false);
        else this.#add(entry);
      }
      this.#trim();
    }
  }

  #next(now: number): QueueEntry | undefined {
    let last: QueueEntry | undefined;
    for (const entry of this.#values.values())
      if (this.#losses.comesLast(entry)) last ??= entry;
      else return entry;
    for (const entry of this.#messages.values())
      if (now - entry.at > this.#limits.ageMs) {
        this.#remove(entry);
        this.#drop(entry, "too old");
      } else if (this.#losses.comesLast(entry)) last ??= entry;
      else return entry;
    return last;
  }

  #all(): readonly QueueEntry[] {
    return [...this.#values.values(), ...this.#messages.values()];
  }

  #lane({ retain }: OutMessage): Map<string, QueueEntry> {
    return retain ? this.#values : this.#messages;
  }

  /** Earlier values of its topic are not sent again. */
  #outdate(entry: QueueEntry, which: (older: QueueEntry) => boolean): void {
    if (!entry.message.retain) return;
    for (const older of this.#inFlight) {
      if (older === entry) return;
      if (older.topic === entry.topic && which(older)) older.stale = true;
    }
  }

  /** Removes the waiting value of a topic, where it may be left out. */
  #forget(topic: string): void {
    const entry = this.#values.get(`=${topic}`);
    if (!entry) return;
    this.#remove(entry);
    entry.settle(false);
  }

  #refill(entries: readonly QueueEntry[]): void {
    this.#values.clear();
    this.#messages.clear();
    this.#bytes = 0;
    this.#important = 0;
    for (const entry of entries) this.#add(entry);
    this.#trim();
  }

  #add(entry: QueueEntry): void {
    if (entry.message.mustBeSeen) this.#forget(entry.topic);
    const lane = this.#lane(entry.message);
    const older = lane.get(entry.key);
    if (!older && entry.message.retain && lane.size >= this.#limits.topics) {
      this.#drop(entry, "queue full");
      return;
    }
    lane.set(entry.key, entry);
    this.#count(entry, 1);
    older?.settle(false);
  }

  #remove(entry: QueueEntry): void {
    this.#lane(entry.message).delete(entry.key);
    this.#count(entry, -1);
  }

  #count({ message, bytes }: QueueEntry, sign: 1 | -1): void {
    if (message.retain) return;
    this.#bytes += sign * bytes;
    if (message.important) this.#important += sign;
  }

  get #isFull(): boolean {
    return this.#messages.size > this.#limits.messages || this.#bytes > this.#limits.bytes;
  }

  /** Drops the oldest first, important messages last. */
  #trim(): void {
    for (const spared of [true, false])
      for (const entry of this.#messages.values()) {
        // Where all waiting messages are important, a search for another one would take longer with each.
        if (!this.#isFull || (spared && this.#messages.size === this.#important)) break;
        if (spared && entry.message.important) continue;
        this.#remove(entry);
        this.#drop(entry, "queue full");
      }
  }

  #drop(entry: QueueEntry, why: DropReason): void {
    entry.settle(false);
    this.#dropped(entry, why);
  }
}
