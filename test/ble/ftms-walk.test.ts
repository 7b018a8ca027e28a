import { expect, test } from "vitest";
import type { Radio } from "../../src/ble/radio.js";
import { systemClock } from "../../src/clock.js";
import type { Command, Outcome } from "../../src/domain/command.js";
import { NO_FAULTS, type SimulatedModel } from "../../src/domain/faults.js";
import { seconds } from "../../src/domain/units.js";
import { type Identity, noIdentity } from "../../src/pad/link/identity.js";
import { Pad } from "../../src/pad/pad.js";
import { beltSpeed, type PadOptions } from "../../src/sim/pad.js";
import { nowhere, OFF, quiet, SAFETY, SETTINGS, speed, STOP } from "../support/pad-rig.js";
import { VirtualController } from "../virtual-controller/controller.js";
import { mountPads } from "../virtual-controller/sim-peripheral.js";
import { rigOver, until } from "./rig.js";

const MACHINES: readonly {
  readonly model: SimulatedModel;
  readonly address: string;
  readonly options: PadOptions;
}[] = [
  { model: "z1", address: "57:4c:4e:00:20:01", options: { unlockGate: true } },
  { model: "mc21", address: "57:4c:4e:00:20:02", options: {} },
  { model: "ftms", address: "57:4c:4e:00:20:03", options: {} },
  { model: "tm11gy", address: "57:4c:4e:00:20:04", options: {} },
  { model: "pitpat", address: "57:4c:4e:00:20:05", options: {} },
  { model: "pitpat-b", address: "57:4c:4e:00:20:06", options: {} },
  { model: "pitpat-c", address: "57:4c:4e:00:20:07", options: {} },
  { model: "sperax", address: "57:4c:4e:00:20:08", options: {} },
];

/** The pad core over the real noble. */
const padOver = (radio: Radio, address: string) => {
  let identity: Identity = noIdentity;
  const pad = new Pad(
    { ...SETTINGS, id: address, address },
    {
      radio,
      clock: systemClock(),
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
        timeZone: "UTC",
      },
      ledger: nowhere,
      crashedAt: null,
    },
  );
  const events: string[] = [];
  pad.subscribe({ changed: () => undefined, happened: (_, { type }) => events.push(type) });
  const ask = async (command: Command): Promise<Outcome> => {
    const outcomes: Outcome[] = [];
    pad.submit([{ command, respond: (outcome) => outcomes.push(outcome) }], systemClock().now(), false);
    await until(`${command.key} ${command.value}`, () => outcomes.length > 0, 40_000);
    return outcomes[0]!;
  };
  return { pad, ask, events, state: () => pad.view().state };
};

/** A walk, a pause, a link lost in the middle of the next walk, and the end of the program. */
const walk = async (radio: Radio, address: string, kmh: () => number, lose: () => void): Promise<void> => {
  const { pad, ask, events, state } = padOver(radio, address);
  pad.start();
  await until("the first status", () => state().belt === "idle");
  expect(await ask(speed(2))).toEqual({ status: "ok" });
  expect(kmh()).toBeGreaterThan(1.8);
  expect(await ask(OFF)).toEqual({ status: "ok" });
  expect(kmh()).toBe(0);
  // A Sperax keeps its counters, and does not tell of it.
  expect(state().belt).toBe(state().protocol === "sperax" ? "idle" : "paused");

  expect(await ask(speed(2))).toEqual({ status: "ok" });
  lose();
  await until("the loss", () => events.includes("link_lost"));
  await until("its return", () => events.includes("link_restored") && state().belt === "running");
  expect(kmh()).toBeGreaterThan(1.5);

  pad.shutdown.begin();
  const never = new AbortController().signal;
  await pad.shutdown.stop(never, never);
  expect([kmh(), pad.shutdown.verdict()]).toEqual([0, "rest"]);
  expect(await ask(STOP)).toEqual({ status: "ok" });
  await pad.close();
};

test("a walk on each FTMS, PitPat and Sperax model through the real noble, all at once, a link lost on the way, until the program ends", async () => {
  const controller = new VirtualController([], { mtu: 185 });
  const machines = mountPads(
    controller,
    MACHINES.map((machine) => ({ ...machine, name: null, faults: NO_FAULTS })),
    systemClock(),
  );
  await using rig = rigOver(controller);
  const walks = MACHINES.map(({ model, address }) => {
    const kmh = (): number => beltSpeed(machines.get(address)!.pad.pad);
    return walk(rig.radio, address, kmh, () => controller.drop(address)).catch((cause: unknown) => {
      throw new Error(model, { cause });
    });
  });
  await Promise.all(walks);
}, 120_000);
