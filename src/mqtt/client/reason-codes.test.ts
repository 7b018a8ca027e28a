import { expect, test } from "vitest";
import { reasonCode } from "./reason-codes.js";

/** MQTT 3.1.1 table 3.1; MQTT 5 tables 3-1 and 3-10, without what only a client sends. */
const CONNACK = [
  ...[1, 2, 3, 4, 5],
  ...[
    128, 129, 130, 131, 132, 133, 134, 135, 136, 137, 138, 140, 144, 149, 151, 153, 154, 155, 156, 157, 159,
  ],
];
const DISCONNECT = [
  ...[0, 128, 129, 130, 131, 135, 137, 139, 141, 142, 143, 144, 147, 148, 149, 150, 151, 152],
  ...[153, 154, 155, 156, 157, 158, 159, 160, 161, 162],
];

test.each([
  ...CONNACK.map((code) => ["refused", code] as const),
  ...DISCONNECT.map((code) => ["disconnected", code] as const),
])("%s with code %i has a meaning and an advice", (kind, code) => {
  const { meaning, advice } = reasonCode(kind, code) ?? { meaning: "", advice: "" };
  expect(meaning).toMatch(/^\w/);
  expect(advice).toMatch(/^\w.*[^.]$/);
});

test("a code of 3.1.1 has no meaning in a DISCONNECT of 5", () => {
  expect(reasonCode("disconnected", 4)).toBeNull();
  expect(reasonCode("refused", 77)).toBeNull();
});

test.each([
  [154, "retain_available"],
  [155, "max_qos"],
  [149, "max_packet_size"],
  [133, "mqtt.client_id"],
  [132, "mqtt.protocol_version"],
])("the advice for %i names %s", (code, name) => {
  expect(reasonCode("refused", code)?.advice).toContain(name);
});
