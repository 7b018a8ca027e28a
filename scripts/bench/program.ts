import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../src/clock.js";
import type { Command } from "../../src/domain/command.js";
import { startEmbeddedBroker } from "../../src/mqtt/embedded.js";
import { MqttProbe, type Recorded } from "../../test/support/mqtt-probe.js";
import { quiet } from "../../test/support/pad-rig.js";
import { Program } from "../../test/support/program.js";
import { type Case, configOf, FULL_QUEUE, PADS, RUNS } from "./cases.js";

const PROBE = fileURLToPath(new URL("probe.js", import.meta.url));
export const START_MS = 30_000;
const STOP_MS = 15_000;
const MINUTE = 60_000;
const STARTS = 10;
const WALKERS = 8;

/** The messages of probe.js. */
interface Told {
  readonly pad: number;
  readonly is: "polling" | "polled" | "stopped";
  readonly ms?: number;
  readonly busy?: boolean;
}

interface Bench {
  readonly probe: MqttProbe;
  readonly start: (base: string, pads: number, options?: { readonly probed: boolean }) => Promise<Program>;
}

/** A broker of this process, so that the program under test has only its own work to do. */
export const withBench = async <T>(run: (bench: Bench) => Promise<T>): Promise<T> => {
  const broker = await startEmbeddedBroker(
    { host: "127.0.0.1", port: 0, username: null, password: null, ownClientId: "bridge" },
    { log: quiet, clock: systemClock() },
  );
  const url = `mqtt://127.0.0.1:${broker.port}`;
  const probe = await MqttProbe.connect(url);
  const folder = await mkdtemp(join(tmpdir(), "w2m-bench-"));
  const programs: Program[] = [];
  const start: Bench["start"] = async (base, pads, { probed } = { probed: false }) => {
    const { pads: list, "simulator.pads": simulated } = configOf(pads);
    const program = await Program.start({
      folder: join(folder, base),
      config: {
        mqtt: { url, base_topic: base, protocol_version: 4 },
        bluetooth: { radio: "simulator" },
        pads: list,
        simulator: { pads: simulated },
        store: { path: join(folder, base, "data") },
      },
      nodeFlags: probed ? ["--import", PROBE] : [],
      ipc: probed,
    });
    programs.push(program);
    return program;
  };
  try {
    return await run({ probe, start });
  } finally {
    await Promise.all(programs.map((program) => program.dispose()));
    await probe.close();
    await broker.close(1_000);
    await rm(folder, { recursive: true, force: true });
  }
};

export const online =
  (base: string, pad: number) =>
  (message: Recorded): boolean =>
    message.topic === `${base}/p${pad}/availability` && message.payload.includes("online");

/** Resolves with the probe's next message of that kind about the pad. */
const told = ({ child }: Program, pad: number, is: Told["is"]): Promise<Told> =>
  new Promise((resolve) => {
    const hear = (message: unknown): void => {
      const each = message as Told;
      if (each.pad !== pad || each.is !== is) return;
      child.off("message", hear);
      resolve(each);
    };
    child.on("message", hear);
  });

/** A stop, timed; the probe reports whether a write was in flight when it came. */
interface Stop {
  readonly ms: number;
  readonly busy: boolean;
}

interface How {
  readonly after: "polling" | "polled";
  readonly queue: readonly Command[];
  /** One pad at a time: the commands of another would be measured, too. */
  readonly gate: { taken: boolean };
}

/** Waits for a poll to begin, or to be done, and stops; resolves once the belt was seen at rest. */
const stopOnce = async (
  program: Program,
  probe: MqttProbe,
  pad: number,
  { after, queue, gate }: How,
): Promise<Stop> => {
  const topic = `bench/p${pad}`;
  do await told(program, pad, after);
  while (gate.taken);
  gate.taken = true;
  const stopped = told(program, pad, "stopped");
  const from = probe.mark();
  for (const { key, value } of queue) void probe.publish(`${topic}/set/${key}`, String(value), { qos: 0 });
  void probe.publish(`${topic}/set/belt`, "OFF", { qos: 0 });
  const { ms = NaN, busy = false } = await stopped;
  gate.taken = false;
  const done = (message: Recorded): boolean =>
    message.topic === `${topic}/result` &&
    message.payload.includes('"OFF"') &&
    message.payload.includes('"ok"');
  await probe.until(done, STOP_MS, from);
  return { ms, busy };
};

const stops = async (
  { probe }: Bench,
  program: Program,
  how: Omit<How, "gate">,
): Promise<readonly Stop[]> => {
  const gate = { taken: false };
  const each = async (pad: number): Promise<readonly Stop[]> => {
    const list: Stop[] = [];
    while (list.length < RUNS / PADS) list.push(await stopOnce(program, probe, pad, { ...how, gate }));
    return list;
  };
  return (await Promise.all(Array.from({ length: PADS }, (_, pad) => each(pad)))).flat();
};

/** From the data of the socket, with the command in it, to the link's write call, in the built program. Milliseconds. */
export const measureProgram = async (
  bench: Bench,
  program: Program,
): Promise<Readonly<Record<Case, readonly number[]>>> => {
  const queued = await stops(bench, program, { after: "polled", queue: FULL_QUEUE });
  const alone = [
    ...(await stops(bench, program, { after: "polled", queue: [] })),
    ...(await stops(bench, program, { after: "polling", queue: [] })),
  ];
  const times = (list: readonly Stop[]): readonly number[] => list.map(({ ms }) => ms);
  return {
    idle: times(alone.filter(({ busy }) => !busy)),
    "full queue": times(queued),
    "write in flight": times(alone.filter(({ busy }) => busy)),
  };
};

/** The program with all pads, the probe inside. */
export const startProbed = async ({ probe, start }: Bench): Promise<Program> => {
  const program = await start("bench", PADS, { probed: true });
  // Each pad waits for its own messages.
  program.child.setMaxListeners(0);
  await Promise.all(Array.from({ length: PADS }, (_, pad) => probe.until(online("bench", pad), START_MS)));
  return program;
};

/** Milliseconds from the spawn to `bridge/state` online and to the first pad online, once a start. */
export const measureStart = async ({
  probe,
  start,
}: Bench): Promise<readonly { bridge: number; pad: number }[]> => {
  const took: { bridge: number; pad: number }[] = [];
  for (let n = 0; n < STARTS; n += 1) {
    const base = `start${n}`;
    const program = await start(base, 1);
    const up = (message: Recorded): boolean =>
      message.topic === `${base}/bridge/state` && message.payload.includes("online");
    const [bridge, pad] = await Promise.all([
      probe.until(up, START_MS),
      probe.until(online(base, 0), START_MS),
    ]);
    took.push({ bridge: bridge.at - program.startedAt, pad: pad.at - program.startedAt });
    await program.dispose();
  }
  return took;
};

/** Bytes after a minute of pads that are walked on, as the program itself reports. */
export const measureMemory = async ({ probe, start }: Bench): Promise<{ rss: number; heap_used: number }> => {
  const program = await start("memory", WALKERS);
  const pads = Array.from({ length: WALKERS }, (_, pad) => pad);
  await Promise.all(pads.map((pad) => probe.until(online("memory", pad), START_MS)));
  for (const pad of pads) await probe.publish(`memory/p${pad}/set/belt`, "ON");
  await new Promise((resolve) => setTimeout(resolve, MINUTE));
  const from = probe.mark();
  await probe.publish("memory/bridge/request/health_check", "{}");
  const { payload } = await probe.until("memory/bridge/response/health_check", START_MS, from);
  await program.dispose();
  return (JSON.parse(payload) as { data: { memory: { rss: number; heap_used: number } } }).data.memory;
};
