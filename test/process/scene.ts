import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, type TestContext } from "vitest";
import { Mosquitto, mosquittoBinary, type MosquittoOptions } from "../support/mosquitto.js";
import { MqttProbe, type Recorded } from "../support/mqtt-probe.js";
import { type LogLine, Program, type ProgramOptions } from "../support/program.js";
import { PadOnBroker, parsed } from "./pad-on-broker.js";

// Each program and broker of a file kills itself with the test run, and a dozen of them run at a time.
process.setMaxListeners(64);

export const missing = mosquittoBinary() === null;
/** For the title of a suite that is skipped without Mosquitto. */
export const unlessMissing = missing ? " (skipped: no mosquitto here)" : "";

export const PAD = "57:4c:4e:00:00:01";
export const SECOND = "57:4c:4e:00:00:02";
/** A pad that does not exist. */
export const OUT_OF_RANGE = "57:4c:4e:00:00:99";

type Faults = Readonly<Record<string, unknown>>;

export interface ScenePad {
  readonly id: string;
  readonly address: string;
  readonly model?: string;
  readonly faults?: Faults;
}

export interface SceneOptions {
  readonly pads?: readonly ScenePad[];
  /** Sections of the config, on top of what the scene needs. */
  readonly config?: Readonly<Record<string, object>>;
  readonly mosquitto?: MosquittoOptions;
  /** Done with the broker before the program starts. */
  readonly before?: (probe: MqttProbe) => Promise<void>;
  readonly program?: Partial<ProgramOptions>;
}

export interface Scene {
  readonly broker: Mosquitto;
  readonly probe: MqttProbe;
  readonly program: Program;
  readonly folder: string;
  readonly pad: PadOnBroker;
  readonly config: Readonly<Record<string, unknown>>;
}

/** The program's output is shown when its test fails. */
export const started = async (ctx: TestContext, options: ProgramOptions): Promise<Program> => {
  const program = await Program.start(options);
  ctx.onTestFinished(() => program.dispose());
  ctx.onTestFailed(() => void process.stderr.write(`--- ${ctx.task.name}\n${program.output}\n`));
  return program;
};

export const newFolder = async (ctx: TestContext): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), "w2m-"));
  ctx.onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

export const newProbe = async (ctx: TestContext, url: string): Promise<MqttProbe> => {
  const probe = await MqttProbe.connect(url);
  ctx.onTestFinished(() => probe.close());
  return probe;
};

export const newBroker = async (ctx: TestContext, options: MosquittoOptions = {}): Promise<Mosquitto> => {
  const broker = await Mosquitto.start(options);
  ctx.onTestFinished(() => broker.dispose());
  return broker;
};

const ONE_PAD: readonly ScenePad[] = [{ id: "office", address: PAD }];

/** A config with simulated pads; those of NOWHERE are configured and not there. */
export const configFor = (
  url: string,
  pads: readonly ScenePad[] = ONE_PAD,
  more: Readonly<Record<string, object>> = {},
): Readonly<Record<string, unknown>> => ({
  ...more,
  mqtt: { url, ...more["mqtt"] },
  // A dozen programs run at a time, and one of them could have the port.
  web: { enabled: false, ...more["web"] },
  bluetooth: { radio: "simulator" },
  log: { format: "json", ...more["log"] },
  pads: pads.map(({ id, address }) => ({ id, address })),
  simulator: {
    pads: pads
      .filter(({ address }) => address !== OUT_OF_RANGE)
      .map(({ address, model = "c2", faults = {} }) => ({ address, model, faults })),
  },
});

/** Mosquitto, the built program with simulated pads, and a client that sees everything. */
export const scene = async (ctx: TestContext, options: SceneOptions = {}): Promise<Scene> => {
  const { pads = ONE_PAD } = options;
  const broker = await newBroker(ctx, options.mosquitto);
  const folder = await newFolder(ctx);
  const probe = await newProbe(ctx, broker.url);
  await options.before?.(probe);
  const config = configFor(broker.url, pads, options.config);
  const program = await started(ctx, { folder, config, ...options.program });
  const pad = new PadOnBroker(probe, pads[0]?.id ?? "office");
  return { broker, probe, program, folder, pad, config };
};

/** Changes the faults of a simulated pad while it runs. */
export const simulate = async (probe: MqttProbe, pad: string, faults: Faults): Promise<void> => {
  const from = probe.mark();
  await probe.publish("walkingpad2mqtt/bridge/request/simulate", { pad, faults });
  const answer = await probe.until("walkingpad2mqtt/bridge/response/simulate", 5_000, from);
  const { status, error } = parsed(answer) as { status: string; error?: string };
  if (status !== "ok") throw new Error(`simulate: ${error ?? ""}`);
};

/** WiLink's stop, speed 0 (wire-facts a.3), as the link logs it at debug when it is handed over. */
export const stopFrames = ({ lines }: Program): number =>
  lines.filter(({ msg, bytes }) => msg === "written" && bytes === "f7a20100a3fd").length;

export const BRIDGE_STATE = "walkingpad2mqtt/bridge/state";
export const bridgeStateIs =
  (state: string) =>
  ({ topic, payload }: Recorded): boolean =>
    topic === BRIDGE_STATE && payload.includes(`"${state}"`);

/** Everything that the broker keeps, topic by topic, as a client that has just come sees it. */
export const retained = async (ctx: TestContext, url: string): Promise<ReadonlyMap<string, string>> => {
  const probe = await newProbe(ctx, url);
  // What is stored is sent with the subscription, before anything that comes later.
  const fence = `fence/${Math.random()}`;
  await probe.publish(fence, "x");
  await probe.until(fence, 5_000);
  return new Map(probe.all(({ retain }) => retain).map(({ topic, payload }) => [topic, payload]));
};

/** Everything from `from` to the end, once the program has ended and the broker has delivered everything. */
export const everythingSince = async (probe: MqttProbe, from: number): Promise<readonly Recorded[]> => {
  const fence = `fence/${Math.random()}`;
  await probe.publish(fence, "x");
  await probe.until(fence, 5_000);
  return probe.messages.slice(from).filter(({ topic }) => !topic.startsWith("fence/"));
};

/** It has ended by itself, well, and without an error in its log that is not `justified`. */
export const expectCleanEnd = async (
  program: Program,
  ms: number,
  justified: (line: LogLine) => boolean = () => false,
): Promise<void> => {
  expect(await program.exit(ms)).toEqual({ code: 0, signal: null });
  expect(program.stderr).toBe("");
  expect(program.stdout).not.toMatch(/^\s+at |\\n\s+at /m);
  const errors = program.lines.filter(({ level }) => level === "error" || level === "fatal");
  expect(errors.filter((line) => !justified(line))).toEqual([]);
};

/** Takes connections and leaves it at that. */
export const muteServer = async (
  ctx: TestContext,
  port: number,
): Promise<{ readonly accepted: Promise<unknown> }> => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => undefined));
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  ctx.onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { accepted: once(server, "connection") };
};
