import { describe, expect, it } from "vitest";
import { opened, HEARTBEAT, commandFrame, enveloped } from "../protocol/pitpat/frames.js";
import { readStatus } from "../protocol/pitpat/status.js";
import { encodeCommand } from "../protocol/sperax/commands.js";
import { deframe } from "../protocol/sperax/frames.js";
import { encodeBody } from "../protocol/sperax/server-frames.js";
import { readTelemetry } from "../protocol/sperax/telemetry.js";
import { machineModel } from "./models.js";
import {
  beltSpeed,
  connected,
  endsLink,
  newPad,
  type Pad,
  receive,
  remote,
  notify,
  nextNotificationIn,
  subscribe,
  tick,
} from "./pad.js";

const write = (pad: Pad, characteristic: string, bytes: Uint8Array): Pad =>
  receive(pad, characteristic, bytes).pad;

/** The pad `ms` later, having said all that it had to; null: it has ended the link meanwhile. */
const live = (
  pad: Pad,
  ms: number,
  hear: (bytes: Uint8Array) => Uint8Array | null = () => null,
): Pad | null => {
  let [later, left] = [pad, ms];
  while (endsLink(later) === null) {
    const next = nextNotificationIn(later);
    if (next === null || next > left) return tick(later, left);
    const said = notify(tick(later, next));
    later = said.pad;
    left -= next;
    for (const { bytes } of said.notifications) {
      const answer = hear(bytes);
      if (answer) later = write(later, "ff01", answer);
    }
    if (next === 0 && said.notifications.length === 0) break;
  }
  return null;
};

describe("a PitPat pad in layout B", () => {
  const beat = enveloped(HEARTBEAT, 0, 0);
  const fresh = (): Pad => subscribe(connected(newPad(machineModel("pitpat-b"))), "ff02");

  it("keeps the link to a client that answers each notification, and drops it after 6 s otherwise", () => {
    expect(live(fresh(), 60_000, () => beat)).not.toBeNull();
    expect(live(fresh(), 5_900)).not.toBeNull();
    expect(live(fresh(), 6_100)).toBeNull();
  });

  it("leaves after some 11 s of five heartbeats a second, and at once for a write outside an envelope", () => {
    let pad: Pad | null = fresh();
    let seconds = 0;
    while (pad !== null && seconds < 60) {
      for (let n = 0; n < 4 && endsLink(pad) === null; n += 1) pad = write(tick(pad, 200), "ff01", beat);
      pad = live(pad, 200, () => beat);
      seconds += 1;
    }
    expect(seconds).toBeGreaterThan(9);
    expect(seconds).toBeLessThan(14);
    expect(endsLink(write(fresh(), "ff01", HEARTBEAT))).toBe("drop");
  });

  it("reports starting, running, a pause at once, and rest", () => {
    const flags = (pad: Pad): number => {
      const said = notify(tick(pad, 1_000)).notifications.map(({ bytes }) => opened(bytes)!);
      return readStatus(said.at(-1)!).flags;
    };
    const order = (pad: Pad, name: "start" | "pause" | "stop", speed = 0): Pad =>
      write(pad, "ff01", enveloped(commandFrame(name, speed, false), 0, 1));
    const started = order(fresh(), "start", 2000);
    expect(flags(started)).toBe(0x18);
    const running = tick(started, 9_000);
    expect([flags(running), beltSpeed(running)]).toEqual([0x08, 2]);
    const paused = order(running, "pause");
    expect([flags(paused), flags(tick(paused, 9_000))]).toEqual([0x10, 0x10]);
    expect(flags(order(running, "stop"))).toBe(0x00);
    // A speed for a belt that slows sets it off again: the hazard that the bridge has to know.
    expect(beltSpeed(tick(order(paused, "start", 3000), 9_000))).toBe(3);
  });
});

describe("a Sperax pad", () => {
  const fresh = (): Pad => subscribe(connected(newPad(machineModel("sperax"))), "fff1");
  const tell = (pad: Pad): ReturnType<typeof readTelemetry> => {
    const { notifications } = receive(pad, "fff2", encodeCommand({ type: "poll" }));
    const stream = Uint8Array.from(notifications.flatMap(({ bytes }) => [...bytes]));
    return readTelemetry(deframe(stream).pieces.at(-1)!.bytes);
  };
  const go = (pad: Pad, tenths: number, incline = 0): Pad =>
    write(tick(pad, 100), "fff2", encodeCommand({ type: "run", tenths, incline }));
  const controlled = (): Pad => write(tick(fresh(), 100), "fff2", encodeCommand({ type: "control" }));

  it("starts after a control request, counts down, and goes to its own first speed", () => {
    expect(beltSpeed(tick(go(fresh(), 30), 9_000))).toBe(0);
    const started = go(controlled(), 30);
    const states = [100, 1_100, 2_100].map((ms) => tell(tick(started, ms)).state);
    expect(states).toEqual([0x13, 0x12, 0x11]);
    expect(beltSpeed(tick(started, 9_000))).toBe(1);
    expect(tell(tick(go(tick(started, 9_000), 25, 3), 9_000))).toMatchObject({
      state: 0x10,
      speed: 25,
      incline: 3,
    });
  });

  it("keeps its counters over a pause, and zeroes them at a stop", () => {
    const walking = tick(go(tick(go(controlled(), 2), 6_000), 40), 60_000);
    const paused = tick(write(walking, "fff2", encodeCommand({ type: "pause" })), 20_000);
    expect(tell(paused).elapsed).toBeGreaterThan(60);
    expect(tell(tick(go(paused, 2), 10_000)).elapsed).toBeGreaterThan(tell(paused).elapsed);
    const stopped = tick(write(walking, "fff2", encodeCommand({ type: "stop" })), 20_000);
    expect(tell(stopped)).toMatchObject({ state: 0x00, elapsed: 0, distance: 0 });
  });

  it("loses a write right after another, and keeps running without a link", () => {
    const walking = tick(go(tick(go(controlled(), 2), 6_000), 40), 30_000);
    const polled = write(walking, "fff2", encodeCommand({ type: "poll" }));
    const late = write(tick(polled, 50), "fff2", encodeCommand({ type: "stop" }));
    expect(beltSpeed(tick(late, 20_000))).toBe(4);
    expect(beltSpeed(tick(connected(walking), 60_000))).toBe(4);
  });

  it("falls silent without polls, and then drops the link", () => {
    let heard = 0;
    const count = (): null => {
      heard += 1;
      return null;
    };
    expect(live(fresh(), 7_900, count)).not.toBeNull();
    expect(heard).toBeLessThan(6);
    expect(live(fresh(), 8_100)).toBeNull();
  });

  it("vibrates only at rest, and a start ends that", () => {
    const vibrating = write(tick(controlled(), 100), "fff2", encodeBody([0, 0x16, 1, 3]));
    expect(tell(tick(vibrating, 100))).toMatchObject({ state: 0x50, vibration: 3 });
    expect(tell(tick(go(vibrating, 2), 5_000)).state).toBe(0x10);
    const walking = tick(remote(controlled(), "start-stop"), 9_000);
    expect(beltSpeed(tick(write(walking, "fff2", encodeBody([0, 0x16, 1, 1])), 9_000))).toBe(0);
  });
});
