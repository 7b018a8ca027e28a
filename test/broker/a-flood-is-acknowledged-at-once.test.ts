import { expect, it } from "vitest";
import { PINGREQ, PUBLISH, wellBehaved } from "./raw-broker.js";
import { against } from "./scene.js";

/** QoS 0 on "w/p/set". */
const publish = (payload: string): Buffer => {
  const body = Buffer.concat([Buffer.from([0, 7]), Buffer.from(`w/p/set${payload}`)]);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
};
const dropped = Buffer.concat(Array.from({ length: 500 }, () => publish("no")));

const flooded = async () => {
  let unread = 0;
  const scene = await against(
    // Leaves pings unanswered: their answers are data too.
    wellBehaved(({ type }) => type === PINGREQ),
    { protocolVersion: "4" },
    {
      screen: (_, payload) => (Buffer.from(payload).toString() === "no" ? "drop" : "handle"),
      onUnread: () => (unread += 1),
    },
  );
  await scene.journal.until(({ ready }) => ready === 1);
  const [socket] = scene.server.sockets;
  /** Sent, and read to its end by the client. */
  const send = async (bytes: Buffer): Promise<void> => {
    const { length } = scene.journal.messages;
    socket?.write(Buffer.concat([bytes, publish("yes")]));
    await scene.journal.until(({ messages }) => messages.length > length);
  };
  const pings = (): number => scene.server.packets.filter(({ type }) => type === PINGREQ).length;
  return { ...scene, send, pings, unread: () => unread };
};

it("is acknowledged by a ping, so that a broker's kernel holds no stop behind it", async () => {
  const { clock, server, send, pings, unread } = await flooded();
  for (const round of [1, 2]) {
    await send(dropped);
    await send(dropped);
    expect(unread()).toBe(round * 1_000);
    expect(pings()).toBe(round - 1);
    await clock.advance(8);
    await server.until(() => pings() === round);
  }
});

it("goes on for 100 ms: a chunk without a dropped message, as a lone PUBACK is, may hold a flood back too", async () => {
  const { clock, server, send, pings } = await flooded();
  await send(dropped);
  await clock.advance(8);
  await server.until(() => pings() === 1);
  await clock.advance(80);
  await send(Buffer.alloc(0));
  await clock.advance(8);
  await server.until(() => pings() === 2);
});

it("writes no ping of its own where every message is handled", async () => {
  const { clock, broker, server, send, pings } = await flooded();
  await send(Buffer.alloc(0));
  await clock.advance(1_000);
  // Written after a ping would have been.
  broker.publish({ topic: "w/p/state", payload: "s", retain: true, qos: 0 });
  await server.until(({ packets }) => packets.some(({ type }) => type === PUBLISH));
  expect(pings()).toBe(0);
});
