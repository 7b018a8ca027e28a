import { setTimeout as sleep } from "node:timers/promises";
import { cpuShare, residentMb } from "./sides.js";
import { online, START_MS, withBench } from "./program.js";

interface Load {
  readonly name: string;
  readonly pads: number;
  readonly walking: boolean;
}

const LOADS: readonly Load[] = [
  { name: "one pad at rest", pads: 1, walking: false },
  ...[1, 8, 100].map((pads) => ({ name: `walking, ${pads}`, pads, walking: true })),
];
/** A start's countdown, and the ramp to 3 km/h. */
const SETTLE_MS = 15_000;

/** Lines of a table: CPU and memory of the built program with simulated pads, whose own cost is in them. */
export const measureLoad = async (
  seconds: number,
  doing: (text: string) => void,
): Promise<readonly string[]> => {
  const lines: string[] = [];
  for (const { name, pads, walking } of LOADS) {
    doing(`load: ${name}`);
    const { cpu, memory } = await withBench(async ({ probe, start }) => {
      const program = await start("load", pads);
      const all = Array.from({ length: pads }, (_, pad) => pad);
      await Promise.all(all.map((pad) => probe.until(online("load", pad), START_MS)));
      if (walking) for (const pad of all) await probe.publish(`load/p${pad}/set/speed`, "3");
      await sleep(SETTLE_MS);
      const share = await cpuShare(program.pid, seconds);
      return { cpu: share, memory: residentMb(program.pid) };
    });
    lines.push(
      `| ${name} | ${cpu.toFixed(2)} | ${(cpu / pads).toFixed(2)} | ${memory.toFixed(0)} | ${(memory / pads).toFixed(1)} |`,
    );
  }
  return lines;
};
