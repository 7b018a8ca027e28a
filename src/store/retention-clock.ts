import type { Clock } from "../clock.js";
import type { Timestamp } from "../domain/session.js";
import type { Logger } from "../log/log.js";
import { afterLook, afterStart, type ClockTrust, firstTrust, holdFor, isTrusted } from "./clock-trust.js";

const EVERY_MS = 60 * 60_000;
const DAY_MS = 86_400_000;

const dayOf = (at: number): string => {
  const date = new Date(at);
  return Number.isNaN(date.valueOf()) ? String(at) : date.toISOString().slice(0, 10);
};

/** When sessions older than `store.retention_days` are removed: never by a clock that has just jumped. */
export class Retention {
  readonly #days: number;
  readonly #clock: Clock;
  readonly #log: Logger;
  #trust: ClockTrust | null = null;
  #last: Timestamp = { at: 0, now: 0 };
  #stop: () => void = () => undefined;
  #due = true;
  #removed = 0;
  #doubts = false;

  constructor(days: number, { clock, log }: { readonly clock: Clock; readonly log: Logger }) {
    this.#days = days;
    this.#clock = clock;
    this.#log = log;
  }

  /** `trust`: the last run's record; `newest`: the newest time in the store. `want` requests a transaction. */
  start(trust: ClockTrust | null, newest: number | null, want: () => void): void {
    this.#last = this.#moment();
    const { at } = this.#last;
    this.#trust = trust ? afterStart(trust, at) : firstTrust(newest, at);
    this.#stop = this.#clock.every(EVERY_MS, () => {
      this.#due = true;
      want();
    });
    want();
  }

  /**
   * The trust to save with the next transaction, and the time (epoch milliseconds) before which it may remove; null:
   * none now.
   */
  look(): { readonly trust: ClockTrust | null; readonly expireBefore: number | null } {
    if (!this.#trust) return { trust: null, expireBefore: null };
    const moment = this.#moment();
    const { trusted } = this.#trust;
    this.#trust = afterLook(this.#trust, this.#last, moment);
    this.#last = moment;
    const isSure = isTrusted(this.#trust);
    if (!isSure) this.#doubt(this.#trust, trusted);
    else this.#doubts = false;
    const expireBefore = this.#due && isSure ? moment.at - this.#days * DAY_MS : null;
    return { trust: this.#trust, expireBefore };
  }

  /** The result of a removal. */
  done(expireBefore: number, expired: number, more: boolean): void {
    this.#removed += expired;
    this.#due = more;
    if (more || this.#removed === 0) return;
    const walks = this.#removed === 1 ? "1 session" : `${this.#removed} sessions`;
    this.#log.info(
      { sessions: this.#removed, before: dayOf(expireBefore) },
      `Deleted ${walks} that ended before ${dayOf(expireBefore)} (store.retention_days ${this.#days}). Totals keep them.`,
    );
    this.#removed = 0;
  }

  end(): void {
    this.#stop();
    this.#due = false;
  }

  #doubt(trust: ClockTrust, trusted: number): void {
    const hours = holdFor(trust) / EVERY_MS;
    // A clock that was only corrected is confirmed after an hour, without a warning.
    if (this.#doubts || hours === 1) return;
    this.#doubts = true;
    this.#log.warn(
      { clock: dayOf(trust.seen), known: dayOf(trusted) },
      `The clock shows ${dayOf(trust.seen)}; the last known time is ${dayOf(trusted)}. ` +
        `No old session is deleted before this time has held for ${hours} hours. Set the clock if it is wrong.`,
    );
  }

  #moment(): Timestamp {
    return { at: this.#clock.wall(), now: this.#clock.now() };
  }
}
