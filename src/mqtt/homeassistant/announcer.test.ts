import { describe, expect, it } from "vitest";
import { ManualClock } from "../../../test/support/clock.js";
import type { Capabilities } from "../../domain/pad.js";
import { quiet } from "../../../test/support/pad-rig.js";
import { DiscoveringHomeAssistant } from "../../../test/support/home-assistant-discovery.js";
import { modelFor } from "../../protocol/models.js";
import { noIdentity } from "../../domain/identity.js";
import type { Logger } from "../../log/log.js";
import type { OutMessage } from "../client/broker.js";
import { bridgeDiscovery, padDiscovery } from "./discovery.js";
import { Announcer } from "./announcer.js";

const CONTEXT = { base: "b", discoveryPrefix: "ha", version: "1.0.0" };
const GOALS = { distance: null, steps: null, duration: null, calories: null };

const rig = (enabled = true) => {
  const clock = new ManualClock();
  const sent: OutMessage[] = [];
  const removed: string[] = [];
  const warned: unknown[] = [];
  const log: Logger = { ...quiet, warn: (facts) => void warned.push((facts as { topic: unknown }).topic) };
  const world = { name: "Office", births: 0, capabilities: null as Capabilities | null };
  const home = new Announcer({
    base: "b",
    enabled,
    clock,
    log,
    random: () => 0.5,
    configs: () => [
      bridgeDiscovery(CONTEXT),
      padDiscovery(CONTEXT, { ...noIdentity, ...world, id: "office", address: null, goals: GOALS }),
    ],
    publish: (message) => void sent.push(message),
    onRemoved: (id) => void removed.push(id),
    onBirth: () => world.births++,
  });
  const say = (topic: string, payload: string, retain = false) => ({
    topic,
    payload: new TextEncoder().encode(payload),
    retain,
    dup: false,
    arrived: clock.now(),
  });
  const topicsSent = (): string[] =>
    sent.splice(0).map(({ topic, payload }) => `${topic}${payload === "" ? " cleared" : ""}`);
  return { clock, home, world, sent, say, topicsSent, removed, warned };
};
const BRIDGE = "ha/device/b_bridge/config";
const OFFICE = "ha/device/b_office/config";

describe("Home Assistant", () => {
  it("gets the bridge's config before those of the pads, retained", () => {
    const { home, sent, topicsSent } = rig();
    home.announce();
    expect(sent.every(({ retain, qos }) => retain && qos === 1)).toBe(true);
    expect(topicsSent()).toEqual([BRIDGE, OFFICE]);
  });

  it("that does not get a config, since the broker drops it without a word, is reported once", async () => {
    const { home, clock, say, warned } = rig();
    for (const time of [1, 2]) {
      home.announce();
      for (const seconds of [9, 2, 8]) {
        // The broker delivers what is small.
        home.seen(say(BRIDGE, "{}"));
        await clock.advance(seconds * 1_000);
        if (time === 1) expect(warned).toEqual([]);
      }
      await clock.advance(2_000);
      expect(warned).toEqual([OFFICE]);
    }
  });

  it("whose configs the bridge may not read is not suspected", async () => {
    const { home, clock, warned } = rig();
    home.announce();
    await clock.advance(60_000);
    expect(warned).toEqual([]);
  });

  it("gets only changed configs again, collected for a second", async () => {
    const { home, world, clock, topicsSent } = rig();
    home.announce();
    topicsSent();
    home.update();
    await clock.advance(1_000);
    expect(topicsSent()).toEqual([]);
    for (const name of ["D", "De", "Desk"]) {
      world.name = name;
      home.update();
      await clock.advance(300);
    }
    expect(topicsSent()).toEqual([]);
    await clock.advance(100);
    expect(topicsSent()).toEqual([OFFICE]);
  });

  it("gets everything once more, for platforms that were still loading", async () => {
    const { home, clock, sent } = rig();
    home.announce();
    const first = sent.splice(0);
    await clock.advance(10_000);
    expect(sent.splice(0)).toEqual(first);
    await clock.advance(600_000);
    expect(sent).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it("gets every component of a pad that reported its capabilities step by step, however slowly it loads", async () => {
    for (const loadsFor of [0, 500, 3_000, 9_000]) {
      const { home, clock, world, sent } = rig();
      const assistant = new DiscoveringHomeAssistant();
      const deliver = (): void =>
        sent.splice(0).forEach(({ topic, payload }) => assistant.take(topic, payload));
      clock.every(50, deliver);
      clock.after(loadsFor, () => assistant.loaded());
      const { defaults } = modelFor("wilink", "KS-BLC2");
      home.announce();
      for (const known of [{ ...defaults, modes: [] }, defaults, { ...defaults, heartRate: true }]) {
        await clock.advance(100);
        world.capabilities = known;
        home.update();
      }
      await clock.advance(20_000);
      const { payload } = padDiscovery(CONTEXT, {
        ...noIdentity,
        ...world,
        id: "office",
        address: null,
        goals: GOALS,
      });
      expect(assistant.components(OFFICE)).toEqual(payload.cmps);
    }
  });

  it("loses what a change took away, also when everything is published before the second is over", async () => {
    const { home, clock, world, sent } = rig();
    const assistant = new DiscoveringHomeAssistant();
    assistant.loaded();
    const { defaults } = modelFor("wilink", "KS-BLC2");
    world.capabilities = defaults;
    home.announce();
    world.capabilities = { ...defaults, modes: [] };
    home.update();
    home.announce();
    await clock.advance(20_000);
    for (const { topic, payload } of sent) assistant.take(topic, payload);
    expect(Object.keys(assistant.components(OFFICE))).toContain("belt");
    expect(Object.keys(assistant.components(OFFICE))).not.toContain("mode");
  });

  it("gets everything again 0.5 to 3 s after its birth message, once for several, never for a stored one", async () => {
    const { home, world, clock, say } = rig();
    home.status(say("s", "online", true));
    home.status(say("s", "offline"));
    await clock.advance(10_000);
    expect(world.births).toBe(0);
    for (let i = 0; i < 3; i++) home.status(say("s", "online"));
    await clock.advance(1_700);
    expect(world.births).toBe(0);
    await clock.advance(100);
    expect(world.births).toBe(1);
    expect(clock.pending).toBe(0);
  });

  it.each([0, 20_000])(
    "gets back what someone cleared %i ms later, once, 2 s after the last",
    async (later) => {
      const { home, clock, say, sent } = rig();
      const topicsSent = () => sent.splice(0).flatMap(({ topic }) => (topic === OFFICE ? [topic] : []));
      home.announce();
      await clock.advance(later);
      topicsSent();
      for (let entity = 0; entity < 13; entity++) {
        home.seen(say(OFFICE, ""));
        await clock.advance(100);
      }
      expect(topicsSent()).toEqual([]);
      await clock.advance(2_000);
      expect(topicsSent()).toEqual([OFFICE]);
      home.seen(say(OFFICE, ""));
      await clock.advance(60_000);
      expect(topicsSent()).toEqual([]);
    },
  );

  it("gets a config that someone cleared again: once, 2 s after the last clearing", async () => {
    const { home, clock, say, topicsSent } = rig();
    home.announce();
    await clock.advance(20_000);
    topicsSent();
    // Home Assistant clears once for each entity of a device.
    home.seen(say(OFFICE, ""));
    await clock.advance(1_999);
    home.seen(say(OFFICE, ""));
    await clock.advance(1_999);
    expect(topicsSent()).toEqual([]);
    await clock.advance(1);
    expect(topicsSent()).toEqual([OFFICE]);
    home.seen(say(OFFICE, ""));
    await clock.advance(60_000);
    expect(topicsSent()).toEqual([]);
  });

  it("frees the entity ids of an earlier run before it gets their successors, and clears nothing twice", async () => {
    for (const heardFirst of [true, false]) {
      const { home, clock, say, topicsSent } = rig();
      const gone = padDiscovery(CONTEXT, {
        ...noIdentity,
        id: "gone",
        name: "Gone",
        address: null,
        goals: GOALS,
      });
      const stored = say(gone.topic, JSON.stringify(gone.payload), true);
      if (heardFirst) home.seen(stored);
      home.announce([gone.topic]);
      if (!heardFirst) home.seen(stored);
      await clock.advance(900);
      expect(topicsSent()).toEqual([`${gone.topic} cleared`]);
      await clock.advance(200);
      expect(topicsSent()).toEqual([BRIDGE, OFFICE]);
      home.announce();
      expect(topicsSent()).toEqual([BRIDGE, OFFICE]);
    }
  });

  it("loses the device of a removed pad, and no device of others", () => {
    const { home, say, topicsSent, removed } = rig();
    const gone = padDiscovery(CONTEXT, {
      ...noIdentity,
      id: "gone",
      name: "Gone",
      address: null,
      goals: GOALS,
    });
    home.seen(say(gone.topic, JSON.stringify(gone.payload), true));
    expect(topicsSent()).toEqual([`${gone.topic} cleared`]);
    expect(removed).toEqual(["gone"]);
    const stranger = { ...gone.payload, o: { name: "zigbee2mqtt" } };
    home.seen(say(gone.topic, JSON.stringify(stranger), true));
    expect(topicsSent()).toEqual([]);
  });

  it("disabled: the bridge's own configs are removed and none is published", () => {
    const { home, say, topicsSent } = rig(false);
    home.announce();
    home.update();
    const own = bridgeDiscovery(CONTEXT);
    home.seen(say(own.topic, JSON.stringify(own.payload), true));
    expect(topicsSent()).toEqual([`${BRIDGE} cleared`]);
  });
});
