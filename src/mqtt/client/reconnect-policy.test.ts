import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DisconnectReason } from "./disconnect-reason.js";
import {
  afterDisconnect,
  startPolicy,
  type ReconnectState,
  type ReconnectDecision,
} from "./reconnect-policy.js";

type Step = readonly [reason: DisconnectReason, readyMs?: number | null];
const failed = (kind: "closed" | "mute" | "unreachable" | "tls" | "broken" | "lost"): DisconnectReason => ({
  kind,
  detail: "d",
});
const refused = (code: number): DisconnectReason => ({ kind: "refused", code, detail: "d" });
const TAKEN_OVER: DisconnectReason = { kind: "disconnected", code: 142, detail: "d" };
const MINUTE = 60_000;

const run = (
  steps: readonly Step[],
  from: ReconnectState = startPolicy("auto"),
  random = 1,
): ReconnectDecision[] => {
  const verdicts: ReconnectDecision[] = [];
  for (const [failure, readyMs = null] of steps)
    verdicts.push(afterDisconnect(verdicts.at(-1)?.policy ?? from, failure, readyMs, random));
  return verdicts;
};
const times = (count: number, step: Step): Step[] => Array.from({ length: count }, () => step);
const delays = (verdicts: readonly ReconnectDecision[]): number[] =>
  verdicts.map(({ delayMs }) => delayMs / 1000);
const levels = (verdicts: readonly ReconnectDecision[]): string[] => verdicts.map(({ level }) => level);

describe("the pace of retries", () => {
  it("doubles from 1 s to 30 s", () => {
    expect(delays(run(times(8, [failed("unreachable")])))).toEqual([1, 2, 4, 8, 16, 30, 30, 30]);
  });

  it("is spread over the upper half", () => {
    expect(delays(run(times(6, [failed("mute")]), undefined, 0))).toEqual([0.5, 1, 2, 4, 8, 15]);
  });

  it("restarts only after a connection that lasted a minute", () => {
    expect(delays(run([...times(3, [failed("lost"), MINUTE - 1]), [failed("lost"), MINUTE]]))).toEqual([
      1, 2, 4, 1,
    ]);
  });

  it("is slow when another client takes our id, and stays so unless it ends for ten minutes", () => {
    const steps: Step[] = [...times(3, [TAKEN_OVER, 5 * MINUTE]), [TAKEN_OVER, 10 * MINUTE]];
    expect(delays(run(steps))).toEqual([60, 120, 120, 60]);
    expect(levels(run(steps))).toEqual(["warn", "debug", "debug", "warn"]);
  });
});

describe("log lines", () => {
  it("the first failure of a streak at warn, with the consequence for the belts, the rest at debug", () => {
    const verdicts = run([...times(3, [failed("unreachable")]), [failed("mute")]]);
    expect(levels(verdicts)).toEqual(["warn", "debug", "debug", "debug"]);
    expect(verdicts[0]!.advice).toContain("the bridge keeps control of them");
  });

  it.each([4, 5, 134, 135])(
    "credentials refused by code %i once as an error, in the middle of a streak too",
    (code) => {
      const verdicts = run([
        [failed("unreachable")],
        [refused(code)],
        [refused(code)],
        [failed("unreachable")],
        [refused(code)],
      ]);
      expect(levels(verdicts)).toEqual(["warn", "error", "debug", "debug", "debug"]);
      expect(verdicts[1]!.advice).toContain("mqtt.password");
    },
  );

  it("credentials again when they had worked in between", () => {
    expect(levels(run([[refused(5)], [failed("lost"), 1000], [refused(5)]]))).toEqual([
      "error",
      "debug",
      "error",
    ]);
  });

  it("connections that keep breaking: once that a second bridge may be the reason", () => {
    const verdicts = run(times(5, [failed("lost"), 1000]));
    expect(levels(verdicts)).toEqual(["warn", "debug", "warn", "debug", "debug"]);
    expect(verdicts[2]!.advice).toContain("second bridge");
  });

  it.each<[string, DisconnectReason]>([
    ["mqtt.protocol_version", refused(1)],
    ["mqtt.client_id", refused(133)],
    ["mqtt.url", failed("unreachable")],
    ["mqtt.ca", failed("tls")],
    ["8883", failed("closed")],
    ["broker's log", refused(136)],
  ])("advice names %s", (text, failure) => {
    expect(run([[failure]], startPolicy("5"))[0]!.advice).toContain(text);
  });
});

describe("the protocol version", () => {
  it.each<[string, readonly Step[]]>([
    ["code 1", [[refused(1)]]],
    ["code 132", [[refused(132)]]],
    ["code 1 after other failures", [[failed("unreachable")], [failed("closed")], [refused(1)]]],
  ])("falls back to 3.1.1 on %s, at once, saying so, for good", (_, steps) => {
    const verdict = run(steps).at(-1)!;
    expect(verdict).toMatchObject({ delayMs: 0, level: "info", policy: { version: 4 } });
    expect(verdict.policy.streak).toBe(steps.length - 1);
    const later = run(
      [[failed("lost"), 10 * MINUTE], [refused(1)], ...times(3, [failed("closed")])],
      verdict.policy,
    );
    expect(later.map(({ policy }) => policy.version)).toEqual([4, 4, 4, 4, 4]);
  });

  const hungUp = (): ReconnectDecision => run(times(2, [failed("closed")])).at(-1)!;

  it("falls back on two closes in a row before any CONNACK, and tries 5 again once 3.1.1 was up and is lost", () => {
    expect(hungUp()).toMatchObject({ delayMs: 0, level: "info", policy: { version: 4, streak: 1 } });
    const later = run([[failed("closed")], [failed("unreachable")], [failed("lost"), 1]], hungUp().policy);
    expect(later.map(({ policy }) => policy.version)).toEqual([4, 4, 5]);
  });

  it("falls back at once, without a log line, where 5 is closed again, and permanently where it is refused then", () => {
    const lost: Step = [failed("lost"), 1];
    const [, again, , refusal, , ...rest] = run(
      [lost, [failed("closed")], lost, [refused(1)], lost, [failed("closed")], lost],
      hungUp().policy,
    );
    expect(again).toMatchObject({ delayMs: 0, level: "debug", policy: { version: 4 } });
    expect(refusal).toMatchObject({ delayMs: 0, level: "info", policy: { version: 4 } });
    expect(rest.map(({ policy }) => policy.version)).toEqual([4, 4]);
  });

  it("uses 5 again after a connection that was ready with it: one close does not count then", () => {
    const later = run([[failed("lost"), 1], [failed("lost"), 1], [failed("closed")]], hungUp().policy);
    expect(later.map(({ policy }) => policy.version)).toEqual([5, 5, 5]);
  });

  it.each<[string, readonly Step[]]>([
    ["connack timeouts", times(5, [failed("mute")])],
    ["nobody listening", times(5, [failed("unreachable")])],
    ["a TLS handshake that fails", times(5, [failed("tls")])],
    ["credentials", times(5, [refused(135)])],
    ["losses of what was up", times(5, [failed("lost"), 10])],
    [
      "closes that are not in a row",
      [[failed("closed")], [failed("mute")], [failed("closed")], [refused(136)], [failed("closed")]],
    ],
  ])("stays 5 on %s", (_, steps) => {
    expect(run(steps).map(({ policy }) => policy.version)).toEqual(steps.map(() => 5));
  });

  it.each(["5", "4"] as const)("stays %s when it is configured", (version) => {
    const steps: Step[] = [[refused(1)], ...times(4, [failed("closed")]), [refused(132)]];
    expect(new Set(run(steps, startPolicy(version)).map(({ policy }) => String(policy.version)))).toEqual(
      new Set([version]),
    );
  });
});

it("always gives a message and a bounded delay", () => {
  const failure = fc.oneof(
    fc
      .constantFrom(
        "closed" as const,
        "mute" as const,
        "unreachable" as const,
        "tls" as const,
        "lost" as const,
      )
      .map(failed),
    fc.record({
      kind: fc.constantFrom("refused" as const, "disconnected" as const),
      code: fc.nat(255),
      detail: fc.string(),
    }),
  );
  const step = fc.tuple(failure, fc.option(fc.nat(20 * MINUTE)));
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 40 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (steps, random) => {
        for (const { delayMs, message, policy } of run(steps, undefined, random)) {
          expect(delayMs).toBeGreaterThanOrEqual(0);
          expect(delayMs).toBeLessThanOrEqual(120_000);
          expect(message).not.toBe("");
          expect(new Set(policy.logged).size).toBe(policy.logged.length);
        }
      },
    ),
  );
});
