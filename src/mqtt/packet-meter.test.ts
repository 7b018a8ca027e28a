import fc from "fast-check";
import { generate, type Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { PacketMeter } from "./packet-meter.js";

const publish = (payload: number): Packet => ({
  ...{ cmd: "publish", topic: "a/b", qos: 0, dup: false, retain: false },
  payload: Buffer.alloc(payload),
});
const PACKETS: readonly Packet[] = [
  { cmd: "pingreq" },
  ...[0, 1, 121, 122, 123, 16_377, 16_378, 20_000].map(publish),
  { cmd: "subscribe", messageId: 7, subscriptions: [{ topic: "#", qos: 1 }] },
];

const parts = (bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] => {
  const [size = bytes.length, ...more] = sizes;
  return bytes.length <= size ? [bytes] : [bytes.subarray(0, size), ...parts(bytes.subarray(size), more)];
};

describe("a meter of packets", () => {
  it("passes packets that are short enough, however they are split, and counts the missing bytes", () => {
    const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 30_000 })));
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...PACKETS], { minLength: 1, maxLength: 4 }),
        sizes,
        (packets, cuts) => {
          const meter = new PacketMeter(() => 20_005);
          const bytes = Buffer.concat(packets.map((packet) => generate(packet)));
          const last = generate(publish(500));
          for (const part of parts(bytes, cuts)) expect(meter.take(part)).toBe(true);
          expect(meter.pending).toBe(0);
          const missing = last.subarray(0, -1);
          expect([meter.take(missing.subarray(0, 2)), meter.take(missing.subarray(2))]).toEqual([true, true]);
          expect(meter.pending).toBe(missing.length);
        },
      ),
    );
  });

  it("stops at the header of one that is too long", () => {
    const bytes = generate(publish(20_000));
    const meter = new PacketMeter(() => 20_004);
    expect(bytes.length).toBe(20_009);
    expect([...bytes.subarray(0, 4)].map((byte) => meter.take(Uint8Array.of(byte)))).toEqual([
      ...[true, true, true],
      false,
    ]);
  });

  it.each([
    ["256 MB", [0x30, 0xff, 0xff, 0xff, 0x7f]],
    ["a length that does not end", [0x30, 0xff, 0xff, 0xff, 0xff]],
  ])("refuses %s", (_, bytes) => {
    expect(new PacketMeter(() => 1_000_000).take(Uint8Array.from(bytes))).toBe(false);
  });

  it("reads the limit at each packet: a login raises it", () => {
    let most = 10;
    const meter = new PacketMeter(() => most);
    expect(meter.take(generate({ cmd: "pingreq" }))).toBe(true);
    most = 200;
    expect(meter.take(generate(publish(100)))).toBe(true);
    most = 10;
    expect(meter.take(generate(publish(100)))).toBe(false);
  });
});
