import { defineConfig } from "vitest/config";

/** For run.ts, which starts BlueZ's controller emulator first. */
export default defineConfig({
  test: {
    include: ["test/bluez/**/*.test.ts"],
    testTimeout: 60_000,
    // The emulator has one air, in which the pads of all files would meet, and room for 16 controllers.
    fileParallelism: false,
    passWithNoTests: false,
    dangerouslyIgnoreUnhandledErrors: false,
  },
});
