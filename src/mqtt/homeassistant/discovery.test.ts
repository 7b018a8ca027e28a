import { describe, expect, it } from "vitest";
import { FULL_NAMES, withoutAbbreviations } from "../../../test/support/home-assistant-abbreviations.js";
import { render } from "../../../test/support/jinja.js";
import { rejectionReasons } from "../../../test/support/home-assistant.js";
import type { Capabilities } from "../../domain/pad.js";
import { speedFromKmh } from "../../domain/units.js";
import { bridgeDiscovery, type DiscoveryMessage, type DiscoveredPad, padDiscovery } from "./discovery.js";
import { topics } from "../topics.js";

const context = { base: "home/pads", discoveryPrefix: "homeassistant", version: "1.2.3" };
const capabilities: Capabilities = {
  minSpeed: speedFromKmh(0.5),
  maxSpeed: speedFromKmh(6),
  step: speedFromKmh(0.1),
  modes: ["manual", "auto", "standby"],
  incline: { min: 0, max: 15, step: 1 },
  heartRate: true,
  steps: true,
  imperial: false,
};
const office: DiscoveredPad = {
  id: "office",
  name: "Office pad",
  address: "57:4c:4e:00:11:22",
  protocol: "wilink",
  model: "C2",
  capabilities,
  goals: { distance: 5000, steps: 8000, duration: 1800, calories: 300 },
};

const longComponents = ({ payload }: DiscoveryMessage) => withoutAbbreviations(payload).components;
const components = (message: DiscoveryMessage) => Object.values(longComponents(message));
const strings = (value: unknown): string[] =>
  typeof value === "string"
    ? [value]
    : typeof value === "object" && value !== null
      ? Object.values(value).flatMap(strings)
      : [];

describe("a device message", () => {
  it("of a pad names the device and the bridge that it hangs on", () => {
    const { topic, payload, complete } = padDiscovery(context, office);
    expect(topic).toBe("homeassistant/device/home_pads_office/config");
    expect(complete).toBe(true);
    expect(withoutAbbreviations(payload).device).toEqual({
      identifiers: ["home_pads_office"],
      name: "Office pad",
      manufacturer: "KingSmith",
      model: "C2",
      connections: [["bluetooth", "57:4c:4e:00:11:22"]],
      via_device: "home_pads_bridge",
    });
    expect(withoutAbbreviations(payload).origin).toEqual({
      name: "walkingpad2mqtt",
      sw_version: "1.2.3",
      support_url: "https://github.com/walkingpad2mqtt/walkingpad2mqtt",
    });
  });

  it("of a pad that was never seen contains only known values", () => {
    const unseen = { ...office, address: null, protocol: null, model: null, capabilities: null };
    const { payload, complete } = padDiscovery(context, unseen);
    expect(Object.keys(withoutAbbreviations(payload).device)).toEqual(["identifiers", "name", "via_device"]);
    expect(complete).toBe(false);
  });

  it("of a pad on macOS has no Bluetooth address to show", () => {
    const uuid = { ...office, address: "4f8a1c1e-0000-4000-8000-00805f9b34fb" };
    expect(withoutAbbreviations(padDiscovery(context, uuid).payload).device).not.toHaveProperty(
      "connections",
    );
  });

  it("of the bridge carries its version", () => {
    const { topic, payload } = bridgeDiscovery(context);
    expect(topic).toBe("homeassistant/device/home_pads_bridge/config");
    expect(withoutAbbreviations(payload).device).toMatchObject({
      identifiers: ["home_pads_bridge"],
      sw_version: "1.2.3",
    });
    expect(Object.keys(payload.cmps)).toEqual(["status", "version", "restart"]);
  });

  const bare = { ...capabilities, modes: [], incline: null, heartRate: false };
  it.each([
    ["of the bridge", bridgeDiscovery(context)],
    ["of a pad with everything", padDiscovery(context, office)],
    ["of a pad with the least", padDiscovery(context, { ...office, capabilities: bare })],
    ["of a pad that was never seen", padDiscovery(context, { ...office, capabilities: null, address: null })],
  ])("%s is what Home Assistant takes", (_, message) => {
    expect(rejectionReasons(message.payload)).toEqual([]);
    expect(["dev", "o", "stat_t", "avty", "avty_mode", "cmps"]).toEqual(
      expect.arrayContaining(Object.keys(message.payload)),
    );
    for (const component of components(message)) expect(component).toMatchObject({ qos: 1 });
    // Nothing is lost on the way through JSON.
    expect(JSON.parse(JSON.stringify(message.payload))).toEqual(message.payload);
  });

  it("that Home Assistant does not take would be noticed", () => {
    const { payload } = bridgeDiscovery(context);
    const change = (config: object) => ({
      ...payload,
      cmps: { status: { ...payload.cmps["status"], ...config } },
    });
    const bad = {
      p: "oven",
      qoss: 1,
      uniq_id: "",
      dev_cla: "speed",
      ent_cat: "config",
      ic: "x",
    };
    for (const [key, value] of Object.entries(bad))
      expect(rejectionReasons(change({ [key]: value }))).not.toEqual([]);
    expect(rejectionReasons({ ...payload, "~": "b" })).toEqual(["root: extra key ~"]);
  });

  it("names only topics that are published or subscribed", () => {
    const { bridge, pad } = topics(context.base);
    const t = pad("office");
    const published = [bridge.state, bridge.info, t.availability, t.state, t.stats, t.event, t.result];
    const keys = ["belt", "speed", "mode", "incline", "command", "link"];
    const subscribed = [bridge.request("restart"), ...keys.map(t.setKey)];
    const messages = [bridgeDiscovery(context), padDiscovery(context, office)];
    const used = messages.flatMap(components).flatMap((component) => [
      ...((component["availability"] as { topic: string }[] | undefined) ?? []).map(({ topic }) => ({
        topic,
        from: published,
      })),
      ...["state_topic", "json_attributes_topic"].flatMap((key) =>
        key in component ? [{ topic: component[key], from: published }] : [],
      ),
      ...("command_topic" in component ? [{ topic: component["command_topic"], from: subscribed }] : []),
    ]);
    for (const { topic, from } of used) expect(from).toContain(topic);
    // And no topic hides anywhere else; every one of them is of use to Home Assistant.
    const mentioned = messages
      .flatMap(components)
      .flatMap(strings)
      .filter((text) => text.startsWith("home/"));
    expect(mentioned).toHaveLength(used.length);
    expect(new Set(mentioned)).toEqual(new Set([...published, ...subscribed]));
  });

  it("gives every entity a unique id of its own, across all pads and the bridge", () => {
    const tricky = [
      "a",
      "a_speed",
      "a_target",
      "a-target",
      "speed",
      "_",
      "bridge_",
      "a_bridge",
      "office_steps",
    ];
    const messages = [
      bridgeDiscovery(context),
      ...tricky.map((id) => padDiscovery(context, { ...office, id })),
    ];
    const ids = messages.flatMap(components).map((component) => component["unique_id"]);
    expect(new Set(ids).size).toBe(ids.length);
    const [key, config] = Object.entries(longComponents(padDiscovery(context, office)))[0]!;
    expect(config["unique_id"]).toBe(`home_pads_office_${key}`);
  });
});

describe("the size of a config", () => {
  it("is as small as possible: abbreviated, and without repetition", () => {
    const { payload } = padDiscovery(context, office);
    const { device, origin, components: long } = withoutAbbreviations(payload);
    const inFull = JSON.stringify({ device, origin, components: long });
    expect(JSON.stringify(payload).length).toBeLessThan((2 / 3) * inFull.length);
    for (const component of Object.values(payload.cmps)) {
      expect(Object.keys(component).filter((key) => FULL_NAMES.has(key))).toEqual([]);
      const again = Object.entries(payload).filter(([key]) => key in component);
      for (const [key, value] of again) expect(component[key]).not.toEqual(value);
    }
  });
});

describe("availability", () => {
  const { bridge, pad } = topics(context.base);
  const cmps = {
    ...longComponents(bridgeDiscovery(context)),
    ...longComponents(padDiscovery(context, office)),
  };
  /** For which words our templates say `online`; Home Assistant wants `offline` for every other. */
  const allows = (topic: string, template: string): string[] => {
    const words = topic === bridge.state ? ["online", "stopping", "offline"] : ["online", "offline"];
    const said = words.map((state) => [state, render(template, { state })] as const);
    expect(said.filter(([, word]) => word !== "online" && word !== "offline")).toEqual([]);
    return said.flatMap(([state, word]) => (word === "online" ? [state] : []));
  };
  const needs = (key: string): Record<string, string[]> => {
    const list = (cmps[key]?.["availability"] ?? []) as { topic: string; value_template: string }[];
    return Object.fromEntries(
      list.map(({ topic, value_template }) => [topic, allows(topic, value_template)]),
    );
  };
  const working = { [bridge.state]: ["online"] };
  const there = { [bridge.state]: ["online", "stopping"] };
  const connected = { [pad("office").availability]: ["online"] };

  it.each([
    ["switch", { ...working, ...connected }],
    ["target-speed", { ...working, ...connected }],
    ["end-session", { ...working, ...connected }],
    ["speed", { ...there, ...connected }],
    ["moving", { ...there, ...connected }],
    ["stop", there],
    ["belt", there],
    ["connected", there],
    ["problem", there],
    ["session", there],
    ["distance", there],
    ["steps-today", there],
    ["calories-total", there],
    ["connection", working],
    ["restart", working],
    ["version", there],
    ["status", {}],
  ])("of %s", (key, expected) => {
    expect(needs(key)).toEqual(expected);
  });

  it("requires all of its topics, except Status, which requires none", () => {
    const modes = Object.entries(cmps).filter(([, config]) => config["availability_mode"] !== "all");
    expect(modes.map(([key]) => key)).toEqual(["status"]);
  });
});
