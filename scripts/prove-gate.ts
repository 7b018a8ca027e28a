import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

// A gate that cannot fail guards nothing (dependency-cruiser with TypeScript 7 saw 0 modules and passed). Each planted
// violation must be refused by its gate, by the rule that is meant; and the layer gate must see our modules. All
// violations of one gate are planted together: starting it takes most of the time.
interface Plant {
  readonly file: string;
  readonly text: string;
  /** The text that the gate reports for this file: the rule, or the reason. */
  readonly says: string;
}

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = (name: string): string => join(root, "node_modules/.bin", name);

const LAYERS: readonly Plant[] = [
  { file: "src/domain/planted.ts", text: 'import "node:fs";\n', says: "domain-is-pure" },
  { file: "src/pad/planted.ts", text: 'import "../mqtt/topics.js";\n', says: "pad-knows-ports" },
  { file: "src/pad/control/planted.ts", text: 'import "../../clock.js";\n', says: "pad-control-is-pure" },
  { file: "src/api/planted.ts", text: 'import "../mqtt/topics.js";\n', says: "api-is-pure" },
  {
    file: "src/mqtt/client/planted.ts",
    text: 'import "../topics.js";\n',
    says: "mqtt-client-knows-no-pad",
  },
  { file: "src/web/planted.ts", text: 'import "../mqtt/topics.js";\n', says: "web-knows-no-mqtt" },
  { file: "src/mqtt/planted.ts", text: 'import "convict";\n', says: "knows-convict" },
  { file: "src/sim/planted.ts", text: "export const nobody = 1;\n", says: "no-orphans" },
];

const LINT: readonly Plant[] = [
  {
    file: "src/pad/planted-timer.ts",
    text: "export const late = (): void => void setTimeout(() => undefined, 1);\n",
    says: "src/clock.ts",
  },
  {
    file: "src/mqtt/planted-promise.ts",
    text: "export const forget = (): void => {\n  Promise.resolve(1);\n};\n",
    says: "no-floating-promises",
  },
  {
    file: "src/mqtt/planted-exit.ts",
    text: "export const end = (): never => process.exit(1);\n",
    says: "src/main.ts",
  },
];

const UNUSED: readonly Plant[] = [
  { file: "src/mqtt/planted.ts", text: "export const nobody = 1;\n", says: "src/mqtt/planted.ts" },
];

const layers = [bin("depcruise"), "src", "--config", ".dependency-cruiser.cjs"];
const GATES: readonly { readonly gate: readonly string[]; readonly plants: readonly Plant[] }[] = [
  { gate: layers, plants: LAYERS },
  { gate: [bin("eslint"), ...LINT.map(({ file }) => file), "--max-warnings", "0"], plants: LINT },
  { gate: [bin("tsx"), "scripts/unused.ts"], plants: UNUSED },
];

const run = ([command = "", ...args]: readonly string[]): { status: number | null; said: string } => {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: "utf8" });
  return { status, said: stdout + stderr };
};

/** The report about one file: the lines that name it, and those below its name as a headline, until an empty one. */
const saidOf = (file: string, said: string): string =>
  said
    .split("\n\n")
    .flatMap((block) =>
      block.trimStart().startsWith(join(root, file))
        ? [block]
        : block.split("\n").filter((line) => line.includes(file)),
    )
    .join("\n");

const proves = ({ gate, plants }: (typeof GATES)[number]): readonly string[] => {
  try {
    for (const { file, text } of plants) writeFileSync(join(root, file), text, { flag: "wx" });
    const { status, said } = run(gate);
    return plants
      .filter(({ file, says }) => status === 0 || !saidOf(file, said).includes(says))
      .map(({ file, says }) => `${file}: the gate let "${says}" pass\n${said}`);
  } finally {
    for (const { file } of plants) rmSync(join(root, file), { force: true });
  }
};

const seen = Number(/\((\d+) modules/.exec(run(layers).said)?.[1] ?? 0);
const failures = [
  ...(seen >= 50 ? [] : [`the layer gate sees only ${seen} modules`]),
  ...GATES.flatMap(proves),
];
for (const failure of failures) process.stdout.write(`${failure}\n`);
if (failures.length > 0) process.exit(1);
const planted = GATES.reduce((sum, { plants }) => sum + plants.length, 0);
process.stdout.write(`the gates refuse all ${planted} planted violations; ${seen} modules seen\n`);
