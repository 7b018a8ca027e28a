import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    exclude: ["dist/**", "node_modules/**"],
    // Most of the suite waits for real processes, real signals and falling belts: more files at once than cores.
    maxWorkers: 4,
    // A test that hangs is a bug of ours, and a run that found no test has proved nothing.
    testTimeout: 30_000,
    passWithNoTests: false,
    dangerouslyIgnoreUnhandledErrors: false,
  },
});
