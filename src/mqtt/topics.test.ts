import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { discoveryTopic, objectId, parseTopic, subscriptions, topics } from "./topics.js";

const HA = { discoveryPrefix: "homeassistant", statusTopic: "homeassistant/status" };

/** Whether an MQTT subscription takes a topic (MQTT 5, 4.7.1). */
const matches = (filter: string, topic: string): boolean => {
  const [wanted, given] = [filter.split("/"), topic.split("/")];
  if (wanted.at(-1) === "#") {
    const fixed = wanted.slice(0, -1);
    return given.length >= fixed.length && fixed.every((level, i) => level === given[i]);
  }
  return wanted.length === given.length && wanted.every((level, i) => level === "+" || level === given[i]);
};

const padId = fc.stringMatching(/^[a-z0-9_-]{1,32}$/).filter((id) => id !== "bridge");
const base = fc
  .string({ unit: "binary", minLength: 1, maxLength: 20 })
  .map((text) => text.replace(/[+#\0]/gu, "/"));

describe("topics", () => {
  it("are those of docs/topics.md", () => {
    const { bridge, pad } = topics("home/pads");
    expect([
      bridge.state,
      bridge.info,
      bridge.health,
      bridge.request("scan"),
      bridge.response("scan"),
    ]).toEqual([
      "home/pads/bridge/state",
      "home/pads/bridge/info",
      "home/pads/bridge/health",
      "home/pads/bridge/request/scan",
      "home/pads/bridge/response/scan",
    ]);
    const { setKey, ...fixed } = pad("office");
    expect({ ...fixed, speed: setKey("speed") }).toEqual({
      availability: "home/pads/office/availability",
      state: "home/pads/office/state",
      stats: "home/pads/office/stats",
      set: "home/pads/office/set",
      speed: "home/pads/office/set/speed",
      get: "home/pads/office/get",
      result: "home/pads/office/result",
      event: "home/pads/office/event",
    });
  });

  it("of discovery hold only characters that Home Assistant takes", () => {
    expect(discoveryTopic("ha/found", "home/päds 🏃", "office")).toBe(
      "ha/found/device/home_p_ds___office/config",
    );
    expect(objectId("walkingpad2mqtt", "bridge")).toBe("walkingpad2mqtt_bridge");
  });
});

describe("parseTopic", () => {
  it.each([
    ["b/office/set", { kind: "set", pad: "office", key: null }],
    ["b/office/set/speed", { kind: "set", pad: "office", key: "speed" }],
    ["b/office/set/", { kind: "set", pad: "office", key: "" }],
    ["b/office/set/speed/now", null],
    ["b/office/get", { kind: "get", pad: "office" }],
    ["b/office/get/all", null],
    ["b/office/state", null],
    ["b/office/result", null],
    ["b/office", null],
    ["b/Office/set", null],
    ["b//set", null],
    [`b/${"x".repeat(33)}/set`, null],
    ["b/bridge/set", null],
    ["b/bridge/get", null],
    ["b/bridge/state", { kind: "bridge-state" }],
    ["b/bridge/state/x", null],
    ["b/bridge/info", null],
    ["b/bridge/request/restart", { kind: "request", verb: "restart" }],
    ["b/bridge/request/device/rename", { kind: "request", verb: "device/rename" }],
    ["b/bridge/request", { kind: "request", verb: "" }],
    [`b/bridge/request/${"v".repeat(256)}`, { kind: "request", verb: "v".repeat(256) }],
    [`b/bridge/request/${"v".repeat(257)}`, null],
    ["b/bridge/response/scan", null],
    ["b", null],
    ["", null],
    ["bb/office/set", null],
    ["homeassistant/status", { kind: "homeassistant-status" }],
    ["homeassistant/device/b_office/config", { kind: "discovery" }],
    ["homeassistant/device/b/office/config", null],
    ["homeassistant/sensor/b_office/config", null],
    ["homeassistant/device", null],
  ])("reads %s", (topic, meaning) => {
    expect(parseTopic("b", topic, HA)).toEqual(meaning);
  });

  it("has no Home Assistant topics where discovery is disabled", () => {
    expect(parseTopic("b", "homeassistant/status")).toBeNull();
  });

  it("reads an own topic as its own, whatever Home Assistant's are called", () => {
    const silly = { discoveryPrefix: "b/office", statusTopic: "b/office/set" };
    expect(parseTopic("b", "b/office/set", silly)).toEqual({ kind: "set", pad: "office", key: null });
  });

  it("reads back every name, under any base topic", () => {
    fc.assert(
      fc.property(base, padId, fc.stringMatching(/^[^/+#]{0,20}$/), (b, id, word) => {
        const { bridge, pad } = topics(b);
        expect(parseTopic(b, pad(id).set)).toEqual({ kind: "set", pad: id, key: null });
        expect(parseTopic(b, pad(id).setKey(word))).toEqual({ kind: "set", pad: id, key: word });
        expect(parseTopic(b, pad(id).get)).toEqual({ kind: "get", pad: id });
        expect(parseTopic(b, bridge.request(word))).toEqual({ kind: "request", verb: word });
        expect(parseTopic(b, bridge.state)).toEqual({ kind: "bridge-state" });
        const { availability, state, stats, result, event } = pad(id);
        for (const out of [
          availability,
          state,
          stats,
          result,
          event,
          bridge.info,
          bridge.health,
          bridge.response(word),
        ])
          expect(parseTopic(b, out)).toBeNull();
      }),
    );
  });

  it("is total", () => {
    fc.assert(
      fc.property(base, fc.string({ unit: "binary" }), (b, topic) => {
        parseTopic(b, topic, HA);
        parseTopic(b, `${b}/${topic}`, HA);
      }),
    );
  });
});

describe("subscriptions", () => {
  const filtersOf = (pads: readonly string[], statusTopic: string | null = HA.statusTopic): string[] =>
    subscriptions("b", pads, { ...HA, statusTopic }).map(({ topic }) => topic);

  it("are the command topics of the pads, the bridge's own and Home Assistant's", () => {
    expect(filtersOf(["office", "den"])).toEqual([
      "b/office/set",
      "b/office/set/+",
      "b/office/get",
      "b/den/set",
      "b/den/set/+",
      "b/den/get",
      "b/bridge/request/#",
      "b/bridge/state",
      "homeassistant/status",
      "homeassistant/device/+/config",
    ]);
    expect(filtersOf([], null)).toEqual([
      "b/bridge/request/#",
      "b/bridge/state",
      "homeassistant/device/+/config",
    ]);
  });

  it("show us what we publish ourselves where it must stay true, not where it clears a command", () => {
    const own = subscriptions("b", ["office"], HA).filter(({ noLocal }) => noLocal !== true);
    expect(own.map(({ topic }) => topic)).toEqual([
      "b/bridge/state",
      HA.statusTopic,
      "homeassistant/device/+/config",
    ]);
  });

  it("bring nothing that parseTopic cannot read, and everything that it can", () => {
    const filters = filtersOf(["office"]);
    const level = fc.constantFrom(
      "b",
      "office",
      "bridge",
      "set",
      "speed",
      "get",
      "request",
      "state",
      "config",
      "x",
      "",
    );
    const other = fc.constantFrom("homeassistant", "device", "b_office", "b_bridge", "status");
    fc.assert(
      fc.property(fc.array(fc.oneof(level, other), { minLength: 1, maxLength: 6 }), (levels) => {
        const topic = levels.join("/");
        const read = parseTopic("b", topic, HA);
        const known = read !== null && (!("pad" in read) || read.pad === "office");
        expect(filters.some((filter) => matches(filter, topic))).toBe(known);
      }),
      { numRuns: 2000 },
    );
  });
});
