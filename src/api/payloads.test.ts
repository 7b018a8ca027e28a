import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { failure, OK } from "../domain/command.js";
import type { PadState } from "../domain/state.js";
import type { Session, Stats, Totals } from "../domain/stats.js";
import { metres, seconds, speedFromKmh } from "../domain/units.js";
import {
  availabilityPayload,
  bridgeStatePayload,
  decode,
  eventPayload,
  parseJson,
  parseRequest,
  responsePayload,
  resultPayload,
  statePayload,
  statsPayload,
} from "./payloads.js";

const AT = Date.parse("2026-11-22T10:00:00Z");
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

const walking: PadState = {
  belt: "running",
  running: true,
  moving: true,
  mode: "manual",
  speed: speedFromKmh(3.5),
  targetSpeed: speedFromKmh(3.57),
  incline: 2.000000001,
  heartRate: 97.4,
  link: "ready",
  stopConfirmed: true,
  problem: null,
  protocol: "wilink",
  model: "C2",
  rssi: -61.5,
  lastStatusAt: AT,
};
const unknown: PadState = {
  ...walking,
  belt: "unknown",
  running: null,
  moving: null,
  mode: null,
  speed: null,
  targetSpeed: null,
  incline: null,
  heartRate: null,
  protocol: null,
  model: null,
  rssi: null,
  lastStatusAt: null,
};
const session: Session = {
  id: "20261122T100000Z",
  state: "active",
  startedAt: AT,
  endedAt: null,
  distance: metres(1234),
  duration: seconds(1200),
  steps: 1560,
  calories: 70.6,
  caloriesSource: "estimate",
  maxSpeed: speedFromKmh(4.5),
};
const totals: Totals = {
  distance: metres(5001),
  duration: seconds(3600),
  steps: 6000,
  calories: 199.5,
  sessions: 2,
};
const stats: Stats = {
  session,
  today: totals,
  total: totals,
  goals: {
    distance: { target: 5500, progress: 0.22436, eta: 3200.4 },
    duration: { target: 1800, progress: 2, eta: null },
  },
};

const numbersIn = (value: unknown): number[] =>
  typeof value === "number"
    ? [value]
    : typeof value === "object" && value !== null
      ? Object.values(value).flatMap(numbersIn)
      : [];

describe("statePayload", () => {
  it("has the units, values and times of docs/topics.md", () => {
    expect(statePayload(walking)).toEqual({
      belt: "running",
      running: "ON",
      moving: "ON",
      mode: "manual",
      speed: 3.5,
      target_speed: 3.57,
      incline: 2,
      heart_rate: 97,
      link: "ready",
      stop_confirmed: true,
      problem: null,
      protocol: "wilink",
      model: "C2",
      rssi: -61,
      last_status_at: "2026-11-22T10:00:00.000Z",
    });
  });

  it("keeps every key, null, while nothing is known", () => {
    const payload = statePayload(unknown);
    expect(Object.keys(payload)).toEqual(Object.keys(statePayload(walking)));
    expect(Object.values(payload)).not.toContain(undefined);
    expect(payload).toMatchObject({
      running: null,
      moving: null,
      speed: null,
      target_speed: null,
      rssi: null,
    });
  });

  it.each([true, false])("is ON or OFF for %s", (on) => {
    expect(statePayload({ ...walking, running: on, moving: on })).toMatchObject({
      running: on ? "ON" : "OFF",
      moving: on ? "ON" : "OFF",
    });
  });

  it.each([NaN, -Infinity, 8.65e15, -8.65e15])("shows the impossible time %s as unknown", (lastStatusAt) => {
    expect(statePayload({ ...walking, lastStatusAt }).last_status_at).toBeNull();
  });

  it("never shows float dust, or a zero with a sign", () => {
    expect(statePayload({ ...walking, incline: -0.01 }).incline).toBe(0);
    fc.assert(
      fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), (value) => {
        const payload = statePayload({ ...walking, speed: value as PadState["speed"], incline: value });
        for (const number of numbersIn(payload)) {
          expect(String(number)).toMatch(/^-?\d+(\.\d{1,2})?$/);
          expect(number).not.toBe(-0);
        }
      }),
    );
  });
});

describe("statsPayload", () => {
  it("has the units of docs/topics.md", () => {
    expect(statsPayload(stats)).toEqual({
      session: {
        id: "20261122T100000Z",
        state: "active",
        started_at: "2026-11-22T10:00:00.000Z",
        ended_at: null,
        distance: 1.234,
        duration: 1200,
        steps: 1560,
        calories: 71,
        calories_source: "estimate",
        average_speed: 3.7,
        max_speed: 4.5,
      },
      today: { distance: 5.001, duration: 3600, steps: 6000, calories: 200, sessions: 2 },
      total: { distance: 5.001, duration: 3600, steps: 6000, calories: 200, sessions: 2 },
      goals: {
        distance: { target: 5.5, progress: 0.224, eta: 3200 },
        steps: null,
        duration: { target: 1800, progress: 2, eta: null },
        calories: null,
      },
    });
  });

  it("has all keys of a session, null, before the first walk", () => {
    const { session: none } = statsPayload({ ...stats, session: null });
    expect(Object.keys(none)).toEqual(Object.keys(statsPayload(stats).session));
    expect(new Set(Object.values(none))).toEqual(new Set([null]));
  });

  it("has no average speed before the belt has moved", () => {
    const still = { ...session, distance: metres(0), duration: seconds(0) };
    expect(statsPayload({ ...stats, session: still }).session.average_speed).toBeNull();
  });

  it("shows no average above the fastest moment, though distance comes in steps of 10 m", () => {
    const short = { ...session, distance: metres(20), duration: seconds(9), maxSpeed: speedFromKmh(2) };
    expect(statsPayload({ ...stats, session: short }).session).toMatchObject({
      average_speed: 2,
      max_speed: 2,
    });
  });

  it("shows every whole metre with three decimals at most", () => {
    fc.assert(
      fc.property(fc.nat(1e9), fc.integer({ min: 1, max: 1e7 }), (m, s) => {
        const moved = { ...session, distance: metres(m), duration: seconds(s) };
        const { distance, average_speed } = statsPayload({ ...stats, session: moved }).session;
        expect(String(distance)).toMatch(/^\d+(\.\d{1,3})?$/);
        expect(distance).toBe(Number(`${Math.floor(m / 1000)}.${String(m % 1000).padStart(3, "0")}`));
        expect(String(average_speed)).toMatch(/^\d+(\.\d{1,2})?$/);
      }),
    );
  });
});

describe("the other payloads", () => {
  it("show whether a pad and the bridge are online", () => {
    expect(availabilityPayload(true)).toEqual({ state: "online" });
    expect(availabilityPayload(false)).toEqual({ state: "offline" });
    expect(bridgeStatePayload("offline")).toEqual({ state: "offline" });
    expect(bridgeStatePayload("stopping", { reason: "SIGTERM", since: AT })).toEqual({
      state: "stopping",
      reason: "SIGTERM",
      since: "2026-11-22T10:00:00.000Z",
    });
  });

  it("show the result of a command", () => {
    const result = { id: "a1", command: "speed", value: 3.14159, tookMs: 811.6 } as const;
    expect(resultPayload({ ...result, outcome: OK })).toEqual({
      id: "a1",
      command: "speed",
      value: 3.14159,
      status: "ok",
      code: null,
      message: null,
      took_ms: 812,
    });
    const failed = { id: null, command: null, value: null, outcome: failure("stopping", "Wait."), tookMs: 0 };
    expect(resultPayload(failed)).toEqual({
      id: null,
      command: null,
      value: null,
      status: "error",
      code: "stopping",
      message: "Wait.",
      took_ms: 0,
    });
  });

  it("show an event, with the numbers of its session", () => {
    expect(eventPayload({ type: "link_lost", at: AT, session: null })).toEqual({
      event_type: "link_lost",
      at: "2026-11-22T10:00:00.000Z",
    });
    expect(
      eventPayload({ type: "session_ended", at: AT, session: { ...session, endedAt: AT } }),
    ).toMatchObject({
      event_type: "session_ended",
      session: session.id,
      ended_at: "2026-11-22T10:00:00.000Z",
      distance: 1.234,
      duration: 1200,
      average_speed: 3.7,
    });
  });

  it("answer requests, and give the transaction back", () => {
    expect(responsePayload({ data: [] }, 7)).toEqual({ status: "ok", data: [], transaction: 7 });
    expect(responsePayload({})).toEqual({ status: "ok" });
    expect(responsePayload({ error: "No." }, "t")).toEqual({
      status: "error",
      error: "No.",
      transaction: "t",
    });
  });
});

describe("parseRequest", () => {
  it.each([
    ["", {}],
    ["PRESS", {}],
    ["[1]", {}],
    ["null", {}],
    ['{"seconds":5}', { seconds: 5 }],
    ['{"limit":5}\0', { limit: 5 }],
  ])("reads %s as an object", (payload, fields) => {
    expect(parseRequest(text(payload))).toEqual({ fields });
  });

  it.each([
    ['"t"', "t"],
    ["0", 0],
    ["false", false],
    ["null", undefined],
    ["[[]]", undefined],
  ])("keeps the transaction %s if it is a plain value", (json, transaction) => {
    expect(parseRequest(text(`{"transaction":${json}}`)).transaction).toBe(transaction);
  });

  it("refuses what is no UTF-8 or larger than 64 KiB, and is total", () => {
    expect(decode(new Uint8Array([0x7b, 0xff, 0x7d]))).toBeNull();
    expect(decode(new Uint8Array(64 * 1024 + 1))).toBeNull();
    expect(decode(new Uint8Array(64 * 1024).fill(0x20))).toHaveLength(64 * 1024);
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(parseRequest(bytes).fields).toBeTypeOf("object");
      }),
    );
  });
});

describe("parseJson", () => {
  const plainly = (given: string): unknown => {
    try {
      return JSON.parse(given) as unknown;
    } catch {
      return undefined;
    }
  };

  it("finds what JSON.parse finds, and undefined where that throws", () => {
    const space = fc.constantFrom("", " ", "\n\t\r ", "\u00a0", "x");
    const texts = fc.oneof(fc.json(), fc.string(), fc.constantFrom("true", "false", "null", "-0", "1e5", ""));
    fc.assert(
      fc.property(space, texts, space, (before, json, after) => {
        const given = before + json + after;
        expect(parseJson(given)).toEqual(plainly(given));
      }),
    );
  });
});
