import fc from "fast-check";
import { expect, test } from "vitest";
import { normalUuid } from "./gatt.js";

test.each([
  ["fe01", "fe01"],
  ["a", "000a"],
  ["FE01", "fe01"],
  ["0000fe01-0000-1000-8000-00805f9b34fb", "fe01"],
  ["0000FE0100001000800000805F9B34FB", "fe01"],
  ["d18d2c10-c44c-11e8-a355-529269fb1459", "d18d2c10c44c11e8a355529269fb1459"],
  ["0001fe0100001000800000805f9b34fb", "0001fe0100001000800000805f9b34fb"],
])("%s is %s", (uuid, normal) => {
  expect(normalUuid(uuid)).toBe(normal);
});

test("a UUID that is normal stays as it is", () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^([0-9a-f]{4}|[0-9a-f]{32})$/),
      (uuid) => normalUuid(normalUuid(uuid)) === normalUuid(uuid),
    ),
  );
});
