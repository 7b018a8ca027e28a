import { describe, expect, it } from "vitest";
import { ManualClock } from "../../test/support/clock.js";
import { WALKING } from "../../test/support/pad-state.js";
import type { PadState } from "../domain/state.js";
import { speedFromKmh } from "../domain/units.js";
import { PadFeed, type PublishedPad } from "./pad-feed.js";

const STATE: PadState = { ...WALKING, speed: speedFromKmh(2), rssi: -60, lastStatusAt: 1 };

const rig = () => {
  const clock = new ManualClock();
  const sent: { readonly topic: string; readonly payload: object }[] = [];
  const view: { now: PublishedPad } = { now: { available: true, state: STATE, stats: null } };
  const publisher = new PadFeed(clock, () => view.now, {
    availability: (payload) => void sent.push({ topic: "availability", payload }),
    state: (payload) => void sent.push({ topic: "state", payload }),
    stats: (payload) => void sent.push({ topic: "stats", payload }),
  });
  const change = (state: Partial<PadState>): void => {
    view.now = { ...view.now, state: { ...view.now.state, ...state } };
    publisher.changed();
  };
  const states = () =>
    sent.filter(({ topic }) => topic === "state").map(({ payload }) => payload as Record<string, unknown>);
  publisher.changed();
  return { clock, publisher, change, states, sent, view };
};

describe("the pace of a pad's topics (docs/topics.md, rates)", () => {
  it("publishes availability before the state", () => {
    expect(rig().sent.map(({ topic }) => topic)).toEqual(["availability", "state"]);
  });

  it("publishes a change of the belt at once", () => {
    const { change, states } = rig();
    change({ belt: "stopping" });
    change({ belt: "idle" });
    expect(states().map(({ belt }) => belt)).toEqual(["running", "stopping", "idle"]);
  });

  it("publishes numbers at most once a second, and the last one surely", async () => {
    const { change, states, clock } = rig();
    for (const kmh of [2.1, 2.2, 2.3]) change({ speed: speedFromKmh(kmh) });
    expect(states()).toHaveLength(1);
    await clock.advance(1_000);
    expect(states().map(({ speed }) => speed)).toEqual([2, 2.3]);
  });

  it("publishes rssi and last_status_at alone at most once a minute", async () => {
    const { change, states, clock } = rig();
    for (let second = 1; second <= 59; second++) {
      change({ rssi: -60 - second, lastStatusAt: second * 1_000 });
      await clock.advance(1_000);
    }
    expect(states()).toHaveLength(1);
    await clock.advance(1_000);
    expect(states()).toHaveLength(2);
  });

  it("shows the effect before the result that refers to it", () => {
    const { change, publisher, states } = rig();
    change({ speed: speedFromKmh(3.5) });
    publisher.flush();
    expect(states().at(-1)).toMatchObject({ speed: 3.5 });
  });

  it("publishes everything regardless of rate, and leaves no timer behind", () => {
    const { change, publisher, states, clock } = rig();
    change({ speed: speedFromKmh(3) });
    publisher.everything();
    expect(states()).toHaveLength(2);
    publisher.end();
    expect(clock.pending).toBe(0);
  });
});
