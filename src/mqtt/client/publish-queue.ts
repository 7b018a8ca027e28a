import type { OutMessage } from "./broker.js";

interface QueueLimits {
  /** Retained topics that may wait: each keeps its last value only. */
  readonly topics: number;
  /** Messages that are not retained (results, events, responses) and may wait, and for how long. */
  readonly messages: number;
  readonly ageMs: number;
}

export const QUEUE_LIMITS: QueueLimits = { topics: 2000, messages: 2000, ageMs: 60_000 };

export interface Entry {
  readonly key: string;
  readonly message: OutMessage;
  /** When it was put, and when it was last handed to a connection. */
  readonly at: number;
  sentAt: number;
  /** A newer value of its topic was sent after it: whatever becomes of that one, this one is history. */
  stale: boolean;
  settle: (delivered: boolean) => void;
}

export type Drop = "too many" | "too old";

const nothing = (): void => undefined;

/**
 * What is still to be sent, in order, and what is on its way. The map's order is the order of sending; a newer value
 * of a retained topic takes the place of the waiting one, so a state never falls behind the result that it explains.
 */
export class PublishQueue {
  #waiting = new Map<string, Entry>();
  readonly #inFlight = new Set<Entry>();
  readonly #limits: QueueLimits;
  readonly #dropped: (message: OutMessage, why: Drop) => void;
  #serial = 0;
  #transient = 0;

  constructor(limits: QueueLimits, dropped: (message: OutMessage, why: Drop) => void) {
    this.#limits = limits;
    this.#dropped = dropped;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** When the message that has been on its way for longest was sent; null without one. */
  get oldestSentAt(): number | null {
    for (const entry of this.#inFlight) return entry.sentAt;
    return null;
  }

  /** `settle` is called exactly once, false meaning: not known to be delivered. */
  put(message: OutMessage, now: number, settle: (delivered: boolean) => void = nothing): void {
    const key = message.retain ? `=${message.topic}` : `#${this.#serial++}`;
    this.#add({ key, message, at: now, sentAt: now, stale: false, settle });
    this.#trim();
  }

  /** The next to send, now in flight; undefined when nothing waits. */
  take(now: number): Entry | undefined {
    for (const entry of this.#waiting.values()) {
      this.#remove(entry);
      if (!entry.message.retain && now - entry.at > this.#limits.ageMs) {
        this.#drop(entry, "too old");
        continue;
      }
      for (const older of this.#inFlight) older.stale ||= older.key === entry.key;
      entry.sentAt = now;
      this.#inFlight.add(entry);
      return entry;
    }
    return undefined;
  }

  /** The broker has answered, or the entry was given up. */
  settled(entry: Entry, delivered: boolean): void {
    this.#inFlight.delete(entry);
    entry.settle(delivered);
  }

  /**
   * The connection is gone: what was not acknowledged waits again, ahead of the rest, but never over a newer value
   * of its topic. Nobody is kept waiting for a delivery.
   */
  lost(): void {
    const entries = [...this.#inFlight, ...this.#waiting.values()];
    this.#inFlight.clear();
    const kept = entries.filter((entry) => !entry.stale);
    this.#refill(kept.map((entry) => ({ ...entry, settle: nothing })));
    for (const entry of entries) entry.settle(false);
  }

  /** What `run` puts goes ahead of everything that waits now; its topics' older values are forgotten. */
  ahead(run: () => void): void {
    const before = [...this.#waiting.values()];
    this.#refill([]);
    try {
      run();
    } finally {
      for (const entry of before) {
        if (this.#waiting.has(entry.key)) entry.settle(false);
        else this.#add(entry);
      }
      this.#trim();
    }
  }

  #refill(entries: readonly Entry[]): void {
    this.#waiting = new Map();
    this.#transient = 0;
    for (const entry of entries) this.#add(entry);
    this.#trim();
  }

  #add(entry: Entry): void {
    const older = this.#waiting.get(entry.key);
    if (!older && entry.message.retain && this.#waiting.size - this.#transient >= this.#limits.topics) {
      this.#drop(entry, "too many");
      return;
    }
    this.#waiting.set(entry.key, entry);
    if (!entry.message.retain) this.#transient += 1;
    older?.settle(false);
  }

  #remove(entry: Entry): void {
    this.#waiting.delete(entry.key);
    if (!entry.message.retain) this.#transient -= 1;
  }

  #trim(): void {
    for (const entry of this.#waiting.values()) {
      if (this.#transient <= this.#limits.messages) return;
      if (entry.message.retain) continue;
      this.#remove(entry);
      this.#drop(entry, "too many");
    }
  }

  #drop(entry: Entry, why: Drop): void {
    entry.settle(false);
    this.#dropped(entry.message, why);
  }
}
