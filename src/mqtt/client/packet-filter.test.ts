import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ArrivalOrder } from "./arrival-order.js";
import { PacketFilter, type Screened } from "./packet-filter.js";

const text = (value: string): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
};
/** MQTT 2.2.3: seven bits a byte, the lowest first. */
const variable = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) | 0x80, ...variable(Math.floor(value / 128))];
const packet = (first: number, body: Buffer): Buffer =>
  Buffer.concat([Buffer.from([first, ...variable(body.length)]), body]);

interface Message {
  readonly topic: string;
  readonly payload: string;
  readonly id: number | null;
  readonly retain: boolean;
}

const publish = ({ topic, payload, id, retain }: Message, version: 4 | 5): Buffer =>
  packet(
    0x30 | (id === null ? 0 : 0x02) | (retain ? 1 : 0),
    Buffer.concat([
      text(topic),
      ...(id === null ? [] : [Buffer.from([id >> 8, id & 0xff])]),
      // A user property, which is 7 bytes long.
      ...(version === 5 ? [Buffer.from([7, 38]), text("a"), text("b")] : []),
      Buffer.from(payload),
    ]),
  );
const PINGRESP = packet(0xd0, Buffer.alloc(0));

/** By the first letter of its topic: d is dropped, l is needed twice, all else is handled. */
const byTopic = (topic: string): Screened => {
  if (topic.startsWith("d")) return "drop";
  return topic.startsWith("l") ? { sameAs: topic, ahead: false } : "handle";
};

const run = (pieces: readonly Buffer[], version: 4 | 5, screen = byTopic) => {
  const [unread, ahead]: [string[], string[]] = [[], []];
  const order = new ArrivalOrder(() => 0);
  const filter = new PacketFilter({
    version,
    screen,
    unread: (topic) => unread.push(topic),
    order,
    ahead: ({ topic, payload }) => ahead.push(`${topic} ${Buffer.from(payload).toString()}`),
  });
  const parts = pieces.map((piece) => filter.filter(piece));
  return {
    rest: Buffer.concat(parts.map(({ rest }) => rest)),
    acks: Buffer.concat(parts.map(({ acks }) => acks)),
    unread,
    ahead,
    through: order.waiting,
  };
};

const cut = (bytes: Buffer, at: readonly number[]): Buffer[] => {
  const places = [...new Set(at.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((from, index) => bytes.subarray(from, places[index]));
};

const message = fc.record({
  topic: fc.constantFrom("drop/é", "last/1", "last/2", "handle", "h"),
  payload: fc.oneof(fc.string({ maxLength: 20 }), fc.string({ minLength: 130, maxLength: 200 })),
  id: fc.option(fc.integer({ min: 1, max: 65_535 })),
  retain: fc.boolean(),
});
const cuts = fc.array(fc.nat(), { maxLength: 12 });
const version = fc.constantFrom<4 | 5>(4, 5);

describe("the filter in front of the parser", () => {
  it("leaves out whole packets that may be, in whatever pieces they come, and acknowledges just those", () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 12 }), cuts, version, (messages, at, version) => {
        const packets = messages.map((each) => publish(each, version));
        const { rest, acks, unread, through } = run(cut(Buffer.concat(packets), at), version);
        const left: Message[] = [];
        let from = 0;
        for (const [index, each] of messages.entries()) {
          const bytes = packets[index] ?? PINGRESP;
          if (rest.subarray(from, from + bytes.length).equals(bytes)) from += bytes.length;
          else left.push(each);
        }
        expect(from).toBe(rest.length);
        expect(through).toBe(messages.length - left.length);
        expect(left.every(({ topic, retain }) => !retain && byTopic(topic) !== "handle")).toBe(true);
        expect([...unread].sort()).toEqual(left.map(({ topic }) => topic).sort());
        const ids = left.flatMap(({ id }) => (id === null ? [] : [[0x40, 2, id >> 8, id & 0xff]]));
        expect(acks.length).toBe(4 * ids.length);
        // The first and the last of those that are needed twice are never left out.
        for (const topic of ["last/1", "last/2"]) {
          const same = messages.filter((each) => each.topic === topic);
          for (const each of [same[0], same.at(-1)])
            if (each) expect(rest.includes(publish(each, version))).toBe(true);
        }
      }),
    );
  });

  it("changes nothing about what is handled, and about bytes that are no MQTT", () => {
    const bytes = fc.uint8Array({ maxLength: 300 }).map((each) => Buffer.from(each));
    fc.assert(
      fc.property(bytes, cuts, version, (bytes, at, version) => {
        const { rest } = run(cut(bytes, at), version, () => "handle");
        // Up to four bytes of an unfinished header wait for the next piece.
        expect(bytes.subarray(0, rest.length).equals(rest)).toBe(true);
        expect(bytes.length - rest.length).toBeLessThan(5);
      }),
    );
  });

  it("finds the stop behind a thousand others, and keeps other packets in their order", () => {
    const flood = publish({ topic: "drop", payload: '{"belt":', id: null, retain: false }, 4);
    const stop = publish({ topic: "handle", payload: "OFF", id: 7, retain: false }, 4);
    const stream = Buffer.concat([PINGRESP, ...Array.from({ length: 1_000 }, () => flood), stop, PINGRESP]);
    expect(run([stream], 4).rest).toEqual(Buffer.concat([PINGRESP, stop, PINGRESP]));
  });

  it("keeps the first and the last of those that come together, where they came", () => {
    const last = (payload: string): Buffer => publish({ topic: "last", payload, id: null, retain: false }, 5);
    const start = publish({ topic: "handle", payload: "ON", id: null, retain: false }, 5);
    const came = [last("1"), last("2"), start, last("3"), last("4")];
    expect(run([Buffer.concat(came)], 5).rest).toEqual(Buffer.concat([last("1"), start, last("4")]));
  });

  it("hands a length that is none on to the parser, and all that follows", () => {
    const bad = Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0x01]);
    const flood = publish({ topic: "drop", payload: "x", id: null, retain: false }, 4);
    const bytes = Buffer.concat([bad, flood]);
    expect(run([bytes, flood], 4).rest).toEqual(Buffer.concat([bytes, flood]));
  });
});
