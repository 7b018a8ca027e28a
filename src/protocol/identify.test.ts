import { expect, it } from "vitest";
import { identify } from "./identify.js";

it.each([
  [["1800", "fe00"], "wilink"],
  [["1826", "180a"], "ftms"],
  [["1826", "fe00"], "wilink"],
  [["1800", "fba0"], "pitpat"],
  [["fba0", "1826"], "ftms"],
  [["fba0", "fe00"], "wilink"],
  [["ffff", "fff0", "ff10"], null],
  [["fff0", "1234", "0000fe0000001000800000805f9b34fb"], null],
  [[], null],
])("%j is %s", (services, protocol) => {
  expect(identify(services)).toBe(protocol);
  expect(identify(new Map(services.map((service) => [service, []])).keys())).toBe(protocol);
});
