import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { OutMessage } from "./broker.js";
import { PublishQueue, type DropReason, type QueueEntry } from "./publish-queue.js";

const LIMITS = { topics: 3, messages: 4, bytes: 100_000, ageMs: 1000 };
const state = (topic: string, payload: number): OutMessage => ({
  topic,
  payload: `${payload}`,
  retain: true,
  qos: 1,
});
const event = (payload: number): OutMessage => ({
  topic: "event",
  payload: `${payload}`,
  retain: false,
  qos: 1,
});
const text = ({ message }: QueueEntry): string => `${message.topic}=${String(message.payload)}`;

const box = () => {
  const drops: string[] = [];
  const queue = new PublishQueue(LIMITS, ({ message }, why: DropReason) =>
    drops.push(`${String(message.payload).slice(0, 20)} ${why}`),
  );
  const drain = (now = 0): string[] => {
    const taken: string[] = [];
    for (let entry = queue.take(now); entry; entry = queue.take(now)) taken.push(text(entry));
    return taken;
  };
  return { queue, drops, drain };
};

describe("the publish queue", () => {
  it("sends values ahead of messages, each in their order, and the last value of a topic in the place of the first", () => {
    const { queue, drain } = box();
    queue.put(event(0), 0);
    queue.put(state("a", 1), 0);
    queue.put(event(2), 0);
    queue.put(state("b", 3), 0);
    queue.put(state("a", 4), 0);
    expect(drain()).toEqual(["a=4", "b=3", "event=0", "event=2"]);
    expect([queue.waiting, queue.inFlight]).toEqual([0, 4]);
  });

  it("lets a new value pass a burst of messages, old ones and those that a lost connection gave back", () => {
    const { queue, drops, drain } = box();
    for (const n of [1, 2, 3]) queue.put(event(n), 0);
    queue.take(0);
    queue.put(state("a", 4), 500);
    expect(text(queue.take(500)!)).toBe("a=4");
    queue.put(state("b", 5), 600);
    queue.lost(600);
    expect(drain(600)).toEqual(["a=4", "b=5", "event=1", "event=2", "event=3"]);
    queue.put(event(6), 700);
    queue.put(state("a", 7), 1_800);
    expect(text(queue.take(1_800)!)).toBe("a=7");
    expect(drops).toEqual([]);
    expect(drain(1_800)).toEqual([]);
    expect(drops).toEqual(["6 too old"]);
  });

  it("drops the oldest messages that are not retained, beyond their number and their age", () => {
    const { queue, drops, drain } = box();
    queue.put(state("a", 0), 0);
    for (let n = 1; n <= 6; n += 1) queue.put(event(n), n * 100);
    expect(drops).toEqual(["1 queue full", "2 queue full"]);
    expect(drain(1401)).toEqual(["a=0", "event=5", "event=6"]);
    expect(drops.slice(2)).toEqual(["3 too old", "4 too old"]);
  });

  it("takes no more topics than it may, but new values of those it has", () => {
    const { queue, drops, drain } = box();
    for (const [n, topic] of ["a", "b", "c", "d", "a"].entries()) queue.put(state(topic, n), 0);
    expect(drops).toEqual(["3 queue full"]);
    expect(drain()).toEqual(["a=4", "b=1", "c=2"]);
  });

  it("takes back what was in flight when the connection is lost, but not over a newer value", () => {
    const { queue, drain } = box();
    for (const message of [state("a", 1), event(2), state("b", 3)]) queue.put(message, 0);
    const [, second] = [queue.take(0), queue.take(0), queue.take(0)];
    queue.settled(second!, true);
    queue.put(state("a", 4), 0);
    queue.put(event(5), 0);
    queue.lost(0);
    expect(drain()).toEqual(["a=4", "event=2", "event=5"]);
  });

  it("does not take back a value whose successor was acknowledged, although it never was itself", () => {
    const { queue, drain } = box();
    queue.put(state("a", 1), 0);
    queue.take(0);
    queue.put(state("a", 2), 0);
    queue.settled(queue.take(0)!, true);
    queue.lost(0);
    expect(drain()).toEqual([]);
  });

  it("puts what comes first on a new connection ahead of what waited, without its older values", () => {
    const { queue, drain } = box();
    for (const message of [state("a", 1), event(2), state("b", 3)]) queue.put(message, 0);
    queue.ahead(() => {
      queue.put(state("c", 4), 0);
      queue.put(state("b", 5), 0);
    });
    expect(drain()).toEqual(["c=4", "b=5", "a=1", "event=2"]);
  });

  it("forgets nothing when what comes first fails", () => {
    const { queue, drain } = box();
    queue.put(event(1), 0);
    const fail = (): never => {
      throw new Error("handler");
    };
    expect(() => queue.ahead(fail)).toThrow("handler");
    expect(drain()).toEqual(["event=1"]);
  });

  it("knows since when the oldest has been in flight", () => {
    const { queue } = box();
    queue.put(state("a", 1), 0);
    expect(queue.oldestSentAt).toBeNull();
    const first = queue.take(10)!;
    queue.put(state("b", 2), 20);
    queue.take(30);
    expect(queue.oldestSentAt).toBe(10);
    queue.settled(first, true);
    expect(queue.oldestSentAt).toBe(30);
  });

  it("sends both of two values of a topic, in their order, where the first must be seen", () => {
    const { queue, drain } = box();
    queue.put(state("a", 1), 0);
    queue.put({ ...state("a", 2), mustBeSeen: true }, 0);
    queue.put(state("b", 3), 0);
    queue.put(state("a", 4), 0);
    expect(drain()).toEqual(["a=2", "b=3", "a=4"]);
    // Neither was acknowledged.
    queue.put(state("a", 5), 0);
    queue.lost(0);
    queue.ahead(() => queue.put(state("a", 6), 0));
    expect(drain()).toEqual(["a=2", "a=6", "b=3"]);
    queue.lost(0);
    const first = queue.take(0)!;
    expect(text(first)).toBe("a=2");
    queue.take(0);
    queue.settled(first, true);
    queue.lost(0);
    expect(drain()).toEqual(["a=6", "b=3"]);
  });

  it("is bounded by bytes, and drops what is important last", () => {
    const { queue, drops } = box();
    const large = (name: string, more: Partial<OutMessage> = {}): void =>
      queue.put({ topic: "t", payload: name.padEnd(40_000), retain: false, qos: 1, ...more }, 0);
    large("stop", { important: true });
    for (const name of ["1", "2", "3"]) large(name);
    expect(drops.map((drop) => drop.trim().replace(/ +/, " "))).toEqual(["1 queue full", "2 queue full"]);
    expect(String(queue.take(0)?.message.payload).trim()).toBe("stop");
  });

  it("finds out which message the broker ends connections for, names it, and sends everything else", () => {
    const { queue, drops } = box();
    const large = state("config", 7);
    const config: OutMessage = { ...large, payload: "7".padEnd(2000) };
    const connect = (): void =>
      queue.ahead(() => {
        queue.put(config, 0);
        queue.put(state("a", 1), 0);
      });
    connect();
    queue.take(0);
    queue.take(0);
    queue.lost(0);
    connect();
    const small = queue.take(0)!;
    expect(small.topic).toBe("a");
    // Nothing else goes with the suspect, in either direction.
    expect(queue.take(0)).toBeUndefined();
    queue.settled(small, true);
    expect(queue.take(0)?.topic).toBe("config");
    queue.put(event(2), 0);
    expect(queue.take(0)).toBeUndefined();
    queue.lost(0);
    expect(drops.map((drop) => drop.trim().replace(/ +/, " "))).toEqual([
      "7 connection lost twice while it was sent",
    ]);
    connect();
    for (const wanted of ["a=1", "event=2"]) {
      const entry = queue.take(0)!;
      expect(text(entry)).toBe(wanted);
      queue.settled(entry, true);
    }
    expect(queue.waiting).toBe(0);
    // Ten minutes later it is tried again.
    queue.put(config, 600_001);
    expect(queue.take(600_001)?.topic).toBe("config");
  });

  it("whatever happens: bounded, in order, values first, never an old one after a newer one, each caller answered once", () => {
    const topics = ["a", "b", "c", "d"];
    const step = fc.oneof(
      fc.record({ do: fc.constant("state" as const), topic: fc.constantFrom(...topics) }),
      fc.record({ do: fc.constantFrom("event" as const, "take" as const, "ack" as const) }),
      fc.record({ do: fc.constantFrom("lost" as const, "ready" as const) }),
    );
    const scenario = fc.array(step, { maxLength: 60 });
    fc.assert(
      fc.property(scenario, (steps) => {
        const queue = new PublishQueue({ ...LIMITS, topics: topics.length }, () => undefined);
        const answers: number[] = [];
        const last = new Map<string, number>();
        const sent = new Map<string, number>();
        const flight: QueueEntry[] = [];
        let [serial, lastEvent] = [0, -1];
        const put = (message: (n: number) => OutMessage): void => {
          const n = serial++;
          answers[n] = 0;
          if (message(n).retain) last.set(message(n).topic, n);
          queue.put(message(n), 0, () => (answers[n]! += 1));
        };
        const take = (): boolean => {
          const entry = queue.take(0);
          if (!entry) return false;
          const { topic, retain, payload } = entry.message;
          const n = Number(payload);
          if (retain) {
            expect(n).toBeGreaterThanOrEqual(sent.get(topic) ?? -1);
            sent.set(topic, n);
          } else {
            expect(n).toBeGreaterThan(lastEvent);
            lastEvent = n;
            for (const [each, value] of last) expect(sent.get(each)).toBe(value);
          }
          flight.push(entry);
          return true;
        };
        const lost = (): void => {
          queue.lost(0);
          flight.length = 0;
          lastEvent = -1;
        };
        for (const each of steps) {
          if (each.do === "state") put((n) => state(each.topic, n));
          if (each.do === "event") put(event);
          if (each.do === "take") take();
          if (each.do === "ack" && flight.length > 0) queue.settled(flight.pop()!, true);
          if (each.do === "lost") lost();
          if (each.do === "ready") queue.ahead(() => topics.forEach((topic) => put((n) => state(topic, n))));
          expect(queue.waiting).toBeLessThanOrEqual(topics.length + LIMITS.messages);
          expect(queue.inFlight).toBe(flight.length);
        }
        while (take());
        for (const [topic, n] of last) expect(sent.get(topic)).toBe(n);
        lost();
        expect(answers).toEqual(answers.map(() => 1));
      }),
      { numRuns: 2000 },
    );
  });
});
