// npm run bench:flood [-- --seconds 60] [--rate 20000] [--qos1] [KIND…]: what hostile clients can do to a bridge whose
// belt moves. Prints a table and, for each kind, what was not as it should be; exit code 1 then.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { Mosquitto } from "../../test/support/mosquitto.js";
import { MqttProbe } from "../../test/support/mqtt-probe.js";
import { Program } from "../../test/support/program.js";
import { sendAtOnce } from "../../src/mqtt/client/connect-options.js";
import { summary } from "./cases.js";
import { FLOODS, type Flood, TARGET, WALKER } from "./floods.js";
import { writeWalks } from "./walks.js";

const BASE = "flood";
/** Stopped in turn: it takes some 2 s until a stop is proved, and the next is a new one. */
const STOPPED = Array.from({ length: 10 }, (_, n) => `p${n}`);
const PADS = [...STOPPED, WALKER, TARGET];
const addressOf = (pad: string): string =>
  `57:4c:4e:00:00:${PADS.indexOf(pad).toString(16).padStart(2, "0")}`;
const WALKS = 1_200;
const START_MS = 60_000;
/** Wanted (issue 12). */
const STOP_WITHIN_MS = 50;
const SIGTERM_WITHIN_MS = 1_000;

const PROBE = fileURLToPath(new URL("flood-probe.js", import.meta.url));
const SENDER = new URL("flood-sender.js", import.meta.url);

const now = (): number => performance.timeOrigin + performance.now();
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const doing = (text: string): void => void process.stderr.write(`${text} …\n`);
const ms = (value: number): string => value.toFixed(value < 10 ? 1 : 0);

interface Told {
  readonly stop?: string;
  readonly at?: number;
  readonly gap?: number;
}

class Sender {
  readonly #worker: Worker;
  constructor(port: number, { messages }: Flood, perSecond: number) {
    this.#worker = new Worker(SENDER, { workerData: { port, messages, perSecond } });
  }
  /** Messages sent. */
  async end(): Promise<number> {
    this.#worker.postMessage("end");
    const [{ sent }] = (await once(this.#worker, "message")) as [{ readonly sent: number }];
    await this.#worker.terminate();
    return sent;
  }
}

interface Scene {
  readonly program: Program;
  readonly probe: MqttProbe;
  readonly port: number;
}

const residentMb = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;

/** Clock ticks a second, `getconf CLK_TCK`: 100 on every Linux that Node.js runs on. */
const TICK_MS = 10;
const cpuMs = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
};

/** The next stop frame of the pad, or null after `within`. */
const nextFrame = ({ program }: Scene, pad: string, within: number): Promise<number | null> =>
  new Promise((resolve) => {
    const done = (at: number | null): void => {
      clearTimeout(timer);
      program.child.off("message", listen);
      resolve(at);
    };
    const listen = ({ stop, at }: Told): void => {
      if (stop === addressOf(pad) && at !== undefined) done(at);
    };
    const timer = setTimeout(() => done(null), within);
    program.child.on("message", listen);
  });

const largestGap = async ({ program }: Scene): Promise<number> => {
  if (program.exited) return NaN;
  const answer = new Promise<number>((resolve) => {
    const listen = ({ gap }: Told): void => {
      if (gap === undefined) return;
      program.child.off("message", listen);
      resolve(gap);
    };
    program.child.on("message", listen);
  });
  program.child.send("gap");
  return Promise.race([answer, sleep(20_000, NaN)]);
};

/** `OFF` → frame of one pad after the other, each when its stop before was proved, until `until`. */
const stopInTurn = async (scene: Scene, until: number): Promise<readonly (number | null)[]> => {
  const took: (number | null)[] = [];
  const each = async (pad: string, index: number): Promise<void> => {
    await sleep(index * 220);
    while (now() < until && !scene.program.exited) {
      const frame = nextFrame(scene, pad, 20_000);
      const from = scene.probe.mark();
      const sent = now();
      const id = `${pad} ${took.length}`;
      scene.probe.client.publish(`${BASE}/${pad}/set`, JSON.stringify({ belt: "OFF", id }), { qos: 1 });
      const at = await frame;
      took.push(at === null ? null : at - sent);
      // Above the limit there may be no answer; the stop is confirmed by then nevertheless.
      const answered = scene.probe.until(({ payload }) => payload.includes(`"id":"${id}"`), 6_000, from);
      await answered.catch(() => undefined);
      await sleep(200 + Math.random() * 300);
    }
  };
  await Promise.all(STOPPED.map(each));
  return took;
};

const largestPause = (times: readonly number[], from: number, to: number): number =>
  [from, ...times.filter((at) => at > from && at < to), to].reduce(
    ({ last, most }, at) => ({ last: at, most: Math.max(most, at - last) }),
    { last: from, most: 0 },
  ).most;

const received = async ({ probe }: Scene, within: number): Promise<number> => {
  const from = probe.mark();
  const transaction = String(Math.random());
  await probe.publish(`${BASE}/bridge/request/health_check`, { transaction });
  const { payload } = await probe.until(
    ({ topic, payload }) => topic.endsWith("/health_check") && payload.includes(transaction),
    within,
    from,
  );
  return (JSON.parse(payload) as { data: { mqtt: { received: number } } }).data.mqtt.received;
};

const startScene = async (broker: Mosquitto, folder: string, profile: string | undefined): Promise<Scene> => {
  const probe = await MqttProbe.connect(broker.url, {
    topics: [
      ...["result", "state", "stats"].map((leaf) => `${BASE}/+/${leaf}`),
      `${BASE}/bridge/response/+`,
      "homeassistant/device/flood_bridge/config",
    ],
  });
  // A stop that the prober's own kernel holds back (Nagle's algorithm) says nothing about the bridge.
  sendAtOnce(probe.client.stream);
  const program = await Program.start({
    folder,
    config: {
      mqtt: { url: broker.url, base_topic: BASE },
      web: { enabled: false },
      bluetooth: { radio: "simulator" },
      pads: PADS.map((id) => ({ id, address: addressOf(id) })),
      simulator: { pads: PADS.map((id) => ({ address: addressOf(id), model: "c2" })) },
      store: { path: join(folder, "data") },
      log: { format: "json" },
    },
    nodeFlags: [...(profile ? ["--cpu-prof", `--cpu-prof-dir=${profile}`] : []), "--import", PROBE],
    ipc: true,
  });
  program.child.setMaxListeners(0);
  const scene = { program, probe, port: broker.port };
  const ready = (pad: string) =>
    probe.until(
      ({ topic, payload }) => topic === `${BASE}/${pad}/state` && payload.includes('"link":"ready"'),
      START_MS,
    );
  await Promise.all(PADS.map(ready));
  for (const pad of [WALKER, TARGET]) await probe.publish(`${BASE}/${pad}/set/speed`, "3");
  await probe
    .until(
      ({ topic, payload }) => topic === `${BASE}/${WALKER}/state` && payload.includes('"running","running"'),
      START_MS,
    )
    .catch(() => undefined);
  await sleep(8_000);
  return scene;
};

interface Outcome {
  readonly row: string;
  readonly faults: readonly string[];
}

const measure = async (
  kind: string,
  broker: Mosquitto,
  { seconds, rate, profile }: Options,
): Promise<Outcome> => {
  const flood = FLOODS[kind];
  if (!flood) throw new Error(`no such flood: ${kind}. There are: ${Object.keys(FLOODS).join(", ")}`);
  const folder = await mkdtemp(join(tmpdir(), "w2m-flood-"));
  await mkdir(join(folder, "data"));
  await writeWalks(join(folder, "data"), WALKER, WALKS);
  const scene = await startScene(broker, folder, profile);
  const { program, probe } = scene;
  const faults: string[] = [];
  const wanted = (good: boolean, fault: string): void => {
    if (!good) faults.push(fault);
  };
  try {
    const before = await received(scene, 5_000);
    const memory = residentMb(program.pid);
    const cpu = cpuMs(program.pid);
    const logged = program.lines.length;
    const mark = probe.mark();
    await largestGap(scene);
    const sender = new Sender(scene.port, flood, rate);
    const from = now();
    const memories: number[] = [];
    const sampling = setInterval(() => {
      if (!program.exited) memories.push(residentMb(program.pid));
    }, 500);
    const stops = await stopInTurn(scene, from + seconds * 1_000);
    const sent = await sender.end();
    const to = now();
    clearInterval(sampling);
    const gap = await largestGap(scene);
    const spent = program.exited ? NaN : cpuMs(program.pid) - cpu;
    const killed = program.exited;
    const handled = killed ? NaN : (await received(scene, 30_000)) - before;
    const back = now() - to;
    const perMessage = (1_000 * spent) / handled;
    const lines = program.lines.slice(logged);
    const times = (leaf: string): readonly number[] => probe.all(`${BASE}/${leaf}`, mark).map(({ at }) => at);
    const pause = largestPause(times(`${WALKER}/stats`), from, to);
    const answers = probe.all(({ topic }) => topic.startsWith(`${BASE}/bridge/response/`), mark).length - 1;
    const results = probe.all(`${BASE}/${TARGET}/result`, mark).length;
    const frames = stops.filter((each) => each !== null);
    const { median, p95 } = summary(frames);
    const most = Math.max(...frames);

    // Everything is back: a stop and the walker's telemetry as before.
    const after = killed ? [] : await stopInTurn(scene, now() + 1);
    const again = killed ? null : new Sender(scene.port, flood, rate);
    await sleep(3_000);
    const frame = nextFrame(scene, WALKER, 20_000);
    const signalled = now();
    program.signal("SIGTERM");
    const stopAt = await frame;
    const exit = await program.exit(30_000).catch(() => null);
    const ended = now() - signalled;
    await again?.end();

    wanted(killed === null, `the program ended in the flood: ${JSON.stringify(killed)}`);
    wanted(frames.length === stops.length, `${stops.length - frames.length} stops without a frame`);
    wanted(p95 <= STOP_WITHIN_MS, `a stop took ${ms(p95)} ms at 95 %`);
    wanted(pause < 3_000, `telemetry paused for ${ms(pause)} ms`);
    const grown = Math.max(...memories.slice(-10)) - Math.max(...memories.slice(2, 12));
    wanted(grown < 15, `memory still grew by ${ms(grown)} MB after 6 s`);
    const named = lines.filter(({ msg }) => msg.startsWith("Too many messages"));
    wanted(flood.harmless === true || named.length >= 1, "no line of the log names the topic and the rate");
    wanted(lines.length <= 3 + seconds / 30 + stops.length, `${lines.length} lines of the log`);
    wanted(
      after.every((each) => each !== null && each < 100),
      `afterwards a stop took ${after.join(", ")} ms`,
    );
    wanted(stopAt !== null && stopAt - signalled < SIGTERM_WITHIN_MS, "SIGTERM wrote no stop in time");
    wanted(exit?.code === 0, `SIGTERM under flood ended with ${JSON.stringify(exit)}`);
    const cells = [
      kind,
      `${Math.round(handled / ((to - from) / 1_000))} of ${Math.round(sent / ((to - from) / 1_000))}`,
      `${ms(median)} / ${ms(p95)} / ${ms(most)} (${frames.length})`,
      perMessage.toFixed(0),
      ms(gap),
      (pause / 1_000).toFixed(1),
      `${memory.toFixed(0)} → ${Math.max(...memories).toFixed(0)} → ${memories.at(-1)?.toFixed(0)}`,
      `${lines.length} (${named.length})`,
      `${answers}, ${results}`,
      ms(back),
      stopAt === null
        ? "none"
        : `${ms(stopAt - signalled)}, exit ${exit?.code} in ${(ended / 1_000).toFixed(1)} s`,
    ];
    for (const { msg, ...fields } of lines.slice(0, 8)) doing(`  ${msg} ${JSON.stringify(fields)}`);
    return { row: `| ${cells.join(" | ")} |`, faults };
  } finally {
    await program.dispose();
    await probe.close();
    await rm(folder, { recursive: true, force: true });
  }
};

interface Options {
  readonly seconds: number;
  readonly rate: number;
  /** Where a CPU profile of each program is written to. */
  readonly profile?: string | undefined;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "20" },
    rate: { type: "string", default: "20000" },
    profile: { type: "string" },
  },
});
const options: Options = {
  seconds: Number(values.seconds),
  rate: Number(values.rate),
  profile: values.profile,
};
const kinds = positionals.length > 0 ? positionals : Object.keys(FLOODS);
const outcomes: (Outcome & { readonly kind: string })[] = [];
for (const kind of kinds) {
  doing(`${kind}, ${options.seconds} s`);
  const broker = await Mosquitto.start({ config: ["log_type none", "max_queued_messages 0"] });
  try {
    const outcome = await measure(kind, broker, options);
    for (const fault of outcome.faults) doing(`  NOT AS WANTED: ${fault}`);
    outcomes.push({ kind, ...outcome });
  } finally {
    await broker.dispose();
  }
}
const head = [
  "flood",
  "handled of sent, a second",
  "`OFF` → frame, ms: median / 95 % / max (n)",
  "CPU a message, µs",
  "largest gap of the main loop, ms",
  "longest pause of telemetry, s",
  "memory, MB: before → most → end",
  "log lines (of the flood)",
  "answers, results",
  "back after, ms",
  "SIGTERM in the flood → stop, ms",
];
say(
  `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown"}, ${options.rate} a second for ${options.seconds} s\n`,
);
say(`| ${head.join(" | ")} |\n|${head.map(() => " --- |").join("")}`);
for (const { row } of outcomes) say(row);
for (const { kind, faults } of outcomes) for (const fault of faults) say(`\n${kind}: ${fault}`);
process.exitCode = outcomes.some(({ faults }) => faults.length > 0) ? 1 : 0;
