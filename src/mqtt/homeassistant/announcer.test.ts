import { describe, expect, it } from "vitest";
import { ManualClock } from "../../../test/support/clock.js";
import { quiet } from "../../../test/support/pad-rig.js";
import { noIdentity } from "../../pad/link/identity.js";
import type { OutMessage } from "../client/broker.js";
import { bridgeDiscovery, padDiscovery } from "./discovery.js";
import { Announcer } from "./announcer.js";

const CONTEXT = { base: "b", discoveryPrefix: "ha", version: "1.0.0" };
const GOALS = { distance: null, steps: null, duration: null, calories: null };

const rig = (enabled = true) => {
  const clock = new ManualClock();
  const sent: OutMessage[] = [];
  const world = { name: "Office", births: 0 };
  const home = new Announcer({
    base: "b",
    enabled,
    clock,
    log: quiet,
    random: () => 0.5,
    configs: () => [
      bridgeDiscovery(CONTEXT),
      padDiscovery(CONTEXT, { ...noIdentity, id: "office", name: world.name, address: null, goals: GOALS }),
    ],
    publish: (message) => void sent.push(message),
    onBirth: () => world.births++,
  });
  const say = (topic: string, payload: string, retain = false) => ({
    topic,
    payload: new TextEncoder().encode(payload),
    retain,
    dup: false,
  });
  const topicsSent = (): string[] =>
    sent.splice(0).map(({ topic, payload }) => `${topic}${payload === "" ? " cleared" : ""}`);
  return { clock, home, world, sent, say, topicsSent };
};
const BRIDGE = "ha/device/b_bridge/config";
const OFFICE = "ha/device/b_office/config";

describe("Home Assistant", () => {
  it("is told of the bridge before its pads, retained", () => {
    const { home, sent, topicsSent } = rig();
    home.announce();
    expect(sent.every(({ retain, qos }) => retain && qos === 1)).toBe(true);
    expect(topicsSent()).toEqual([BRIDGE, OFFICE]);
  });

  it("is told again only of what has changed", () => {
    const { home, world, topicsSent } = rig();
    home.announce();
    topicsSent();
    home.update();
    expect(topicsSent()).toEqual([]);
    world.name = "Desk";
    home.update();
    expect(topicsSent()).toEqual([OFFICE]);
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

  it("gets back a config that someone cleared, once, 2 s after the last clearing", async () => {
    const { home, clock, say, topicsSent } = rig();
    home.announce();
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
  });

  it("loses the device of a pad that is gone, and nothing of anybody else", () => {
    const { home, say, topicsSent } = rig();
    const gone = padDiscovery(CONTEXT, {
      ...noIdentity,
      id: "gone",
      name: "Gone",
      address: null,
      goals: GOALS,
    });
    home.seen(say(gone.topic, JSON.stringify(gone.payload), true));
    expect(topicsSent()).toEqual([`${gone.topic} cleared`]);
    const stranger = { ...gone.payload, o: { name: "zigbee2mqtt" } };
    home.seen(say(gone.topic, JSON.stringify(stranger), true));
    expect(topicsSent()).toEqual([]);
  });

  it("switched off loses our own configs and is told nothing", () => {
    const { home, say, topicsSent } = rig(false);
    home.announce();
    home.update();
    const own = bridgeDiscovery(CONTEXT);
    home.seen(say(own.topic, JSON.stringify(own.payload), true));
    expect(topicsSent()).toEqual([`${BRIDGE} cleared`]);
  });
});
