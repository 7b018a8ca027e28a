import type { Link } from "../../src/ble/radio.js";
import { systemClock } from "../../src/clock.js";
import { loadConfig } from "../../src/config/load.js";
import {
  dailyGoals,
  padSettings,
  safetySettings,
  simulatedPads,
  walkSettings,
} from "../../src/config/settings.js";
import type { Command } from "../../src/domain/command.js";
import { noIdentity } from "../../src/domain/identity.js";
import { RightOfWay } from "../../src/pad/link/right-of-way.js";
import { Pad } from "../../src/pad/pad.js";
import { toHex } from "../../src/protocol/bytes.js";
import { simulatedRadio } from "../../src/sim/radio.js";
import { noSessionStore, quiet } from "../../test/support/pad-rig.js";
import { type Case, configOf, FULL_QUEUE, numberOf, PADS, RUNS } from "./cases.js";
import { localDays } from "../../test/support/local-days.js";

/** wire-facts a.3: speed 0, and the poll. */
const STOP = "f7a20100a3fd";
const POLL = "f7a20000a2fd";
/** A write takes 10 ms on the simulated radio; within them the stop comes at any moment. */
const WRITE_MS = 9;
const OFF: Command = { key: "belt", value: "OFF" };

/** Calls back when a frame is handed to the link, and when it has reached the pad. */
const watch = (link: Link, onFrame: (frame: string, moment: "handed" | "written") => void): Link => {
  const write = link.write.bind(link);
  link.write = async (characteristic, bytes, options) => {
    const frame = toHex(bytes);
    onFrame(frame, "handed");
    await write(characteristic, bytes, options);
    // Once the scheduler has it too.
    setImmediate(() => onFrame(frame, "written"));
  };
  return link;
};

/** One pad of the core, with its link. */
class Bench {
  readonly pad: Pad;
  #onFrame: (frame: string, moment: "handed" | "written") => void = () => undefined;

  constructor(pad: Pad) {
    this.pad = pad;
  }

  watch(link: Link): Link {
    return watch(link, (frame, moment) => this.#onFrame(frame, moment));
  }

  async runs(at: Case, count: number): Promise<readonly number[]> {
    const took: number[] = [];
    while (took.length < count) {
      await this.#moment(at);
      took.push(await this.#stop(at === "full queue" ? FULL_QUEUE : []));
    }
    return took;
  }

  /** A poll has just been written, or is being written. */
  #moment(at: Case): Promise<void> {
    return new Promise((resolve) => {
      const busy = at === "write in flight";
      this.#onFrame = (frame, moment) => {
        if (frame !== POLL || moment !== (busy ? "handed" : "written")) return;
        this.#onFrame = () => undefined;
        setTimeout(resolve, busy ? Math.random() * WRITE_MS : 0);
      };
    });
  }

  /** Milliseconds from the command to the frame; resolves once the belt was seen at rest. */
  #stop(queue: readonly Command[]): Promise<number> {
    return new Promise((resolve) => {
      const from = performance.now();
      let took = NaN;
      this.#onFrame = (frame, moment) => {
        if (frame === STOP && moment === "handed" && Number.isNaN(took)) took = performance.now() - from;
      };
      const others = queue.map((command) => ({ command, respond: () => undefined }));
      this.pad.submit([...others, { command: OFF, respond: () => resolve(took) }], from, null);
    });
  }
}

/** Pads wired as app.ts wires them, without a broker. */
const setUp = () => {
  const loaded = loadConfig({ file: null, explicit: false, env: {}, overrides: configOf(PADS) });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.errors));
  const { config } = loaded;
  const clock = systemClock();
  const safety = safetySettings(config);
  const radio = simulatedRadio(simulatedPads(config), { clock });
  const connect = radio.connect.bind(radio);
  radio.connect = async (address, options) => {
    const link = await connect(address, options);
    return benches[numberOf(address)]?.watch(link) ?? link;
  };
  const deps = {
    clock,
    radio,
    rightOfWay: new RightOfWay(clock),
    log: quiet,
    memory: { recall: () => noIdentity, keep: () => undefined },
    safety,
    journal: {
      walk: walkSettings(config),
      goals: dailyGoals(config),
      walkedOff: safety.walkedOff,
      localDay: localDays("UTC"),
    },
    ledger: noSessionStore,
    crashedAt: null,
  };
  const benches = padSettings(config).map((settings) => new Bench(new Pad(settings, deps)));
  return { radio, benches };
};

/** From `submit` to the link's write call, in this process: the core alone. Milliseconds. */
export const measureCore = async (at: Case): Promise<readonly number[]> => {
  const { radio, benches } = setUp();
  for (const { pad } of benches) pad.start();
  const took = await Promise.all(benches.map((bench) => bench.runs(at, RUNS / PADS)));
  await Promise.all(benches.map(({ pad }) => pad.close()));
  await radio[Symbol.asyncDispose]();
  return took.flat();
};
