import { describe, expect, it } from "vitest";
import { staleTopics, type TopicPlace } from "./stale-topics.js";

const NOW: TopicPlace = { base: "home/pads", discoveryPrefix: "homeassistant", pads: ["office", "gym"] };

describe("what an earlier run has left", () => {
  it("is nothing where it published in the same place, or for fewer pads", () => {
    for (const before of [NOW, { ...NOW, pads: ["gym"] }])
      expect(staleTopics(before, NOW)).toEqual({ configs: [], topics: [] });
  });

  it("of a pad that is gone is its config and its three retained topics", () => {
    expect(staleTopics({ ...NOW, pads: ["office", "old"] }, NOW)).toEqual({
      configs: ["homeassistant/device/home_pads_old/config"],
      topics: ["home/pads/old/availability", "home/pads/old/state", "home/pads/old/stats"],
    });
  });

  it("on another prefix is every config and no topic of ours", () => {
    const { configs, topics } = staleTopics({ ...NOW, discoveryPrefix: "ha" }, NOW);
    expect(configs).toEqual(["bridge", "office", "gym"].map((id) => `ha/device/home_pads_${id}/config`));
    expect(topics).toEqual([]);
  });

  it("on another base topic is everything that was retained there, the bridge's own included", () => {
    const { configs, topics } = staleTopics({ ...NOW, base: "old", pads: ["office"] }, NOW);
    expect(configs).toEqual([
      "homeassistant/device/old_bridge/config",
      "homeassistant/device/old_office/config",
    ]);
    expect([...topics].sort()).toEqual([
      "old/bridge/health",
      "old/bridge/info",
      "old/bridge/state",
      "old/office/availability",
      "old/office/state",
      "old/office/stats",
    ]);
  });

  it("never is a topic that is in use, also where two base topics make the same object id", () => {
    expect(staleTopics({ ...NOW, base: "home_pads" }, NOW).configs).toEqual([]);
  });
});
