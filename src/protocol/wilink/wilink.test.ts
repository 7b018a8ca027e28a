import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { captures, fromHex } from "../../../test/support/captures.js";
import type { PadStatus } from "../../domain/pad.js";
import { speedFromKmh, type Speed } from "../../domain/units.js";
import { toHex } from "../bytes.js";
import { modelFor } from "../models.js";
import type { Message, Operation } from "../protocol.js";
import { frame, REPLY } from "./frames.js";
import { encodePreferences, encodeStatus } from "./server-frames.js";
import { readPreferences } from "./replies.js";
import { wilink } from "./wilink.js";

const NOTHING = new Uint8Array();
const A1 = modelFor("wilink", "WalkingPad");
const decode = (bytes: Uint8Array): Message[] => wilink.decode(NOTHING, "fe01", bytes).messages;
const hexes = (operation: Operation, model = A1): string[] =>
  wilink.encode(operation, model).map(({ bytes }) => toHex(bytes));

const CAPTURES = captures().filter(({ protocol }) => protocol === "wilink");

describe("decode", () => {
  const raw = { state: 0, speed: 0, mode: 1, elapsed: 0, distance: 0, steps: 0, appSpeed: 0, button: 0 };
  const status = (fields: Partial<typeof raw>): PadStatus => {
    const [message] = decode(encodeStatus({ ...raw, ...fields }));
    if (message?.kind !== "status") throw new Error("no status");
    return message.status;
  };

  it("names every state of wire-facts a.8, and keeps the code of any other", () => {
    const words = Array.from({ length: 256 }, (_, state) => status({ state }).activity);
    const named = ["resting", "running", "running", "stopping", "stopping", "standby"];
    const countdown = Array.from({ length: 4 }, () => "countdown");
    expect(words).toEqual([...named, ...countdown, ...Array.from({ length: 246 }, () => "other")]);
    expect(status({ state: 13, speed: 8 })).toMatchObject({ activity: "other", code: 13, speed: 80 });
  });

  it("leaves out an unknown mode, and mode standby does not hide the belt's movement", () => {
    expect(status({ mode: 3 })).not.toHaveProperty("mode");
    expect(status({ state: 0, mode: 2 })).toMatchObject({ activity: "resting", mode: "standby" });
    expect(status({ state: 1, mode: 2, speed: 9 })).toMatchObject({ activity: "running", speed: 90 });
  });

  it("keeps every tenth exact", () => {
    for (let speed = 0; speed < 256; speed += 1) expect(status({ speed }).speed).toBe(speed * 10);
  });

  it("reads preferences of both lengths, and leaves out missing values", () => {
    const preferences = readPreferences(fromHex("f8a600000000004b05000200000100000000f9fd"));
    const silent = { ...preferences, maxSpeed: 0, startSpeed: 0, unit: 0 };
    expect(decode(encodePreferences(preferences, 16))).toEqual(decode(encodePreferences(preferences, 20)));
    expect(decode(encodePreferences(silent, 16))).toEqual([
      { kind: "preferences", preferences: { imperial: false } },
    ]);
  });

  it("gives no age to a record from the future", () => {
    const [message] = decode(frame(REPLY, [0xa7, 0, 0, 5, 0, 0, 6, ...new Uint8Array(10)]));
    expect(message).toEqual({ kind: "record", record: { elapsed: 0, distance: 0, steps: 0, remaining: 0 } });
  });

  it.each([0xa5, 0xb1, 0xb3])("does not use type %i", (type) => {
    const body = type === 0xa5 ? [type, ...new Uint8Array(16)] : [type, 1, 0];
    expect(decode(frame(REPLY, body))).toEqual([{ kind: "other", type }]);
  });

  it("reports dropped bytes, briefly", () => {
    const [message] = decode(new Uint8Array(500));
    expect(message).toEqual({ kind: "bad", reason: `no valid frame, 500 bytes dropped: ${"00".repeat(32)}` });
  });

  it("leaves another characteristic's bytes out of the stream", () => {
    const pending = fromHex("f8a2");
    const { pending: kept, messages } = wilink.decode(pending, "2acd", fromHex("f8a2"));
    expect(kept).toBe(pending);
    expect(messages).toMatchObject([{ kind: "bad" }]);
  });

  it("is total and bounded, from any pending, on any bytes", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 600 }),
      fc.array(fc.constantFrom(0xf8, 0xfd, 0xa2, 0xa5, 0xa6, 0xa7, 0xb2, 0), { maxLength: 100 }),
    );
    fc.assert(
      fc.property(bytes, fc.array(bytes), (before, chunks) => {
        let pending = Uint8Array.from(before);
        for (const chunk of chunks) {
          const step = wilink.decode(pending, "fe01", Uint8Array.from(chunk));
          pending = Uint8Array.from(step.pending);
          expect(pending.length).toBeLessThan(20);
        }
      }),
    );
  });
});

describe("encode", () => {
  const speed = (value: number): Operation => ({ op: "speed", speed: speedFromKmh(value) });
  const table: readonly (readonly [Operation, string])[] = [
    [{ op: "poll" }, "f7a20000a2fd"],
    [{ op: "stop" }, "f7a20100a3fd"],
    [{ op: "pause" }, "f7a20100a3fd"],
    [{ op: "start" }, "f7a20401a7fd"],
    [speed(2.5), "f7a20119bcfd"],
    [speed(6), "f7a2013cdffd"],
    [speed(0), "f7a20100a3fd"],
    [{ op: "mode", mode: "auto" }, "f7a20200a4fd"],
    [{ op: "mode", mode: "manual" }, "f7a20201a5fd"],
    [{ op: "mode", mode: "standby" }, "f7a20202a6fd"],
    [{ op: "preferences" }, "f7a60000000000a6fd"],
    [{ op: "record" }, "f7a7aaff50fd"],
  ];
  it.each(table)("%j is %s", (operation, hex) => {
    expect(hexes(operation)).toEqual([hex]);
  });

  // Variants 0 and the classic one are captures; the third is in wire-facts a.4 only.
  it.each([
    ["WalkingPad", "f7a5604a4d937129c9fd"],
    ["R1 PRO", "f7a561016a231dbe6ffd"],
    ["RE", "f7a5612be919c7d2ccfd"],
    ["KS-S1", "f7a5612be919c7d2ccfd"],
  ])("shakes hands with %s by %s", (name, hex) => {
    expect(hexes({ op: "handshake" }, modelFor("wilink", name))).toEqual([hex]);
  });

  it("covers every captured command but those that we never send", () => {
    const ours = new Set([...table.map(([, hex]) => hex), "f7a5604a4d937129c9fd", "f7a561016a231dbe6ffd"]);
    const never = CAPTURES.filter(({ dir, hex }) => dir === "tx" && !ours.has(hex)).map(({ hex }) => hex);
    // The beep, ph4's A5 60 variants 2 and 4, and a B1 that looks like a clock being set.
    expect(never).toEqual([
      "f7a20307acfd",
      "f7a5604a0fa571299dfd",
      "f7a5604a2dbd73ab57fd",
      "f7b105071516081808fd",
    ]);
  });

  it("writes to fe02 without response", () => {
    const offering = (...characteristics: string[]) => ({
      services: new Map([["fe00", characteristics]]),
      properties: new Map(),
    });
    expect(wilink.speaks(offering("fe01", "fe02"))).toBe(true);
    expect(wilink.speaks(offering("fe05"))).toBe(false);
    expect(wilink.encode({ op: "stop" }, A1)).toMatchObject([{ characteristic: "fe02", response: false }]);
  });

  it("has no frame for an unsupported value, rather than a wrong one", () => {
    expect(hexes({ op: "incline", percent: 2 })).toEqual([]);
    expect([-0.1, 25.6, 1e9, NaN, Infinity].map((value) => hexes(speed(value)))).toEqual([
      [],
      [],
      [],
      [],
      [],
    ]);
    expect(hexes({ op: "handshake" }, { ...A1, quirks: { ...A1.quirks, handshake: 9 } })).toEqual([]);
  });

  it("never has any opcode but those of the table, at any speed", () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer({ min: -100, max: 10_000 }), fc.double()), (value) => {
        for (const hex of hexes({ op: "speed", speed: value as Speed })) {
          expect(hex).toMatch(/^f7a201/);
          expect(fromHex(hex)[3]! - Math.round(value / 10)).toBe(0);
        }
      }),
    );
  });
});
