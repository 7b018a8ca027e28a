import { expect, it } from "vitest";
import type { InMessage } from "../../src/mqtt/client/broker.js";
import { CONNECT, connack, wellBehaved } from "./raw-broker.js";
import { against } from "./scene.js";

const publish = (topic: string, payload: string, flags = 0): Buffer => {
  const name = Buffer.from(topic);
  const body = Buffer.concat([Buffer.from([0, name.length]), name, Buffer.from(payload)]);
  return Buffer.concat([Buffer.from([0x30 | flags, body.length]), body]);
};
const RETAIN = 1;

/** In the order in which they are handled: place and payload. */
const handled = (messages: readonly InMessage[]): string[] =>
  messages.map(
    ({ payload, place, ahead }) => `${place}${ahead ? " ahead" : ""} ${Buffer.from(payload).toString()}`,
  );

it("gives each message its place, and a stop that is handled ahead that of the last one before it", async () => {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
  let now = 100;
  const { server, journal, clock } = await against(
    wellBehaved((packet, socket) => {
      if (packet.type === CONNECT) socket.write(connack(4, 0));
      return packet.type === CONNECT;
    }),
    { protocolVersion: "4" },
    {
      screen: (_, payload, behind) => (behind && text(payload) === "OFF" ? "ahead" : "handle"),
      arrived: () => now,
      onMessage: ({ ahead }) => {
        if (ahead) now = 3_100;
      },
    },
  );
  await journal.until(({ ready }) => ready === 1);
  const [socket] = server.sockets;
  const others = Array.from({ length: 30 }, (_, n) => publish("w/p/set", `${n}`));
  const last = publish("w/p/set", "in parts");
  // A stored message and one that comes in two pieces pass the filter unread, and count all the same.
  socket?.write(
    Buffer.concat([
      publish("w/p/set", "stored", RETAIN),
      ...others,
      publish("w/p/set", "ON"),
      publish("w/p/set", "OFF"),
      publish("w/p/set", "after"),
      last.subarray(0, 6),
    ]),
  );
  await journal.until(({ messages }) => messages.some(({ payload }) => text(payload) === "OFF"));
  socket?.write(last.subarray(6));
  const isAllThere = (): boolean => journal.messages.length === 35;
  await clock.until(isAllThere, 60_000, 1);

  const [first, ...rest] = handled(journal.messages);
  expect(first).toBe("32 ahead OFF");
  expect(rest).toEqual([
    "1 stored",
    ...Array.from({ length: 30 }, (_, n) => `${n + 2} ${n}`),
    "32 ON",
    "33 after",
    "34 in parts",
  ]);
  // Time has passed since the stop was handled: what has waited behind it is as old as it was.
  expect(journal.messages.map(({ arrived }) => arrived)).toEqual(Array(35).fill(100));
});
