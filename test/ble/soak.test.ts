import type { EventEmitter } from "node:events";
import { createRequire } from "node:module";
import { setTimeout as pause } from "node:timers/promises";
import { queryObjects, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { NobleLink } from "../../src/ble/noble/link.js";
import type { Noble } from "../../src/ble/noble/internals.js";
import type { Link } from "../../src/ble/radio.js";
import { systemClock } from "../../src/clock.js";
import { BridgeError } from "../../src/domain/errors.js";
import { EchoPeripheral } from "../virtual-controller/peripheral.js";
import { fasterClock, neverAborted, nobleRig, type Rig, waitUntil } from "./rig.js";

const PAD = "57:4c:4e:00:11:22";
const signal = neverAborted();

/** Every noble made from now on, for a look at its listeners. */
const captureNobles = (): Noble[] => {
  const nobles: Noble[] = [];
  const fromNoble = createRequire(
    createRequire(import.meta.url).resolve("@abandonware/noble/with-custom-binding.js"),
  );
  const filename = fromNoble.resolve("./lib/noble");
  const original = fromNoble(filename) as new (bindings: unknown) => Noble;
  const entry = fromNoble.cache[filename]!;
  entry.exports = function create(bindings: unknown): Noble {
    const noble = new original(bindings);
    nobles.push(noble);
    return noble;
  };
  return nobles;
};
const nobles = captureNobles();

const listenersOf = (noble: Noble): number => {
  const { _bindings: bindings } = noble;
  const inner =
    "_hci" in bindings
      ? [bindings._hci, bindings._hci._socket, bindings._gap as unknown as EventEmitter]
      : [];
  const emitters = [noble, bindings, ...inner, ...Object.values(noble._peripherals)];
  const count = (emitter: EventEmitter): number =>
    emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0);
  return emitters.reduce((sum, emitter) => sum + count(emitter), 0);
};

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

interface Footprint {
  readonly links: number;
  readonly signals: number;
  readonly listeners: number;
  readonly timers: number;
  readonly heap: number;
}

const footprint = async (rig: Rig): Promise<Footprint> => {
  rig.controller.wire.packets.length = 0;
  rig.log.length = 0;
  // What has just been let go is let go by the next turns of the loop, and a timer or two.
  await pause(300);
  collect();
  await pause(50);
  collect();
  return {
    links: queryObjects(NobleLink, { format: "count" }),
    signals: queryObjects(AbortSignal, { format: "count" }),
    listeners: listenersOf(nobles.at(-1)!),
    timers: process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length,
    heap: process.memoryUsage().heapUsed,
  };
};

/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
const dice = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};

/** All that one does with a link; rejections are as good as results, as long as they come. */
const use = (link: Link): Promise<unknown> =>
  Promise.allSettled([
    link.subscribe("fe01", () => undefined, { signal }),
    link.read("2a00", { signal }),
    link.write("2ad9", Uint8Array.of(0), { signal, response: true }),
    link.write("fe02", Uint8Array.of(1), { signal, response: false }),
    link.rssi({ signal }),
  ]);

/** Disconnects after so many PDUs, wherever that is: in the discovery, in a request, between them. */
const dropAfter = (rig: Rig, pdus: number): void => {
  let left = pdus;
  rig.controller.faults.disconnectOn = () => left-- === 0;
};

test(
  "200 disconnects at random moments leave nothing behind, and the 201st connect is as good as the first",
  { timeout: 60_000 },
  async () => {
    const echo = new EchoPeripheral(PAD);
    await using rig = nobleRig([echo], { clock: fasterClock(5) });
    const random = dice(20_261_122);
    const outcomes = { links: 0, failures: 0 };
    let early: Footprint | undefined;
    for (let round = 1; round <= 200; round += 1) {
      dropAfter(rig, Math.floor(random() * 14));
      rig.controller.faults.airtime = random() < 0.3 ? 3 : 0;
      try {
        const link = await rig.connect(PAD);
        outcomes.links += 1;
        const work = use(link);
        if (random() < 0.2) rig.controller.drop(PAD, random() < 0.5 ? 0x08 : 0x13);
        await work;
        rig.controller.drop(PAD);
        await waitUntil("the loss is noticed", () => link.lost.aborted);
        await link[Symbol.asyncDispose]();
      } catch (error) {
        expect(error).toBeInstanceOf(BridgeError);
        outcomes.failures += 1;
      }
      echo.written.length = 0;
      if (round === 50) early = await footprint(rig);
    }
    expect(Math.min(outcomes.links, outcomes.failures)).toBeGreaterThan(20);
    const late = await footprint(rig);
    const { heap, ...counts } = early!;
    expect({ ...late, heap: undefined }).toEqual({ ...counts, heap: undefined });
    expect(late.heap / heap).toBeLessThan(1.05);
    rig.controller.faults.disconnectOn = () => false;
    const link = await rig.connect(PAD);
    await link.write("fe02", Uint8Array.of(9), { signal, response: false });
    expect(echo.written).toHaveLength(1);
  },
);

test("advertisers with ever new addresses are removed again", async () => {
  const real = systemClock();
  let ahead = 0;
  const clock = { ...real, now: () => real.now() + ahead };
  await using rig = nobleRig([], { clock });
  const stop = new AbortController();
  const heard = new Set<string>();
  const scan = rig.radio.scan(({ address }) => heard.add(address), { signal: stop.signal });
  const strangers = Array.from(
    { length: 40 },
    (_, i) => new EchoPeripheral(`40:00:00:00:00:${(i + 16).toString(16)}`),
  );
  for (const stranger of strangers) rig.controller.add(stranger);
  await waitUntil("all are heard", () => heard.size === 40);
  for (const stranger of strangers) stranger.asleep = true;
  // What was on its way is heard before.
  await pause(100);
  ahead = 61_000;
  const noble = nobles.at(-1)!;
  await waitUntil("all are forgotten", () => Object.keys(noble._peripherals).length === 0);
  expect("_gap" in noble._bindings && Object.keys(noble._bindings._gap._discoveries)).toEqual([]);
  // Who comes back is heard again.
  heard.clear();
  strangers[0]!.asleep = false;
  await waitUntil("the first is back", () => heard.size === 1);
  stop.abort();
  await scan;
});
