import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { freePort } from "../support/mosquitto.js";
import { MqttProbe } from "../support/mqtt-probe.js";
import { Program } from "../support/program.js";
import { PadOnBroker, START_MS } from "../process/pad-on-broker.js";

const OPEN = "Open http://127.0.0.1:";

/** The address that the program has printed. */
export const urlOf = async (program: Program): Promise<string> => {
  const { msg } = await program.untilLine(OPEN, START_MS);
  return msg.slice(msg.indexOf("http"));
};

export interface Demo {
  readonly url: string;
  readonly program: Program;
  readonly probe: MqttProbe;
  readonly wilink: PadOnBroker;
  readonly ftms: PadOnBroker;
  end(): Promise<void>;
}

/** `walkingpad2mqtt demo`, and an MQTT client that sees everything; both pads are there. */
const startDemo = async (): Promise<Demo> => {
  const folder = await mkdtemp(join(tmpdir(), "w2m-page-"));
  const port = await freePort();
  const args = ["demo", "--port", String(port)];
  const program = await Program.start({ folder, args, env: { TMPDIR: folder } });
  const url = await urlOf(program);
  const probe = await MqttProbe.connect(`mqtt://127.0.0.1:${port}`);
  const [wilink, ftms] = [new PadOnBroker(probe, "demo-wilink"), new PadOnBroker(probe, "demo-ftms")];
  await Promise.all([wilink.online(), ftms.online()]);
  // aedes may hand out a retained value after a newer one that came while it was read.
  const from = probe.mark();
  for (const { topic } of [wilink, ftms]) await probe.publish(`${topic}/get`, "");
  for (const pad of [wilink, ftms]) await pad.until(({ belt }) => belt !== "unknown", START_MS, from);
  const end = async (): Promise<void> => {
    await probe.close();
    await program.dispose();
    await rm(folder, { recursive: true, force: true });
  };
  return { url, program, probe, wilink, ftms, end };
};

/** One demo for all tests of a file. */
export const demoOfFile = (): (() => Demo) => {
  let demo: Demo | null = null;
  beforeAll(async () => {
    demo = await startDemo();
  });
  afterAll(() => demo?.end());
  return () => {
    if (demo === null) throw new Error("the demo has not started");
    return demo;
  };
};
