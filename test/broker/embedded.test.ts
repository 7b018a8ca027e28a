import { once } from "node:events";
import { connect as dial } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../src/clock.js";
import { BridgeError } from "../../src/domain/errors.js";
import { startEmbeddedBroker, type EmbeddedBroker, type EmbeddedOptions } from "../../src/mqtt/embedded.js";
import { MqttProbe } from "../support/mqtt-probe.js";
import { Journal } from "./bridge-end.js";

interface Embedded {
  readonly broker: EmbeddedBroker;
  readonly url: string;
  readonly journal: Journal;
}
const start = async (options: Partial<EmbeddedOptions> = {}): Promise<Embedded> => {
  const journal = new Journal();
  const broker = await startEmbeddedBroker(
    { host: "127.0.0.1", port: 0, username: null, password: null, ...options },
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

describe("the embedded broker", () => {
  it("says where it listens, and that it speaks MQTT 3.1.1 only", async () => {
    const { broker, journal } = await start();
    expect(broker.port).toBeGreaterThan(0);
    expect(journal.at("info")[0]).toMatchObject({
      message: expect.stringContaining("3.1.1") as string,
      fields: { port: broker.port },
    });
  });

  it("publishes a will when its owner vanishes, and none after a goodbye", async () => {
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

  it("lets in who knows name and password, and nobody else", async () => {
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

  it("says that its port is taken, and what to do", async () => {
    const { broker } = await start();
    const second = start({ port: broker.port });
    await expect(second).rejects.toBeInstanceOf(BridgeError);
    await expect(second).rejects.toMatchObject({ code: "port-in-use", retry: "never" });
    await expect(second).rejects.toHaveProperty("advice", expect.stringContaining("embedded_broker.port"));
    // TEST-NET-1 of RFC 5737: no address of this machine.
    await expect(start({ host: "192.0.2.1" })).rejects.toMatchObject({ code: "broker", retry: "never" });
  });

  it("survives nonsense, and drops strangers and payloads that are too large", async () => {
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

  it("lets clients have the last words before it closes", async () => {
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
    const began = Date.now();
    await broker.close(100);
    expect(Date.now() - began).toBeLessThan(2000);
    hanging.destroy();
  });
});
