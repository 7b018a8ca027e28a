import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { clientUnderTest } from "./client-under-test.js";
import { connack, CONNECT, idOf, levelOf, PUBLISH, SUBSCRIBE, suback, wellBehaved } from "./raw-broker.js";
import { against, retry } from "./scene.js";

describe("a broker that sends what it should not", () => {
  it("is obeyed in its limits: receive maximum 2, maximum packet size 100", async () => {
    // Properties 0x21 and 0x27 of MQTT 5 §3.2.2.3.
    const properties = [0x21, 0, 2, 0x27, 0, 0, 0, 100];
    const scene = await against(
      wellBehaved((packet, socket) => {
        if (packet.type === CONNECT) socket.write(connack(5, 0, properties));
        return packet.type === CONNECT || packet.type === PUBLISH;
      }),
    );
    await scene.journal.until(({ ready }) => ready === 1);
    scene.broker.publish({ topic: "big", payload: "x".repeat(101), retain: true, qos: 1 });
    for (const topic of ["a", "b", "c"]) scene.broker.publish({ topic, payload: "", retain: true, qos: 1 });
    expect(scene.broker.counters()).toMatchObject({ inFlight: 2, queued: 1, dropped: 1 });
  });

  it("MQTT 3.1.1 and a message without end: the connection is dropped before it fills the memory", async () => {
    const scene = await against(
      wellBehaved((packet, socket) => {
        if (packet.type !== SUBSCRIBE) return false;
        socket.write(suback(4, idOf(packet), [1, 1, 1]));
        socket.write(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]));
        for (let n = 0; n < 100; n += 1) socket.write(Buffer.alloc(100_000));
        return true;
      }),
      { protocolVersion: "4" },
    );
    await scene.journal.until(({ lost }) => lost.length === 1);
    expect(scene.journal.lost[0]).toContain("more than 4 MB");
  });

  it.each([
    ["PUBREL without a packet id", [0x62, 0]],
    ["PUBREL with half a packet id", [0x62, 1, 5]],
    ["PUBREC for nothing", [0x50, 2, 0, 1]],
    ["PUBLISH with QoS 2", [0x34, 5, 0, 1, 0x61, 0, 1]],
  ])("%s, unrequested packets of QoS 2: no error escapes, the connection is dropped", async (_, bytes) => {
    const scene = await against(
      wellBehaved((packet, socket) => packet.type === PUBLISH && socket.write(Buffer.from(bytes))),
      { protocolVersion: "4" },
    );
    await scene.journal.until(({ ready }) => ready === 1);
    scene.broker.publish({ topic: "w/p/state", payload: "", retain: true, qos: 1 });
    await scene.journal.until(({ lost }) => lost.length === 1);
    await scene.server.until(({ sockets }) => sockets.size === 0);
    expect(scene.journal.messages).toEqual([]);
  });

  it("a web page instead of a WebSocket: logs its answer, and keeps trying with MQTT 5", async () => {
    const server = createServer((_, response) => response.writeHead(404).end());
    server.on("upgrade", (_, socket) => socket.end("HTTP/1.1 404 Not Found\r\n\r\n"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { broker, journal } = clientUnderTest(
      `ws://127.0.0.1:${(server.address() as AddressInfo).port}/mqtt`,
    );
    await journal.until(({ lines }) => lines.length === 3);
    expect(journal.lines[0]!.message).toMatch(/Invalid MQTT reply.*404/);
    expect(journal.at("info")).toEqual([]);
    await broker.close(1000);
    server.close();
  });

  it("another client with the same id (MQTT 5, 0x8E): logs it once, and reconnects slowly", async () => {
    const scene = await against(
      wellBehaved((packet, socket) => {
        if (packet.type !== PUBLISH) return false;
        socket.end(Buffer.from([0xe0, 2, 0x8e, 0]));
        return true;
      }),
    );
    await scene.journal.until(({ ready }) => ready === 1);
    scene.broker.publish({ topic: "w/p/state", payload: "", retain: true, qos: 1 });
    await scene.journal.until(({ lost }) => lost.length === 1);
    expect(scene.journal.at("warn")).toHaveLength(1);
    expect(scene.journal.at("warn")[0]!.fields).toMatchObject({
      advice: expect.stringContaining("second bridge") as string,
    });
    await scene.clock.advance(29_999);
    expect(scene.server.connections).toBe(1);
    await scene.clock.advance(1);
    await scene.journal.until(({ lost }) => lost.length === 2);
    expect(scene.journal.at("warn")).toHaveLength(1);
    await scene.clock.advance(59_999);
    expect(scene.server.connections).toBe(2);
  });

  it("random bytes at any moment: no error escapes, and every end is followed by another attempt", async () => {
    // Reproducible noise (mulberry32), biased to whole packets of every type; an escaping error fails the run.
    let seed = 20261122;
    const random = (below: number): number => {
      seed = (seed + 0x6d2b79f5) | 0;
      let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
    };
    const noise = (): Buffer => {
      const body = Array.from({ length: random(30) }, () => (random(4) ? random(12) : random(256)));
      const first = [0x20, 0x30, 0x32, 0x34, 0x40, 0x50, 0x62, 0x70, 0x90, 0xb0, 0xd0, 0xe0, 0xf0][
        random(13)
      ]!;
      return Buffer.from([first, Math.max(0, body.length + (random(4) ? 0 : random(5) - 2)), ...body]);
    };
    const scenes = (["4", "5"] as const).map((protocolVersion) =>
      against(
        wellBehaved((packet, socket) => {
          if (packet.type === CONNECT && random(5) === 0) socket.write(connack(levelOf(packet)));
          for (let n = 0; n < 6; n += 1) socket.write(noise());
          if (random(2) === 0) socket.end();
          return random(2) === 0;
        }),
        { protocolVersion },
      ),
    );
    for (const scene of await Promise.all(scenes)) {
      for (let n = 0; n < 300; n += 1) {
        const before = scene.journal.lines.filter(({ fields }) => "retryInMs" in fields).length;
        const ended = (): boolean =>
          scene.journal.lines.filter(({ fields }) => "retryInMs" in fields).length > before;
        // Where the noise is not noticed, a deadline is: 10 s to the SUBACK, then cut.
        await scene.clock.until(ended, 40_000, 5_000).catch(() => {
          for (const socket of scene.server.sockets) socket.destroy();
        });
        await scene.journal.until(ended);
        await retry(scene);
      }
    }
  });
});
