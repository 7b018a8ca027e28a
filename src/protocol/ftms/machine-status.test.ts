import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex } from "../../../test/support/captures.js";
import { readMachineEvent, readTrainingStatus } from "./machine-status.js";

describe("readMachineEvent", () => {
  it.each([
    ["01", { type: "reset" }],
    ["0201", { type: "stopped" }],
    ["0202", { type: "paused" }],
    ["02", { type: "stopped" }],
    ["0207", { type: "stopped" }],
    ["03", { type: "safety-key" }],
    ["04", { type: "started" }],
    ["059001", { type: "target-speed", speed: 400 }],
    ["06ecff", { type: "target-incline", inclination: -20 }],
    ["0de80300", { type: "target-distance", distance: 1000 }],
    ["ff", { type: "control-lost" }],
    ["0590", { type: "other", opcode: 5 }],
    ["14", { type: "other", opcode: 0x14 }],
    ["", null],
  ])("%s", (hex, event) => {
    expect(readMachineEvent(fromHex(hex))).toEqual(event);
  });
});

describe("readTrainingStatus", () => {
  it.each([
    // Wire-facts b.5: MC11's countdown, MC21, FitShow.
    ["030e33", { status: 0x0e, text: "3" }],
    ["010d", { status: 0x0d, text: null }],
    ["000d", { status: 0x0d, text: null }],
    ["0001", { status: 1, text: null }],
    ["010f", { status: 0x0f, text: null }],
    ["000e33", { status: 0x0e, text: null }],
    ["0010", null],
    ["00", null],
    ["", null],
  ])("%s", (hex, status) => {
    expect(readTrainingStatus(fromHex(hex))).toEqual(status);
  });
});

it("both are total", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
      expect(() => [readMachineEvent(bytes), readTrainingStatus(bytes)]).not.toThrow();
    }),
  );
});
