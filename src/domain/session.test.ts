import { describe, expect, it } from "vitest";
import { kcalPerSecond, type Body } from "./calories.js";
import type { Activity, PadStatus } from "./pad.js";
import { noWalk, walk, type Walk, type WalkEvent, type WalkInput, type WalkSettings } from "./session.js";
import type { Session } from "./stats.js";
import { metres, seconds, speedFromKmh } from "./units.js";

const body: Body = { weight: 75, age: null, height: null, sex: null };
const settings: WalkSettings = { pauseTimeout: 900_000, minDuration: seconds(0), body };
const START = Date.parse("2026-11-22T10:00:00Z");

interface Numbers {
  readonly distance?: number;
  readonly elapsed?: number;
  readonly steps?: number;
  readonly energy?: number;
  readonly incline?: number;
  readonly mode?: "manual" | "standby";
}
const status = (activity: Activity, kmh: number, numbers: Numbers = {}): PadStatus => {
  const { distance, elapsed, ...rest } = numbers;
  return {
    activity,
    code: 0,
    speed: speedFromKmh(kmh),
    ...(distance === undefined ? {} : { distance: metres(distance) }),
    ...(elapsed === undefined ? {} : { elapsed: seconds(elapsed) }),
    ...rest,
  };
};
const run = (kmh: number, numbers: Numbers = {}): PadStatus => status("running", kmh, numbers);
const rest = (numbers: Numbers = {}): PadStatus => status("resting", 0, numbers);
const walkWiLink = (elapsed: number): PadStatus =>
  run(3.6, { elapsed, distance: elapsed, steps: 2 * elapsed });

type Line = readonly [second: number, what: PadStatus | "end" | "gap" | "tick" | "park"];
const at = (...line: Line): Line => line;

const input = ([second, what]: Line): WalkInput => {
  // The monotonic clock has a zero of its own.
  const moment = { at: START + second * 1000, now: 77 + second * 1000 };
  if (what === "gap" || what === "park") return { type: what };
  return typeof what === "string" ? { type: what, ...moment } : { type: "status", status: what, ...moment };
};

const play = (lines: readonly Line[], with_: Partial<WalkSettings> = {}, from: Walk = noWalk) => {
  let state = from;
  const events: WalkEvent[] = [];
  for (const line of lines) {
    const step = walk(state, input(line), { ...settings, ...with_ });
    state = step.state;
    events.push(...step.events);
  }
  return { state, events, words: events.flatMap(({ type }) => (type === "delta" ? [] : [type.slice(8)])) };
};

const numbers = ({ distance, duration, steps }: Session) => ({ distance, duration, steps });

interface Tale {
  readonly name: string;
  readonly lines: readonly Line[];
  readonly words: readonly string[];
  readonly session?: Partial<Record<keyof Session, unknown>> | null;
}

const tales: readonly Tale[] = [
  {
    name: "a belt at rest is no walk",
    lines: [at(0, rest()), at(1, rest()), at(2, "end")],
    words: [],
    session: null,
  },
  {
    name: "a countdown and a start without movement are no walk",
    lines: [at(0, rest()), at(1, status("countdown", 0)), at(4, run(0)), at(5, rest())],
    words: [],
    session: null,
  },
  {
    name: "the first movement opens it, in whatever state",
    lines: [at(0, rest()), at(1, status("other", 0.4))],
    words: ["started"],
    session: { state: "active", startedAt: START + 1000, endedAt: null },
  },
  {
    name: "pause by the remote, resume, stop",
    lines: [at(0, rest()), at(1, run(3)), at(60, rest()), at(100, run(2)), at(160, rest()), at(161, "end")],
    words: ["started", "paused", "resumed", "paused", "ended"],
    session: { state: "ended", endedAt: START + 100_000, maxSpeed: 300 },
  },
  {
    name: "the machine's own pause",
    lines: [
      at(0, run(3)),
      at(1, status("stopping", 1)),
      at(2, status("paused", 0)),
      at(3, status("paused", 0)),
    ],
    words: ["started", "paused"],
  },
  {
    name: "the spin-up of a resume is no second pause",
    lines: [at(0, run(3)), at(1, rest()), at(9, run(0.4)), at(10, run(0)), at(11, run(0.4)), at(12, run(2))],
    words: ["started", "paused", "resumed"],
  },
  {
    name: "a running state at speed 0 is rest after 5 s",
    lines: [at(0, run(3)), at(1, run(0)), at(4, run(0)), at(5, run(0)), at(6, run(0))],
    words: ["started", "paused"],
  },
  {
    name: "a countdown seen in an open session is not its pause",
    lines: [at(0, run(3)), at(1, status("countdown", 0)), at(9, status("countdown", 0)), at(10, run(1))],
    words: ["started"],
  },
  {
    name: "the timeout ends it where the belt last moved",
    lines: [at(0, run(3)), at(10, run(1)), at(11, rest()), at(909, "tick"), at(910, "tick"), at(911, "tick")],
    words: ["started", "paused", "ended"],
    session: { endedAt: START + 10_000 },
  },
  {
    name: "movement after the timeout is another walk, though no tick came",
    lines: [at(0, run(3)), at(11, rest()), at(2000, run(2))],
    words: ["started", "paused", "ended", "started"],
    session: { startedAt: START + 2_000_000, state: "active", maxSpeed: 200 },
  },
  {
    name: "a pad that sends no further status ends it too",
    lines: [at(0, run(3)), at(1, "gap"), at(899, "tick"), at(900, "tick")],
    words: ["started", "ended"],
    session: { endedAt: START },
  },
  {
    name: "standby ends it",
    lines: [at(0, run(3)), at(1, rest()), at(300, status("standby", 0)), at(301, status("standby", 0))],
    words: ["started", "paused", "ended"],
  },
  {
    name: "standby that the bridge caused ends nothing until the next walk",
    lines: [
      at(0, run(3)),
      at(1, rest()),
      at(2, "park"),
      at(3, status("standby", 0)),
      at(60, "gap"),
      at(90, status("standby", 0)),
      at(95, rest()),
      at(100, run(3)),
      at(160, rest()),
      at(170, status("standby", 0)),
    ],
    words: ["started", "paused", "resumed", "paused", "ended"],
    session: { state: "ended", endedAt: START + 100_000 },
  },
  {
    name: "a belt that comes to rest in the bridge's own standby is paused",
    lines: [at(0, run(3)), at(1, "park"), at(2, status("standby", 0))],
    words: ["started", "paused"],
  },
  {
    name: "mode standby at rest ends it, while moving it does not (captures.jsonl: 0.9 km/h in mode 2)",
    lines: [at(0, run(3)), at(1, run(0.9, { mode: "standby" })), at(2, rest({ mode: "standby" }))],
    words: ["started", "ended"],
    session: { endedAt: START + 1000 },
  },
  {
    name: "a status without a speed moves nothing",
    lines: [at(0, run(3)), at(1, { activity: "running", code: 1 }), at(2, { activity: "resting", code: 1 })],
    words: ["started"],
  },
  {
    name: "what was walked before we looked is not ours",
    lines: [at(0, walkWiLink(500)), at(1, walkWiLink(501)), at(2, walkWiLink(502))],
    words: ["started"],
    session: { distance: 2, duration: 2, steps: 4, startedAt: START },
  },
  {
    // captures.jsonl, PH4 README; distance in units of 10 m.
    name: "three frames of an A1",
    lines: [
      at(0, run(6, { elapsed: 554, distance: 790, steps: 977 })),
      at(1, run(6, { elapsed: 555, distance: 790, steps: 980 })),
      at(3, run(6, { elapsed: 557, distance: 800, steps: 982 })),
    ],
    words: ["started"],
    session: { distance: 10, duration: 3, steps: 5, maxSpeed: 600 },
  },
  {
    // captures.jsonl, PH4 analysis: state 0, still 0.3 km/h, time and distance zeroed, steps held for a frame.
    name: "the end of an A1's walk",
    lines: [
      at(0, run(2.5, { elapsed: 2808, distance: 3260, steps: 4380 })),
      at(1, run(0.7, { elapsed: 2810, distance: 3270, steps: 4382 })),
      at(2, status("resting", 0.3, { elapsed: 0, distance: 0, steps: 4382 })),
      at(3, rest({ elapsed: 0, distance: 0, steps: 0 })),
    ],
    words: ["started", "paused"],
    session: { distance: 10, duration: 2, steps: 2 },
  },
  {
    name: "a link loss of 40 s while moving",
    lines: [
      at(0, rest({ elapsed: 0, distance: 0, steps: 0 })),
      at(10, walkWiLink(10)),
      at(11, "gap"),
      at(50, walkWiLink(50)),
    ],
    words: ["started"],
    session: { distance: 50, duration: 50, steps: 100 },
  },
  {
    name: "a belt that stopped in the dark",
    lines: [
      at(9, walkWiLink(9)),
      at(10, walkWiLink(10)),
      at(11, "gap"),
      at(100, { ...walkWiLink(40), ...rest() }),
    ],
    words: ["started", "paused"],
    session: { distance: 31, duration: 31, steps: 62 },
  },
  {
    name: "a walk in the dark, over when we come back",
    lines: [at(0, { ...walkWiLink(0), ...rest() }), at(1, "gap"), at(400, { ...walkWiLink(60), ...rest() })],
    words: ["started", "paused"],
    session: { distance: 60, duration: 60, steps: 120, startedAt: START + 340_000 },
  },
  {
    name: "a long walk in the dark, while our process slept",
    lines: [at(0, walkWiLink(0)), at(1, walkWiLink(1)), at(2000, walkWiLink(2000))],
    words: ["started"],
    session: { distance: 2000, duration: 2000, steps: 4000, startedAt: START },
  },
  {
    name: "a walk in the dark, too late for the session before",
    lines: [at(0, walkWiLink(0)), at(1, walkWiLink(1)), at(2000, walkWiLink(200))],
    words: ["started", "ended", "started"],
    session: { distance: 199, duration: 199, steps: 398, startedAt: START + 1_801_000 },
  },
  {
    // A unit of 0.01 mile.
    name: "counters that lag behind an ended walk open none",
    lines: [
      at(0, run(3, { distance: 0 })),
      at(1, rest({ distance: 0 })),
      at(2, "end"),
      at(3, rest({ distance: 16 })),
    ],
    words: ["started", "paused", "ended"],
    session: { distance: 0 },
  },
  {
    name: "a short walk in the dark of a short link loss",
    lines: [
      at(0, rest({ distance: 0, elapsed: 0 })),
      at(0.5, "gap"),
      at(4.5, rest({ distance: 12, elapsed: 4 })),
    ],
    words: ["started", "paused"],
    session: { distance: 12, duration: 4, startedAt: START + 500 },
  },
  {
    name: "a machine's clock that runs on at rest",
    lines: [
      at(0, run(3, { elapsed: 10 })),
      at(1, run(3, { elapsed: 11 })),
      ...Array.from({ length: 60 }, (_, index): Line => [2 + index, rest({ elapsed: 12 + index })]),
    ],
    words: ["started", "paused"],
    session: { duration: 4 },
  },
  {
    name: "a machine without a clock: ours, from moving status to next status, 5 s at most",
    lines: [
      at(0, run(0)),
      at(1, run(3)),
      at(2.4, run(3)),
      at(3.8, run(3)),
      at(60, run(3)),
      at(61, rest()),
      at(70, rest()),
    ],
    words: ["started", "paused"],
    session: { duration: 8 },
  },
  {
    name: "a clock that comes alive is not counted on top of ours",
    lines: [
      at(0, run(1, { elapsed: 0 })),
      at(1.2, run(1, { elapsed: 0 })),
      at(2.4, run(1, { elapsed: 2 })),
      at(3.4, run(1, { elapsed: 3 })),
    ],
    words: ["started"],
    session: { duration: 3 },
  },
  {
    name: "split records: speed in one, steps in the other (wire-facts b.1)",
    lines: [
      at(0, run(3, { elapsed: 1 })),
      at(0.1, { activity: "running", code: 1, steps: 40 }),
      at(1, run(3, { elapsed: 2 })),
      at(1.1, { activity: "running", code: 1, steps: 42 }),
    ],
    words: ["started"],
    session: { duration: 1, steps: 2 },
  },
  {
    name: "a status that comes late changes nothing",
    lines: [
      at(10, walkWiLink(10)),
      at(12, walkWiLink(12)),
      at(11, { ...walkWiLink(3), ...rest() }),
      at(13, walkWiLink(13)),
    ],
    words: ["started"],
    session: { distance: 3, duration: 3, steps: 6 },
  },
];

describe("a walk", () => {
  it.each(tales)("$name", ({ lines, words, session }) => {
    const played = play(lines);
    expect(played.words).toEqual(words);
    if (session === null) expect(played.state.session).toBeNull();
    else if (session !== undefined) expect(played.state.session).toMatchObject(session);
  });

  it("each event carries the session as it was", () => {
    const { events } = play([
      at(0, rest()),
      at(1, walkWiLink(1)),
      at(2, walkWiLink(2)),
      at(3, rest()),
      at(4, "end"),
    ]);
    const told = events.flatMap((event) => (event.type === "delta" ? [] : [event.session]));
    expect(told.map(({ state }) => state)).toEqual(["active", "paused", "ended"]);
    expect(told.map(({ id }) => id)).toEqual(Array(3).fill((START + 1000).toString(36).padStart(9, "0")));
    expect(told.map(numbers).at(-1)).toEqual({ distance: 1, duration: 1, steps: 2 });
  });

  it("ids sort by start", () => {
    const starts = [0, 1, 35, 36, 1e9, START, START + 1, 60_000_000_000_000];
    const ids = starts.map((at) => {
      const { state } = walk(noWalk, { type: "status", status: run(1), at, now: 0 }, settings);
      return state.session!.id;
    });
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("a wall clock set back or forward changes no number", () => {
    const jumps = [0, 0, -86_400_000, 3_600_000, -5000];
    let state = noWalk;
    jumps.forEach((jump, second) => {
      const moment = { at: START + second * 1000 + jump, now: second * 1000 };
      state = walk(state, { type: "status", status: walkWiLink(second), ...moment }, settings).state;
    });
    state = walk(state, { type: "end", at: 0, now: 5000 }, settings).state;
    expect(state.session).toMatchObject({
      distance: 4,
      duration: 4,
      steps: 8,
      startedAt: START,
      endedAt: START,
    });
  });

  it("a session too short to count is reported, but adds nothing", () => {
    const short: Line[] = [
      at(0, rest()),
      ...Array.from({ length: 29 }, (_, i): Line => [i + 1, walkWiLink(i + 1)]),
    ];
    const { events, words } = play([...short, [30, rest()], [31, "end"]], { minDuration: seconds(30) });
    expect(words).toEqual(["started", "paused", "ended"]);
    expect(events.at(-1)).toMatchObject({ type: "session_ended", kept: false, session: { duration: 28 } });
    expect(events.filter(({ type }) => type === "delta")).toEqual([]);
  });

  it("a session long enough adds everything since its start, each second at its own time", () => {
    const lines = Array.from({ length: 40 }, (_, i): Line => [i, walkWiLink(i)]);
    const { events } = play([...lines, [40, "end"]], { minDuration: seconds(30) });
    const deltas = events.flatMap((event) => (event.type === "delta" ? [event.delta] : []));
    expect(deltas.map(({ at }) => (at - START) / 1000)).toEqual([
      0,
      ...Array.from({ length: 39 }, (_, i) => i + 1),
    ]);
    expect(deltas.map(({ sessions }) => sessions)).toEqual([1, ...Array<number>(39).fill(0)]);
    expect(deltas.reduce((sum, { distance }) => sum + distance, 0)).toBe(39);
    expect(events.at(-1)).toMatchObject({ type: "session_ended", kept: true });
  });
});

describe("calories of a walk", () => {
  it("are estimated from speed, incline and time where the machine counts none", () => {
    const uphill = (elapsed: number): PadStatus => run(4, { elapsed, energy: 0, incline: 5 });
    const { state } = play(Array.from({ length: 61 }, (_, second): Line => [second, uphill(second)]));
    expect(state.session?.caloriesSource).toBe("estimate");
    expect(state.session?.calories).toBeCloseTo(60 * kcalPerSecond(speedFromKmh(4), 5, body), 6);
  });

  it("go by the mean speed between two statuses", () => {
    const { state } = play([at(0, run(2, { elapsed: 1 })), at(1, run(4, { elapsed: 2 }))]);
    expect(state.session?.calories).toBeCloseTo(kcalPerSecond(speedFromKmh(3), 0, body), 6);
  });

  it("take no speed from counters that lag by their unit", () => {
    const { state } = play([
      at(0, run(4, { elapsed: 9, distance: 90 })),
      at(1, rest({ elapsed: 10, distance: 90 })),
      at(2, rest({ elapsed: 11, distance: 100 })),
    ]);
    const expected = kcalPerSecond(speedFromKmh(2), 0, body) + kcalPerSecond(speedFromKmh(0), 0, body);
    expect(state.session?.calories).toBeCloseTo(expected, 6);
  });

  it.each([
    {
      silence: "with the belt moving before it",
      before: walkWiLink(0),
      after: { ...walkWiLink(60), ...rest() },
    },
    {
      silence: "with the belt moving after it",
      before: { ...walkWiLink(0), ...rest() },
      after: walkWiLink(60),
    },
    {
      silence: "that hid all of it",
      before: { ...walkWiLink(0), ...rest() },
      after: { ...walkWiLink(60), ...rest() },
    },
  ])("of a silence $silence go by the belt's speed, not by its rest", ({ before, after }) => {
    const { state } = play([at(0, before), at(61, after)]);
    expect(state.session?.duration).toBe(60);
    expect(state.session?.calories).toBeCloseTo(60 * kcalPerSecond(speedFromKmh(3.6), 0, body), 6);
  });

  it("are the machine's own from its first kcal, not counted on top of the estimate", () => {
    const counting = (elapsed: number): PadStatus => run(4, { elapsed, energy: Math.floor(elapsed / 20) });
    const { state, events } = play(
      Array.from({ length: 101 }, (_, second): Line => [second, counting(second)]),
    );
    expect(state.session?.caloriesSource).toBe("pad");
    const told = events.reduce((sum, event) => sum + (event.type === "delta" ? event.delta.calories : 0), 0);
    expect(told).toBeCloseTo(state.session!.calories, 9);
    // 20 s at 4 km/h are estimated at 1.27 kcal, 0.27 more than the machine's first.
    expect(state.session?.calories).toBeGreaterThanOrEqual(5);
    expect(state.session?.calories).toBeLessThan(5.3);
    const again = play(
      [at(102, rest({ energy: 5 })), at(103, "end"), at(104, run(3, { energy: 0 }))],
      {},
      state,
    );
    expect(again.state.session).toMatchObject({ calories: 0, caloriesSource: "pad" });
  });
});
