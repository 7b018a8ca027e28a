import { expect, it } from "vitest";
import { requestedSessions } from "./session-list.js";

it("takes null in a request as not given, for each key", () => {
  const all = requestedSessions({});
  expect(requestedSessions({ pad: null, since: null, limit: null })).toEqual(all);
  expect(requestedSessions({ pad: "c2", limit: 1 })).toEqual({ pad: "c2", since: null, limit: 1 });
  for (const limit of ["1", 0, 1.5, 1_000_000])
    expect(() => requestedSessions({ limit })).toThrow("limit must be a whole number from 1");
});
