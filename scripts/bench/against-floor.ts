// Bridge and floor in turn in one run, so that what else the machine does meets both.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Mosquitto } from "../../test/support/mosquitto.js";
import { MqttProbe } from "../../test/support/mqtt-probe.js";
import { summary } from "./cases.js";
import {
  cpuShare,
  offToStop,
  residentMb,
  buildHook,
  type Scene,
  type Side,
  signalToStop,
  startSide,
  statusToState,
  WARM_MS,
} from "./sides.js";

const SIDES: readonly Side[] = ["bridge", "floor"];
const ROWS = {
  signal: "SIGTERM → stop frame on the air, ms",
  off: "`OFF` on MQTT → stop frame on the air, ms",
  state: "status on the air → state at a subscriber, ms",
  cpu: "CPU, one pad walking, 1 Hz, % of a core",
  memory: "resident memory after that, MB",
} as const;
type Row = keyof typeof ROWS;
type Figures = Record<Row, number[]>;

export interface FloorOptions {
  readonly rounds: number;
  /** Of each latency in a round; seconds of walking while the CPU is measured. */
  readonly times: number;
  readonly seconds: number;
  readonly doing: (text: string) => void;
}

const measure = async (
  side: Side,
  figures: Figures,
  scene: Scene,
  { times, seconds }: FloorOptions,
): Promise<void> => {
  const { probe } = scene;
  const timed = await startSide(side, scene, true);
  figures.state.push(...(await statusToState(timed, probe, times)));
  figures.off.push(...(await offToStop(timed, probe, times)));
  figures.signal.push(await signalToStop(timed));
  await timed.end();
  const walking = await startSide(side, scene, false);
  await walking.press("start-stop");
  await sleep(WARM_MS);
  figures.cpu.push(await cpuShare(walking.program.pid, seconds));
  figures.memory.push(residentMb(walking.program.pid));
  await walking.end();
};

const none = (): Figures => ({ signal: [], off: [], state: [], cpu: [], memory: [] });
const digits = (value: number): string => value.toFixed(value < 20 ? 2 : 0);
const shown = (values: readonly number[]): string => {
  const { median, p95 } = summary(values);
  return `${digits(median)} (95 %: ${digits(p95)})`;
};

/** Lines of the table: medians, the ratio of them, and the smallest and largest ratio of a round. */
export const measureAgainstFloor = async (options: FloorOptions): Promise<readonly string[]> => {
  const rounds: Record<Side, Figures>[] = [];
  const folder = await mkdtemp(join(tmpdir(), "w2m-bench-"));
  const hook = await buildHook(folder);
  const broker = await Mosquitto.start();
  const probe = await MqttProbe.connect(broker.url);
  try {
    for (let round = 0; round < options.rounds; round += 1) {
      const figures = { bridge: none(), floor: none() };
      for (const side of SIDES) {
        options.doing(`${side}, round ${round + 1} of ${options.rounds}`);
        await measure(side, figures[side], { url: broker.url, probe, hook }, options);
      }
      rounds.push(figures);
    }
  } finally {
    await probe.close();
    await broker.dispose();
    await rm(folder, { recursive: true, force: true });
  }
  return (Object.keys(ROWS) as Row[]).map((row) => {
    const of = (side: Side): readonly number[] => rounds.flatMap((figures) => figures[side][row]);
    const ratio = (one: readonly number[], other: readonly number[]): number =>
      summary(one).median / summary(other).median;
    const each = rounds.map(({ bridge, floor }) => ratio(bridge[row], floor[row])).sort((a, b) => a - b);
    const spread = `${digits(each[0] ?? NaN)}–${digits(each.at(-1) ?? NaN)}`;
    const [bridge, floor] = [of("bridge"), of("floor")];
    return `| ${ROWS[row]} | ${shown(bridge)} | ${shown(floor)} | ${digits(ratio(bridge, floor))} | ${spread} |`;
  });
};
