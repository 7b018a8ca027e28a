import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { localDays } from "../../test/support/local-days.js";
import type { Activity, Mode, PadRecord, PadStatus } from "./pad.js";
import { noWalk, walk, type Walk, type WalkEvent, type WalkInput, type WalkSettings } from "./session.js";
import type { Session } from "./stats.js";
import { NO_TOTALS, noTally, updateTotals } from "./totals.js";
import { metres, seconds, type Speed } from "./units.js";

const localDay = localDays("Europe/Berlin");

const settings: WalkSettings = {
  pauseTimeout: 60_000,
  minDuration: seconds(10),
  body: { weight: 75, age: null, height: null, sex: null },
};

// A pad's counters, reset whenever its kind likes (wire-facts a.9). It walks whole metres a second, so that nothing
// is lost in rounding and every kind must give the very same sessions.
const HABITS = [
  "resets on standby",
  "resets at the next start",
  "resets on state 0",
  "zeroes time and distance first, steps a frame later",
  "shows the old values once more after a reset",
  "resets distance only",
  "resets steps only",
  "counts steps a frame late",
  "starts near the wrap",
] as const;
type Habit = (typeof HABITS)[number];

type Leg = { readonly do: "walk" | "rest" | "standby"; readonly seconds: number; readonly pace: number };
interface Counts {
  readonly distance: number;
  readonly elapsed: number;
  readonly steps: number;
}
interface Frame extends Counts {
  readonly activity: Activity;
  readonly pace: number;
}
const ZERO: Counts = { distance: 0, elapsed: 0, steps: 0 };
const NEAR_WRAP: Counts = { distance: 0xff_ffff - 40, elapsed: 0xffff - 20, steps: 0xffff - 30 };
const WRAPS: Counts = { distance: 0x100_0000, elapsed: 0x1_0000, steps: 0x1_0000 };

const wrap = (counts: Counts): Counts => ({
  distance: counts.distance % WRAPS.distance,
  elapsed: counts.elapsed % WRAPS.elapsed,
  steps: counts.steps % WRAPS.steps,
});

/** What the counters become when the machine resets them, frame by frame. */
const resets = (habit: Habit, counts: Counts): readonly Counts[] => {
  if (habit === "zeroes time and distance first, steps a frame later")
    return [{ ...ZERO, steps: counts.steps }, ZERO];
  if (habit === "shows the old values once more after a reset") return [ZERO, counts, ZERO];
  if (habit === "resets distance only") return [{ ...counts, distance: 0 }];
  if (habit === "resets steps only") return [{ ...counts, steps: 0 }];
  return habit === "starts near the wrap" ? [counts] : [ZERO];
};
const resetsOn = (habit: Habit): Leg["do"] => {
  if (habit === "resets on standby" || habit === "counts steps a frame late") return "standby";
  return habit === "resets at the next start" ? "walk" : "rest";
};

/** One frame a second. */
const frames = (habit: Habit, legs: readonly Leg[]): Frame[] => {
  let counts = habit === "starts near the wrap" ? NEAR_WRAP : ZERO;
  const told: Frame[] = [{ ...counts, activity: "resting", pace: 0 }];
  for (const leg of legs) {
    const queue = resetsOn(habit) === leg.do ? [...resets(habit, counts)] : [];
    const activity = ({ walk: "running", rest: "resting", standby: "standby" } as const)[leg.do];
    // The last frame with the totals of a walk: states 3 and 4 (wire-facts a.8).
    if (leg.do === "rest") told.push({ ...counts, activity: "stopping", pace: 0 });
    if (leg.do === "walk") counts = queue.at(-1) ?? counts;
    for (let second = 0; second < leg.seconds; second += 1) {
      if (leg.do !== "walk") counts = queue.shift() ?? counts;
      else
        counts = wrap({
          distance: counts.distance + leg.pace,
          elapsed: counts.elapsed + 1,
          steps: counts.steps + leg.pace,
        });
      told.push({ ...counts, activity, pace: leg.do === "walk" ? leg.pace : 0 });
    }
  }
  if (habit !== "counts steps a frame late") return told;
  // The lag is over within the first second of rest.
  return told.map((frame, index) => ({
    ...frame,
    steps: frame.pace > 0 ? Math.min(frame.steps, told[Math.max(0, index - 1)]!.steps) : frame.steps,
  }));
};

const START = Date.parse("2026-11-22T10:00:00Z");
const toInput = ({ activity, pace, distance, elapsed, steps }: Frame, index: number): WalkInput => ({
  type: "status",
  status: {
    activity,
    code: 0,
    speed: (pace * 360) as Speed,
    distance: metres(distance),
    elapsed: seconds(elapsed),
    steps,
  },
  at: START + index * 1000,
  now: index * 1000,
});

const play = (
  inputs: readonly WalkInput[],
  pauseTimeout = settings.pauseTimeout,
): { state: Walk; events: WalkEvent[] } => {
  let state = noWalk;
  const events: WalkEvent[] = [];
  for (const input of inputs) {
    const step = walk(state, input, { ...settings, pauseTimeout });
    state = step.state;
    events.push(...step.events);
  }
  return { state, events };
};

const ended = (events: readonly WalkEvent[], kept?: boolean): Session[] =>
  events.flatMap((event) =>
    event.type === "session_ended" && (kept === undefined || event.kept === kept) ? [event.session] : [],
  );
const total = (events: readonly WalkEvent[]) =>
  events.reduce(
    (state, event) => (event.type === "delta" ? updateTotals(state, event, localDay) : state),
    noTally,
  ).total;

const leg: fc.Arbitrary<Leg> = fc.record({
  do: fc.constantFrom("walk" as const, "walk" as const, "rest" as const, "rest" as const, "standby" as const),
  seconds: fc.integer({ min: 4, max: 90 }),
  pace: fc.integer({ min: 1, max: 2 }),
});
/** Walks have a rest after them, as on any belt. */
const legs = fc
  .array(leg, { minLength: 1, maxLength: 8 })
  .map((list) =>
    list.flatMap((one, index): Leg[] =>
      one.do === "walk" && list[index + 1]?.do !== "rest"
        ? [one, { do: "rest", seconds: 5, pace: 1 }]
        : [one],
    ),
  )
  .map((list): Leg[] => [...list, { do: "rest", seconds: 70, pace: 1 }]);

/** The walks of a script by the rules alone: a minute without movement, or standby, ends one. */
const truth = (list: readonly Leg[]): Counts[] => {
  const walks: Counts[] = [];
  let rested = Infinity;
  for (const one of list) {
    if (one.do === "standby") rested = Infinity;
    // The frame of state 3 or 4 belongs to the rest.
    else if (one.do === "rest") rested += one.seconds + 1;
    else {
      const last = rested + 1 >= 60 ? undefined : walks.pop();
      const { distance, elapsed, steps } = last ?? ZERO;
      const gone = one.seconds * one.pace;
      walks.push({ distance: distance + gone, elapsed: elapsed + one.seconds, steps: steps + gone });
      rested = 0;
    }
  }
  return walks;
};
const toCounts = ({ distance, duration, steps }: Session): Counts => ({ distance, elapsed: duration, steps });

describe("whatever the pad's counters do", () => {
  it.each(HABITS)("sessions are what was walked on a pad that %s", (habit) => {
    fc.assert(
      fc.property(legs, (list) => {
        const { events } = play(frames(habit, list).map(toInput));
        expect(ended(events).map(toCounts)).toEqual(truth(list));
      }),
    );
  });

  it("duplicates change nothing", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...HABITS),
        legs,
        fc.infiniteStream(fc.integer({ min: 1, max: 3 })),
        (habit, list, copies) => {
          const inputs = frames(habit, list).map(toInput);
          const doubled = inputs.flatMap((input) =>
            Array<WalkInput>(Number(copies.next().value)).fill(input),
          );
          expect(play(doubled).events).toEqual(play(inputs).events);
        },
      ),
    );
  });

  it("statuses out of order change nothing that the next one in order does not show", () => {
    fc.assert(
      fc.property(legs, fc.infiniteStream(fc.boolean()), (list, swap) => {
        const inputs = frames("resets on standby", list).map(toInput);
        const swapped = inputs.flatMap((input, index) => {
          const late = inputs[index - 1];
          return late !== undefined && swap.next().value === true ? [input, late] : [input];
        });
        expect(play(swapped).events).toEqual(play(inputs).events);
      }),
    );
  });

  it("a link that is lost for a while loses nothing", () => {
    const hole = fc.record({
      from: fc.nat(400),
      length: fc.integer({ min: 1, max: 40 }),
      told: fc.boolean(),
    });
    // Walks long enough to be seen from their counters, and no end of a session for the hole to hide.
    const longLegs = fc
      .array(fc.record({ seconds: fc.integer({ min: 12, max: 50 }), pace: fc.integer({ min: 1, max: 2 }) }), {
        maxLength: 8,
      })
      .map((list) =>
        list.map(({ seconds, pace }, index): Leg => ({
          do: index % 2 === 0 ? "walk" : "rest",
          seconds,
          pace,
        })),
      )
      .map((list): Leg[] => [...list, { do: "rest", seconds: 5, pace: 1 }]);
    fc.assert(
      fc.property(longLegs, hole, (list, { from, length, told }) => {
        const inputs = frames("resets on standby", list).map(toInput);
        const cut = inputs.filter(
          (_, index) => index === 0 || index === inputs.length - 1 || index < from || index >= from + length,
        );
        const holed = told ? [...cut.slice(0, from), { type: "gap" } as const, ...cut.slice(from)] : cut;
        const end: WalkInput = { type: "end", at: START + 1e6, now: inputs.length * 1000 };
        const sessions = (all: readonly WalkInput[]): Counts[] =>
          ended(play([...all, end], 900_000).events).map(toCounts);
        expect(sessions(holed)).toEqual(sessions(inputs));
      }),
      { numRuns: 500 },
    );
  });

  it("the deltas add up to the sessions that count", () => {
    fc.assert(
      fc.property(fc.constantFrom(...HABITS), legs, (habit, list) => {
        const { events } = play(frames(habit, list).map(toInput));
        const kept = ended(events, true);
        const sum = (pick: (session: Session) => number): number =>
          kept.reduce((all, one) => all + pick(one), 0);
        const { calories, ...rest } = total(events);
        expect(rest).toEqual({
          distance: sum(({ distance }) => distance),
          duration: sum(({ duration }) => duration),
          steps: sum(({ steps }) => steps),
          sessions: kept.length,
        });
        expect(calories).toBeCloseTo(
          sum((one) => one.calories),
          6,
        );
      }),
    );
  });
});

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });
const anyStatus = fc
  .record({
    activity: fc.constantFrom<Activity>(
      "resting",
      "standby",
      "countdown",
      "running",
      "stopping",
      "paused",
      "other",
    ),
    code: fc.nat(255),
    speed: maybe(fc.oneof(fc.constant(0), fc.nat(2500))),
    mode: maybe(fc.constantFrom<Mode>("auto", "manual", "standby")),
    distance: maybe(fc.oneof(fc.nat(100), fc.nat(0xff_ffff))),
    elapsed: maybe(fc.oneof(fc.nat(100), fc.nat(0xff_ffff))),
    steps: maybe(fc.oneof(fc.nat(100), fc.nat(0xff_ffff))),
    energy: maybe(fc.nat(0xffff)),
    incline: maybe(fc.integer({ min: -50, max: 50 })),
  })
  .map((fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)))
  .map((fields) => fields as unknown as PadStatus);
/** Monotonic time passes, or seems to run back; the wall clock does as it likes. */
const moment = fc.record({
  at: fc.integer({ min: -1e12, max: 4e12 }),
  ms: fc.oneof(fc.nat(2000), fc.integer({ min: -5000, max: 200_000 })),
});
const u24 = fc.oneof(fc.nat(2000), fc.nat(0xff_ffff));
const anyRecord: fc.Arbitrary<PadRecord> = fc
  .record({ age: fc.option(u24), elapsed: u24, distance: u24, steps: u24, remaining: fc.nat(255) })
  .map(({ age, elapsed, distance, ...rest }) => ({
    ...(age === null ? {} : { age: seconds(age) }),
    elapsed: seconds(elapsed),
    distance: metres(distance),
    ...rest,
  }));
const anyInput = fc.oneof(
  { weight: 8, arbitrary: fc.record({ type: fc.constant("status" as const), status: anyStatus, moment }) },
  fc.record({
    type: fc.constantFrom("end" as const, "gap" as const, "tick" as const, "park" as const),
    moment,
  }),
  fc.record({ type: fc.constant("record" as const), record: anyRecord, moment }),
);

const freeze = <T>(value: T): T => {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
  return value;
};

describe("whatever comes in", () => {
  const anyInputs = fc.array(anyInput, { maxLength: 60 }).map((list) => {
    let now = 0;
    return list.map(({ moment: { at, ms }, ...input }): WalkInput =>
      freeze({ ...input, at, now: (now += ms) }),
    );
  });

  it("is answered, the same each time, and leaves its arguments alone", () => {
    fc.assert(
      fc.property(anyInputs, (inputs) => {
        let state = freeze(noWalk);
        for (const input of inputs) {
          const step = walk(state, input, settings);
          expect(walk(state, input, settings)).toEqual(step);
          expect(JSON.parse(JSON.stringify(step.state))).toEqual(step.state);
          state = freeze(step.state);
        }
      }),
    );
  });

  it("no number of a session falls, and no delta is negative", () => {
    fc.assert(
      fc.property(anyInputs, (inputs) => {
        let state = noWalk;
        for (const input of inputs) {
          const step = walk(state, input, settings);
          const same =
            step.state.session?.startedAt === state.session?.startedAt && state.session?.state !== "ended";
          const [before, after] = [state.session, step.state.session];
          for (const key of ["distance", "duration", "steps", "calories", "maxSpeed"] as const) {
            if (after !== null)
              expect(after[key]).toBeGreaterThanOrEqual(same && before !== null ? before[key] : 0);
          }
          for (const event of step.events) {
            if (event.type !== "delta") continue;
            for (const key of Object.keys(NO_TOTALS) as (keyof typeof NO_TOTALS)[]) {
              expect(event.delta[key]).toBeGreaterThanOrEqual(0);
            }
          }
          state = step.state;
        }
      }),
    );
  });

  it("events come in an order that makes sense, and agree with the state", () => {
    const follows: Readonly<Record<string, readonly string[]>> = {
      none: ["session_started"],
      session_started: ["session_paused", "session_ended"],
      session_resumed: ["session_paused", "session_ended"],
      session_paused: ["session_resumed", "session_ended"],
      session_ended: ["session_started"],
    };
    fc.assert(
      fc.property(anyInputs, (inputs) => {
        const { state, events } = play(inputs);
        let last = "none";
        for (const { type } of events) {
          if (type === "delta") continue;
          expect(follows[last]).toContain(type);
          last = type;
        }
        const word = { none: undefined, session_paused: "paused", session_ended: "ended" }[last];
        expect(state.session?.state).toBe(last === "none" ? undefined : (word ?? "active"));
      }),
    );
  });
});
