import { expect, it } from "vitest";
import { fromHex, otherCaptures } from "../../../test/support/captures.js";
import { toHex } from "../bytes.js";
import { type Command, encodeCommand } from "./commands.js";
import { deframe } from "./frames.js";
import { encodeAck, encodeBody, encodeState, encodeTelemetry, parseCommand } from "./server-frames.js";
import { readTelemetry } from "./telemetry.js";

const CAPTURES = otherCaptures("sperax");
const FRAMES = CAPTURES.filter(({ inner }) => inner !== undefined);

it("every captured frame is read, and made again byte for byte", () => {
  expect([CAPTURES.length, FRAMES.length]).toEqual([22, 21]);
  for (const { hex, inner = "", decoded } of FRAMES) {
    const { pieces, rest } = deframe(fromHex(hex));
    const body = inner.replaceAll(" ", "");
    expect([decoded, pieces.map(({ bytes }) => toHex(bytes)), rest.length]).toEqual([decoded, [body], 0]);
    expect([decoded, toHex(encodeBody(fromHex(body)))]).toEqual([decoded, hex]);
  }
});

it("the captured telemetry keeps every field that is named", () => {
  const telemetry = FRAMES.filter(({ inner }) => inner?.startsWith("00 19 "));
  expect(telemetry).toHaveLength(5);
  for (const { hex } of telemetry) {
    const [piece] = deframe(fromHex(hex)).pieces;
    expect(toHex(encodeTelemetry(readTelemetry(piece!.bytes)))).toBe(hex);
  }
});

it.each<[string, Command]>([
  ["f507000126d8fa", { type: "hello" }],
  ["f5070000d2b6fa", { type: "control" }],
  ["f5080019f00a59fa", { type: "poll" }],
  ["f50a0015000000d301fa", { type: "stop" }],
  ["f50a0015020000c319fa", { type: "pause" }],
  ["f50a0015010200be98fa", { type: "run", tenths: 2, incline: 0 }],
  ["f50a0015011e006ad9fa", { type: "run", tenths: 30, incline: 0 }],
  ["f50a0015011e019eb7fa", { type: "run", tenths: 30, incline: 1 }],
  ["f50b0015012d0038f00ffa", { type: "run", tenths: 45, incline: 0 }],
  ["f50b0015013c00f006e2fa", { type: "run", tenths: 60, incline: 0 }],
])("%s is what the app says for %j", (hex, command) => {
  expect(toHex(encodeCommand(command))).toBe(hex);
});

it("the pad's answers to commands are encoded again from the pad's side", () => {
  const said = [encodeAck(0x15, 1), encodeAck(0x16, 1), encodeAck(0x16, 0), encodeState(2)].map(toHex);
  expect(FRAMES.map(({ hex }) => hex)).toEqual(expect.arrayContaining(said));
});

it("no command of ours is one of the captured ones for the vibration, nor a mode", () => {
  const others = FRAMES.filter(({ direction, hex }) => {
    const command = parseCommand(fromHex(hex))?.command;
    return direction.startsWith("out") && (command === 0x16 || command === 0x13);
  });
  expect(others).toHaveLength(4);
  // @ts-expect-error: there is no such command.
  const vibrate: Command = { type: "vibrate", level: 1 };
  expect(() => encodeCommand(vibrate)).toThrow();
});
