import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { COMMAND_KEYS, failure, OK, type Outcome, RESULT_CODES } from "../../domain/command.js";
import { type Capabilities, MODES } from "../../domain/pad.js";
import { BELTS, type PadState, PROBLEMS } from "../../domain/state.js";
import type { GoalProgress, Stats, Totals } from "../../domain/stats.js";
import { metres, seconds, type Speed, speedFromKmh } from "../../domain/units.js";
import { render } from "../../../test/support/jinja.js";
import { shows } from "../../../test/support/home-assistant.js";
import { bridgeEntities, padEntities, type PadTraits } from "./entities.js";
import type { Entity } from "./entity.js";
import {
  bridgeStatePayload,
  type Result,
  resultPayload,
  statePayload,
  statsPayload,
} from "../../api/payloads.js";
import { topics } from "../topics.js";

const everything: Capabilities = {
  minSpeed: speedFromKmh(1),
  maxSpeed: speedFromKmh(6),
  step: speedFromKmh(0.1),
  modes: MODES,
  incline: { min: 0, max: 15, step: 1 },
  heartRate: true,
  steps: true,
  imperial: false,
};
const nothing: Capabilities = { ...everything, modes: [], incline: null, heartRate: false, steps: false };
const noGoals = { distance: null, steps: null, duration: null, calories: null };
const full: PadTraits = {
  capabilities: everything,
  goals: { distance: 5000, steps: 8000, duration: 1800, calories: 300 },
};

const { bridge, pad } = topics("b");
const office = pad("office");
const padsEntities = (traits: PadTraits): readonly Entity[] => padEntities(office, traits);
const all = [...padsEntities(full), ...bridgeEntities(bridge)];
const named = (entities: readonly Entity[]): string[] =>
  entities.map(({ config: { name, p } }) => `${name} ${p}`);
const find = (entities: readonly Entity[], key: string): Entity["config"] =>
  entities.find((entity) => entity.key === key)!.config;

describe("the entities of a pad", () => {
  it("are those of docs/topics.md", () => {
    const sensors = [
      "Speed",
      "Distance",
      "Duration",
      "Steps",
      "Calories",
      "Average speed",
      "Belt",
      "Heart rate",
    ];
    const counted = ["Distance", "Duration", "Steps", "Calories"].flatMap((name) => [
      `${name} today`,
      `${name} total`,
    ]);
    const goals = ["Distance goal", "Steps goal", "Duration goal", "Calories goal"];
    const diagnostics = ["Signal strength", "Protocol", "Last status"];
    expect(named(padsEntities(full)).toSorted()).toEqual(
      [
        ...[
          "null switch",
          "Connection switch",
          "Target speed number",
          "Incline number",
          "Mode select",
          "Session event",
          "Refused command event",
        ],
        ...["Faster", "Slower", "Stop", "End session"].map((name) => `${name} button`),
        ...["Moving", "Connected", "Problem"].map((name) => `${name} binary_sensor`),
        ...[...sensors, ...counted, ...goals, ...diagnostics].map((name) => `${name} sensor`),
      ].toSorted(),
    );
  });

  it.each([null, nothing])(
    "are without mode, incline, heart rate, steps and goals where there are none: %#",
    (capabilities) => {
      const less = named(padsEntities({ capabilities, goals: noGoals }));
      const missing = named(padsEntities(full)).filter((name) => !less.includes(name));
      const goals = ["Distance", "Duration", "Steps", "Calories"].map((name) => `${name} goal sensor`);
      const steps = ["Steps", "Steps today", "Steps total"].map((name) => `${name} sensor`);
      expect(missing.toSorted()).toEqual(
        ["Mode select", "Incline number", "Heart rate sensor", ...goals, ...steps].toSorted(),
      );
    },
  );

  it("of a machine that can only be watched offer nothing but its link", () => {
    const watched = padsEntities({ ...full, capabilities: { ...everything, control: false } });
    const told = watched.filter(({ config }) => "command_topic" in config);
    expect(told.map(({ key }) => key)).toEqual(["connection"]);
    const shown = padsEntities(full).filter(({ config }) => !("command_topic" in config));
    expect(watched.filter(({ key }) => key !== "connection")).toEqual(shown);
  });

  it("have the availability of docs/topics.md, by class", () => {
    const by = (needs: Entity["needs"]) =>
      all.filter((entity) => entity.needs === needs).map(({ config }) => config.name);
    expect(by("control")).toEqual([
      null,
      "Faster",
      "Slower",
      "End session",
      "Target speed",
      "Mode",
      "Incline",
    ]);
    expect(by("live")).toEqual([
      "Speed",
      "Heart rate",
      "Moving",
      "Signal strength",
      "Protocol",
      "Last status",
    ]);
    expect(by("working-bridge")).toEqual(["Connection", "Restart"]);
    expect(by("nothing")).toEqual(["Status"]);
    expect(by("bridge")).toEqual(
      expect.arrayContaining(["Stop", "Belt", "Connected", "Problem", "Session", "Distance"]),
    );
  });

  it("stop the belt with Stop, and end the walk with End session", () => {
    expect(find(all, "stop")).toMatchObject({ command_topic: "b/office/set/belt", payload_press: "OFF" });
    expect(find(all, "end-session")).toMatchObject({
      command_topic: "b/office/set/command",
      payload_press: "stop",
    });
  });

  it("have the limits of the pad, and sensible ones before it is known", () => {
    expect(find(all, "target-speed")).toMatchObject({ min: 1, max: 6, step: 0.1 });
    const unknown = padsEntities({ capabilities: null, goals: noGoals });
    expect(find(unknown, "target-speed")).toMatchObject({ min: 0.5, max: 6, step: 0.1 });
  });

  it.each([
    [3, 3, 0.1, { min: 3, max: 3.1, step: 0.1 }],
    [5, 2, 0.5, { min: 5, max: 5.5, step: 0.5 }],
    [1, 6, 0, { min: 1, max: 6, step: 0.1 }],
  ])("have limits that Home Assistant takes, even from %s to %s by %s", (min, max, step, limits) => {
    const [minSpeed, maxSpeed] = [speedFromKmh(min), speedFromKmh(max)];
    const odd: Capabilities = {
      ...everything,
      minSpeed,
      maxSpeed,
      step: speedFromKmh(step),
      incline: { min, max, step },
    };
    const entities = padsEntities({ capabilities: odd, goals: noGoals });
    expect(find(entities, "target-speed")).toMatchObject(limits);
    expect(find(entities, "incline")).toMatchObject(limits);
  });
});

describe("every entity", () => {
  it("has a unique key without `_`, which could make unique ids of two pads equal", () => {
    const keys = padsEntities(full).map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    for (const { key } of all) expect(key).toMatch(/^[a-z-]+$/);
  });

  it("never lets Home Assistant retain a command or guess a state", () => {
    for (const { config } of all) {
      expect(config).not.toHaveProperty("retain");
      expect(config).not.toHaveProperty("optimistic");
      if ("command_topic" in config && config.p !== "button") expect(config).toHaveProperty("state_topic");
    }
  });
});

const orNull = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { freq: 3 });
const speed = fc.nat(1200).map((hundredths) => hundredths as Speed);
const word = <T>(words: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...words);
const state: fc.Arbitrary<PadState> = fc.record({
  belt: word(BELTS),
  running: orNull(fc.boolean()),
  moving: orNull(fc.boolean()),
  mode: orNull(word(MODES)),
  speed: orNull(speed),
  targetSpeed: orNull(speed),
  incline: orNull(fc.double({ min: -5, max: 20, noNaN: true })),
  heartRate: orNull(fc.nat(200)),
  link: word(["off", "scanning", "connecting", "ready", "lost", "stopping"] as const),
  stopConfirmed: fc.boolean(),
  problem: orNull(word(PROBLEMS)),
  protocol: orNull(word(["wilink", "ftms"] as const)),
  model: orNull(fc.string()),
  rssi: orNull(fc.integer({ min: -127, max: 20 })),
  lastStatusAt: orNull(fc.integer({ min: 0, max: 4e12 })),
});
const totals: fc.Arbitrary<Totals> = fc.record({
  distance: fc.nat().map(metres),
  duration: fc.nat().map(seconds),
  steps: fc.nat(),
  calories: fc.double({ min: 0, max: 1e6, noNaN: true }),
  sessions: fc.nat(),
});
const goal: fc.Arbitrary<GoalProgress> = fc.record({
  target: fc.integer({ min: 1, max: 1e6 }),
  progress: fc.double({ min: 0, max: 10, noNaN: true }),
  eta: orNull(fc.nat()),
});
const time = fc.integer({ min: 0, max: 4e12 });
const stats: fc.Arbitrary<Stats> = fc.record({
  session: orNull(
    fc.tuple(totals, time, orNull(time), speed).map(([numbers, startedAt, endedAt, maxSpeed]) => {
      return {
        id: "x",
        state: "ended",
        startedAt,
        endedAt,
        caloriesSource: "pad",
        maxSpeed,
        ...numbers,
      } as const;
    }),
  ),
  today: totals,
  total: totals,
  goals: fc.record({ distance: goal, steps: goal, duration: goal, calories: goal }, { requiredKeys: [] }),
});

const result: fc.Arbitrary<Result> = fc.record({
  id: orNull(fc.string()),
  command: orNull(word(COMMAND_KEYS)),
  value: orNull(fc.double({ noNaN: true })),
  outcome: fc.oneof(
    fc.constant(OK),
    fc.tuple(word(RESULT_CODES), fc.string()).map(([code, message]) => failure(code, message)),
  ),
  tookMs: fc.nat(),
});

describe("every value_template", () => {
  const templated = all.filter(({ config }) => "value_template" in config);
  const bridgeState = word(["online", "stopping", "offline"] as const).map((s) => bridgeStatePayload(s));
  const topicsAndPayloads: readonly (readonly [string, fc.Arbitrary<unknown>])[] = [
    [office.state, state.map(statePayload)],
    [office.stats, stats.map(statsPayload)],
    [bridge.state, bridgeState],
    [bridge.info, fc.constant({ version: "1.2.3" })],
    [office.result, result.map(resultPayload)],
  ];

  it.each(topicsAndPayloads)("of %s renders what Home Assistant takes", (topic, payloads) => {
    const reading = templated.filter(({ config }) => config["state_topic"] === topic);
    expect(reading.length).toBeGreaterThan(0);
    fc.assert(
      fc.property(payloads, (payload) => {
        const refused = reading.filter(({ config }) => !shows(config, payload).accepted);
        expect(refused.map(({ key, config }) => [key, shows(config, payload).state])).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it("reads one of those topics", () => {
    const known = topicsAndPayloads.map(([topic]) => topic);
    expect(templated.filter(({ config }) => !known.includes(String(config["state_topic"])))).toEqual([]);
  });

  const some: PadState = {
    ...{
      belt: "idle",
      running: false,
      moving: false,
      mode: null,
      speed: null,
      targetSpeed: null,
      incline: null,
    },
    ...{ heartRate: null, link: "ready", stopConfirmed: true, problem: null, protocol: null, model: null },
    ...{ rssi: null, lastStatusAt: null },
  };
  it.each([
    ["switch", { running: true }, "ON"],
    ["switch", { running: null }, "None"],
    ["connection", { link: "off" }, "OFF"],
    ["connection", { link: "lost" }, "ON"],
    ["connected", { link: "ready" }, "ON"],
    ["connected", { link: "stopping" }, "ON"],
    ["connected", { link: "lost" }, "OFF"],
    ["problem", { problem: null }, "OFF"],
    ["problem", { problem: "fault" }, "ON"],
    ["target-speed", { targetSpeed: speedFromKmh(6) }, "6"],
    ["target-speed", { targetSpeed: speedFromKmh(6.1) }, "None"],
    ["target-speed", { targetSpeed: speedFromKmh(0.9) }, "None"],
    ["incline", { incline: 0 }, "0"],
    ["incline", { incline: -1 }, "None"],
    ["belt", { belt: "unknown" }, "unknown"],
    ["speed", { speed: speedFromKmh(0) }, "0"],
    ["mode", { mode: "auto" }, "auto"],
    ["last-status", { lastStatusAt: 0 }, "1970-01-01T00:00:00.000Z"],
  ] as const)("of %s makes of %j %s", (key, changes, result) => {
    expect(shows(find(all, key), statePayload({ ...some, ...changes })).state).toBe(result);
  });

  it("of the mode is unknown for one that the pad does not offer", () => {
    const capabilities: Capabilities = { ...everything, modes: ["manual", "standby"] };
    const select = find(padsEntities({ capabilities, goals: noGoals }), "mode");
    expect(shows(select, statePayload({ ...some, mode: "auto" })).state).toBe("None");
    expect(shows(select, statePayload({ ...some, mode: "standby" })).state).toBe("standby");
  });

  it("of a refused command is an event with the code and the sentence, and nothing where all is well", () => {
    const shown = (outcome: Outcome) =>
      shows(
        find(all, "refused"),
        resultPayload({ id: null, command: "belt", value: "ON", outcome, tookMs: 1 }),
      ).state;
    expect(shown(OK)).toBe("None");
    expect(JSON.parse(shown(failure("start-not-allowed", 'Not "now".')))).toEqual({
      event_type: "start-not-allowed",
      command: "belt",
      message: 'Not "now".',
    });
  });

  it.each([
    ["duration", "20.3"],
    ["duration-today", "20"],
    ["duration-total", "0.3"],
  ])("of %s makes of 1215 s %s", (key, result) => {
    const numbers = { distance: metres(0), duration: seconds(1215), steps: 0, calories: 0 };
    const session = {
      ...numbers,
      id: "x",
      state: "active",
      startedAt: 0,
      endedAt: null,
      caloriesSource: "pad",
      maxSpeed: speedFromKmh(1),
    } as const;
    const day = { ...numbers, sessions: 1 };
    const payload = statsPayload({ session, today: day, total: day, goals: {} });
    expect(shows(find(all, key), payload).state).toBe(result);
  });

  it("of the problem names it as an attribute", () => {
    const { json_attributes_template: template } = find(all, "problem");
    const payload = statePayload({ ...some, problem: "link-lost" });
    expect(JSON.parse(render(String(template), payload))).toEqual({ reason: "link-lost" });
  });

  it("of a goal is percent, and unknown where stored stats have no such goal yet", () => {
    const none = { distance: metres(0), duration: seconds(0), steps: 0, calories: 0, sessions: 0 };
    const payload = (goals: Stats["goals"]) =>
      statsPayload({ session: null, today: none, total: none, goals });
    const percent = (goals: Stats["goals"]) => shows(find(all, "distance-goal"), payload(goals)).state;
    expect(percent({ distance: { target: 5000, progress: 0.2468, eta: null } })).toBe("25");
    expect(percent({})).toBe("None");
  });
});
