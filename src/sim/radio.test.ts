import { describe, expect, it } from "vitest";
import { ManualClock } from "../../test/support/clock.js";
import type { Link } from "../ble/radio.js";
import { NO_FAULTS, SIMULATED_MODELS } from "../domain/faults.js";
import type { Faults } from "../domain/faults.js";
import { BridgeError } from "../domain/errors.js";
import { toHex } from "../protocol/bytes.js";
import { COMMAND, checks, frame } from "../protocol/wilink/frames.js";
import { beltSpeed, remote } from "./pad.js";
import { simulatedRadio } from "./radio.js";

const A = "57:4c:4e:00:00:0a";
const B = "57:4c:4e:00:00:0b";
const POLL = frame(COMMAND, [0xa2, 0, 0]);
const TOGGLE = frame(COMMAND, [0xa2, 4, 1]);
const never = new AbortController().signal;

const faulty = (faults: Partial<Faults>): Faults => ({ ...NO_FAULTS, ...faults });

const newRig = (faults: Partial<Faults> = {}) => {
  const clock = new ManualClock();
  const radio = simulatedRadio(
    [
      {
        address: A.toUpperCase(),
        name: null,
        model: "c2",
        faults: faulty(faults),
        options: { mode: "manual", gap: 0 },
      },
      { address: B, name: "mine", model: "p1", faults: NO_FAULTS },
    ],
    { clock },
  );
  const connect = (address = A): Promise<Link> => clock.settled(radio.connect(address, { signal: never }));
  /** A link whose notifications are collected. */
  const listening = async (address = A): Promise<{ link: Link; heard: Uint8Array[] }> => {
    const link = await connect(address);
    const heard: Uint8Array[] = [];
    await clock.settled(link.subscribe("fe01", (bytes) => heard.push(bytes), { signal: never }));
    return { link, heard };
  };
  const write = (link: Link, bytes = POLL): Promise<void> =>
    clock.settled(link.write("fe02", bytes, { signal: never, response: false }));
  /** How it ends: a BridgeError's code. Looked at from the start, so that no rejection is unhandled. */
  const outcome = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => "resolved",
      (error: unknown) => (error instanceof BridgeError ? error.code : error),
    );
  const code = (promise: Promise<unknown>): Promise<unknown> => clock.settled(outcome(promise));
  return { clock, radio, connect, listening, write, outcome, code };
};

describe("a radio full of simulated pads", () => {
  it("receives them with their names, and runs no timer without a listener", async () => {
    const { clock, radio } = newRig();
    expect(clock.pending).toBe(0);
    const names = new Map<string, string | null>();
    const stop = new AbortController();
    const scan = radio.scan(({ address, name }) => names.set(address, name), { signal: stop.signal });
    await clock.advance(100);
    stop.abort();
    await scan;
    expect([...names]).toEqual([
      [A, "KS-BLC2"],
      [B, "mine"],
    ]);
    expect(clock.pending).toBe(0);
  });

  it("logs each frame that reaches a pad, with its time", async () => {
    const { clock, radio, connect, write } = newRig();
    const link = await connect(A.toUpperCase());
    const before = clock.now();
    await write(link, TOGGLE);
    expect(radio.wire).toEqual([{ at: before + 10, address: A, characteristic: "fe02", bytes: TOGGLE }]);
  });

  it("moves the belts with or without a connection", async () => {
    const { clock, radio, connect, write } = newRig();
    const link = await connect();
    await write(link, TOGGLE);
    radio.disconnect(A);
    await clock.advance(10_000);
    expect(beltSpeed(radio.pad(A))).toBe(2);
    radio.act(B, (pad) => remote(pad, "start-stop"));
    await clock.advance(10_000);
    expect(beltSpeed(radio.pad(B))).toBe(2);
  });

  it("takes writes without response only, as FE02 does", async () => {
    const { connect, code } = newRig();
    const link = await connect();
    expect(await code(link.write("fe02", POLL, { signal: never, response: true }))).toBe("write-failed");
  });

  it("loses a frame that is written just before the disconnect", async () => {
    const { clock, radio, connect, outcome } = newRig();
    const link = await connect();
    const write = outcome(link.write("fe02", POLL, { signal: never, response: false }));
    await clock.settled(link[Symbol.asyncDispose]());
    expect(await write).toBe("link-closed");
    expect(radio.wire).toEqual([]);
  });

  it("delivers what hung, in order, once it hangs no more, even if the caller gave up", async () => {
    const { clock, radio, connect, outcome } = newRig();
    const link = await connect();
    radio.hangWrites(A, true);
    const writes = [POLL, TOGGLE].map((bytes) =>
      link.write("fe02", bytes, { signal: never, response: false }),
    );
    expect(await clock.settled(Promise.all(writes.map(outcome)))).toEqual(["timeout", "timeout"]);
    expect(radio.wire).toEqual([]);
    radio.hangWrites(A, false);
    await clock.settle();
    expect(radio.wire.map(({ bytes }) => toHex(bytes))).toEqual([toHex(POLL), toHex(TOGGLE)]);
  });

  it("loses a pad that goes out of range after the supervision timeout, and finds it again", async () => {
    const { clock, radio, connect, code } = newRig();
    const link = await connect();
    radio.outOfRange(A, true);
    await clock.advance(3900);
    expect(link.lost.aborted).toBe(false);
    await clock.advance(100);
    expect(link.lost.reason).toMatchObject({ code: "link-lost" });
    expect(await code(radio.connect(A, { signal: never }))).toBe("connect-timeout");
    const again = radio.connect(A, { signal: never });
    await clock.advance(5000);
    radio.outOfRange(A, false);
    expect((await clock.settled(again)).address).toBe(A);
  });

  it("keeps a pad that was out of range for a moment, and what was written meanwhile", async () => {
    const { clock, radio, listening } = newRig();
    const { link, heard } = await listening();
    radio.outOfRange(A, true);
    const write = link.write("fe02", POLL, { signal: never, response: false });
    await clock.advance(2000);
    radio.outOfRange(A, false);
    await write;
    await clock.advance(10_000);
    expect(link.lost.aborted).toBe(false);
    expect(heard).toHaveLength(1);
  });

  it.each([
    ["off", "radio-off"],
    ["unauthorized", "radio-unauthorized"],
    ["unavailable", "radio-unavailable"],
  ] as const)("%s: breaks links, scans and connects, says so, and comes back", async (word, expected) => {
    const { clock, radio, connect, outcome, code } = newRig();
    const states: unknown[] = [];
    const unsubscribe = radio.onState((state) => states.push(state.state));
    const link = await connect();
    const ends = [
      radio.scan(() => undefined, { signal: never }),
      radio.connect("nobody", { signal: never }),
    ].map(outcome);
    await clock.settle();
    radio.setPower(word);
    expect(await clock.settled(Promise.all(ends))).toEqual([expected, expected]);
    expect(link.lost.reason).toMatchObject({ code: "link-lost" });
    expect(await code(radio.connect(A, { signal: never }))).toBe(expected);
    expect(radio.state.advice).toMatch(/radio/);
    radio.setPower("on");
    expect(radio.state).toEqual({ state: "on", advice: null });
    await connect();
    unsubscribe();
    radio.setPower("off");
    expect(states).toEqual([word, "on"]);
  });

  it("can be every model that the configuration knows, and refuses addresses it does not know", () => {
    const { clock, radio } = newRig();
    for (const model of SIMULATED_MODELS)
      expect(
        simulatedRadio([{ address: A, name: null, model, faults: NO_FAULTS }], { clock }).pad(A),
      ).toBeDefined();
    expect(() => radio.pad("who")).toThrow(BridgeError);
  });
});

describe("faults of the link", () => {
  it("silent: from then on nothing is sent, though frames arrive", async () => {
    const { clock, radio, listening, write } = newRig({ silent: 5 });
    const { link, heard } = await listening();
    await write(link);
    await clock.advance(5000);
    expect(heard).toHaveLength(1);
    await write(link, TOGGLE);
    await clock.advance(10_000);
    expect(heard).toHaveLength(1);
    expect(beltSpeed(radio.pad(A))).toBe(2);
  });

  it.each([
    ["drop", { drop: 0.3 }, (frames: Uint8Array[]) => 200 - frames.length],
    ["corrupt", { corrupt: 0.3 }, (frames: Uint8Array[]) => frames.filter((bytes) => !checks(bytes)).length],
  ] as const)("%s: a share of the notifications, the same ones each time", async (_, faults, count) => {
    const run = async (): Promise<Uint8Array[]> => {
      const { clock, listening, write } = newRig(faults);
      const { link, heard } = await listening();
      for (let i = 0; i < 200; i++) await write(link);
      await clock.advance(100);
      return heard;
    };
    const heard = await run();
    expect(count(heard)).toBeGreaterThan(30);
    expect(count(heard)).toBeLessThan(90);
    expect(await run()).toEqual(heard);
  });

  it("refuse_connect: for good, or for a while", async () => {
    const { clock, radio, connect, code } = newRig({ refuseConnect: { share: 1, seconds: null } });
    const attempt = (): Promise<unknown> => code(radio.connect(A, { signal: never }));
    await clock.advance(3_600_000);
    expect(await attempt()).toBe("connect-failed");
    radio.setFaults(A, faulty({ refuseConnect: { share: 1, seconds: 30 } }));
    await clock.advance(29_000);
    expect(await attempt()).toBe("connect-failed");
    await clock.advance(1000);
    await connect();
  });

  it("disconnect_after: in each connection, and in the present one when it is set", async () => {
    const { clock, radio, connect } = newRig({ disconnectAfter: 2 });
    for (let i = 0; i < 2; i++) {
      const link = await connect();
      await clock.advance(1900);
      expect(link.lost.aborted).toBe(false);
      await clock.advance(100);
      expect(link.lost.aborted).toBe(true);
    }
    radio.setFaults(A, NO_FAULTS);
    const link = await connect();
    await clock.advance(10_000);
    radio.setFaults(A, faulty({ disconnectAfter: 1 }));
    await clock.advance(0);
    expect(link.lost.aborted).toBe(true);
    expect(clock.pending).toBe(0);
  });
});
