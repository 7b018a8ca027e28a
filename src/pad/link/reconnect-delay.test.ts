import { expect, it } from "vitest";
import { BridgeError } from "../../domain/errors.js";
import { backoff } from "./link-supervisor.js";

const soon = new BridgeError("connect-failed", "refused");
const never = new BridgeError("not-a-pad", "no service", { retry: "never" });

it.each([
  [soon, 0, 0, 0],
  [soon, 1, 2_000, 1_000],
  [soon, 3, 10_000, 1_000],
  [soon, 99, 30_000, 1_000],
  [never, 0, 30_000, 1_000],
])("%s after %i failures waits %i ms, %i when a belt moves", (error, failures, calm, urgent) => {
  expect(backoff(error, failures, false)).toBe(calm);
  expect(backoff(error, failures, true)).toBe(urgent);
});
