import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

// Each rule of contract 4 is broken once in a copy of the source, and the world has to find it: npm run test:mutations.
interface Mutation {
  readonly rule: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** The pads of the days; default: all. */
  readonly models?: string;
  /** Words of a scenario that finds it, where days do so too rarely. */
  readonly scenario?: string;
}

const TEXT = "ks-c2,x21";

const pad = (rule: string, file: string, from: string, to: string): Mutation => ({
  rule,
  file: `src/pad/control/${file}`,
  from,
  to,
});

const MUTATIONS: readonly Mutation[] = [
  pad(
    "1: a stop in the gap is written again",
    "stop-frames.ts",
    "if (stop.inGap) return gapEnd;",
    "if (stop.inGap) return null;",
  ),
  pad(
    "1: start and speed are refused under a stop",
    "interpret.ts",
    "if (situation.control.stop || situation.control.leftMoving) return REFUSED.stopping;",
    "",
  ),
  {
    rule: "2: what is old is refused",
    file: "src/api/submit-set.ts",
    from: "stale ? TIME_UNREADABLE : at === null ? null : whyStale(at, wall)",
    to: "null",
  },
  {
    rule: "1: a stop that is handled ahead takes the starts along that came before it",
    file: "src/mqtt/router.ts",
    from: "isOvertaken: !ahead && place <= stoppedAt",
    to: "isOvertaken: false",
  },
  pad(
    "2: no start later than 5 s",
    "start.ts",
    "const WRITE_WINDOW_MS = 5_000;",
    "const WRITE_WINDOW_MS = 9_000;",
  ),
  {
    rule: "3: a stored message is refused",
    file: "src/mqtt/set-messages.ts",
    from: "if (message.retain) {",
    to: "if (message.retain && message.topic === '') {",
  },
  {
    rule: "3: a redelivered start is dropped",
    file: "src/mqtt/set-messages.ts",
    from: "message.dup ? parsed.commands.filter(survivesDup) : parsed.commands",
    to: "parsed.commands.filter((one) => !message.dup || survivesDup(one) || true)",
  },
  pad(
    "4: a start only to a belt at rest",
    "start.ts",
    "isFresh(telemetry, now) && showsRest(telemetry);",
    "isFresh(telemetry, now);",
  ),
  pad(
    "5: a speed is not written again once the belt has left",
    "speed.ts",
    "const left = Math.abs(measured - wrote.from) > SETTLED_WITHIN;",
    "const left = measured < 0;",
  ),
  pad(
    "7: rest is proved",
    "stop.ts",
    "if (proof >= PROOF) return stopped(control, stop);",
    "if (isNewer) return stopped(control, stop);",
  ),
  pad(
    "7: a start that the machine has told of may follow",
    "stop.ts",
    "(startReported !== null && at - startReported < SPIN_UP_MS)",
    "(startReported !== null && at < 0)",
  ),
  {
    rule: "docs/configuration.md: a session that is too long is stopped",
    file: "src/pad/auto-stop.ts",
    from: '? "max_session" : null',
    to: "? null : null",
  },
  {
    rule: "8: a belt that is started again is stopped again",
    file: "src/pad/pad.ts",
    from: 'this.shutdown.stopsAll ? "exit" : null',
    to: "null",
    scenario: "a belt is started at the pad again while another one still slows down",
  },
  {
    rule: "8: a stop that comes while the links are being closed is not confirmed",
    file: "src/process/lifecycle.ts",
    from: "belt.confirmed && late ? late : belt",
    to: "belt",
    scenario: "while nothing is waited for any more",
  },
  {
    rule: "8: exit 75",
    file: "src/process/lifecycle.ts",
    from: "return EXIT.unsafe;",
    to: "return EXIT.ok;",
  },
  {
    rule: "9: after a crash the belt is stopped",
    file: "src/pad/auto-stop.ts",
    from: 'if (this.#wasLeftByCrash(telemetry, control)) return "crash";',
    to: "if (this.#wasLeftByCrash(telemetry, control)) return null;",
  },
  {
    rule: "12: miles are capped",
    file: "src/domain/capabilities.ts",
    from: "const maxSpeed = imperial ? onStep(max / KM_PER_MILE, (steps) => Math.floor(steps + EPSILON)) : max;",
    to: "const maxSpeed = max;",
  },
  {
    rule: "14: a line that a stop cuts off is ended first",
    file: "src/pad/link/unit-writer.ts",
    from: "const frames = present?.begun ? [...interrupt, ...unit] : unit;",
    to: "const frames = unit;",
    models: TEXT,
  },
  {
    rule: "14: a line that is not allowed any more is ended",
    file: "src/pad/link/unit-writer.ts",
    from: "if (writing.begun) for (const end of interrupt) await spaced(end, what, false);",
    to: "",
    models: TEXT,
  },
  {
    rule: "14: a table is proven before a command is written",
    file: "src/protocol/kingsmith-text/table-search.ts",
    from: "if (understood < 2 || versions < (tables.some(isKnown) ? 1 : 2)) return null;\n  const agree = NEEDED.every((command) => agreed(tables, command) !== null);",
    to: "const agree = understood > 0;",
    models: TEXT,
  },
  {
    rule: "14: a command is the same in every table that is left",
    file: "src/protocol/kingsmith-text/table-search.ts",
    from: "return first !== undefined && others.every((each) => each === first) ? first : null;",
    to: "return others.length > -1 ? (first ?? null) : null;",
    models: TEXT,
  },
  {
    ...pad(
      "14: a start is tried again only while the belt is at rest",
      "start.ts",
      "isFresh(telemetry, now) && showsRest(telemetry);",
      "isFresh(telemetry, now);",
    ),
    scenario: "14: a start while the belt slows",
  },
  {
    rule: "14: a start is tried three times",
    file: "src/protocol/kingsmith-text/models.ts",
    from: "startTries: 3,",
    to: "startTries: 9,",
    models: TEXT,
  },
  {
    rule: "14: a pad that makes no sense is of an unknown variant",
    file: "src/protocol/kingsmith-text/doubt.ts",
    from: 'const access = isUnknown ? "none" : certain ? "full" : session.access;',
    to: 'const access = isUnknown || certain ? "full" : session.access;',
    models: TEXT,
  },
];

const root = fileURLToPath(new URL("../..", import.meta.url));
const copy = mkdtempSync(join(tmpdir(), "mutations-"));
for (const part of ["src", "test/world", "test/support", "tsconfig.json", "package.json"])
  cpSync(join(root, part), join(copy, part), { recursive: true });
symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));

/** Nothing is wrong on that day with the source as it is. */
const isWell = (seed: string, drawn: readonly string[]): boolean => {
  const day = ["test/world/run.ts", "--days", "1", "--seed", seed, ...drawn];
  return spawnSync(join(root, "node_modules/.bin/tsx"), day, { cwd: root }).status === 0;
};

const worldOf = (args: readonly string[]) =>
  spawnSync(join(root, "node_modules/.bin/tsx"), args, { cwd: copy, encoding: "utf8" });

/** What the scenario, or a day, says of the copy as it is; null: nothing is wrong. `isProof`: it is not wrong otherwise. */
const found = ({
  models,
  scenario,
}: Mutation): { readonly said: string; readonly isProof: boolean } | null => {
  if (scenario !== undefined) {
    const { stdout } = worldOf(["test/world/scenario.ts", scenario]);
    const said = stdout.split("\n").find((line) => line.startsWith("✗"));
    return said === undefined ? null : { said, isProof: true };
  }
  const drawn = models === undefined ? [] : ["--model", models];
  const days = ["test/world/run.ts", "--days", "900", "--seed", "1", "--until-found", "1", ...drawn];
  const { status, stdout } = worldOf(days);
  const [said = ""] = stdout.split("\n");
  const [, seed = ""] = /^seed (\d+):/.exec(said) ?? [];
  return status === 1 ? { said, isProof: isWell(seed, drawn) } : null;
};

const survives = (mutation: Mutation): string | null => {
  const { rule, file, from, to } = mutation;
  const path = join(copy, file);
  const text = readFileSync(path, "utf8");
  if (!text.includes(from)) return `${rule}: ${file} has no "${from}" any more`;
  writeFileSync(path, text.replace(from, to));
  try {
    const one = found(mutation);
    process.stdout.write(`${rule}: ${one?.said ?? "NOT FOUND"}\n`);
    if (one === null) return `${rule}: the world does not see that it is broken`;
    return one.isProof ? null : `${rule}: ${one.said} with the rule kept, too, and proves nothing`;
  } finally {
    writeFileSync(path, text);
  }
};

const wanted = process.argv[2] ?? "";
const failures = MUTATIONS.filter(({ rule }) => rule.startsWith(wanted)).flatMap(
  (one) => survives(one) ?? [],
);
rmSync(copy, { recursive: true, force: true });
for (const failure of failures) process.stdout.write(`✗ ${failure}\n`);
process.exit(failures.length > 0 ? 1 : 0);
