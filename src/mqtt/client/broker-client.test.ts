import { describe, expect, it } from "vitest";
import { ManualClock } from "../../../test/support/clock.js";
import type { Logger } from "../../log/log.js";
import type { OutMessage } from "./broker.js";
import type { Connection, ConnectionEvents, Version } from "./connection.js";
import { BrokerClient } from "./broker-client.js";

interface Attempt {
  readonly version: Version;
  readonly events: ConnectionEvents;
  readonly sent: { message: OutMessage; settled: (error: Error | null) => void }[];
  over: "ended" | "dropped" | null;
}

const UNLIMITED = { receiveMaximum: 65_535, maximumPacketSize: Infinity };
const state = (payload: string, topic = "w/p/state"): OutMessage => ({
  topic,
  payload,
  retain: true,
  qos: 1,
});
const event = (payload: string): OutMessage => ({ topic: "w/p/event", payload, retain: false, qos: 1 });

/** The client over connections that the test answers itself. */
const rig = (handlers: { onReady?: (scene: { broker: BrokerClient }) => void } = {}) => {
  const clock = new ManualClock();
  const attempts: Attempt[] = [];
  const lost: string[] = [];
  const lines: string[] = [];
  const line =
    (level: string) =>
    (_: object, message: string): void => {
      lines.push(`${level} ${message}`);
    };
  const log: Logger = {
    ...{ trace: line("trace"), debug: line("debug"), info: line("info") },
    ...{ warn: line("warn"), error: line("error"), fatal: line("fatal") },
    child: () => log,
  };
  const open = (version: Version, events: ConnectionEvents): Connection => {
    const attempt: Attempt = { version, events, sent: [], over: null };
    attempts.push(attempt);
    return {
      send: (message, settled) => attempt.sent.push({ message, settled }),
      end: () => {
        attempt.over = "ended";
        return Promise.resolve();
      },
      drop: () => {
        attempt.over = "dropped";
      },
    };
  };
  const options = { protocolVersion: "auto", clientId: "id", shown: "mqtt://b:1883" } as const;
  const onReady = (): void => handlers.onReady?.({ broker });
  const deps = {
    clock,
    log,
    random: () => 1,
    onMessage: () => undefined,
    arrived: () => clock.now(),
    onSubscribed: () => undefined,
    onReady,
    onLost: (why: string) => lost.push(why),
  };
  const broker: BrokerClient = new BrokerClient(options, deps, open);
  broker.start();
  const sent = (attempt: Attempt): string[] => attempt.sent.map(({ message }) => String(message.payload));
  return { broker, clock, attempts, lost, lines, sent };
};
const LOST = { kind: "lost", detail: "x" } as const;

describe("the broker client", () => {
  it("sends nothing before the connection is ready, then at most 16 at a time, a state first and merged meanwhile", () => {
    const { broker, attempts, sent } = rig();
    for (let n = 0; n < 30; n += 1) broker.publish(event(`${n}`));
    expect(attempts[0]!.sent).toHaveLength(0);
    attempts[0]!.events.onOpen(UNLIMITED);
    expect(attempts[0]!.sent).toHaveLength(16);
    for (const payload of ["1", "2", "3"]) broker.publish(state(payload));
    attempts[0]!.sent.slice().forEach(({ settled }) => settled(null));
    expect(sent(attempts[0]!).slice(16)).toEqual(["3", ...Array.from({ length: 14 }, (_, n) => `${n + 16}`)]);
    expect(broker.counters()).toMatchObject({ published: 16, queued: 0, inFlight: 15 });
  });

  it("ignores events of a connection that has ended", () => {
    const { broker, attempts } = rig();
    attempts[0]!.events.onOpen(UNLIMITED);
    broker.publish(state("1"));
    attempts[0]!.events.onClosed(LOST);
    attempts[0]!.sent[0]!.settled(null);
    expect(broker.counters()).toMatchObject({ published: 0, queued: 1, inFlight: 0 });
  });

  it("settles every pending acknowledgement when the connection is lost, and notifies its owner once", async () => {
    const { broker, clock, attempts, lost } = rig();
    expect(await broker.publishAcknowledged(state("0"), 1000)).toBe(false);
    attempts[0]!.events.onOpen(UNLIMITED);
    const answers = ["1", "2"].map((payload) => broker.publishAcknowledged(event(payload), 60_000));
    attempts[0]!.events.onClosed(LOST);
    expect(await Promise.all(answers)).toEqual([false, false]);
    expect(lost).toEqual(["Connection to the broker lost (x)"]);
    await clock.advance(1000);
    attempts[1]!.events.onClosed({ kind: "unreachable", detail: "x" });
    expect(lost).toHaveLength(1);
    expect(clock.pending).toBe(1);
  });

  it("keeps what the owner publishes when ready ahead, and is connected by then", () => {
    const seen: boolean[] = [];
    const { broker, attempts, sent } = rig({
      onReady: (scene) => {
        seen.push(scene.broker.connected);
        scene.broker.publish(state("fresh"));
      },
    });
    broker.publish(event("1"));
    broker.publish(state("stale"));
    attempts[0]!.events.onOpen(UNLIMITED);
    expect(sent(attempts[0]!)).toEqual(["fresh", "1"]);
    expect(seen).toEqual([true]);
  });

  it("drops results that are a minute old, and logs it once", async () => {
    const { broker, clock, attempts, lines, sent } = rig();
    broker.publish(event("1"));
    broker.publish(event("2"));
    await clock.advance(30_000);
    broker.publish(event("3"));
    await clock.advance(30_001);
    attempts[0]!.events.onOpen(UNLIMITED);
    expect(sent(attempts[0]!)).toEqual(["3"]);
    expect(
      lines.filter((line) => line.includes("Message dropped")).map((line) => line.split(" ")[0]),
    ).toEqual(["warn", "debug"]);
    expect(broker.counters().dropped).toBe(2);
  });

  it("drops a connection on which a message is not acknowledged for 30 s, however busy it is", async () => {
    const { broker, clock, attempts, lost } = rig();
    attempts[0]!.events.onOpen(UNLIMITED);
    broker.publish(state("never acknowledged"));
    for (let n = 0; n < 6; n += 1) {
      broker.publish(event(`${n}`));
      attempts[0]!.sent.at(-1)!.settled(null);
      expect(lost).toEqual([]);
      await clock.advance(5_000);
    }
    expect(attempts[0]!.over).toBe("dropped");
    expect(lost).toHaveLength(1);
  });

  it("closes: what waits is sent first, then the connection ends; nothing is left behind", async () => {
    const { broker, clock, attempts } = rig();
    attempts[0]!.events.onOpen(UNLIMITED);
    broker.publish(state("1"));
    const closed = broker.close(1000);
    await clock.advance(500);
    expect(attempts[0]!.over).toBeNull();
    attempts[0]!.sent[0]!.settled(null);
    await closed;
    expect(attempts[0]!.over).toBe("ended");
    expect([clock.pending, broker.connected]).toEqual([0, false]);
  });

  it("closes while it waits for its next attempt, and makes none", async () => {
    const { broker, clock, attempts } = rig();
    attempts[0]!.events.onClosed({ kind: "unreachable", detail: "x" });
    await broker.close(1000);
    await clock.advance(60_000);
    expect([attempts.length, clock.pending]).toEqual([1, 0]);
  });

  it("closes at once when the connection is lost meanwhile", async () => {
    const { broker, clock, attempts, lost } = rig();
    attempts[0]!.events.onOpen(UNLIMITED);
    broker.publish(state("1"));
    const closed = broker.close(1000);
    attempts[0]!.events.onClosed(LOST);
    await closed;
    expect([attempts.length, clock.pending, lost.length]).toEqual([1, 0, 0]);
  });
});
