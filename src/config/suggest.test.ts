import { expect, test } from "vitest";
import { allKeys } from "./keys.js";
import { suggest } from "./suggest.js";

const names = allKeys().map(({ key }) => key);

test.each([
  ["mqtt.pasword", "mqtt.password"],
  ["mqtt.urll", "mqtt.url"],
  ["mqtt.baseTopic", "mqtt.base_topic"],
  ["mqtt.base-topic", "mqtt.base_topic"],
  ["MQTT.URL", "mqtt.url"],
  ["safety.brokerLost.aftre", "safety.broker_lost.after"],
  ["base_topic", "mqtt.base_topic"],
  ["safety.retention_days", "store.retention_days"],
])("%s: did you mean %s", (wrong, meant) => {
  expect(suggest(wrong, names)).toBe(meant);
});

test.each(["", "frontend", "mqtt.qos", "enable", "action", "a.b.c.d"])(
  "nothing is made up for %j",
  (wrong) => {
    expect(suggest(wrong, names)).toBeNull();
  },
);
