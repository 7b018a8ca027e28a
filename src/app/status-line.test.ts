import { describe, expect, test } from "vitest";
import { WALKING } from "../../test/support/pad-state.js";
import type { PadState } from "../domain/state.js";
import type { Session, Stats } from "../domain/stats.js";
import { NO_TOTALS } from "../domain/totals.js";
import { metres, seconds, speedFromKmh } from "../domain/units.js";
import { type PadSummary, statusLine } from "./status-line.js";

const IDLE: Partial<PadState> = { belt: "idle", moving: false, speed: speedFromKmh(0), targetSpeed: null };
const AWAY: Partial<PadState> = {
  ...{ belt: "unknown", moving: null, speed: null, targetSpeed: null, link: "scanning" },
};
const SESSION: Session = {
  id: "x",
  state: "active",
  startedAt: 0,
  endedAt: null,
  distance: metres(720),
  duration: seconds(754),
  steps: 950,
  calories: 40,
  caloriesSource: "estimate",
  maxSpeed: speedFromKmh(3.5),
};
const stats = (session: Session | null, today = 0): Stats => ({
  session,
  today: { ...NO_TOTALS, distance: metres(today) },
  total: NO_TOTALS,
  goals: {},
});
const pad = (id: string, state: Partial<PadState> = {}, of: Stats | null = stats(null)): PadSummary => ({
  id,
  state: { ...WALKING, ...state },
  stats: of,
});
const line = (pads: readonly PadSummary[], columns = 200, brokerConnected = true): string =>
  statusLine({ pads, brokerConnected }, false, columns);
const plain = (text: string): string => text.replaceAll(/\u001b\[\d+m/g, "");

describe("what one pad does", () => {
  test.each<[string, Partial<PadState>, Stats | null]>([
    ["office: running, 3.5 km/h, 12:34, 0.72 km, 950 steps", {}, stats(SESSION)],
    [
      "office: running, 3.5 km/h, 1:00:05, 0.72 km, 950 steps",
      {},
      stats({ ...SESSION, duration: seconds(3605) }),
    ],
    ["office: running, 2.0 of 3.5 km/h", { speed: speedFromKmh(2) }, stats(null)],
    ["office: starting, 0.0 of 3.5 km/h", { belt: "starting", speed: speedFromKmh(0) }, null],
    ["office: stopping, 1.2 km/h", { belt: "stopping", speed: speedFromKmh(1.2), targetSpeed: null }, null],
    ["office: idle, paused, 12:34, 0.72 km, 950 steps", IDLE, stats({ ...SESSION, state: "paused" })],
    ["office: idle, today 4.20 km", IDLE, stats({ ...SESSION, state: "ended" }, 4200)],
    ["office: idle", IDLE, stats(null)],
    ["office: scanning", AWAY, null],
    ["office: unknown", { ...AWAY, link: "ready" }, null],
    ["office: link-lost", { ...AWAY, link: "lost", problem: "link-lost" }, null],
    [
      "office: stop-unconfirmed, 2.0 km/h",
      { speed: speedFromKmh(2), targetSpeed: null, problem: "stop-unconfirmed" },
      null,
    ],
  ])("%s", (said, state, of) => expect(line([pad("office", state, of)])).toBe(said));
});

describe("the room there is", () => {
  const two = [pad("office", {}, stats(SESSION)), pad("gym", IDLE)];

  test.each([
    [200, "office: running, 3.5 km/h, 12:34, 0.72 km, 950 steps | gym: idle"],
    [50, "office: running, 3.5 km/h, 12:34 | gym: idle"],
    [40, "office: running, 3.5 km/h | gym: idle"],
    [32, "office 3.5 km/h | gym idle"],
    [24, "office 3.5 km/h | +1"],
    [23, ""],
    [0, ""],
  ])("%i columns", (columns, said) => {
    expect(line(two, columns)).toBe(said);
  });

  test("is never used up, so that no line is ever two", () => {
    const ids = Array.from({ length: 9 }, (_, i) => `pad-with-a-name-of-32-characters-${i}`);
    const many = ids.map((id) => pad(id, {}, stats(SESSION)));
    for (let count = 0; count <= many.length; count += 1)
      for (let columns = 24; columns < 400; columns += 1)
        for (const ending of [true, false])
          for (const brokerConnected of [true, false]) {
            const said = plain(statusLine({ pads: many.slice(0, count), brokerConnected }, ending, columns));
            expect(said.length).toBeLessThanOrEqual(columns - 3);
            expect(said).toMatch(/^[ -~]+$/);
          }
  });

  test("truncates the last text if necessary, and marks it", () => {
    expect(line([pad("a-name-that-goes-on-and-on"), pad("gym")], 30)).toBe("a-name-that-goes-on-and-on>");
  });

  test("goes to a pad with a problem first, then to one that moves", () => {
    const away = pad("away", { ...AWAY, problem: "link-lost" });
    expect(line([pad("rest-1", IDLE), pad("rest-2", IDLE), pad("moves"), away], 40)).toBe(
      "away link-lost | moves 3.5 km/h | +2",
    );
  });
});

test("while the bridge ends, that comes first", () => {
  const said = statusLine({ pads: [pad("office")], brokerConnected: false }, true, 80);
  expect(said).toBe("\u001b[7m STOPPING \u001b[27m office: running, 3.5 km/h");
});

test("shows a missing broker, and that no pad is configured", () => {
  expect(line([pad("office", IDLE)], 80, false)).toBe("no broker | office: idle");
  expect(line([], 80)).toBe("no pads");
});
