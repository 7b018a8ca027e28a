import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, vi } from "vitest";
import type { MqttProbe } from "../support/mqtt-probe.js";
import type { Program } from "../support/program.js";
import type { HookRequest, HookSettings, WireLine } from "../virtual-controller/hook.js";
import { PadOnBroker, START_MS } from "./pad-on-broker.js";
import { configFor, newBroker, newFolder, newProbe, PAD, started } from "./scene.js";
import { onVirtualRadio, sendToHook } from "./virtual-radio.js";

/** Speed 0 to the WiLink pad (wire-facts a.3): the only stop frame there is. */
export const STOP = "f7a20100a3fd";
/** Its start, a toggle. */
export const START = "f7a20401a7fd";

export interface NobleScene {
  readonly program: Program;
  readonly probe: MqttProbe;
  readonly pad: PadOnBroker;
  /** What went through the HCI socket so far, the oldest first. */
  wire(): readonly WireLine[];
  /** Waits until so many packets of this kind went through it. */
  untilWire(what: string, count?: number): Promise<void>;
  /** Does something to the controller or the pad; gives the pad's true speed, km/h. */
  ask(request: HookRequest): Promise<number | null>;
}

/** The built program with the real noble on a virtual controller with one pad, and Mosquitto. */
export const nobleScene = async (
  ctx: TestContext,
  settings: Partial<Omit<HookSettings, "wire">> = {},
  config: Readonly<Record<string, object>> = {},
): Promise<NobleScene> => {
  const broker = await newBroker(ctx);
  const probe = await newProbe(ctx, broker.url);
  const folder = await newFolder(ctx);
  const file = join(folder, "wire.jsonl");
  const hook: HookSettings = { pads: [{ address: PAD, model: "c2" }], ...settings, wire: file };
  const program = await started(ctx, {
    folder,
    config: {
      ...configFor(broker.url, undefined, config),
      bluetooth: { radio: "noble" },
      simulator: { pads: [] },
    },
    ...onVirtualRadio(hook),
  });
  const wire = (): readonly WireLine[] =>
    existsSync(file)
      ? readFileSync(file, "utf8")
          .split("\n")
          .flatMap((line, index, lines) => (index < lines.length - 1 ? [JSON.parse(line) as WireLine] : []))
      : [];
  return {
    program,
    probe,
    pad: new PadOnBroker(probe, "office"),
    wire,
    untilWire: async (what, count = 1) => {
      const enough = (): boolean => wire().filter((packet) => packet.what === what).length >= count;
      await vi.waitUntil(enough, { timeout: START_MS, interval: 20 });
    },
    ask: async (request) => (await sendToHook(program, request)).speed,
  };
};
