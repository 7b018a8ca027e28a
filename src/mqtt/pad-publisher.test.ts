import { describe, expect, it } from "vitest";
import { ManualClock } from "../../test/support/clock.js";
import { WALKING } from "../../test/support/pad-state.js";
import type { PadState } from "../domain/state.js";
import { speedFromKmh } from "../domain/units.js";
import type { OutMessage } from "./client/broker.js";
import { PadPublisher, type Published } from "./pad-publisher.js";
import { topics } from "./topics.js";

const STATE: PadState = { ...WALKING, speed: speedFromKmh(2), rssi: -60, lastStatusAt: 1 };

const rig = () => {
  const clock = new ManualClock();
  const sent: OutMessage[] = [];
  const view: { now: Published } = { now: { available: true, state: STATE, stats: null } };
  const publisher = new PadPublisher(
    topics("b").pad("p"),
    clock,
    () => view.now,
    (message) => void sent.push(message),
  );
  const change = (state: Partial<PadState>): void => {
    view.now = { ...view.now, state: { ...view.now.state, ...state } };
    publisher.changed();
  };
  const states = () =>
    sent
      .filter(({ topic }) => topic === "b/p/state")
      .map(({ payload }) => JSON.parse(String(payload)) as Record<string, unknown>);
  publisher.changed();
  return { clock, publisher, change, states, sent, view };
};

describe("the pace of a pad's topics (contract 3, rates)", () => {
  it("publishes availability before the state, both retained", () => {
    expect(rig().sent.map(({ topic, retain, qos }) => [topic, retain, qos])).toEqual([
      ["b/p/availability", true, 1],
      ["b/p/state", true, 1],
    ]);
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

  it("shows the effect before the result that speaks of it", () => {
    const { change, publisher, states } = rig();
    change({ speed: speedFromKmh(3.5) });
    publisher.flush();
    expect(states().at(-1)).toMatchObject({ speed: 3.5 });
  });

  it("says everything regardless of pace, and leaves no timer behind", () => {
    const { change, publisher, states, clock } = rig();
    change({ speed: speedFromKmh(3) });
    publisher.everything();
    expect(states()).toHaveLength(2);
    publisher.end();
    expect(clock.pending).toBe(0);
  });
});
