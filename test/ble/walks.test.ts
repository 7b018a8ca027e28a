import { expect, test } from "vitest";
import type { Radio } from "../../src/ble/radio.js";
import { type Clock, systemClock } from "../../src/clock.js";
import type { Command, Outcome } from "../../src/domain/command.js";
import { NO_FAULTS, type SimulatedModel } from "../../src/domain/faults.js";
import { seconds } from "../../src/domain/units.js";
import { type Identity, noIdentity } from "../../src/domain/identity.js";
import { RightOfWay } from "../../src/pad/link/right-of-way.js";
import { Pad } from "../../src/pad/pad.js";
import { beltSpeed, type PadOptions } from "../../src/sim/pad.js";
import { noSessionStore, OFF, quiet, SAFETY, SETTINGS, speed, STOP } from "../support/pad-rig.js";
import { VirtualController } from "../virtual-controller/controller.js";
import { mountPads } from "../virtual-controller/sim-peripheral.js";
import { fasterClock, type Rig, rigOver, waitUntil } from "./rig.js";
import { localDays } from "../support/local-days.js";

interface Machine {
  readonly model: SimulatedModel;
  readonly address: string;
  readonly options: PadOptions;
  /** What a stop is: the characteristic that it is written to, and its bytes there. */
  readonly stop: readonly [characteristic: string, bytes: string];
}

const FTMS_STOP = ["2ad9", "0801"] as const;
const PITPAT_STOP = "6a1700000000000001005000000000000dba9d76eff543";

const MACHINES: readonly Machine[] = [
  { model: "z1", address: "57:4c:4e:00:20:01", options: { unlockGate: true }, stop: FTMS_STOP },
  { model: "mc21", address: "57:4c:4e:00:20:02", options: {}, stop: FTMS_STOP },
  { model: "ftms", address: "57:4c:4e:00:20:03", options: {}, stop: FTMS_STOP },
  { model: "tm11gy", address: "57:4c:4e:00:20:04", options: {}, stop: FTMS_STOP },
  { model: "pitpat", address: "57:4c:4e:00:20:05", options: {}, stop: ["fba1", PITPAT_STOP] },
  { model: "pitpat-b", address: "57:4c:4e:00:20:06", options: {}, stop: ["ff01", PITPAT_STOP] },
  { model: "pitpat-c", address: "57:4c:4e:00:20:07", options: {}, stop: ["fff1", PITPAT_STOP] },
  { model: "sperax", address: "57:4c:4e:00:20:08", options: {}, stop: ["fff2", "f50a0015000000d301fa"] },
  // "props runState 0" in the tables v1 and v5, as captured (test/captures-text.jsonl).
  {
    model: "ks-c2",
    address: "57:4c:4e:00:20:09",
    options: {},
    stop: ["fed7", "44484a7644486867446e2f75553252456447556768533d3d0d"],
  },
  {
    model: "x21",
    address: "57:4c:4e:00:20:0a",
    options: {},
    stop: ["0002fed700001000800000805f9b34fb", "44484a7644486867446e2f75553252456447556768693d3d0d"],
  },
];

/** The pad core over the real noble. */
const padOver = (radio: Radio, address: string, clock: Clock) => {
  let identity: Identity = noIdentity;
  const pad = new Pad(
    { ...SETTINGS, id: address, address },
    {
      radio,
      rightOfWay: new RightOfWay(clock),
      clock,
      log: quiet,
      memory: { recall: () => identity, keep: (_, known) => void (identity = known) },
      safety: SAFETY,
      journal: {
        walk: {
          pauseTimeout: 900_000,
          minDuration: seconds(30),
          body: { weight: 75, age: null, height: null, sex: null },
        },
        goals: { distance: null, steps: null, duration: null, calories: null },
        walkedOff: SAFETY.walkedOff,
        localDay: localDays("UTC"),
      },
      ledger: noSessionStore,
      crashedAt: null,
    },
  );
  const events: string[] = [];
  pad.subscribe({ changed: () => undefined, happened: ({ type }) => events.push(type) });
  const ask = async (command: Command): Promise<Outcome> => {
    const outcomes: Outcome[] = [];
    pad.submit([{ command, respond: (outcome) => outcomes.push(outcome) }], clock.now(), null);
    await waitUntil(`${command.key} ${command.value}`, () => outcomes.length > 0, 40_000);
    return outcomes[0]!;
  };
  return { pad, ask, events, state: () => pad.view().state };
};

/** A walk, a pause, a link lost in the middle of the next walk, and the end of the program. */
const walk = async (radio: Radio, address: string, kmh: () => number, lose: () => void): Promise<void> => {
  const { pad, ask, events, state } = padOver(radio, address, systemClock());
  pad.start();
  await waitUntil("the first status", () => state().belt === "idle");
  expect(await ask(speed(2))).toEqual({ status: "ok" });
  expect(kmh()).toBeGreaterThan(1.8);
  expect(await ask(OFF)).toEqual({ status: "ok" });
  expect(kmh()).toBe(0);
  // A Sperax keeps its counters, and does not tell of it; the text protocol has one word for a pause and a stop.
  const tells = !["sperax", "kingsmith-text"].includes(state().protocol ?? "");
  expect(state().belt).toBe(tells ? "paused" : "idle");

  expect(await ask(speed(2))).toEqual({ status: "ok" });
  lose();
  await waitUntil("the loss", () => events.includes("link_lost"));
  await waitUntil("its return", () => events.includes("link_restored") && state().belt === "running");
  expect(kmh()).toBeGreaterThan(1.5);

  pad.shutdown.begin();
  const never = new AbortController().signal;
  await pad.shutdown.stop(never, never);
  expect([kmh(), pad.shutdown.verdict()]).toEqual([0, "rest"]);
  expect(await ask(STOP)).toEqual({ status: "ok" });
  await pad.close();
};

/** Every machine at once, each mounted on one controller with one radio. */
const each = async (
  clock: Clock,
  run: (machine: Machine, scene: Rig, kmh: () => number) => Promise<void>,
): Promise<void> => {
  const controller = new VirtualController();
  const settings = MACHINES.map((machine) => ({ ...machine, name: null, faults: NO_FAULTS }));
  const machines = mountPads(controller, settings, clock);
  await using rig = rigOver(controller, clock);
  const runs = MACHINES.map((machine) => {
    const kmh = (): number => beltSpeed(machines.get(machine.address)!.pad.pad);
    return run(machine, rig, kmh).catch((cause: unknown) => {
      throw new Error(machine.model, { cause });
    });
  });
  await Promise.all(runs);
};

test("a walk on each model of these protocols through the real noble, all at once, a link lost on the way, until the program ends", async () => {
  await each(systemClock(), ({ address }, { radio, controller }, kmh) =>
    walk(radio, address, kmh, () => controller.drop(address)),
  );
}, 120_000);

test("a stop in the middle of a walk is written whole to each of them, and its belt comes to rest", async () => {
  // Three times as fast: all of it is countdowns and ramps.
  const clock = fasterClock(3);
  await each(clock, async ({ address, stop: [characteristic, bytes] }, { radio, controller }, kmh) => {
    const { pad, ask, state } = padOver(radio, address, clock);
    const written = (): string =>
      controller.wire.packets
        .filter((packet) => packet.address === address && packet.characteristic === characteristic)
        .map(({ value }) => Buffer.from(value ?? []).toString("hex"))
        .join("");
    pad.start();
    await waitUntil("the first status", () => state().belt === "idle");
    expect(await ask(speed(2))).toEqual({ status: "ok" });
    expect(kmh()).toBeGreaterThan(1.8);
    const before = written().length;
    expect(await ask(STOP)).toEqual({ status: "ok" });
    expect(written().slice(before)).toContain(bytes);
    expect(kmh()).toBe(0);
    await pad.close();
  });
}, 60_000);
