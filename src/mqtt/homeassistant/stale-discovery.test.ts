import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bridgeDiscovery, type DiscoveredPad, padDiscovery, staleDiscovery } from "./discovery.js";
import { speedFromKmh } from "../../domain/units.js";

const context = { base: "home/pads", discoveryPrefix: "homeassistant", version: "1.2.3" };
const office: DiscoveredPad = {
  id: "office",
  name: "Office pad",
  address: "57:4c:4e:00:11:22",
  protocol: "wilink",
  model: "C2",
  capabilities: {
    minSpeed: speedFromKmh(0.5),
    maxSpeed: speedFromKmh(6),
    step: speedFromKmh(0.1),
    modes: ["manual", "auto", "standby"],
    incline: null,
    heartRate: false,
    steps: true,
    imperial: false,
  },
  goals: { distance: 5000, steps: 8000, duration: 1800, calories: 300 },
};
const departed: DiscoveredPad = { ...office, id: "gone" };

describe("staleDiscovery", () => {
  const own = [bridgeDiscovery(context), padDiscovery(context, office)];
  const stale = (seen: { topic: string; payload: unknown }, mine = own, base = context.base) =>
    staleDiscovery(
      mine,
      { ...seen, payload: typeof seen.payload === "string" ? seen.payload : JSON.stringify(seen.payload) },
      base,
    );
  const gone = padDiscovery(context, departed);
  const current = own[1]!;
  const withoutGoals = padDiscovery(context, {
    ...office,
    goals: { distance: null, steps: null, duration: null, calories: null },
  });

  it("empties the config of a pad that is gone", () => {
    expect(stale(gone)).toEqual([{ topic: gone.topic, payload: null, id: "gone" }]);
  });

  it("empties all of them where Home Assistant is turned off", () => {
    expect(own.flatMap((message) => stale(message, []))).toEqual(
      own.map(({ topic }, index) => ({ topic, payload: null, id: ["bridge", "office"][index] })),
    );
  });

  it("leaves the present configs alone", () => {
    expect(own.flatMap((message) => stale(message))).toEqual([]);
  });

  it("removes entities that are gone by a stub, then publishes the config", () => {
    const { payload } = withoutGoals;
    const stub = { p: "sensor" };
    const stubs = { "distance-goal": stub, "duration-goal": stub, "steps-goal": stub, "calories-goal": stub };
    const removals = stale(current, [withoutGoals]);
    expect(removals).toEqual([
      { topic: current.topic, payload: { ...payload, cmps: { ...payload.cmps, ...stubs } }, id: "office" },
      { topic: current.topic, payload, id: "office" },
    ]);
    // What comes back of it causes nothing more.
    expect(
      removals.flatMap(({ topic, payload: echo }) => stale({ topic, payload: echo }, [withoutGoals])),
    ).toEqual([]);
  });

  it("removes an entity whose platform has changed", () => {
    const before = {
      ...current.payload,
      cmps: { ...current.payload.cmps, speed: { ...current.payload.cmps["speed"], p: "number" } },
    };
    const [first, second] = stale({ topic: current.topic, payload: before });
    expect(first?.payload?.cmps["speed"]).toEqual({ p: "number" });
    expect(second?.payload).toEqual(current.payload);
  });

  it("keeps entities of a pad whose capabilities are not known yet", () => {
    const unseen = padDiscovery(context, { ...office, capabilities: null });
    expect(stale(current, [unseen])).toEqual([]);
  });

  it("recognizes the bridge's configs without abbreviations too", () => {
    const { dev, o, cmps } = gone.payload;
    expect(stale({ topic: gone.topic, payload: { device: dev, origin: o, components: cmps } })).toHaveLength(
      1,
    );
  });

  it.each([
    ["another program's", { ...gone.payload, o: { name: "zigbee2mqtt" } }, gone.topic],
    ["one without origin", { dev: gone.payload.dev, cmps: gone.payload.cmps }, gone.topic],
    ["one without topics", { dev: gone.payload.dev, o: gone.payload.o, cmps: {} }, gone.topic],
    ["one with a topic that is not ours", { ...gone.payload, stat_t: "other/gone/state" }, gone.topic],
    [
      "one with an availability topic that is not ours",
      { ...gone.payload, avty: [{ t: "other/state" }] },
      gone.topic,
    ],
    [
      "a bridge's on another base topic",
      padDiscovery({ ...context, base: "home" }, departed).payload,
      "homeassistant/device/home_gone/config",
    ],
    [
      "a bridge's on a base topic with the same object ids",
      padDiscovery({ ...context, base: "home_pads" }, departed).payload,
      gone.topic,
    ],
    [
      "one with the topics of two pads",
      { ...gone.payload, cmps: { ...gone.payload.cmps, other: { stat_t: "home/pads/office/state" } } },
      gone.topic,
    ],
    ["one on another's topic", gone.payload, "homeassistant/device/other_gone/config"],
  ])("never touches %s", (_, payload, topic) => {
    expect(stale({ topic, payload })).toEqual([]);
  });

  it("never touches that of a bridge whose base topic begins with ours", () => {
    const below = { ...context, base: "home/pads/den" };
    for (const message of [bridgeDiscovery(below), padDiscovery(below, office)])
      expect(stale(message)).toEqual([]);
  });

  it.each([
    "",
    "null",
    "[]",
    "{",
    '{"o":null}',
    '{"o":{"name":"walkingpad2mqtt"},"cmps":[1,null],"avty":{"t":1}}',
  ])("makes nothing of %s", (payload) => {
    expect(stale({ topic: gone.topic, payload })).toEqual([]);
  });

  it("is total, and touches only the topic that it saw", () => {
    const ours = fc.constant(gone.payload.o);
    const names = fc.constantFrom("home/pads/gone/state", "home/pads/office/state", "x", "home/pads/");
    const entry = fc.record(
      { p: fc.jsonValue(), state_topic: fc.oneof(names, fc.jsonValue()), avty: fc.jsonValue() },
      { requiredKeys: [] },
    );
    const cmps = fc.oneof(fc.dictionary(fc.string(), entry), fc.jsonValue());
    const payload = fc.oneof(
      fc.json(),
      fc
        .record({ o: ours, cmps, avty: fc.jsonValue() }, { requiredKeys: ["o"] })
        .map((found) => JSON.stringify(found)),
    );
    fc.assert(
      fc.property(fc.constantFrom(gone.topic, current.topic), payload, (topic, text) => {
        for (const removal of stale({ topic, payload: text })) expect(removal.topic).toBe(topic);
      }),
      { numRuns: 1000 },
    );
  });
});
