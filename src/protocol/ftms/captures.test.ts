import { describe, expect, it } from "vitest";
import { type Capture, captures, fromHex } from "../../../test/support/captures.js";
import { speedFromHundredths } from "../../domain/units.js";
import { toHex } from "../bytes.js";
import { encodeRequest, readAnswer, type Request } from "./control-point-frames.js";
import { readAbility } from "./features.js";
import { FTMS } from "./gatt.js";
import { readMachineEvent, readTrainingStatus } from "./machine-status.js";
import {
  encodeAnswer,
  encodeFeatures,
  encodeMachineEvent,
  encodeRange,
  encodeTrainingStatus,
  type MachineRequest,
  parseRequest,
} from "./server-frames.js";
import { readSupplement, supplementFrame } from "./kingsmith-service.js";
import { encodeTreadmillData, readTreadmillData } from "./treadmill-data.js";
import { ftms } from "./ftms.js";
import { modelFor } from "../models.js";

const requestOf = (asked: MachineRequest): Request => {
  switch (asked.op) {
    case "speed":
      return { op: "speed", speed: speedFromHundredths(asked.number) };
    case "incline":
      return { op: "incline", percent: asked.tenths / 10 };
    case "control":
    case "start":
    case "stop":
    case "pause":
      return { op: asked.op };
    default:
      throw new Error(`no request of ours: ${asked.op}`);
  }
};

/** What an MC21 is written before a request. */
const preamble = (): Uint8Array => {
  const services = new Map([[FTMS.service, [FTMS.controlPoint, FTMS.preamble]]]);
  const peer = { name: "KS-MC21-D06BFD", services, properties: new Map(), imperial: false, epoch: 0 };
  return ftms.openSession(peer, modelFor("ftms", peer.name)).frames({ op: "control" }, 0)[0]!.bytes;
};

/** By characteristic: the bytes that our own words for a capture make. */
const CODECS: Readonly<Record<string, (bytes: Uint8Array, capture: Capture) => Uint8Array>> = {
  "2ACC": (bytes) => encodeFeatures(readAbility(FTMS.feature, bytes)!.features!),
  "2ACD": (bytes, { decoded }) =>
    encodeTreadmillData(readTreadmillData(bytes)!, decoded["steps_bytes"] === 2 ? 2 : 3),
  "2AD3": (bytes) => encodeTrainingStatus(readTrainingStatus(bytes)!, bytes[0]),
  "2AD5": (bytes) => encodeRange(readAbility(FTMS.inclineRange, bytes)!.incline!),
  "2AD9": (bytes, { dir }) =>
    dir === "rx" ? encodeAnswer(readAnswer(bytes)!) : encodeRequest(requestOf(parseRequest(bytes)), false)!,
  "2ADA": (bytes) => encodeMachineEvent(readMachineEvent(bytes)!),
  "24e2521c-..0d": (bytes) => {
    const { command, data } = readSupplement(bytes)!;
    return supplementFrame(command, data);
  },
  "d18d2c10-..": preamble,
};

describe("every FTMS capture", () => {
  const all = captures().filter(({ protocol }) => protocol === "ftms");

  it.each(all)("$characteristic $hex is read, and made of what was read", (capture) => {
    expect(toHex(CODECS[capture.characteristic!]!(fromHex(capture.hex), capture))).toBe(capture.hex);
  });

  it("is there", () => {
    expect(all).toHaveLength(25);
  });
});
