import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { SIMULATED_MODELS, type SimulatedModel } from "../../src/domain/faults.js";
import { type Day, dayOf } from "./day.js";
import { kindOfViolation, shrink } from "./shrink.js";
import { runDay } from "./world.js";

// npm run test:world -- [--days N] [--seed N] [--model NAME,NAME…] [--workers N] [--shrink N]
// Many days, each by a seed of its own, the first of them printed. `--days 1` shows that day as it was. A day is a
// function of its seed and of the models that its pads are drawn from.

const DAYS = 20_000;
/** Seeds that a worker takes at a time. */
const LOT = 50;

const flag = (name: string): number | null => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? null : Number(process.argv[at + 1]);
};
const modelsNamed = (): readonly SimulatedModel[] => {
  const at = process.argv.indexOf("--model");
  if (at < 0) return SIMULATED_MODELS;
  const names = (process.argv[at + 1] ?? "").split(",");
  const models = names.flatMap((name) => SIMULATED_MODELS.filter((model) => model === name));
  if (models.length === names.length) return models;
  process.stderr.write(`--model takes some of ${SIMULATED_MODELS.join(",")}\n`);
  process.exit(64);
};
const MODELS = modelsNamed();
const say = (text: string): void => void process.stdout.write(`${text}\n`);

interface Lot {
  readonly from: number;
  readonly count: number;
}

interface Report {
  readonly days: number;
  readonly failures: readonly { readonly seed: number; readonly violations: readonly string[] }[];
  readonly exits: readonly number[];
  readonly reactions: readonly number[];
}

const work = async ({ from, count }: Lot): Promise<Report> => {
  const failures: { seed: number; violations: readonly string[] }[] = [];
  const exits: number[] = [];
  const reactions: number[] = [];
  for (let seed = from; seed < from + count; seed += 1) {
    const outcome = await runDay(dayOf(seed, MODELS));
    if (outcome.violations.length > 0) failures.push({ seed, violations: outcome.violations });
    exits.push(...outcome.exits);
    reactions.push(...outcome.reactions.filter(({ gap }) => gap > 0).map(({ took }) => took));
  }
  return { days: count, failures, exits, reactions };
};

const print = async (day: Day): Promise<boolean> => {
  const { timeline, violations } = await runDay(day, { trace: true });
  const { deeds, ...rest } = day;
  say(JSON.stringify(rest));
  for (const deed of deeds) say(`  ${JSON.stringify(deed)}`);
  for (const line of timeline) say(line);
  return violations.length > 0;
};

const single = async (seed: number): Promise<boolean> => {
  const day = dayOf(seed, MODELS);
  const { violations } = await runDay(day);
  const [first] = violations;
  const tries = flag("shrink") ?? 0;
  return print(first !== undefined && tries > 0 ? await shrink(day, kindOfViolation(first), tries) : day);
};

/** A worker that gets lots from its parent until it has none left. */
const serve = (): void => {
  process.on("message", (lot: Lot) => {
    void work(lot).then((report) => process.send?.(report));
  });
};

const many = async (first: number, days: number): Promise<boolean> => {
  const began = performance.now();
  const kinds = new Map<string, { count: number; seeds: number[]; text: string }>();
  const exits = new Map<number, number>();
  const reactions: number[] = [];
  let next = first;
  let done = 0;
  const take = (): Lot | null => {
    const count = Math.min(LOT, first + days - next);
    if (count <= 0) return null;
    next += count;
    return { from: next - count, count };
  };
  const took = (report: Report): void => {
    done += report.days;
    reactions.push(...report.reactions);
    for (const code of report.exits) exits.set(code, (exits.get(code) ?? 0) + 1);
    for (const { seed, violations } of report.failures)
      for (const text of violations) {
        const kind = kindOfViolation(text);
        const known = kinds.get(kind) ?? { count: 0, seeds: [], text };
        known.count += 1;
        if (known.seeds.length < 6 && !known.seeds.includes(seed)) known.seeds.push(seed);
        if (known.count === 1) say(`seed ${seed}: ${text}`);
        kinds.set(kind, known);
      }
    if (flag("until-found") !== null && kinds.size > 0) process.exit(1);
    if (done % 1_000 < LOT) say(`${done} days, ${kinds.size} kinds of violation`);
  };
  await Promise.all(
    Array.from(
      { length: flag("workers") ?? availableParallelism() },
      () =>
        new Promise<void>((resolve, reject) => {
          const child = fork(fileURLToPath(import.meta.url), ["--serve", "--model", MODELS.join(",")]);
          const go = (): void => {
            const lot = take();
            if (lot) child.send(lot);
            else child.disconnect();
          };
          child.on("message", (report: Report) => {
            took(report);
            go();
          });
          child.on("exit", (code) => (code ? reject(new Error(`a worker ended with ${code}`)) : resolve()));
          go();
        }),
    ),
  );
  for (const [, { count, seeds, text }] of [...kinds].sort(([, a], [, b]) => b.count - a.count))
    say(`${String(count).padStart(6)} × ${text}   (seeds ${seeds.join(" ")})`);
  reactions.sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round(reactions[Math.floor(share * (reactions.length - 1))] ?? 0);
  const codes = [...exits].sort().map(([code, count]) => `${count} × ${code}`);
  const seconds = (performance.now() - began) / 1000;
  say(`${done} days from seed ${first} in ${seconds.toFixed(0)} s · exits ${codes.join(", ")}`);
  say(`from a stop to the frame that is obeyed, on pads with a gap: median ${at(0.5)} ms, worst ${at(1)} ms`);
  if (flag("until-found") !== null) return false;
  const named = MODELS === SIMULATED_MODELS ? "" : ` --model ${MODELS.join(",")}`;
  if (kinds.size > 0) say(`One day alone: npm run test:world -- --days 1 --seed N${named} [--shrink 250]`);
  return kinds.size > 0;
};

if (process.argv.includes("--serve")) serve();
else {
  const days = flag("days") ?? DAYS;
  const seed = flag("seed") ?? Math.floor(Math.random() * 1e9);
  const failed = days === 1 ? await single(seed) : await many(seed, days);
  process.exit(failed ? 1 : 0);
}
