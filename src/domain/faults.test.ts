import fc from "fast-check";
import { expect, test } from "vitest";
import { NO_FAULTS, parseFaults, type Faults } from "./faults.js";

const good: readonly [name: string, given: unknown, faults: Partial<Record<keyof Faults, unknown>>][] = [
  ["nothing", undefined, {}],
  ["null", null, {}],
  ["an empty object", {}, {}],
  ["creep in km/h, held in hundredths", { creep: 0.3 }, { creep: 30 }],
  ["silence after seconds", { silent: 2.5 }, { silent: 2.5 }],
  ["silence at once", { silent: true }, { silent: 0 }],
  ["all starts refused", { refuse_start: true }, { refuseStart: 1 }],
  ["some starts refused", { refuse_start: 0.25 }, { refuseStart: 0.25 }],
  ["all connects refused", { refuse_connect: true }, { refuseConnect: { share: 1, seconds: null } }],
  ["the share 1 is all connects", { refuse_connect: 1 }, { refuseConnect: { share: 1, seconds: null } }],
  ["some connects refused", { refuse_connect: 0.5 }, { refuseConnect: { share: 0.5, seconds: null } }],
  ["connects refused for a while", { refuse_connect: 30 }, { refuseConnect: { share: 1, seconds: 30 } }],
  ["lost and damaged notifications", { drop: 0.1, corrupt: true }, { drop: 0.1, corrupt: 1 }],
  ["a link that breaks", { disconnect_after: 10 }, { disconnectAfter: 10 }],
  [
    "false, null and 0 are no fault",
    { creep: 0, silent: 0, refuse_start: false, refuse_connect: null, drop: -0, disconnect_after: 0 },
    {},
  ],
];

test.each(good)("%s", (_name, given, faults) => {
  expect(parseFaults(given)).toEqual({ ok: true, faults: { ...NO_FAULTS, ...faults } });
});

const names = "creep, silent, refuse_start, refuse_connect, drop, corrupt, disconnect_after";
const share = "a share from 0 to 1, or true, which is all";
const connect = "true, false, a share up to 1, or above 1 seconds up to 86400";

const bad: readonly [given: unknown, errors: readonly unknown[]][] = [
  ["creep", [{ key: null, value: "creep", allowed: `an object of ${names}` }]],
  [[], [{ key: null, value: [], allowed: `an object of ${names}` }]],
  [{ crepe: 0 }, [{ key: "crepe", value: 0, allowed: `one of ${names}` }]],
  [{ toString: 1 }, [{ key: "toString", value: 1, allowed: `one of ${names}` }]],
  [{ refuse_connect: "" }, [{ key: "refuse_connect", value: "", allowed: connect }]],
  [{ creep: true }, [{ key: "creep", value: true, allowed: "km/h from 0 to 6" }]],
  [
    { drop: 1.1, corrupt: "0.5", creep: -1, refuse_start: Number.NaN, silent: Infinity },
    [
      { key: "drop", value: 1.1, allowed: share },
      { key: "corrupt", value: "0.5", allowed: share },
      { key: "creep", value: -1, allowed: "km/h from 0 to 6" },
      { key: "refuse_start", value: Number.NaN, allowed: share },
      { key: "silent", value: Infinity, allowed: "seconds up to 86400, true (at once) or false" },
    ],
  ],
];

test.each(bad)("%j is refused with every error", (given, errors) => {
  expect(parseFaults(given)).toEqual({ ok: false, errors });
});

test("whatever arrives, the answer is faults in their ranges or at least one error", () => {
  const value = fc.oneof(fc.double({ min: 0, max: 2 }), fc.boolean(), fc.anything());
  const shares = ["refuse_start", "refuse_connect", "drop", "corrupt"];
  const faulty = fc.dictionary(fc.constantFrom("creep", "silent", "disconnect_after", ...shares), value);
  fc.assert(
    fc.property(fc.oneof(fc.anything(), faulty), (given) => {
      const parsed = parseFaults(given);
      expect(parsed.ok || parsed.errors.length > 0).toBe(true);
      if (!parsed.ok) return;
      const { creep, refuseStart, refuseConnect, drop, corrupt, silent, disconnectAfter } = parsed.faults;
      const likelihoods = [refuseStart, refuseConnect.share, drop, corrupt];
      expect(likelihoods.every((one) => one >= 0 && one <= 1)).toBe(true);
      const delays = [silent, disconnectAfter, refuseConnect.seconds];
      expect(delays.every((one) => one === null || one >= 0)).toBe(true);
      expect(Number.isInteger(creep)).toBe(true);
    }),
  );
});
