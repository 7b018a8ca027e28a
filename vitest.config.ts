import { createRequire } from "node:module";
import { defineConfig } from "vitest/config";

/** Compiled or downloaded at the install; where neither was possible it is left out, and the bridge keeps no history. */
const hasSqlite = (): boolean => {
  try {
    const Database = createRequire(import.meta.url)("better-sqlite3") as new (path: string) => {
      close(): void;
    };
    new Database(":memory:").close();
    return true;
  } catch {
    process.stderr.write("better-sqlite3 could not be installed here: the tests of the store are skipped\n");
    return false;
  }
};

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    exclude: ["dist/**", "node_modules/**", ...(hasSqlite() ? [] : ["test/store/**"])],
    // Most of the suite waits for real processes, real signals and falling belts: more files at once than cores.
    maxWorkers: 4,
    // A test that hangs is a bug of ours, and a run that found no test has proved nothing.
    testTimeout: 30_000,
    passWithNoTests: false,
    dangerouslyIgnoreUnhandledErrors: false,
  },
});
