import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { afterLook, afterStart, type ClockTrust, firstTrust, isTrusted } from "./clock-trust.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;
const NOON = Date.UTC(2026, 10, 22, 12);

/** A machine: its clock, and a program on it that looks once an hour. */
class Machine {
  trust: ClockTrust;
  #at: number;
  #now = 0;
  #last: { readonly at: number; readonly now: number };

  constructor(newest: number | null = NOON, at = NOON) {
    this.#at = at;
    this.#last = { at, now: 0 };
    this.trust = firstTrust(newest, at);
  }

  runs(hours: number): this {
    for (let hour = 0; hour < hours; hour += 1) {
      this.#at += HOUR;
      this.#now += HOUR;
      this.#look();
    }
    return this;
  }

  set(by: number): this {
    this.#at += by;
    this.#look();
    return this;
  }

  /** Off for `ms`, by whatever clock it comes up with; the monotonic clock begins anew. */
  off(ms: number): this {
    this.#at += ms;
    this.#now = 5_000;
    this.trust = afterStart(this.trust, this.#at);
    this.#last = { at: this.#at, now: this.#now };
    return this;
  }

  get believes(): boolean {
    return isTrusted(this.trust);
  }

  #look(): void {
    const moment = { at: this.#at, now: this.#now };
    this.trust = afterLook(this.trust, this.#last, moment);
    this.#last = moment;
  }
}

describe("the clock is believed", () => {
  it.each<[string, Machine]>([
    ["on an empty store", new Machine(null)],
    ["within a day of what is stored", new Machine(NOON - 20 * HOUR)],
    ["while it goes on evenly", new Machine().runs(500)],
    ["after a night without power", new Machine().runs(5).off(9 * HOUR)],
    [
      "an hour after it was put right",
      new Machine()
        .runs(5)
        .set(20 * 60_000)
        .runs(1),
    ],
    [
      "an hour after it was set back to what is right",
      new Machine().runs(5).set(YEAR).runs(3).set(-YEAR).runs(1),
    ],
    [
      "a day after the machine was off for a month",
      new Machine()
        .runs(5)
        .off(30 * DAY)
        .runs(24),
    ],
    [
      "a day of running after it, in pieces",
      new Machine()
        .off(30 * DAY)
        .runs(13)
        .off(2 * DAY)
        .runs(11),
    ],
    ["a day after it was set to another year for good", new Machine().runs(5).set(YEAR).runs(24)],
    ["a day after it was set back for good", new Machine(NOON + YEAR).runs(24)],
  ])("%s", (_, machine) => {
    expect(machine.believes).toBe(true);
  });
});

describe("the clock is not believed", () => {
  it.each<[string, Machine]>([
    ["once it has jumped ahead", new Machine().runs(100).set(YEAR)],
    ["hours after it has jumped ahead", new Machine().runs(100).set(YEAR).runs(23)],
    ["once it has jumped by less than a day", new Machine().runs(100).set(20 * HOUR)],
    ["where it came up ahead", new Machine().runs(100).off(YEAR).runs(23)],
    ["where it came up ahead twice", new Machine().runs(100).off(YEAR).runs(12).off(YEAR).runs(23)],
    ["where it jumped again meanwhile", new Machine().runs(5).set(YEAR).runs(23).set(DAY).runs(5)],
    ["once it was set back", new Machine().runs(100).set(-YEAR).runs(23)],
    ["where what is stored is long ago", new Machine(NOON - YEAR).runs(23)],
    [
      "though a bridge began anew while it was wrong",
      new Machine().runs(100).set(YEAR).off(60_000).off(60_000),
    ],
  ])("%s", (_, machine) => {
    expect(machine.believes).toBe(false);
  });

  it("whatever it does within a day of running", () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant("runs" as const), by: fc.integer({ min: 0, max: 3 }) }),
      fc.record({ do: fc.constant("off" as const), by: fc.integer({ min: 0, max: 5 * YEAR }) }),
      fc.record({ do: fc.constant("set" as const), by: fc.integer({ min: -YEAR, max: 5 * YEAR }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 7 }), (steps) => {
        const machine = new Machine();
        const known = machine.trust.trusted;
        for (const { do: what, by } of steps) {
          machine[what](by);
          // Seven steps of three hours at most are less than a day: no time that is far from the first is believed, but
          // by steps of less than a day each.
          if (machine.believes) expect(Math.abs(machine.trust.seen - known)).toBeLessThanOrEqual(8 * DAY);
        }
      }),
    );
  });
});
