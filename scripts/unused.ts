import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

// The unused-code gate: every exported value must be imported somewhere. Types are exempt, a signature needs them.
// (knip would do more, but a lock made with it cannot be installed where its platform packages are missing:
// docs/adr/0001.) What only `import()` or another program reaches is excepted here.
const ENTRIES = ["src/cli/", "src/ble/noble/radio.ts", "\\.config.ts", "\\.d.ts"];

const tool = fileURLToPath(new URL("../node_modules/.bin/ts-unused-exports", import.meta.url));
const flags = ["--allowUnusedTypes", `--excludePathsFromReport=${ENTRIES.join(";")}`];

try {
  const out = execFileSync(tool, ["tsconfig.json", ...flags], { encoding: "utf8" });
  process.stdout.write(out);
} catch (error) {
  process.stdout.write((error as { stdout: string }).stdout);
  process.exitCode = 1;
}
