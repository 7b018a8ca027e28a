import { describe, expect, it } from "vitest";
import { captures, fromHex } from "../../../test/support/captures.js";
import { speedFromKmh } from "../../domain/units.js";
import type { Message } from "../protocol.js";
import { readPreferences, readRecord, readStatus } from "./replies.js";
import { wilink } from "./wilink.js";

const RX = captures().filter(({ protocol, dir }) => protocol === "wilink" && dir === "rx");
const received = (type: string): typeof RX => RX.filter(({ decoded }) => decoded["type"] === type);

const only = (hex: string): Message => {
  const { pending, messages } = wilink.decode(new Uint8Array(), "fe01", fromHex(hex));
  expect(messages).toHaveLength(1);
  expect(pending).toHaveLength(0);
  return messages[0]!;
};

describe("every captured reply", () => {
  it("is one that these tests cover", () => {
    const counts = ["status", "params", "last_record", "B2"].map((type) => received(type).length);
    expect(counts).toEqual([61, 1, 1, 4]);
    expect(RX).toHaveLength(67);
  });

  const activities = ["resting", "running", "running", "stopping", "stopping", "standby"];
  it.each(received("status"))("status $hex", ({ hex, decoded }) => {
    const state = Number(decoded["belt_state"]);
    const raw = readStatus(fromHex(hex));
    expect({
      type: "status",
      belt_state: raw.state,
      speed_kmh: raw.speed / 10,
      mode: raw.mode,
      time_s: raw.elapsed,
      distance_m: raw.distance * 10,
      steps: raw.steps,
      app_speed_raw: raw.appSpeed,
      button_raw: raw.button,
      byte15: fromHex(hex)[15],
      byte17: fromHex(hex)[17],
    }).toEqual(decoded);
    expect(only(hex)).toEqual({
      kind: "status",
      status: {
        activity: activities[state] ?? "countdown",
        code: state,
        speed: Math.round(Number(decoded["speed_kmh"]) * 100),
        mode: ["auto", "manual", "standby"][Number(decoded["mode"])],
        distance: decoded["distance_m"],
        elapsed: decoded["time_s"],
        steps: decoded["steps"],
      },
    });
  });

  it.each(received("params"))("preferences $hex", ({ hex, decoded }) => {
    const raw = readPreferences(fromHex(hex));
    expect(decoded).toMatchObject({
      goal_type: raw.goalType,
      goal: raw.goal,
      calibration: raw.calibration,
      max_speed_tenths: raw.maxSpeed,
      start_speed_tenths: raw.startSpeed,
      start_mode: raw.startMode,
      sensitivity: raw.sensitivity,
      display_mask: raw.display,
      child_lock: raw.lock,
      unit: raw.unit,
    });
    expect(only(hex)).toEqual({
      kind: "preferences",
      preferences: { maxSpeed: speedFromKmh(7.5), startSpeed: speedFromKmh(0.5), imperial: true },
    });
  });

  it.each(received("last_record"))("record $hex", ({ hex, decoded }) => {
    const raw = readRecord(fromHex(hex));
    expect(decoded).toMatchObject({
      on_time_s: raw.onTime,
      start_time_s: raw.startTime,
      duration_s: raw.elapsed,
      distance_m: raw.distance * 10,
      steps: raw.steps,
      records_remaining: raw.remaining,
    });
    expect(only(hex)).toEqual({
      kind: "record",
      record: { age: 2710, elapsed: 140, distance: 50, steps: 185, remaining: 1 },
    });
  });

  it.each(received("B2"))("other $hex", ({ hex }) => {
    expect(only(hex)).toEqual({ kind: "other", type: 0xb2 });
  });
});
