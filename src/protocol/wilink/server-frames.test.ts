import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { captures, fromHex } from "../../../test/support/captures.js";
import type { Speed } from "../../domain/units.js";
import { toHex } from "../bytes.js";
import { modelFor } from "../models.js";
import type { Operation } from "../protocol.js";
import { COMMAND, frame, REPLY } from "./frames.js";
import {
  encodeHandshakeReply,
  encodePreferences,
  encodeRecord,
  encodeStatus,
  parseCommand,
} from "./server-frames.js";
import { readPreferences, readRecord, readStatus } from "./replies.js";
import { wilink } from "./wilink.js";

const CAPTURES = captures().filter(({ protocol }) => protocol === "wilink");
const model = modelFor("wilink", null);
const byte = fc.nat(0xff);
const u24 = fc.nat(0xffffff);

describe("replies", () => {
  const again = (bytes: Uint8Array): Uint8Array => {
    if (bytes[1] === 0xa2) return encodeStatus(readStatus(bytes));
    if (bytes[1] === 0xa6) return encodePreferences(readPreferences(bytes));
    if (bytes[1] === 0xa7) return encodeRecord(readRecord(bytes));
    return frame(REPLY, [...bytes.subarray(1, -2)]);
  };
  it.each(CAPTURES.filter(({ dir }) => dir === "rx"))("$hex is encoded to itself", ({ hex }) => {
    expect(toHex(again(fromHex(hex)))).toBe(hex);
  });

  it("contains the given values", () => {
    const status = fc.record({
      state: byte,
      speed: byte,
      mode: byte,
      elapsed: u24,
      distance: u24,
      steps: u24,
      appSpeed: byte,
      button: byte,
    });
    const preferences = fc.record({
      goalType: byte,
      goal: u24,
      calibration: byte,
      maxSpeed: byte,
      startSpeed: byte,
      startMode: byte,
      sensitivity: byte,
      display: byte,
      lock: byte,
      unit: byte,
    });
    const record = fc.record({
      onTime: u24,
      startTime: u24,
      elapsed: u24,
      distance: u24,
      steps: u24,
      remaining: byte,
    });
    fc.assert(
      fc.property(status, preferences, fc.constantFrom(16, 20), record, (s, p, length, r) => {
        expect(readStatus(encodeStatus(s))).toEqual(s);
        expect(encodePreferences(p, length)).toHaveLength(length);
        expect(readPreferences(encodePreferences(p, length))).toEqual(p);
        expect(readRecord(encodeRecord(r))).toEqual(r);
      }),
    );
  });

  it("answers a handshake with a frame that decodes", () => {
    expect(encodeHandshakeReply()).toHaveLength(20);
    const { messages } = wilink.decode(new Uint8Array(), "fe01", encodeHandshakeReply());
    expect(messages).toEqual([{ kind: "other", type: 0xa5 }]);
  });
});

describe("parseCommand", () => {
  const operation: fc.Arbitrary<Operation> = fc.oneof(
    fc.constantFrom<Operation>(
      { op: "poll" },
      { op: "stop" },
      { op: "start" },
      { op: "handshake" },
      { op: "preferences" },
      { op: "record" },
      { op: "mode", mode: "auto" },
      { op: "mode", mode: "manual" },
      { op: "mode", mode: "standby" },
    ),
    fc
      .integer({ min: 1, max: 255 })
      .map((tenths): Operation => ({ op: "speed", speed: (tenths * 10) as Speed })),
  );

  it("reads back every operation that is encoded", () => {
    fc.assert(
      fc.property(operation, (sent) => {
        const frames = wilink.encode(sent, model);
        expect(frames.map(({ bytes }) => parseCommand(bytes)?.operation)).toEqual([sent]);
      }),
    );
  });

  it("cannot distinguish a pause, or a speed of 0, from a stop", () => {
    for (const sent of [{ op: "pause" }, { op: "speed", speed: 0 as Speed }] as const)
      expect(wilink.encode(sent, model).map(({ bytes }) => parseCommand(bytes)?.operation)).toEqual([
        { op: "stop" },
      ]);
  });

  it.each([
    ["f7a20307acfd", { type: 0xa2, op: 3, arg: 7, operation: null }],
    ["f7b105071516081808fd", { type: 0xb1, op: 5, arg: 7, operation: null }],
    ["f7a5604a0fa571299dfd", { type: 0xa5, op: 0x60, arg: 0x4a, operation: { op: "handshake" } }],
    ["f7a7aa0051fd", { type: 0xa7, op: 0xaa, arg: 0, operation: null }],
    [toHex(frame(COMMAND, [0xa6, 3, 0, 0, 0, 60])), { type: 0xa6, op: 3, arg: 0, operation: null }],
    [toHex(frame(COMMAND, [0xa2, 4, 0])), { type: 0xa2, op: 4, arg: 0, operation: null }],
    [toHex(frame(COMMAND, [0xa2, 2, 7])), { type: 0xa2, op: 2, arg: 7, operation: null }],
  ])("reads %s, which the bridge never sends", (hex, command) => {
    expect(parseCommand(fromHex(hex))).toEqual(command);
  });

  it("reads every captured command, and ignores it with any one byte wrong", () => {
    for (const { hex } of CAPTURES.filter(({ dir }) => dir === "tx")) {
      expect(parseCommand(fromHex(hex))).not.toBeNull();
      for (let at = 0; at < hex.length / 2; at += 1)
        for (let offset = 1; offset < 256; offset += 1) {
          const wrong = fromHex(hex);
          wrong[at] = (wrong[at]! + offset) & 0xff;
          expect(parseCommand(wrong)).toBeNull();
        }
    }
  });

  it("is total, and takes no reply for a command", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(() => parseCommand(bytes)).not.toThrow();
      }),
    );
    for (const { hex } of CAPTURES.filter(({ dir }) => dir === "rx"))
      expect(parseCommand(fromHex(hex))).toBeNull();
    expect(parseCommand(fromHex("f7a2a2fd"))).toBeNull();
  });
});
