import { defineConfig } from "vitest/config";
import whole from "./vitest.config.js";

// Random inputs by the thousand, scenes that cross every model with every moment, and what runs the built program.
const AT_LENGTH = [
  "**/*.properties.test.ts",
  "src/api/set-message-of-any-bytes.test.ts",
  "src/protocol/kingsmith-text/kingsmith-text.test.ts",
  "test/pad/a-stop-gets-through-a-pad-that-loses-frames-in-its-gap.test.ts",
  "test/store/{home,kill,lock,restart,retention}.test.ts",
];

// The included files are listed here, not in the projects.
const shared = { ...whole.test };
delete shared.projects;

/** `npm run test:fast`, for the one who edits; `npm test` runs everything. */
export default defineConfig({
  test: {
    ...shared,
    include: ["src/**/*.test.ts", "test/{pad,store,broker}/**/*.test.ts"],
    exclude: [...(shared.exclude ?? []), ...AT_LENGTH],
    pool: "threads",
    isolate: false,
    maxWorkers: 2,
  },
});
