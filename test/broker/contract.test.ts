import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/clock.js";
import type { OutMessage } from "../../src/mqtt/client/broker.js";
import { startEmbeddedBroker } from "../../src/mqtt/embedded.js";
import { Mosquitto, mosquittoBinary } from "../support/mosquitto.js";
import { MqttProbe } from "../support/mqtt-probe.js";
import { clientUnderTest, Journal, WILL, type ClientUnderTest } from "./client-under-test.js";
import { Proxy } from "./proxy.js";

interface Server {
  readonly port: number;
  stop(): Promise<unknown>;
}
const aedes = async (): Promise<Server> => {
  const broker = await startEmbeddedBroker(
    { host: "127.0.0.1", port: 0, username: null, password: null, ownClientId: "bridge" },
    { log: new Journal().log, clock: systemClock() },
  );
  return { port: broker.port, stop: () => broker.close(1000) };
};
const mosquitto = async (): Promise<Server> => {
  const broker = await Mosquitto.start();
  return { port: broker.port, stop: () => broker.dispose() };
};

const retained = (topic: string, payload: string): OutMessage => ({ topic, payload, retain: true, qos: 1 });
const result = (payload: string): OutMessage => ({ topic: "w/p/result", payload, retain: false, qos: 1 });

const SERVERS = [
  { name: "aedes, MQTT 3.1.1 after a fall-back", start: aedes, version: "auto", missing: false },
  { name: "Mosquitto, MQTT 5", start: mosquitto, version: "auto", missing: mosquittoBinary() === null },
  { name: "Mosquitto, MQTT 3.1.1", start: mosquitto, version: "4", missing: mosquittoBinary() === null },
] as const;

describe.each(SERVERS)("the broker port on $name", ({ name, start, version, missing }) => {
  if (missing) {
    it.skip(`${name}: skipped, there is no mosquitto binary on this machine`, () => undefined);
    return;
  }
  let server: Server;
  let proxy: Proxy;
  let probe: MqttProbe;
  const ends: ClientUnderTest[] = [];

  const begin = async (
    ...[options, deps]: [Parameters<typeof clientUnderTest>[1]?, Parameters<typeof clientUnderTest>[2]?]
  ) => {
    const end = clientUnderTest(proxy.url, { protocolVersion: version, ...options }, deps);
    ends.push(end);
    await end.journal.until(({ ready }) => ready === 1);
    return end;
  };

  beforeEach(async () => {
    server = await start();
    proxy = await Proxy.to(server.port);
    probe = await MqttProbe.connect(`mqtt://127.0.0.1:${server.port}`);
  });
  afterEach(async () => {
    await Promise.all(ends.splice(0).map(({ broker }) => broker.close(0)));
    await probe.close();
    await proxy.close();
    await server.stop();
  });

  it("is connected once everything is subscribed, and receives the messages from then on, its own too", async () => {
    const { broker, journal } = await begin();
    expect(broker.connected).toBe(true);
    await probe.publish("w/p/set", "ON");
    await journal.until(({ messages }) => messages.length === 1);
    expect(journal.messages[0]).toMatchObject({ topic: "w/p/set", retain: false, dup: false });
    expect(Buffer.from(journal.messages[0]!.payload).toString()).toBe("ON");
    expect(journal.at("info").at(-1)!.message).toBe("Connected to the broker");
    broker.publish(retained("w/bridge/state", "online"));
    await journal.until(({ messages }) => messages.some(({ topic }) => topic === "w/bridge/state"));
  });

  it("distinguishes stored messages from live ones, although both were published with RETAIN", async () => {
    await probe.publish("w/p/set", "ON", { retain: true });
    const { journal } = await begin();
    await journal.until(({ messages }) => messages.length === 1);
    expect(journal.messages[0]!.retain).toBe(true);
    await probe.publish("w/q/set", "OFF", { retain: true });
    await journal.until(({ messages }) => messages.length === 2);
    expect(journal.messages[1]!.retain).toBe(false);
  });

  it("publishes QoS 0 and 1, text and bytes, stored and not, and counts them", async () => {
    const { broker } = await begin();
    broker.publish({ topic: "w/bridge/health", payload: "h", retain: true, qos: 0 });
    broker.publish({
      topic: "w/p/event",
      payload: Uint8Array.from([0, 255, 1]).subarray(1),
      retain: false,
      qos: 1,
    });
    expect(await broker.publishAcknowledged(retained("w/p/state", "s"), 5000)).toBe(true);
    expect([...(await probe.until("w/p/event", 5000)).bytes]).toEqual([255, 1]);
    const late = await MqttProbe.connect(`mqtt://127.0.0.1:${server.port}`);
    await late.until("w/p/state", 5000);
    await late.until("w/bridge/health", 5000);
    expect(late.all("w/p/event")).toEqual([]);
    await late.close();
    expect(broker.counters()).toEqual({
      published: 3,
      received: 0,
      reconnects: 0,
      queued: 0,
      inFlight: 0,
      dropped: 0,
    });
  });

  it("clears a stored message with an empty payload", async () => {
    const { broker } = await begin();
    await broker.publishAcknowledged(retained("w/p/state", "x"), 5000);
    await broker.publishAcknowledged(retained("w/p/state", ""), 5000);
    await probe.until(({ topic, payload }) => topic === "w/p/state" && payload === "", 5000);
    const late = await MqttProbe.connect(`mqtt://127.0.0.1:${server.port}`, { topics: ["w/p/#", "end"] });
    await late.publish("end", "");
    await late.until("end", 5000);
    expect(late.all("w/p/state")).toEqual([]);
    await late.close();
  });

  it("carries a megabyte in both directions", async () => {
    const { broker, journal } = await begin();
    const payload = "x".repeat(1_000_000);
    await probe.publish("w/p/set", payload);
    await journal.until(({ messages }) => messages.length === 1);
    expect(journal.messages[0]!.payload.length).toBe(1_000_000);
    expect(
      await broker.publishAcknowledged({ ...result(payload), topic: "w/bridge/response/sessions" }, 5000),
    ).toBe(true);
    expect((await probe.until("w/bridge/response/sessions", 5000)).payload.length).toBe(1_000_000);
  });

  it("leaves its will when the line breaks, and comes back", async () => {
    const { broker, journal } = await begin();
    proxy.refuse();
    expect(await probe.until("w/bridge/state", 5000)).toMatchObject({ payload: WILL.payload });
    await journal.until(({ lost }) => lost.length === 1);
    expect(broker.connected).toBe(false);
    expect(journal.at("warn")).toHaveLength(1);
    expect(journal.at("warn")[0]!.fields).toMatchObject({
      advice: expect.stringContaining("the bridge keeps control") as string,
    });
    proxy.mend();
    await journal.until(({ ready }) => ready === 2);
    expect(broker.counters().reconnects).toBe(1);
    await probe.publish("w/p/set", "OFF");
    await journal.until(({ messages }) => messages.some(({ topic }) => topic === "w/p/set"));
  });

  it("leaves no will when it closes, sends what waits first, and is silent from then on", async () => {
    const { broker, journal } = await begin();
    for (let n = 0; n < 50; n += 1) broker.publish(result(String(n)));
    await Promise.all([broker.close(5000), broker.close(5000)]);
    broker.publish(result("too late"));
    expect(await broker.publishAcknowledged(result("too late"), 5000)).toBe(false);
    await probe.publish("end", "");
    await probe.until("end", 5000);
    expect(probe.all("w/p/result").map(({ payload }) => Number(payload))).toEqual([...Array(50).keys()]);
    expect(probe.all("w/bridge/state")).toEqual([]);
    expect([journal.lost, journal.at("warn"), journal.at("error")]).toEqual([[], [], []]);
  });

  it("after a reconnect sends what onReady publishes, then the topics left over, then results in order", async () => {
    let round = 0;
    const end: ClientUnderTest = await begin(
      {},
      {
        onReady: () => {
          round += 1;
          for (const topic of ["w/p/state", "w/bridge/state"])
            end.broker.publish(retained(topic, `ready ${round}`));
        },
      },
    );
    const { broker, journal } = end;
    await broker.publishAcknowledged(result("flush"), 5000);
    proxy.refuse();
    await journal.until(({ lost }) => lost.length === 1);
    broker.publish(result("1"));
    broker.publish(retained("w/p/stats", "older"));
    broker.publish(retained("w/p/state", "offline value"));
    broker.publish(retained("w/p/stats", "newest"));
    broker.publish(result("2"));
    expect(await broker.publishAcknowledged(retained("w/p/more", "x"), 5000)).toBe(false);
    // The will is on its way too: it must be seen before the list begins.
    await probe.until(({ payload }) => payload === WILL.payload, 5000);
    const mark = probe.mark();
    proxy.mend();
    await probe.until(({ payload }) => payload === "2", 5000, mark);
    expect(probe.messages.slice(mark).map(({ topic, payload }) => `${topic} ${payload}`)).toEqual([
      "w/p/state ready 2",
      "w/bridge/state ready 2",
      "w/p/stats newest",
      "w/p/more x",
      "w/p/result 1",
      "w/p/result 2",
    ]);
  });

  it("never lets an old value overwrite a newer one after a reconnect", async () => {
    const { broker, journal } = await begin();
    await broker.publishAcknowledged(retained("w/p/state", "0"), 5000);
    // The broker has them, we never hear so: what a client's offline store would send again.
    proxy.hold("answers");
    for (let n = 1; n <= 40; n += 1) broker.publish(retained("w/p/state", String(n)));
    proxy.refuse();
    await journal.until(({ lost }) => lost.length === 1);
    broker.publish(retained("w/p/state", "41"));
    proxy.mend();
    await probe.until(({ topic, payload }) => topic === "w/p/state" && payload === "41", 5000);
    await broker.publishAcknowledged(result("end"), 5000);
    await probe.until("w/p/result", 5000);
    const seen = probe.all("w/p/state").map(({ payload }) => Number(payload));
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(41);
  });

  it("answers false at the deadline of an acknowledgement, and closes in time, on a line where nothing moves", async () => {
    const { broker } = await begin();
    proxy.hold("both");
    expect(await broker.publishAcknowledged(retained("w/p/state", "x"), 50)).toBe(false);
    await broker.close(100);
  });

  it("survives errors of its own handlers", async () => {
    const fail = (): never => {
      throw new Error("handler");
    };
    const { broker, journal } = await begin({}, { onMessage: fail, onReady: fail, onLost: fail });
    await probe.publish("w/p/set", "1");
    await probe.publish("w/p/set", "2");
    await journal.until(({ messages }) => messages.length === 2);
    proxy.cut();
    await journal.until(({ ready }) => ready === 2);
    expect(await broker.publishAcknowledged(result("x"), 5000)).toBe(true);
    const failures = new Set(journal.at("error").map(({ message }) => message));
    expect(failures).toEqual(
      new Set(
        ["a message", "the connect", "the loss"].map((what) => `Error while handling ${what} of the broker`),
      ),
    );
  });
});
