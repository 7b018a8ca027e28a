import { expect, it, vi } from "vitest";
import {
  CONNECT,
  idOf,
  PUBLISH,
  RawBroker,
  SUBSCRIBE,
  suback,
  topicOf,
  wellBehaved,
} from "../broker/raw-broker.js";
import { START_MS } from "./pad-on-broker.js";
import { configFor, newFolder, started } from "./scene.js";

vi.setConfig({ testTimeout: 90_000 });

/** The filters of a SUBSCRIBE of MQTT 5 without properties. */
const filtersOf = (body: Buffer): string[] => {
  const filters: string[] = [];
  for (let at = 3; at < body.length;) {
    const length = body.readUInt16BE(at);
    filters.push(body.toString("utf8", at + 2, at + 2 + length));
    at += 2 + length + 1;
  }
  return filters;
};

const payloadOf = (publish: { readonly flags: number; readonly body: Buffer }): string => {
  const id = (publish.flags & 6) === 0 ? 0 : 2;
  const topic = 2 + publish.body.readUInt16BE(0);
  return publish.body.toString("utf8", topic + id + 1);
};

it("a refused `set`: in the log, in the pad's problem, in bridge/info; gone once it is granted", async (ctx) => {
  let grants = false;
  const server = await RawBroker.start(
    wellBehaved((packet, socket) => {
      if (packet.type !== SUBSCRIBE) return false;
      const codes = filtersOf(packet.body).map((filter) => (grants || !filter.endsWith("/set") ? 1 : 135));
      socket.write(suback(5, idOf(packet), codes));
      return true;
    }),
  );
  ctx.onTestFinished(() => server.close());
  const latest = (topic: string): Readonly<Record<string, unknown>> | null => {
    const last = server.packets.findLast((packet) => packet.type === PUBLISH && topicOf(packet) === topic);
    return last ? (JSON.parse(payloadOf(last)) as Readonly<Record<string, unknown>>) : null;
  };
  const problem = () => latest("walkingpad2mqtt/office/state")?.["problem"];
  const mqtt = () => latest("walkingpad2mqtt/bridge/info")?.["mqtt"];

  const program = await started(ctx, { folder: await newFolder(ctx), config: configFor(server.url) });
  const line = await program.untilLine("OFF and all other commands over MQTT do not arrive", START_MS);
  expect(line).toMatchObject({
    level: "error",
    topics: ["walkingpad2mqtt/office/set"],
    pads: ["office"],
    advice: expect.stringContaining("remote") as string,
  });
  await server.until(() => problem() === "commands-blocked", START_MS);
  await server.until(() => latest("walkingpad2mqtt/bridge/state")?.["state"] === "online", START_MS);
  expect(mqtt()).toMatchObject({ state: "refused", advice: expect.stringContaining("office/set") as string });

  grants = true;
  for (const socket of server.sockets) socket.destroy();
  await program.untilLine("commands over MQTT arrive again", START_MS);
  await server.until(() => problem() === null, START_MS);
  await server.until(() => (mqtt() as { state: string }).state === "ok", START_MS);
  expect(server.packets.filter(({ type }) => type === CONNECT)).toHaveLength(2);
  program.signal("SIGTERM");
  expect((await program.exit(15_000)).code).toBe(0);
});
