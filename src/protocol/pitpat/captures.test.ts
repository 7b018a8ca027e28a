import { expect, it } from "vitest";
import { fromHex, otherCaptures } from "../../../test/support/captures.js";
import { toHex } from "../bytes.js";
import { commandFrame, HEARTBEAT, type Order } from "./frames.js";
import { parseCommand } from "./server-frames.js";

const CAPTURES = otherCaptures("pitpat");

it("every captured frame is read, and made again byte for byte", () => {
  const made = (hex: string): string => {
    const command = parseCommand(fromHex(hex));
    if (command === null || command === "heartbeat") return command === null ? "" : toHex(HEARTBEAT);
    const order: Order = command.code === 0 ? "stop" : command.code === 2 ? "pause" : "start";
    return toHex(commandFrame(order, command.speed, command.showsMiles));
  };
  expect(CAPTURES).toHaveLength(4);
  for (const { hex, decoded } of CAPTURES) expect([decoded, made(hex)]).toEqual([decoded, hex]);
});

it("and has the meaning that its source gives", () => {
  const meant = CAPTURES.map(({ hex }) => parseCommand(fromHex(hex)));
  expect(meant).toEqual([
    { code: 0, acceleration: 1, showsMiles: false, speed: 0 },
    { code: 4, acceleration: 1, showsMiles: false, speed: 1500 },
    { code: 2, acceleration: 1, showsMiles: false, speed: 0 },
    "heartbeat",
  ]);
});
