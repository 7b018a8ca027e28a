import { expect, test } from "vitest";
import { systemClock } from "../../src/clock.js";
import type { Command, Outcome } from "../../src/domain/command.js";
import { NO_FAULTS } from "../../src/domain/faults.js";
import { seconds } from "../../src/domain/units.js";
import { noIdentity } from "../../src/pad/identity.js";
import { Pad } from "../../src/pad/pad.js";
import { beltSpeed, type PadOptions } from "../../src/sim/pad.js";
import { nowhere, quiet, SAFETY, SETTINGS } from "../support/pad-rig.js";
import { VirtualController } from "../virtual-controller/controller.js";
import { mountPads } from "../virtual-controller/sim-peripheral.js";
import { rigOver, until } from "./rig.js";

const ADDRESS = SETTINGS.address ?? "";

test.each<["z1" | "mc21" | "ftms" | "tm11gy", PadOptions]>([
  ["z1", { unlockGate: true }],
  ["mc21", {}],
  ["ftms", {}],
  ["tm11gy", {}],
])(
  "a walk on %s through the real noble",
  async (model, options) => {
    const controller = new VirtualController([], { mtu: 185 });
    const pads = mountPads(
      controller,
      [{ address: ADDRESS, name: null, model, faults: NO_FAULTS, options }],
      systemClock(),
    );
    await using rig = rigOver(controller);
    const pad = new Pad(SETTINGS, {
      radio: rig.radio,
      clock: systemClock(),
      log: quiet,
      memory: { recall: () => noIdentity, keep: () => undefined },
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
    });
    pad.start();
    await until("the first status", () => pad.view().state.belt === "idle");
    const ask = async (command: Command): Promise<Outcome> => {
      const outcomes: Outcome[] = [];
      pad.submit([{ command, respond: (outcome) => outcomes.push(outcome) }], systemClock().now(), false);
      await until(`${command.key} ${command.value}`, () => outcomes.length > 0, 40_000);
      return outcomes[0]!;
    };
    expect(await ask({ key: "speed", value: 2 })).toEqual({ status: "ok" });
    expect(beltSpeed(pads.get(ADDRESS)!.pad.pad)).toBeGreaterThan(1.8);
    expect(await ask({ key: "belt", value: "OFF" })).toEqual({ status: "ok" });
    expect(beltSpeed(pads.get(ADDRESS)!.pad.pad)).toBe(0);
    expect(pad.view().state.belt).toBe("paused");
    await pad.close();
  },
  60_000,
);
