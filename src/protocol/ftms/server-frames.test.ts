import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { captures, fromHex } from "../../../test/support/captures.js";
import type { Speed } from "../../domain/units.js";
import { toHex } from "../bytes.js";
import { encodeRequest, readAnswer, type Result } from "./control-point-frames.js";
import { readAbility } from "./features.js";
import { type MachineEvent, readMachineEvent, readTrainingStatus } from "./machine-status.js";
import {
  encodeAnswer,
  encodeFeatures,
  encodeMachineEvent,
  encodeRange,
  encodeTrainingStatus,
  parseRequest,
} from "./server-frames.js";
import { encodeTreadmillData, readTreadmillData } from "./treadmill-data.js";
import { readSupplement, supplementFrame } from "./kingsmith-service.js";

/** What a capture's bytes become when they are read and encoded again, by characteristic. */
const AGAIN: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  "2ACC": (bytes) => encodeFeatures(readAbility("2acc", bytes)!.features!),
  "2ACD": (bytes) => encodeTreadmillData(readTreadmillData(bytes)!, bytes.length === 11 ? 2 : 3),
  "2AD3": (bytes) => encodeTrainingStatus(readTrainingStatus(bytes)!, bytes[0]),
  "2AD5": (bytes) => encodeRange(readAbility("2ad5", bytes)!.incline!),
  "2AD9": (bytes) => (bytes[0] === 0x80 ? encodeAnswer(readAnswer(bytes)!) : requestAgain(bytes)),
  "2ADA": (bytes) => encodeMachineEvent(readMachineEvent(bytes)!),
  "24e2521c-..0d": (bytes) => {
    const { command, data } = readSupplement(bytes)!;
    return supplementFrame(command, data);
  },
  // A constant: what it says is not known.
  "d18d2c10-..": (bytes) => bytes,
};

const requestAgain = (bytes: Uint8Array): Uint8Array => {
  const parsed = parseRequest(bytes);
  if (parsed.op === "speed") return encodeRequest({ op: "speed", speed: parsed.number as Speed }, false)!;
  if (parsed.op === "incline") return encodeRequest({ op: "incline", percent: parsed.tenths / 10 }, false)!;
  if (parsed.op === "invalid" || parsed.op === "unknown" || parsed.op === "reset") throw new Error(parsed.op);
  return encodeRequest({ op: parsed.op }, false)!;
};

describe("captures", () => {
  const all = captures().filter(({ protocol }) => protocol === "ftms");
  it.each(all)("$characteristic $hex is encoded to itself", ({ characteristic, hex }) => {
    expect(toHex(AGAIN[characteristic!]!(fromHex(hex)))).toBe(hex);
  });

  it("are there", () => {
    expect(all).toHaveLength(25);
  });
});

describe("the messages of a machine", () => {
  const event = fc.oneof<fc.Arbitrary<MachineEvent>[]>(
    fc.constantFrom<MachineEvent>(
      { type: "reset" },
      { type: "stopped" },
      { type: "paused" },
      { type: "safety-key" },
      { type: "started" },
      { type: "control-lost" },
      { type: "other", opcode: 0x14 },
    ),
    fc.nat(0xffff).map((speed) => ({ type: "target-speed", speed })),
    fc.integer({ min: -0x8000, max: 0x7fff }).map((inclination) => ({ type: "target-incline", inclination })),
    fc.nat(0xffffff).map((distance) => ({ type: "target-distance", distance })),
  );
  const u16 = fc.nat(0xffff);
  const u32 = fc.nat(0xffffffff);
  const range = fc.record({ min: fc.integer({ min: -0x8000, max: 0x7fff }), max: fc.nat(0x7fff), step: u16 });
  const answer = fc.record({
    opcode: fc.nat(0xff),
    result: fc.constantFrom<Result>(
      "success",
      "not-supported",
      "invalid",
      "failed",
      "not-permitted",
      "unknown",
    ),
  });

  it("decodes to the encoded values", () => {
    fc.assert(
      fc.property(
        event,
        answer,
        fc.record({ features: u32, targets: u32 }),
        range,
        (e, a, features, incline) => {
          expect(readMachineEvent(encodeMachineEvent(e))).toEqual(e);
          expect(readAnswer(encodeAnswer(a))).toEqual(a);
          expect(readAbility("2acc", encodeFeatures(features))).toEqual({ features });
          expect(readAbility("2ad5", encodeRange(incline))).toEqual({ incline });
        },
      ),
    );
    expect(readTrainingStatus(encodeTrainingStatus({ status: 0x0e, text: "3" }))).toEqual({
      status: 0x0e,
      text: "3",
    });
    expect(readTrainingStatus(encodeTrainingStatus({ status: 1, text: null }))).toEqual({
      status: 1,
      text: null,
    });
  });
});

describe("parseRequest", () => {
  it.each([
    ["00", { op: "control" }],
    ["01", { op: "reset" }],
    ["07", { op: "start" }],
    ["0801", { op: "stop" }],
    ["0802", { op: "pause" }],
    ["02fa00", { op: "speed", number: 250 }],
    ["03f1ff", { op: "incline", tenths: -15 }],
    ["0803", { op: "invalid" }],
    ["08", { op: "invalid" }],
    ["080100", { op: "invalid" }],
    ["02fa", { op: "invalid" }],
    ["03000000", { op: "invalid" }],
    ["0700", { op: "invalid" }],
    ["0a0000", { op: "unknown" }],
    ["", { op: "unknown" }],
  ])("%j", (hex, parsed) => {
    expect(parseRequest(fromHex(hex))).toEqual(parsed);
  });

  it("is total", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 8 }), (bytes) => {
        expect(() => parseRequest(bytes)).not.toThrow();
      }),
    );
  });
});
