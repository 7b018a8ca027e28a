// npm run bench: figures, no judgement. The README's safety section quotes them.
import { cpus, totalmem } from "node:os";
import { measureAgainstFloor } from "./bench/against-floor.js";
import { CASES, summary, type Summary } from "./bench/cases.js";
import { measureCore } from "./bench/core.js";
import { measureLoad } from "./bench/load.js";
import { measurePage } from "./bench/page.js";
import { measureMemory, measureProgram, measureStart, startProbed, withBench } from "./bench/program.js";

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const doing = (text: string): void => void process.stderr.write(`${text} …\n`);
const ms = (value: number): string => (value < 10 ? value.toFixed(2) : value.toFixed(0));
const megabytes = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MB`;
const row = (what: string, { median, p95, p99, runs }: Summary): string =>
  `| ${what} | ${ms(median)} | ${ms(p95)} | ${ms(p99)} | ${runs} |`;

const floor = await measureAgainstFloor({ rounds: 5, times: 5, seconds: 20, doing });
const rows: string[] = [];
for (const at of CASES) {
  doing(`stop, the pad core alone, ${at}`);
  rows.push(
    row(
      `stop command given to the pad core → frame handed to the link, ${at}`,
      summary(await measureCore(at)),
    ),
  );
}
const memory = await withBench(async (bench) => {
  const program = await startProbed(bench);
  doing("stop, the built program");
  const took = await measureProgram(bench, program);
  for (const at of CASES)
    rows.push(
      row(`stop in an MQTT packet read from the socket → frame handed to the link, ${at}`, summary(took[at])),
    );
  await program.dispose();
  doing("start-up");
  const starts = await measureStart(bench);
  rows.push(row("start of the process → `bridge/state` online", summary(starts.map(({ bridge }) => bridge))));
  rows.push(row("start of the process → first pad online", summary(starts.map(({ pad }) => pad))));
  doing("memory, one minute");
  return measureMemory(bench);
});

const load = await measureLoad(20, doing);
const page = await measurePage(doing);

const [cpu] = cpus();
say(
  `Node ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} × ${cpu?.model ?? "unknown"}, ${megabytes(totalmem())}\n`,
);
say("| against the floor | bridge | floor | ratio | of the rounds |\n| --- | --- | --- | --- | --- |");
for (const each of floor) say(each);
say("");
say("| simulated pads | CPU, % of a core | a pad | resident, MB | a pad |\n| --- | --- | --- | --- | --- |");
for (const each of load) say(each);
say("");
say("| milliseconds | median | 95 % | 99 % | runs |\n| --- | --- | --- | --- | --- |");
for (const each of rows) say(each);
say(`\n| the page, ${new Date().toISOString().slice(0, 10)} | |\n| --- | --- |`);
for (const each of page) say(each);
say(
  `\nMemory after a minute with 8 simulated pads walked on: ${megabytes(memory.rss)} resident, ${megabytes(memory.heap_used)} of it heap.`,
);
