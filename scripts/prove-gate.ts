import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

// A gate that cannot fail guards nothing (dependency-cruiser with TypeScript 7 saw 0 modules and passed). Each planted
// violation must be refused by its gate, by the rule that is meant; and the layer gate must see our modules.
interface Plant {
  readonly file: string;
  readonly text: string;
  readonly gate: readonly string[];
  /** The expected output of the gate. */
  readonly says: string;
}

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = (name: string): string => join(root, "node_modules/.bin", name);
const layers = [bin("depcruise"), "src", "--config", ".dependency-cruiser.cjs"];
const lint = (file: string): readonly string[] => [bin("eslint"), file, "--max-warnings", "0"];

const PLANTS: readonly Plant[] = [
  { file: "src/domain/planted.ts", text: 'import "node:fs";\n', gate: layers, says: "domain-is-pure" },
  {
    file: "src/pad/planted.ts",
    text: 'import "../mqtt/topics.js";\n',
    gate: layers,
    says: "pad-knows-ports",
  },
  {
    file: "src/pad/control/planted.ts",
    text: 'import "../../clock.js";\n',
    gate: layers,
    says: "pad-control-is-pure",
  },
  { file: "src/api/planted.ts", text: 'import "../mqtt/topics.js";\n', gate: layers, says: "api-is-pure" },
  {
    file: "src/mqtt/client/planted.ts",
    text: 'import "../topics.js";\n',
    gate: layers,
    says: "mqtt-client-knows-no-pad",
  },
  {
    file: "src/web/planted.ts",
    text: 'import "../mqtt/topics.js";\n',
    gate: layers,
    says: "web-knows-no-mqtt",
  },
  {
    file: "src/mqtt/planted.ts",
    text: 'import "convict";\n',
    gate: layers,
    says: "knows-convict",
  },
  { file: "src/sim/planted.ts", text: "export const nobody = 1;\n", gate: layers, says: "no-orphans" },
  {
    file: "src/pad/planted.ts",
    text: "export const late = (): void => void setTimeout(() => undefined, 1);\n",
    gate: lint("src/pad/planted.ts"),
    says: "src/clock.ts",
  },
  {
    file: "src/mqtt/planted.ts",
    text: "export const forget = (): void => {\n  Promise.resolve(1);\n};\n",
    gate: lint("src/mqtt/planted.ts"),
    says: "no-floating-promises",
  },
  {
    file: "src/mqtt/planted.ts",
    text: "export const end = (): never => process.exit(1);\n",
    gate: lint("src/mqtt/planted.ts"),
    says: "src/main.ts",
  },
  {
    file: "src/mqtt/planted.ts",
    text: "export const nobody = 1;\n",
    gate: [bin("tsx"), "scripts/unused.ts"],
    says: "src/mqtt/planted.ts",
  },
];

const run = ([command = "", ...args]: readonly string[]): { status: number | null; said: string } => {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: "utf8" });
  return { status, said: stdout + stderr };
};

const proves = ({ file, text, gate, says }: Plant): string | null => {
  writeFileSync(join(root, file), text, { flag: "wx" });
  try {
    const { status, said } = run(gate);
    return status !== 0 && said.includes(says) ? null : `${file}: the gate let "${says}" pass\n${said}`;
  } finally {
    rmSync(join(root, file));
  }
};

const seen = Number(/\((\d+) modules/.exec(run(layers).said)?.[1] ?? 0);
const failures = [
  ...(seen >= 50 ? [] : [`the layer gate sees only ${seen} modules`]),
  ...PLANTS.map(proves).filter((failure) => failure !== null),
];
for (const failure of failures) process.stdout.write(`${failure}\n`);
if (failures.length > 0) process.exit(1);
process.stdout.write(`the gates refuse all ${PLANTS.length} planted violations; ${seen} modules seen\n`);
