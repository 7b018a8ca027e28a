import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Invocation } from "./invocation.js";
import { loadConfig } from "../config/load.js";
import { SIMULATED_MODELS, type SimulatedModel } from "../domain/faults.js";
import { EXIT, type ExitCode } from "../process/lifecycle.js";
import type { Logger } from "../log/log.js";
import { runBridge } from "./bridge.js";

const PORT = 1883;

interface DemoPad {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly model: SimulatedModel;
}

const PADS: readonly DemoPad[] = [
  { id: "demo-wilink", name: "Demo C2", address: "57:4c:4e:de:00:01", model: "c2" },
  { id: "demo-ftms", name: "Demo Treadmill", address: "57:4c:4e:de:00:02", model: "ftms" },
];

/** A pad of each model in the flag; a text: its error. */
const padsOf = (flag: string | undefined): readonly DemoPad[] | string => {
  if (flag === undefined) return PADS;
  const names = flag.split(",").map((name) => name.trim().toLowerCase());
  const models = names.flatMap((name) => SIMULATED_MODELS.filter((model) => model === name));
  if (models.length < names.length || new Set(models).size < models.length)
    return `--model must be one or more of ${SIMULATED_MODELS.join(", ")}, each once, separated by commas`;
  return models.map((model, index) => ({
    id: `demo-${model}`,
    name: `Demo ${model}`,
    address: `57:4c:4e:de:01:${index.toString(16).padStart(2, "0")}`,
    model,
  }));
};

/** Null where the flag is not a port. */
const portOf = (flag = String(PORT)): number | null => {
  const port = /^\d{1,5}$/.test(flag) ? Number(flag) : 0;
  return port >= 1 && port <= 65_535 ? port : null;
};

/**
 * The whole bridge with an embedded broker and simulated pads; reads no config file, and only the log's environment.
 */
export const demo = async (
  invocation: Invocation,
  flags: { readonly port?: string | undefined; readonly model?: string | undefined },
): Promise<ExitCode> => {
  const { env, terminal } = invocation;
  const wanted = portOf(flags.port);
  if (wanted === null) {
    terminal.err("--port must be a whole number from 1 to 65535\n");
    return EXIT.usage;
  }
  const pads = padsOf(flags.model);
  if (typeof pads === "string") {
    terminal.err(`${pads}\n`);
    return EXIT.usage;
  }
  const store = await temporaryFolder(terminal);
  if (store === null) return EXIT.config;
  try {
    const loaded = loadConfig({
      file: null,
      explicit: false,
      env: Object.fromEntries(
        Object.entries(env).filter(([name]) => name.startsWith("WALKINGPAD2MQTT_LOG_")),
      ),
      overrides: {
        "mqtt.url": "embedded",
        "embedded_broker.port": wanted,
        "bluetooth.radio": "simulator",
        "store.path": store,
        pads: pads.map(({ id, name, address }) => ({ id, name, address })),
        "simulator.pads": pads.map(({ address, model }) => ({ address, model })),
      },
    });
    if (!loaded.ok) {
      terminal.err(loaded.errors.map(({ message }) => `${message}\n`).join(""));
      return EXIT.config;
    }
    const { port } = loaded.config.embedded_broker;
    const page = { file: null, overriddenBy: null, orAnyPort: true };
    return await runBridge(loaded.config, invocation, page, (log) => explain(log, port, pads));
  } finally {
    // A last heartbeat may still be on its way to the folder. A folder that cannot be removed is not a failure of the
    // demo.
    await rm(store, { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined);
  }
};

/** Null where the folder cannot be created, after the error and its remedy have been printed. */
const temporaryFolder = async (terminal: Invocation["terminal"]): Promise<string | null> => {
  try {
    return await mkdtemp(join(tmpdir(), "walkingpad2mqtt-demo-"));
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : String(error);
    terminal.err(
      `The demo needs a temporary folder, and ${tmpdir()} cannot be written (${why}): ` +
        "set TMPDIR to one that can, or give the container one with `--tmpfs /tmp`.\n",
    );
    return null;
  }
};

const explain = (log: Logger, port: number, pads: readonly DemoPad[]): void => {
  const at = port === PORT ? "" : ` -p ${port}`;
  const topic = `walkingpad2mqtt/${pads[0]?.id ?? ""}`;
  const many =
    pads.length === 1
      ? "a simulated pad"
      : pads.length === 2
        ? "two simulated pads"
        : `${pads.length} simulated pads`;
  const longest = `mosquitto_pub${at} -t ${topic}/set/speed -m 3.5`;
  // The explanations of the commands are aligned.
  const does = (what: string, why: string): string => `  ${what.padEnd(longest.length + 2)}${why}`;
  for (const line of [
    `The demo is up: ${many}, all topics below walkingpad2mqtt/. In another terminal:`,
    does(`mosquitto_sub${at} -v -t 'walkingpad2mqtt/#'`, "watch everything"),
    does(`mosquitto_pub${at} -t ${topic}/set -m ON`, "start the belt"),
    does(longest, "walk at 3.5 km/h"),
    does(`mosquitto_pub${at} -t ${topic}/set -m OFF`, "stop it"),
    "Ctrl-C stops every belt, waits until it is at rest, and then ends.",
  ])
    log.info({}, line);
};
