import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { OutMessage } from "./broker.js";
import { PublishQueue, type Drop, type Entry } from "./publish-queue.js";

const LIMITS = { topics: 3, messages: 4, ageMs: 1000 };
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
const text = ({ message }: Entry): string => `${message.topic}=${String(message.payload)}`;

const box = () => {
  const drops: string[] = [];
  const outbox = new PublishQueue(LIMITS, (message, why: Drop) =>
    drops.push(`${String(message.payload)} ${why}`),
  );
  const drain = (now = 0): string[] => {
    const taken: string[] = [];
    for (let entry = outbox.take(now); entry; entry = outbox.take(now)) taken.push(text(entry));
    return taken;
  };
  return { outbox, drops, drain };
};

describe("the outbox", () => {
  it("keeps the order, and the last value of a topic in the place of the first", () => {
    const { outbox, drain } = box();
    outbox.put(state("a", 1), 0);
    outbox.put(event(2), 0);
    outbox.put(state("b", 3), 0);
    outbox.put(state("a", 4), 0);
    expect(drain()).toEqual(["a=4", "event=2", "b=3"]);
    expect([outbox.waiting, outbox.inFlight]).toEqual([0, 3]);
  });

  it("drops the oldest messages that are not retained, beyond their number and their age", () => {
    const { outbox, drops, drain } = box();
    outbox.put(state("a", 0), 0);
    for (let n = 1; n <= 6; n += 1) outbox.put(event(n), n * 100);
    expect(drops).toEqual(["1 too many", "2 too many"]);
    expect(drain(1401)).toEqual(["a=0", "event=5", "event=6"]);
    expect(drops.slice(2)).toEqual(["3 too old", "4 too old"]);
  });

  it("takes no more topics than it may, but new values of those it has", () => {
    const { outbox, drops, drain } = box();
    for (const [n, topic] of ["a", "b", "c", "d", "a"].entries()) outbox.put(state(topic, n), 0);
    expect(drops).toEqual(["3 too many"]);
    expect(drain()).toEqual(["a=4", "b=1", "c=2"]);
  });

  it("takes back what was in flight when the connection is lost, but not over a newer value", () => {
    const { outbox, drain } = box();
    for (const message of [state("a", 1), event(2), state("b", 3)]) outbox.put(message, 0);
    const [, , third] = [outbox.take(0), outbox.take(0), outbox.take(0)];
    outbox.settled(third!, true);
    outbox.put(state("a", 4), 0);
    outbox.put(event(5), 0);
    outbox.lost();
    expect(drain()).toEqual(["a=4", "event=2", "event=5"]);
  });

  it("does not take back a value whose successor was acknowledged, although it never was itself", () => {
    const { outbox, drain } = box();
    outbox.put(state("a", 1), 0);
    outbox.take(0);
    outbox.put(state("a", 2), 0);
    outbox.settled(outbox.take(0)!, true);
    outbox.lost();
    expect(drain()).toEqual([]);
  });

  it("puts what comes first on a new connection ahead of what waited, without its older values", () => {
    const { outbox, drain } = box();
    for (const message of [state("a", 1), event(2), state("b", 3)]) outbox.put(message, 0);
    outbox.ahead(() => {
      outbox.put(state("c", 4), 0);
      outbox.put(state("b", 5), 0);
    });
    expect(drain()).toEqual(["c=4", "b=5", "a=1", "event=2"]);
  });

  it("forgets nothing when what comes first fails", () => {
    const { outbox, drain } = box();
    outbox.put(event(1), 0);
    const fail = (): never => {
      throw new Error("handler");
    };
    expect(() => outbox.ahead(fail)).toThrow("handler");
    expect(drain()).toEqual(["event=1"]);
  });

  it("knows how long the oldest has been on its way", () => {
    const { outbox } = box();
    outbox.put(state("a", 1), 0);
    expect(outbox.oldestSentAt).toBeNull();
    const first = outbox.take(10)!;
    outbox.put(state("b", 2), 20);
    outbox.take(30);
    expect(outbox.oldestSentAt).toBe(10);
    outbox.settled(first, true);
    expect(outbox.oldestSentAt).toBe(30);
  });

  it("whatever happens: bounded, in order, never an old value after a newer one, each caller answered once", () => {
    const topics = ["a", "b", "c", "d"];
    const step = fc.oneof(
      fc.record({ do: fc.constant("state" as const), topic: fc.constantFrom(...topics) }),
      fc.record({ do: fc.constantFrom("event" as const, "take" as const, "ack" as const) }),
      fc.record({ do: fc.constantFrom("lost" as const, "ready" as const) }),
    );
    const scenario = fc.array(step, { maxLength: 60 });
    fc.assert(
      fc.property(scenario, (steps) => {
        const outbox = new PublishQueue({ ...LIMITS, topics: topics.length }, () => undefined);
        const answers: number[] = [];
        const last = new Map<string, number>();
        const sent = new Map<string, number>();
        const flight: Entry[] = [];
        let [serial, lastEvent] = [0, -1];
        const put = (message: (n: number) => OutMessage): void => {
          const n = serial++;
          answers[n] = 0;
          if (message(n).retain) last.set(message(n).topic, n);
          outbox.put(message(n), 0, () => (answers[n]! += 1));
        };
        const take = (): boolean => {
          const entry = outbox.take(0);
          if (!entry) return false;
          const { topic, retain, payload } = entry.message;
          const n = Number(payload);
          if (retain) {
            expect(n).toBeGreaterThanOrEqual(sent.get(topic) ?? -1);
            sent.set(topic, n);
          } else {
            expect(n).toBeGreaterThan(lastEvent);
            lastEvent = n;
          }
          flight.push(entry);
          return true;
        };
        const lost = (): void => {
          outbox.lost();
          flight.length = 0;
          lastEvent = -1;
        };
        for (const each of steps) {
          if (each.do === "state") put((n) => state(each.topic, n));
          if (each.do === "event") put(event);
          if (each.do === "take") take();
          if (each.do === "ack" && flight.length > 0) outbox.settled(flight.pop()!, true);
          if (each.do === "lost") lost();
          if (each.do === "ready") outbox.ahead(() => topics.forEach((topic) => put((n) => state(topic, n))));
          expect(outbox.waiting).toBeLessThanOrEqual(topics.length + LIMITS.messages);
          expect(outbox.inFlight).toBe(flight.length);
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
