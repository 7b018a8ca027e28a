import { once } from "node:events";
import { connect as dial, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { connectAsync } from "mqtt";
import { generate } from "mqtt-packet";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../src/clock.js";
import { BridgeError } from "../../src/domain/errors.js";
import { startEmbeddedBroker, type EmbeddedBroker, type EmbeddedOptions } from "../../src/mqtt/embedded.js";
import { MqttProbe } from "../support/mqtt-probe.js";
import { Journal } from "./client-under-test.js";

interface Embedded {
  readonly broker: EmbeddedBroker;
  readonly url: string;
  readonly journal: Journal;
}
const start = async (options: Partial<EmbeddedOptions> = {}): Promise<Embedded> => {
  const journal = new Journal();
  const broker = await startEmbeddedBroker(
    { host: "127.0.0.1", port: 0, username: null, password: null, ownClientId: "bridge", ...options },
    { log: journal.log, clock: systemClock() },
  );
  onTestFinished(() => broker.close(0));
  return { broker, journal, url: `mqtt://127.0.0.1:${broker.port}` };
};
const probe = async (
  url: string,
  options: Parameters<typeof MqttProbe.connect>[1] = {},
): Promise<MqttProbe> => {
  const made = await MqttProbe.connect(url, options);
  onTestFinished(() => made.close());
  return made;
};
/** Sends bytes without being introduced, and resolves when it is hung up on, however rudely. */
const stranger = (port: number, ...chunks: readonly Uint8Array[]): Promise<void> =>
  new Promise((resolve) => {
    const socket = dial(port, "127.0.0.1", () => chunks.forEach((chunk) => socket.write(chunk)));
    socket.on("error", () => undefined).on("close", () => resolve());
  });

const CONNECT = generate({
  cmd: "connect",
  clientId: "raw",
  protocolVersion: 4,
  protocolId: "MQTT",
  clean: true,
});
/** A PUBLISH with so many bytes to come; nothing of them is sent. */
const publishOf = (bytes: number): Buffer =>
  Buffer.from([
    0x30,
    (bytes & 0x7f) | 0x80,
    ((bytes >> 7) & 0x7f) | 0x80,
    ((bytes >> 14) & 0x7f) | 0x80,
    bytes >> 21,
  ]);

/** A connection that sends little, stays open, and reconnects when it is dropped. */
const lingering = (port: number, bytes: Uint8Array): (() => void) => {
  let socket: Socket;
  let over = false;
  const begin = (): void => {
    socket = dial(port, "127.0.0.1", () => socket.write(bytes));
    socket.on("error", () => undefined).on("close", () => over || setTimeout(begin, 20));
  };
  begin();
  const end = (): void => {
    over = true;
    socket.destroy();
  };
  onTestFinished(end);
  return end;
};

describe("the embedded broker", () => {
  it("logs its address, and that it supports MQTT 3.1.1 only", async () => {
    const { broker, journal } = await start();
    expect(broker.port).toBeGreaterThan(0);
    expect(journal.at("info")[0]).toMatchObject({
      message: expect.stringContaining("3.1.1") as string,
      fields: { port: broker.port },
    });
  });

  it("publishes a will when its owner vanishes, and none after a DISCONNECT", async () => {
    const { url } = await start();
    const watcher = await probe(url);
    const will = (topic: string) => ({ topic, payload: Buffer.from("gone"), qos: 1, retain: true }) as const;
    const polite = await probe(url, { topics: [], will: will("will/polite") });
    await polite.client.endAsync();
    const rude = await probe(url, { topics: [], will: will("will/rude") });
    await rude.close(true);
    await watcher.until("will/rude", 5000);
    expect(watcher.all("will/polite")).toEqual([]);
    expect((await (await probe(url)).until("will/rude", 5000)).retain).toBe(true);
  });

  it("keeps what is retained, forgets what is cleared, and whispers under $SYS only", async () => {
    const { url } = await start();
    const first = await probe(url);
    await first.publish("a", "1", { retain: true });
    await first.publish("b", "1", { retain: true });
    await first.publish("a", "", { retain: true });
    const second = await probe(url);
    await second.until("b", 5000);
    await second.publish("end", "");
    await second.until("end", 5000);
    expect(second.messages.map(({ topic }) => topic)).toEqual(["b", "end"]);
  });

  it("accepts clients with name and password, and no others", async () => {
    const { url } = await start({ username: "me", password: "secret" });
    await probe(url, { username: "me", password: "secret" });
    const others = [
      {},
      { username: "me" },
      { username: "me", password: "secret2" },
      { username: "you", password: "secret" },
    ];
    for (const other of others)
      await expect(MqttProbe.connect(url, other)).rejects.toMatchObject({ code: 5 });
  });

  it("reports that its port is in use, with advice", async () => {
    const { broker } = await start();
    const second = start({ port: broker.port });
    await expect(second).rejects.toBeInstanceOf(BridgeError);
    await expect(second).rejects.toMatchObject({ code: "port-in-use", retry: "never" });
    await expect(second).rejects.toHaveProperty("advice", expect.stringContaining("embedded_broker.port"));
    // TEST-NET-1 of RFC 5737: no address of this machine.
    await expect(start({ host: "192.0.2.1" })).rejects.toMatchObject({ code: "broker", retry: "never" });
  });

  it("survives garbage, and drops clients without a login and payloads that are too large", async () => {
    const { broker, url, journal } = await start();
    await stranger(broker.port, Buffer.from("GET / HTTP/1.1\r\n\r\n"));
    // A CONNECT that claims 256 MB; the time to connect, 10 s, would end it too.
    const began = Date.now();
    await stranger(broker.port, Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]), Buffer.alloc(200_000));
    expect(Date.now() - began).toBeLessThan(5_000);
    const client = await probe(url);
    const dropped = new Promise<void>((resolve) => client.client.once("close", resolve));
    client.client.publish("big", "x".repeat(1_100_000));
    await dropped;
    await (await probe(url)).publish("still", "alive");
    expect(journal.at("error")).toEqual([]);
  });

  it("drops a client that announces a packet that is too long, before any of it is stored", async () => {
    const { broker, url, journal } = await start();
    const streams = Array.from({ length: 20 }, async (_, index) => {
      const id = generate({
        cmd: "connect",
        clientId: `s${index}`,
        protocolVersion: 4,
        protocolId: "MQTT",
        clean: true,
      });
      const socket = dial(broker.port, "127.0.0.1");
      socket.on("error", () => undefined);
      socket.write(id);
      await once(socket, "data");
      // 256 MB, in pieces, for as long as somebody takes them.
      socket.write(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]));
      const more = setInterval(() => socket.write(Buffer.alloc(64 * 1024)), 5);
      await new Promise((resolve) => socket.once("close", resolve));
      clearInterval(more);
      return socket.bytesWritten;
    });
    const written = await Promise.all(streams);
    expect(Math.max(...written)).toBeLessThan(4 * 1024 * 1024);
    expect(
      journal.at("debug").filter(({ fields }) => JSON.stringify(fields).includes("packet too long")),
    ).toHaveLength(20);
    await (await probe(url)).publish("still", "alive");
  });

  it("bounds the incomplete packets of all clients together, and does not drop small ones", async () => {
    const { broker, url, journal } = await start();
    const watcher = await probe(url);
    const MB = 1024 * 1024;
    const sockets = await Promise.all(
      Array.from({ length: 24 }, async (_, index) => {
        const id = generate({
          cmd: "connect",
          clientId: `p${index}`,
          protocolVersion: 4,
          protocolId: "MQTT",
          clean: true,
        });
        const socket = dial(broker.port, "127.0.0.1");
        onTestFinished(() => void socket.destroy());
        socket.on("error", () => undefined);
        socket.write(id);
        await once(socket, "data");
        socket.write(publishOf(MB));
        socket.write(Buffer.alloc(MB - 1));
        return socket;
      }),
    );
    const dropped = () =>
      journal.at("debug").filter(({ fields }) => JSON.stringify(fields).includes("incomplete packets"));
    while (dropped().length < 8) await pause(20);
    expect(sockets.filter(({ destroyed }) => !destroyed).length).toBeGreaterThanOrEqual(15);
    await watcher.publish("small", "x".repeat(50_000));
    await watcher.until("small", 5_000);
  });

  it("has places for clients, however many connections without a login there are", async () => {
    const { broker, url } = await start({ username: "me", password: "secret" });
    const known = await probe(url, { username: "me", password: "secret" });
    const lost: string[] = [];
    known.client.on("close", () => lost.push("known"));
    for (let n = 0; n < 120; n++)
      lingering(broker.port, n % 2 === 0 ? CONNECT.subarray(0, 5) : new Uint8Array());
    await pause(300);
    const logins = Array.from({ length: 10 }, (_, index) =>
      MqttProbe.connect(url, { username: "me", password: "secret", clientId: `c${index}` }).then(
        async (client) => {
          await client.close();
          return "in";
        },
        (error: unknown) => String(error),
      ),
    );
    expect(await Promise.all(logins)).toEqual(Array.from({ length: 10 }, () => "in"));
    expect(lost).toEqual([]);
  });

  it("logs a failed login, once a minute, with neither name nor password", async () => {
    const { url, journal } = await start({ username: "me", password: "secret" });
    for (let n = 0; n < 5; n++)
      await MqttProbe.connect(url, { username: "somebody", password: "hunter22", clientId: "guesser" }).catch(
        () => null,
      );
    expect(journal.at("warn")).toMatchObject([
      {
        message: expect.stringContaining("Login") as string,
        fields: { client: "guesser", address: "127.0.0.1" },
      },
    ]);
    expect(JSON.stringify(journal.lines)).not.toMatch(/hunter22|somebody|secret/);
  });

  it("keeps a bounded lot of retained messages, and always the bridge's own", async () => {
    const { url, journal } = await start();
    const other = await probe(url, { topics: [], clientId: "other" });
    const bridge = await probe(url, { topics: [], clientId: "bridge" });
    const big = "x".repeat(900_000);
    for (let n = 0; n < 20; n++) await other.publish(`big/${n}`, big, { retain: true });
    await other.publish("others/state", "1", { retain: true });
    await bridge.publish("own/state", "x".repeat(500_000), { retain: true });
    await other.publish("big/0", "", { retain: true });
    await other.publish("big/1", "now small", { retain: true });
    const later = await probe(url, { clientId: "later" });
    await later.until("own/state", 10_000);
    const topics = later.messages.map(({ topic }) => topic);
    expect(topics).toContain("others/state");
    expect(topics.filter((topic) => topic.startsWith("big/")).length).toBe(16 - 1);
    expect(later.last("big/1")?.payload).toBe("now small");
    expect(journal.at("warn")).toMatchObject([{ fields: { client: "other", topics: 16 } }]);
  });

  it("queues nothing for a client that is away, whatever session it requests", async () => {
    const { url } = await start();
    const options = { clientId: "away", clean: false, reconnectPeriod: 0 };
    const first = await connectAsync(url, options);
    await first.subscribeAsync("set", { qos: 1 });
    await first.endAsync();
    await (await probe(url, { topics: [] })).publish("set", "ON");
    const again = await connectAsync(url, options);
    onTestFinished(() => again.endAsync(true));
    const heard: string[] = [];
    again.on("message", (topic) => heard.push(topic));
    await again.subscribeAsync("end", { qos: 1 });
    await again.publishAsync("end", "", { qos: 1 });
    while (!heard.includes("end")) await pause(10);
    expect(heard).toEqual(["end"]);
  });

  it("delivers the last messages to clients before it closes", async () => {
    const { broker, url } = await start();
    const watcher = await probe(url);
    const speaker = await probe(url, { topics: [] });
    await speaker.publish("last", "words");
    await Promise.all([broker.close(5000), broker.close(5000)]);
    expect(watcher.last("last")?.payload).toBe("words");
  });

  it("closes in time with clients that hang", async () => {
    const { broker } = await start();
    const hanging = dial({ port: broker.port, host: "127.0.0.1", allowHalfOpen: true });
    hanging.on("error", () => undefined);
    await once(hanging, "connect");
    hanging.pause();
    await broker.close(100);
    hanging.destroy();
  });
});
