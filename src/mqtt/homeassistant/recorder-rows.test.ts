import { expect, it } from "vitest";
import { withoutAbbreviations } from "../../../test/support/home-assistant-abbreviations.js";
import { shows } from "../../../test/support/home-assistant.js";
import { WALKING } from "../../../test/support/pad-state.js";
import { statePayload, statsPayload } from "../../api/payloads.js";
import type { PadState } from "../../domain/state.js";
import { metres, seconds, speedFromKmh } from "../../domain/units.js";
import { modelFor } from "../../protocol/models.js";
import { topics } from "../topics.js";
import { padDiscovery } from "./discovery.js";

const CONTEXT = { base: "b", discoveryPrefix: "ha", version: "1.0.0" };
const STATE: PadState = { ...WALKING, rssi: -60, lastStatusAt: 0 };

/** At 3.5 km/h and 110 steps a minute, one message a second. */
const walkedFor = (second: number, before: number) => ({
  distance: metres(before * 1000 + Math.floor(second * 0.972)),
  duration: seconds(before * 1000 + second),
  steps: before * 1000 + Math.floor((second * 110) / 60),
  calories: before * 100 + second * 0.065,
  sessions: 1,
});

/** What Home Assistant's recorder writes: one row for each state that differs from the one before, and its attributes. */
const rowsOfWalk = (length: number): number => {
  const { payload } = padDiscovery(CONTEXT, {
    id: "office",
    name: "Office",
    address: null,
    protocol: "wilink",
    model: "C2",
    capabilities: modelFor("wilink", "KS-BLC2").defaults,
    goals: { distance: null, steps: null, duration: null, calories: null },
  });
  const { state: stateTopic, stats: statsTopic } = topics("b").pad("office");
  const shown = Object.entries(withoutAbbreviations(payload).components).filter(
    ([, config]) => config["enabled_by_default"] !== false && "value_template" in config,
  );
  const last = new Map<string, string>();
  let rows = 0;
  for (let second = 0; second <= length; second++) {
    const session = {
      id: "w",
      state: "active",
      startedAt: 0,
      endedAt: null,
      caloriesSource: "estimate",
      maxSpeed: speedFromKmh(3.5),
      ...walkedFor(second, 0),
    } as const;
    const stats = statsPayload({
      session,
      today: walkedFor(second, 2),
      total: walkedFor(second, 900),
      goals: {},
    });
    const payloads: Readonly<Record<string, unknown>> = {
      [stateTopic]: statePayload({ ...STATE, lastStatusAt: second * 1000, rssi: -60 - (second % 3) }),
      [statsTopic]: stats,
    };
    for (const [key, config] of shown) {
      const published = payloads[String(config["state_topic"])];
      if (published === undefined) continue;
      const { state, accepted } = shows(config, published);
      expect(accepted).toBe(true);
      if (second > 0 && last.get(key) !== state) rows += 1;
      last.set(key, state);
    }
  }
  return rows;
};

it("a walk writes at most four rows a second into Home Assistant's database, three of them steps", () => {
  const rate = rowsOfWalk(600) / 600;
  expect(rate).toBeGreaterThan(3);
  expect(rate).toBeLessThan(4);
});
