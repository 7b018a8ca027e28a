import { createRequire } from "node:module";
import { defineConfig } from "vitest/config";

/** Compiled or downloaded at the install: where neither is possible npm leaves them out, and the bridge reports it. */
const OPTIONAL = [
  { name: "better-sqlite3", tests: ["test/store/**"] },
  {
    name: "@abandonware/noble",
    tests: ["test/ble/**", "test/virtual-controller/**", "test/process/the-real-radio*"],
  },
];

const withoutPackage = OPTIONAL.filter(({ name }) => {
  try {
    createRequire(import.meta.url).resolve(`${name}/package.json`);
    return false;
  } catch {
    process.stderr.write(`${name} could not be installed here: its tests are skipped\n`);
    return true;
  }
});

/** They run programs, browsers and the real noble, which keep state in their process: each file gets one of its own. */
const PROGRAMS = ["test/{ble,page,process,shelf,virtual-controller}/**/*.test.ts"];

export default defineConfig({
  test: {
    // test/bluez needs BlueZ's emulator beside it: npm run test:bluez.
    exclude: ["dist/**", "node_modules/**", "test/bluez/**", ...withoutPackage.flatMap(({ tests }) => tests)],
    projects: [
      { extends: true, test: { name: "programs", include: PROGRAMS } },
      {
        extends: true,
        test: {
          name: "sources",
          include: ["src/**/*.test.ts", "test/**/*.test.ts"],
          exclude: PROGRAMS,
          // One module graph per worker: loading the sources again for each file takes longer than most of its tests.
          isolate: false,
        },
      },
    ],
    // Most of the suite waits for real processes, real signals and falling belts: more files at once than cores.
    maxWorkers: 4,
    // A test that hangs is a bug of ours, and a run that found no test has proved nothing.
    testTimeout: 30_000,
    // What is polled for comes when it comes; its own default is a second.
    expect: { poll: { timeout: 10_000 } },
    passWithNoTests: false,
    dangerouslyIgnoreUnhandledErrors: false,
  },
});
