import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { missedSession, needsRecord, type Gap } from "./offline-session.js";
import type { PadRecord, PadStatus } from "./pad.js";
import { noWalk, walk, type Walk, type WalkEvent, type WalkInput, type WalkSettings } from "./session.js";
import { metres, seconds, speedFromKmh } from "./units.js";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const MINUTE = 60_000;

/** 600 s, 660 m and 1100 steps that began `minutes` ago. */
const record = (minutes: number | null, change: Partial<Record<keyof PadRecord, number>> = {}): PadRecord => {
  const age = minutes === null ? {} : { age: seconds(minutes * 60) };
  return {
    ...age,
    elapsed: seconds(600),
    distance: metres(660),
    steps: 1100,
    remaining: 1,
    ...change,
  } as PadRecord;
};
/** Nobody listened for the last hour, to a pad that was at rest and shows nothing. */
const gap: Gap = {
  since: NOW - 60 * MINUTE,
  moving: false,
  counters: { elapsed: 0, distance: 0, steps: 0 },
  counted: false,
  gained: { elapsed: 0, distance: 0, steps: 0 },
  statuses: 3,
};
const earlier = { elapsed: 200, distance: 220, steps: 350 };

const numbers = (record: PadRecord, about: Gap) => {
  const missed = missedSession(record, about, NOW);
  return missed && [missed.elapsed, missed.distance, missed.steps, (missed.from - NOW) / MINUTE];
};

interface Case {
  readonly name: string;
  readonly record: PadRecord;
  readonly gap?: Partial<Gap>;
  readonly missed: readonly number[] | null;
}

const cases: readonly Case[] = [
  { name: "a walk within the gap", record: record(40), missed: [600, 660, 1100, -40] },
  { name: "the counters have shown it", record: record(40), gap: { counted: true }, missed: null },
  { name: "the pad does not report when it was", record: record(null), missed: null },
  { name: "it was before the gap", record: record(90), missed: null },
  { name: "it began before the gap, but the belt was at rest then", record: record(65), missed: null },
  { name: "it is too old for the accuracy of the pad's clock", record: record(59.9), missed: null },
  { name: "it is not over yet", record: record(5), missed: null },
  { name: "there is none", record: record(40, { elapsed: 0, distance: 0, steps: 0 }), missed: null },
  { name: "it is faster than any belt", record: record(40, { distance: 90_000 }), missed: null },
  { name: "it has more steps than any walk", record: record(40, { steps: 0xff_ffff }), missed: null },
  { name: "it is longer than a day", record: record(2000, { elapsed: 100_000 }), missed: null },
  {
    name: "the rest of a walk that was under way",
    record: record(64),
    gap: { moving: true, counters: earlier },
    missed: [400, 440, 750, -60],
  },
  {
    name: "a walk in progress, of which more was observed than recorded",
    record: record(64),
    gap: { moving: true, counters: { elapsed: 700, distance: 700, steps: 1200 } },
    missed: null,
  },
  {
    name: "a walk that ended before the one that was under way",
    record: record(80),
    gap: { moving: true, counters: earlier },
    missed: null,
  },
  {
    name: "what the counters had shown is in it, and counted",
    record: record(40),
    gap: { counters: earlier },
    missed: [400, 440, 750, -40],
  },
  {
    name: "what the counters had shown cannot be in it",
    record: record(40),
    gap: { counters: { elapsed: 200, distance: 900, steps: 1500 } },
    missed: [600, 660, 1100, -40],
  },
  {
    name: "the last seconds of one, which the counters have shown already",
    record: record(64, { elapsed: 203, distance: 220, steps: 354 }),
    gap: {
      moving: true,
      counters: earlier,
      gained: { elapsed: 3, distance: 0, steps: 4 },
      since: NOW - 61 * MINUTE,
    },
    missed: null,
  },
  {
    name: "the rest of one, without the part that the counters have shown",
    record: record(64),
    gap: { moving: true, counters: earlier, gained: { elapsed: 3, distance: 10, steps: 4 } },
    missed: [397, 430, 746, -60],
  },
  {
    name: "a machine without counters",
    record: record(40),
    gap: { counters: null },
    missed: [600, 660, 1100, -40],
  },
];

describe("of a pad's record", () => {
  it.each(cases)("$name", ({ record, gap: change, missed }) => {
    expect(numbers(record, { ...gap, ...change })).toEqual(missed);
  });
});

const settings: WalkSettings = {
  pauseTimeout: 15 * MINUTE,
  minDuration: seconds(30),
  body: { weight: 75, age: null, height: null, sex: null },
};

/** A pad that zeroes its counters at rest, and a bridge that hears it by the second. */
class Bridge {
  state: Walk = noWalk;
  readonly events: WalkEvent[] = [];
  at = NOW;

  take(input: (moment: { at: number; now: number }) => WalkInput): this {
    const step = walk(this.state, input({ at: this.at, now: this.at - 7 }), settings);
    this.state = step.state;
    this.events.push(...step.events);
    return this;
  }

  hear(count: number, kmh = 0, elapsed = 0): this {
    for (let second = 0; second < count; second += 1) {
      const status: PadStatus = {
        activity: kmh > 0 ? "running" : "resting",
        code: 0,
        speed: speedFromKmh(kmh),
        elapsed: seconds(elapsed + (kmh > 0 ? second : 0)),
        distance: metres(elapsed + (kmh > 0 ? second : 0)),
        steps: 0,
      };
      this.take((moment) => ({ type: "status", status, ...moment }));
      this.at += 1000;
    }
    return this;
  }

  away(ms: number): this {
    this.take(() => ({ type: "gap" }));
    this.at += ms;
    return this;
  }

  told(record: PadRecord): this {
    return this.take((moment) => ({ type: "record", record, ...moment }));
  }

  get kept(): number[] {
    return this.events.flatMap((event) =>
      event.type === "session_ended" && event.kept ? [event.session.duration] : [],
    );
  }
}

describe("an unobserved walk", () => {
  it("becomes a session of its own, on the day it was walked", () => {
    const { events } = new Bridge()
      .hear(5)
      .away(60 * MINUTE)
      .hear(1)
      .told(record(40))
      .hear(5);
    expect(events.map(({ type }) => type)).toEqual(["session_started", "delta", "delta", "session_ended"]);
    const session = events.flatMap((event) => (event.type === "session_ended" ? [event.session] : []))[0];
    const startedAt = NOW + 20 * MINUTE + 6_000;
    expect(session).toMatchObject({
      state: "ended",
      startedAt,
      endedAt: startedAt + 600_000,
      distance: 660,
      duration: 600,
      steps: 1100,
      caloriesSource: "estimate",
      maxSpeed: 396,
    });
    expect(session?.calories).toBeGreaterThan(20);
  });

  it.each([
    ["before the counters are sure", (bridge: Bridge) => bridge.told(record(40)).hear(6)],
    ["after", (bridge: Bridge) => bridge.hear(6).told(record(40)).hear(1)],
    ["twice", (bridge: Bridge) => bridge.told(record(40)).hear(6).told(record(40)).hear(6)],
  ])("is added once when the record comes %s", (_, tell) => {
    expect(tell(new Bridge().hear(5).away(60 * MINUTE)).kept).toEqual([600]);
  });

  it("is not added when the belt moves: the counters show it", () => {
    expect(
      new Bridge()
        .hear(5)
        .away(60 * MINUTE)
        .hear(3, 3, 1)
        .told(record(40))
        .hear(6).kept,
    ).toEqual([]);
  });

  it("is not added when it was observed, whatever the pad reports later", () => {
    const bridge = new Bridge()
      .hear(5)
      .hear(602, 3, 1)
      .hear(5)
      .take((moment) => ({ type: "end", ...moment }));
    expect(bridge.kept).toHaveLength(1);
    bridge
      .told(record(10))
      .hear(5)
      .away(5 * 24 * 60 * MINUTE)
      .hear(1);
    // Its clock has lost an hour since, so that the walk seems to have begun in the gap.
    bridge.told(record(5 * 24 * 60 - 60)).hear(5);
    expect(bridge.kept).toHaveLength(1);
  });

  it("is not added when it is too short to count", () => {
    const short = record(40, { elapsed: 29, distance: 20, steps: 30 });
    expect(
      new Bridge()
        .hear(5)
        .away(60 * MINUTE)
        .hear(1)
        .told(short)
        .hear(6).events,
    ).toEqual([]);
  });

  it("goes into the session that is still open", () => {
    const bridge = new Bridge()
      .hear(1)
      .hear(61, 3, 0)
      .hear(5)
      .away(10 * MINUTE)
      .hear(1);
    bridge.told(record(6, { elapsed: 120, distance: 100, steps: 150 })).hear(5);
    expect(bridge.state.session).toMatchObject({ state: "paused", duration: 180, distance: 160, steps: 150 });
    expect(bridge.kept).toEqual([]);
    // The pause is counted from the end of that walk.
    bridge.at += 10.5 * MINUTE;
    bridge.take((moment) => ({ type: "tick", ...moment }));
    expect(bridge.kept).toEqual([]);
    bridge.at += MINUTE;
    bridge.take((moment) => ({ type: "tick", ...moment }));
    expect(bridge.kept).toEqual([180]);
  });

  it("is requested once the counters have shown none", () => {
    const asks = (bridge: Bridge): boolean => needsRecord(bridge.state.absence);
    const bridge = new Bridge()
      .hear(5)
      .away(60 * MINUTE)
      .hear(2);
    expect(asks(bridge)).toBe(false);
    expect(asks(bridge.hear(1))).toBe(true);
    expect(asks(bridge.told(record(40)))).toBe(false);
    expect(asks(bridge.hear(5))).toBe(false);
    expect(asks(new Bridge().hear(9))).toBe(false);
    expect(asks(new Bridge().hear(5).away(2_000).hear(9))).toBe(false);
    expect(
      asks(
        new Bridge()
          .hear(5)
          .away(60 * MINUTE)
          .hear(9, 3, 1),
      ),
    ).toBe(false);
    expect(asks(new Bridge().hear(5, 3, 0).away(2_000).hear(9))).toBe(true);
  });

  it("is found after a gap that follows one without a request", () => {
    const bridge = new Bridge().hear(5).away(2_000).hear(5).hear(100, 3, 0).hear(5);
    bridge
      .take((moment) => ({ type: "end", ...moment }))
      .away(60 * MINUTE)
      .hear(5)
      .told(record(40))
      .hear(1);
    expect(bridge.kept).toEqual([99, 600]);
  });

  it("is added once at most, however often and with whatever clock the pad reports it", () => {
    const telling = fc.record({
      away: fc.integer({ min: 1, max: 3 * 24 * 60 }),
      drift: fc.double({ min: -0.02, max: 0.02, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(telling, { minLength: 1, maxLength: 6 }), fc.nat(120), (tellings, begins) => {
        const bridge = new Bridge().hear(5);
        const began = bridge.at + begins * MINUTE;
        for (const { away, drift } of tellings) {
          bridge.away(away * MINUTE).hear(1);
          const age = ((bridge.at - began) / 1000) * (1 + drift);
          // The pad knows nothing of it yet, or tells of it as its clock has it.
          if (age >= 600) bridge.told(record(age / 60)).hear(5);
        }
        expect(bridge.kept.length).toBeLessThanOrEqual(1);
      }),
    );
  });
});
