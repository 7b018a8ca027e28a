import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { sendToHook } from "../../test/process/virtual-radio.js";
import type { MqttProbe, Recorded } from "../../test/support/mqtt-probe.js";
import { Program } from "../../test/support/program.js";
import type { HookSettings, WireLine } from "../../test/virtual-controller/hook.js";

const FLOOR = fileURLToPath(new URL("floor.js", import.meta.url));
const PAD = "57:4c:4e:00:00:00";
const START_MS = 30_000;
const SETTLED_MS = 20_000;
/** No whole number of polls, or it would come at the same moment of the pad's second again. */
const AGAIN_MS = 3_650;
const HOOK = fileURLToPath(new URL("../../test/virtual-controller/hook.ts", import.meta.url));
const SOCKET = new URL("../../test/virtual-controller/socket.ts", import.meta.url);

/** What is measured side by side: the bridge, and the least program on the same libraries. */
export type Side = "bridge" | "floor";

/** Milliseconds on the wall clock, finer than Date.now(); what another process notes the same way can be compared. */
const now = (): number => performance.timeOrigin + performance.now();

/** The virtual controller as one file of plain JavaScript: a compiler in the program would be measured, too. */
export const buildHook = async (folder: string): Promise<string> => {
  const outfile = join(folder, "hook.cjs");
  await build({
    entryPoints: [HOOK],
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    define: { "import.meta.url": JSON.stringify(SOCKET.href) },
    // A worker thread has no Bluetooth of its own.
    banner: { js: 'if (require("node:worker_threads").isMainThread) {' },
    footer: { js: "}" },
    logLevel: "error",
  });
  return outfile;
};

export interface Scene {
  readonly url: string;
  readonly probe: MqttProbe;
  /** From `buildHook`. */
  readonly hook: string;
}

/** A program with the real noble and a simulated pad below it. */
export interface Subject {
  readonly base: string;
  readonly program: Program;
  /** Somebody presses a button on the pad's remote. */
  readonly press: (key: "start-stop" | "+" | "-") => Promise<void>;
  /** Packets on the air so far; only where they are written down. */
  readonly wire: () => readonly WireLine[];
  readonly end: () => Promise<void>;
}

/** Resolves once the pad's first state was published. `air`: packets are written down, which costs both sides time. */
export const startSide = async (side: Side, { url, probe, hook }: Scene, air: boolean): Promise<Subject> => {
  const folder = await mkdtemp(join(tmpdir(), "w2m-bench-"));
  const base = `bench-${side}-${folder.slice(-6)}`;
  const wire = join(folder, "wire.jsonl");
  const settings: HookSettings = { pads: [{ address: PAD, model: "c2" }], ...(air ? { wire } : {}) };
  const nodeFlags = ["--require", hook];
  const config = {
    mqtt: { url, base_topic: base },
    bluetooth: { radio: "noble" },
    pads: [{ id: "p0", address: PAD }],
    store: { path: join(folder, "data") },
    log: { format: "json" },
  };
  const floor = [process.execPath, ...nodeFlags, FLOOR, url, base, PAD];
  const program = await Program.start({
    folder,
    nodeFlags,
    env: { VIRTUAL_CONTROLLER: JSON.stringify(settings) },
    ipc: true,
    ...(side === "bridge" ? { config } : { args: [], wrap: () => floor }),
  });
  const first = probe.until(
    ({ topic, payload }) => topic === `${base}/p0/state` && !payload.includes('"unknown"'),
    START_MS,
  );
  await first.catch((error: unknown) => {
    throw new Error(`${side} did not start\n${program.output}`, { cause: error });
  });
  return {
    base,
    program,
    press: async (key) => {
      await sendToHook(program, { do: "press", address: PAD, key });
    },
    wire: () => linesOf(wire),
    end: async () => {
      await program.dispose();
      await rm(folder, { recursive: true, force: true });
    },
  };
};

const linesOf = (file: string): readonly WireLine[] =>
  readFileSync(file, "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as WireLine);

const STOP = "f7a20100a3fd";
const stopFrames = (subject: Subject): readonly WireLine[] =>
  subject.wire().filter(({ value }) => value === STOP);

/** Waits until a stop frame is on the air that was not there before. One that never comes is no figure but a fault. */
const nextStop = async (subject: Subject, before: number): Promise<WireLine> => {
  for (let tries = 0; tries < 200; tries += 1) {
    const frame = stopFrames(subject)[before];
    if (frame) return frame;
    await sleep(10);
  }
  throw new Error(`no stop frame within 2 s\n${subject.program.output}`);
};

/** Any moment between two polls. */
const anyMoment = (): Promise<void> => sleep(Math.random() * 1_000);

/**
 * At rest, and the bridge's stop is proved: until then another one shares it, and needs no frame of its own once a status
 * has shown rest. A frame in the pad's gap is written again, and three polls later it is proved: 3 s, or more.
 */
const isSettled =
  ({ base }: Subject) =>
  ({ topic, payload }: Recorded): boolean => {
    if (topic !== `${base}/p0/state`) return false;
    const { speed, stop_confirmed } = JSON.parse(payload) as { speed: number; stop_confirmed?: boolean };
    return speed === 0 && stop_confirmed !== false;
  };

/**
 * The floor never repeats a stop that falls into its pad's gap, which ignores it: `OFF` is sent again until the belt is at
 * rest, on both sides, and not measured.
 */
const settled = async (subject: Subject, probe: MqttProbe, mark: number): Promise<void> => {
  const again = setInterval(() => off(subject, probe), AGAIN_MS);
  await probe.until(isSettled(subject), SETTLED_MS, mark).finally(() => clearInterval(again));
};

const off = ({ base }: Subject, { client }: MqttProbe): void =>
  void client.publish(`${base}/p0/set`, "OFF", { qos: 1 });

/** `OFF` on MQTT → stop frame on the air. Milliseconds. The last stop is settled at the end. */
export const offToStop = async (
  subject: Subject,
  probe: MqttProbe,
  times: number,
): Promise<readonly number[]> => {
  const took: number[] = [];
  for (let i = 0; i < times; i += 1) {
    await anyMoment();
    const before = stopFrames(subject).length;
    const mark = probe.mark();
    const from = now();
    off(subject, probe);
    took.push((await nextStop(subject, before)).at - from);
    await settled(subject, probe, mark);
  }
  return took;
};

/** SIGTERM → stop frame on the air. Milliseconds. */
export const signalToStop = async (subject: Subject): Promise<number> => {
  await anyMoment();
  const before = stopFrames(subject).length;
  const from = now();
  subject.program.signal("SIGTERM");
  const frame = await nextStop(subject, before);
  if (!subject.program.exited) await once(subject.program.child, "exit");
  return frame.at - from;
};

/** A status is a handle value notification of 20 bytes, F8 A2; its speed is in tenths of a km/h (wire-facts a.5). */
const STATUS = /f8a2..(..)/;
const speedOf = ({ from, bytes }: WireLine): number | null => {
  const speed = from === "controller" ? STATUS.exec(bytes)?.[1] : undefined;
  return speed === undefined ? null : Number.parseInt(speed, 16) / 10;
};

/** Status on the air → state at a subscriber, for the statuses whose speed is new. Milliseconds. */
export const statusToState = async (
  subject: Subject,
  probe: MqttProbe,
  times: number,
): Promise<readonly number[]> => {
  const states: { readonly speed: number; readonly at: number }[] = [];
  const listen = (topic: string, payload: Buffer): void => {
    const at = now();
    if (topic === `${subject.base}/p0/state`)
      states.push({ speed: (JSON.parse(payload.toString()) as { speed: number }).speed, at });
  };
  probe.client.on("message", listen);
  const from = now();
  await subject.press("start-stop");
  await sleep(7_000);
  for (let i = 0; i < times; i += 1) {
    await subject.press(i % 2 === 0 ? "+" : "-");
    await sleep(1_900);
  }
  probe.client.off("message", listen);
  const statuses = subject.wire().flatMap((line) => {
    const speed = line.at < from ? null : speedOf(line);
    return speed === null ? [] : [{ speed, at: line.at }];
  });
  // The first status of a new speed, and the first state after it that shows it.
  return statuses.flatMap(({ speed, at }, i) => {
    const state = states.find((each) => each.at > at && each.speed === speed);
    return i > 0 && statuses[i - 1]?.speed !== speed && state && state.at - at < 900 ? [state.at - at] : [];
  });
};

/** Of all threads, by the scheduler's own count: the ticks of /proc/PID/stat are 10 ms, too coarse for the floor. */
const cpuMs = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`)
    .map(
      (thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]) / 1e6,
    )
    .reduce((sum, ms) => sum + ms, 0);

/** Resident megabytes. */
export const residentMb = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;

/** Share of a core, in per cent, over `seconds`. */
export const cpuShare = async (pid: number, seconds: number): Promise<number> => {
  const from = { at: performance.now(), cpu: cpuMs(pid) };
  await sleep(seconds * 1_000);
  return (100 * (cpuMs(pid) - from.cpu)) / (performance.now() - from.at);
};

/** V8 tidies up what the start has left behind within half a minute, at 0.1 s of CPU (--trace-gc): once, and not measured. */
export const WARM_MS = 45_000;
