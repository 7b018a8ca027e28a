import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { QUEUE_LIMITS } from "../../src/mqtt/client/publish-queue.js";
import { TOPICS } from "./client-under-test.js";
import {
  connack,
  CONNECT,
  idOf,
  levelOf,
  PUBLISH,
  SUBSCRIBE,
  suback,
  topicOf,
  wellBehaved,
  type PacketHandler,
  type RawBroker,
} from "./raw-broker.js";
import { against, retry } from "./scene.js";

/** Takes MQTT 3.1.1 only. */
const onMqtt5 = (refuse: (socket: Socket) => void): PacketHandler =>
  wellBehaved((packet, socket) => {
    const five = packet.type === CONNECT && levelOf(packet) === 5;
    if (five) refuse(socket);
    return five;
  });
const levels = (server: RawBroker): number[] => server.connects().map(levelOf);
const silent: PacketHandler = () => undefined;

describe("a broker that does not take MQTT 5", () => {
  it.each([
    ["1 in the old form, as aedes answers", connack(4, 1)],
    ["132", connack(5, 132)],
  ])("is asked again at once with 3.1.1 after CONNACK %s, and from then on", async (_, answer) => {
    const scene = await against(onMqtt5((socket) => socket.end(answer)));
    const { server, journal } = scene;
    await journal.until(({ lines }) => lines.length === 1);
    await scene.clock.advance(0);
    await journal.until(({ ready }) => ready === 1);
    for (const socket of server.sockets) socket.destroy();
    await journal.until(({ lost }) => lost.length === 1);
    await retry(scene);
    await journal.until(({ ready }) => ready === 2);
    expect(levels(server)).toEqual([5, 4, 4]);
    expect(journal.lines.filter(({ message }) => message.includes("3.1.1 from now on"))).toHaveLength(1);
  });

  it("gets a CONNECT with 3.1.1 after it closed twice on MQTT 5", async () => {
    const scene = await against(onMqtt5((socket) => socket.destroy()));
    await scene.journal.until(({ lines }) => lines.length === 1);
    await retry(scene);
    await scene.journal.until(({ lines }) => lines.length === 2);
    await scene.clock.advance(0);
    await scene.journal.until(({ ready }) => ready === 1);
    expect(levels(scene.server)).toEqual([5, 5, 4]);

    for (const socket of scene.server.sockets) socket.destroy();
    await scene.journal.until(({ lost }) => lost.length === 1);
    await retry(scene);
    const fallbacks = () =>
      scene.journal.lines.filter(({ message }) => message.includes("for this connection"));
    await scene.journal.until(() => fallbacks().length === 2);
    await scene.clock.advance(0);
    await scene.journal.until(({ ready }) => ready === 2);
    expect(levels(scene.server)).toEqual([5, 5, 4, 5, 4]);
  });

  it("but was a proxy without its broker: gets a CONNECT with 5 again, and uses it from then on", async () => {
    let restarting = true;
    const scene = await against(
      onMqtt5((socket) => (restarting ? socket.destroy() : socket.write(connack(5, 0)))),
    );
    await scene.journal.until(({ lines }) => lines.length === 1);
    await retry(scene);
    await scene.journal.until(({ lines }) => lines.length === 2);
    restarting = false;
    await scene.clock.advance(0);
    await scene.journal.until(({ ready }) => ready === 1);
    for (const ready of [2, 3]) {
      for (const socket of scene.server.sockets) socket.destroy();
      await scene.journal.until(({ lost }) => lost.length === ready - 1);
      await retry(scene);
      await scene.journal.until((journal) => journal.ready === ready);
    }
    expect(levels(scene.server)).toEqual([5, 5, 4, 5, 5]);
  });

  it("never gets a CONNECT with 3.1.1 when the configuration requires 5", async () => {
    const scene = await against((_, socket) => socket.end(connack(4, 1)), { protocolVersion: "5" });
    await scene.journal.until(({ lines }) => lines.length === 1);
    await retry(scene);
    await scene.journal.until(({ lines }) => lines.length === 2);
    expect(levels(scene.server)).toEqual([5, 5]);
    expect(scene.journal.at("warn")[0]!.fields).toMatchObject({
      advice: expect.stringContaining("protocol_version") as string,
    });
  });
});

describe("a broker that accepts and sends nothing", () => {
  it("is abandoned after 10 s, and tried with MQTT 5 again: slow does not mean old", async () => {
    const scene = await against(silent);
    for (let attempt = 1; attempt <= 4; attempt += 1) {
      await scene.server.until(({ packets }) => packets.length === attempt);
      await scene.clock.advance(9_999);
      expect(scene.journal.lines).toHaveLength(attempt - 1);
      await scene.clock.advance(1);
      expect(scene.journal.lines).toHaveLength(attempt);
      await scene.server.until(({ sockets }) => sockets.size === 0);
      await retry(scene);
    }
    expect(levels(scene.server).slice(0, 4)).toEqual([5, 5, 5, 5]);
    expect(scene.journal.lines.map(({ level }) => level)).toEqual(["warn", "debug", "debug", "debug"]);
    expect(scene.journal.lines[0]!.message).toContain("does not answer");
  });

  it("does not hold up the close", async () => {
    const scene = await against(silent);
    await scene.server.until(({ packets }) => packets.length === 1);
    await scene.broker.close(5000);
    await scene.server.until(({ sockets }) => sockets.size === 0);
    expect(scene.clock.pending).toBe(0);
  });
});

describe("a broker that refuses", () => {
  it.each([
    [4, 4],
    [4, 5],
    [5, 134],
    [5, 135],
  ] as const)(
    "credentials (MQTT %i, code %i): logged once as an error, tried again, no secret in any line",
    async (level, code) => {
      const scene = await against((_, socket) => socket.end(connack(level, code)), {
        protocolVersion: level === 5 ? "auto" : "4",
        username: "me",
        password: "hunter2-öä",
      });
      await scene.journal.until(({ lines }) => lines.length === 1);
      await retry(scene);
      await scene.journal.until(({ lines }) => lines.length === 2);
      expect(scene.journal.lines.map((line) => line.level)).toEqual(["error", "debug"]);
      expect(JSON.stringify(scene.journal.lines)).not.toContain("hunter2");
      expect(scene.journal.lines[0]!.fields).toMatchObject({
        advice: expect.stringContaining("mqtt.password") as string,
      });
    },
  );

  it("one subscription: names it, works with the others, and requests it again each minute", async () => {
    let codes = [1, 135, 0];
    const scene = await against(
      wellBehaved((packet, socket) => {
        if (packet.type !== SUBSCRIBE) return false;
        socket.write(suback(5, idOf(packet), codes));
        return true;
      }),
    );
    const { journal, server, clock, broker } = scene;
    const asked = (): number => server.packets.filter(({ type }) => type === SUBSCRIBE).length;
    await journal.until(({ ready }) => ready === 1);
    expect(journal.refused).toEqual([[TOPICS[1]]]);
    expect(await broker.publishAcknowledged({ topic: "t", payload: "", retain: false, qos: 1 }, 5000)).toBe(
      true,
    );

    codes = [128];
    await clock.advance(60_000);
    await server.until(() => asked() === 2);
    await clock.until(() => asked() === 3, 120_000, 1_000);
    expect(journal.refused).toHaveLength(1);
    codes = [1];
    await clock.until(() => asked() === 4, 120_000, 1_000);
    await journal.until(({ refused }) => refused.length === 2);
    expect(journal.refused[1]).toEqual([]);
    await clock.advance(200_000);
    expect(asked()).toBe(4);
    expect(journal.ready).toBe(1);
  });

  it("one publish: logs it once, and continues", async () => {
    const refuse = Buffer.from([0x40, 3, 0, 0, 135]);
    const scene = await against(
      wellBehaved((packet, socket) => {
        if (packet.type !== PUBLISH || topicOf(packet) !== "no") return false;
        packet.body.copy(refuse, 2, 4, 6);
        socket.write(refuse);
        return true;
      }),
    );
    await scene.journal.until(({ ready }) => ready === 1);
    const publish = (topic: string): Promise<boolean> =>
      scene.broker.publishAcknowledged({ topic, payload: "", retain: true, qos: 1 }, 5000);
    expect([await publish("no"), await publish("no"), await publish("yes")]).toEqual([false, false, true]);
    expect(scene.journal.at("warn")).toHaveLength(1);
    expect(scene.broker.counters()).toMatchObject({ published: 1, dropped: 2, queued: 0, inFlight: 0 });
  });
});

describe("a broker that goes mute", () => {
  it("before the SUBACK: is dropped after 10 s, never called ready, and tried again", async () => {
    const scene = await against(wellBehaved((packet) => packet.type === SUBSCRIBE));
    await scene.server.until(({ packets }) => packets.some(({ type }) => type === SUBSCRIBE));
    await scene.clock.advance(10_000);
    expect(scene.journal.at("warn")[0]!.message).toContain("no SUBACK");
    expect([scene.journal.ready, scene.journal.lost]).toEqual([0, []]);
    await retry(scene);
  });

  it("and reads nothing: memory stays bounded, nothing blocks, the close keeps its time", async () => {
    let socketOf: { pause(): unknown } | null = null;
    const scene = await against(
      wellBehaved((_, socket) => {
        socketOf = socket;
        return false;
      }),
    );
    await scene.journal.until(({ ready }) => ready === 1);
    socketOf!.pause();
    const payload = "x".repeat(10_000);
    for (let n = 0; n < 20_000; n += 1) {
      scene.broker.publish({ topic: `w/p/${n % 5}`, payload, retain: true, qos: n % 2 === 0 ? 1 : 0 });
      scene.broker.publish({ topic: "w/p/event", payload, retain: false, qos: 1 });
    }
    const { queued, inFlight } = scene.broker.counters();
    expect(inFlight).toBeLessThanOrEqual(16);
    // Five topics with their last value each, and as many events as may wait.
    expect(queued).toBeLessThanOrEqual(5 + QUEUE_LIMITS.messages);
    expect(scene.journal.at("warn")).toHaveLength(1);
    let closed = false;
    void scene.broker.close(900).then(() => (closed = true));
    await scene.clock.advance(899);
    expect(closed).toBe(false);
    await scene.clock.advance(1);
    await scene.clock.settle();
    expect(closed).toBe(true);
    expect(scene.clock.pending).toBe(0);
  });

  it("and acknowledges nothing: is dropped after 30 s, and gets the newest values afterwards", async () => {
    const scene = await against(
      wellBehaved((packet, _, connection) => packet.type === PUBLISH && connection === 1),
      {
        keepalive: 0,
      },
    );
    await scene.journal.until(({ ready }) => ready === 1);
    for (const payload of ["old", "newer", "newest"])
      scene.broker.publish({ topic: "w/p/state", payload, retain: true, qos: 1 });
    await scene.server.until(({ packets }) => packets.filter(({ type }) => type === PUBLISH).length === 3);
    await scene.clock.until(() => scene.journal.lost.length === 1, 35_000, 100);
    expect(scene.clock.now()).toBeGreaterThanOrEqual(30_000);
    expect(scene.journal.lost).toEqual(["Connection to the broker lost (no acknowledgement for 30 s)"]);
    await retry(scene);
    await scene.server.until(({ packets }) => packets.filter(({ type }) => type === PUBLISH).length === 4);
    const last = scene.server.packets.at(-1)!;
    expect([topicOf(last), last.flags, last.body.toString().endsWith("newest")]).toEqual([
      "w/p/state",
      3,
      true,
    ]);
  });
});
