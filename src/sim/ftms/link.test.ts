import { describe, expect, it } from "vitest";
import { ManualClock } from "../../../test/support/clock.js";
import type { Link } from "../../ble/radio.js";
import { type Faults, NO_FAULTS, type SimulatedModel } from "../../domain/faults.js";
import { BridgeError } from "../../domain/errors.js";
import { toHex } from "../../protocol/bytes.js";
import { readTreadmillData } from "../../protocol/ftms/treadmill-data.js";
import { unlockFrame } from "../../protocol/ftms/kingsmith-service.js";
import { beltSpeed, type PadOptions, remote } from "../pad.js";
import { simulatedRadio } from "../radio.js";

const A = "57:4c:4e:00:00:0a";
const SUPPLEMENT_NOTIFY = "24e2521cf63b48ed85bec5330b00fdf7";
const SUPPLEMENT_WRITE = "24e2521cf63b48ed85bec5330d00fdf7";
const never = new AbortController().signal;

const newRig = (model: SimulatedModel, options: PadOptions = {}, faults: Partial<Faults> = {}) => {
  const clock = new ManualClock();
  const settings = { address: A, name: null, model, faults: { ...NO_FAULTS, ...faults }, options };
  const radio = simulatedRadio([settings], { clock });
  const heard: {
    readonly at: number;
    readonly uuid: string;
    readonly hex: string;
    readonly bytes: Uint8Array;
  }[] = [];
  const connect = (): Promise<Link> => clock.settled(radio.connect(A, { signal: never }));
  const code = (promise: Promise<unknown>): Promise<unknown> =>
    clock.settled(
      promise.then(
        () => "resolved",
        (error: unknown) => (error instanceof BridgeError ? error.code : error),
      ),
    );
  const listen = (link: Link, ...uuids: readonly string[]): Promise<void> => listenEvery(100, link, ...uuids);
  const listenEvery = async (pause: number, link: Link, ...uuids: readonly string[]): Promise<void> => {
    for (const uuid of uuids) {
      const hear = (bytes: Uint8Array) => heard.push({ at: clock.now(), uuid, hex: toHex(bytes), bytes });
      await clock.settled(link.subscribe(uuid, hear, { signal: never }));
      await clock.advance(pause);
    }
  };
  const write = (
    link: Link,
    uuid: string,
    bytes: readonly number[] | Uint8Array,
    response = true,
  ): Promise<void> => clock.settled(link.write(uuid, Uint8Array.from(bytes), { signal: never, response }));
  const walking = async (): Promise<Link> => {
    const link = await connect();
    await listen(link, "2ad9", "2ada", "2acd");
    for (const request of [[0], [7]]) await write(link, "2ad9", request);
    await clock.advance(15_000);
    return link;
  };
  const data = () => heard.filter(({ uuid }) => uuid === "2acd");
  return { clock, radio, heard, connect, code, listen, listenEvery, write, walking, data };
};

describe("a link to an FTMS machine", () => {
  it("carries the machine's own notifications, in order and on time, while there is a listener", async () => {
    const { clock, radio, walking, heard, data } = newRig("z1");
    const link = await walking();
    expect(beltSpeed(radio.pad(A))).toBe(1.6);
    const gaps = data()
      .slice(1)
      .map(({ at }, index) => at - (data()[index]?.at ?? 0));
    expect(new Set(gaps)).toEqual(new Set([1000]));
    const speeds = data().map(({ bytes }) => readTreadmillData(bytes)?.speed ?? -1);
    expect(speeds).toEqual([...speeds].sort((a, b) => a - b));
    expect(heard.filter(({ uuid }) => uuid !== "2acd").map(({ hex }) => hex)).toEqual([
      "0201",
      "800001",
      "800701",
      "04",
    ]);
    radio.act(A, (pad) => remote(pad, "start-stop"));
    await clock.advance(50);
    expect(heard.at(-1)?.hex).toBe("0202");
    await clock.settled(link[Symbol.asyncDispose]());
    expect(clock.pending).toBe(0);
  });

  it("runs no timer before there is a listener, nor after it was lost", async () => {
    const { clock, radio, connect, walking } = newRig("mc21");
    await connect();
    await clock.advance(5000);
    expect(clock.pending).toBe(0);
    radio.disconnect(A);
    await walking();
    expect(clock.pending).toBeGreaterThan(0);
    radio.disconnect(A);
    expect(clock.pending).toBe(0);
  });

  it("sends nothing while the pad is out of range, nor while it hangs", async () => {
    const { clock, radio, walking, data } = newRig("ftms");
    await walking();
    const during = async (change: (on: boolean) => void): Promise<number> => {
      change(true);
      await clock.advance(30);
      const before = data().length;
      await clock.advance(3000);
      const count = data().length - before;
      change(false);
      await clock.advance(2500);
      expect(data().length).toBeGreaterThan(before);
      return count;
    };
    expect(await during((on) => radio.outOfRange(A, on))).toBe(0);
    expect(await during((on) => radio.hangWrites(A, on))).toBe(0);
  });

  it("allows the operations of the machine's GATT", async () => {
    const { clock, connect, code } = newRig("z1");
    const link = await connect();
    const ear = () => undefined;
    const tries = (promise: Promise<unknown>): Promise<unknown> => code(promise);
    expect(await tries(link.subscribe("2ad9", ear, { signal: never }))).toBe("resolved");
    expect(await tries(link.subscribe("2acc", ear, { signal: never }))).toBe("write-failed");
    expect(await tries(link.read("2acd", { signal: never }))).toBe("read-failed");
    expect(toHex(await clock.settled(link.read("2ad4", { signal: never })))).toBe("a00080020a00");
    expect(await tries(link.write("2ad9", Uint8Array.of(0), { signal: never, response: false }))).toBe(
      "write-failed",
    );
  });

  it("loses a subscription that follows another without a pause, as KingSmith's do", async () => {
    const told = async (pause: number): Promise<boolean> => {
      const { clock, connect, listenEvery, data } = newRig("z1");
      await listenEvery(pause, await connect(), "2ad9", "2acd");
      await clock.advance(5000);
      return data().length > 0;
    };
    expect([await told(0), await told(10)]).toEqual([false, true]);
  });

  it("crashes on a speed during the spin-up, and refuses connects for a while; the belt keeps moving", async () => {
    const { clock, radio, connect, listen, write, code } = newRig("z1");
    const link = await connect();
    await listen(link, "2ad9", "2acd");
    for (const request of [[0], [7]]) await write(link, "2ad9", request);
    await code(link.write("2ad9", Uint8Array.of(2, 250, 0), { signal: never, response: true }));
    await clock.advance(20);
    expect(link.lost.aborted).toBe(true);
    expect(await code(radio.connect(A, { signal: never }))).toBe("connect-failed");
    await clock.advance(10_000);
    expect(beltSpeed(radio.pad(A))).toBe(1.6);
    await connect();
  });

  it("unlocks by the name that the pad goes by", async () => {
    const { radio, connect, listen, write, heard } = newRig("z1", { unlockGate: true });
    const link = await connect();
    await listen(link, SUPPLEMENT_NOTIFY);
    await write(link, SUPPLEMENT_WRITE, unlockFrame(link.name!)!, false);
    await listen(link, "2ad9", "2acd");
    expect(heard.map(({ hex }) => hex)).toContain("718000f1");
    expect(radio.wire.at(-1)?.characteristic).toBe(SUPPLEMENT_WRITE);
  });
});

describe("faults of the link to an FTMS machine", () => {
  it.each([
    ["drop", { drop: 0.3 }, (all: readonly Uint8Array[]) => 400 - all.length],
    [
      "corrupt",
      { corrupt: 0.3 },
      (all: readonly Uint8Array[]) => all.filter((bytes) => bytes.length < 11).length,
    ],
  ] as const)(
    "%s: a share of the machine's own notifications, and no speed is ever wrong",
    async (_, faults, count) => {
      const { clock, connect, listen, data } = newRig("z1", {}, faults);
      await listen(await connect(), "2acd");
      await clock.advance(400_000);
      const all = data().map(({ bytes }) => bytes);
      expect(count(all)).toBeGreaterThan(80);
      expect(count(all)).toBeLessThan(160);
      expect(new Set(all.map((bytes) => readTreadmillData(bytes)?.speed ?? 0))).toEqual(new Set([0]));
    },
  );

  it("silent: nothing is sent any more, though requests arrive", async () => {
    const { clock, radio, walking, data, write } = newRig("ftms", {}, { silent: 20 });
    const link = await walking();
    await clock.advance(10_000);
    const before = data().length;
    await write(link, "2ad9", [8, 1]);
    await clock.advance(10_000);
    expect([data().length, beltSpeed(radio.pad(A))]).toEqual([before, 0]);
  });
});
