import { SCENARIOS } from "./scenarios.js";
import { runDay } from "./world.js";

// tsx test/world/scenario.ts [WORDS]: what becomes of each scenario whose name has these words; one alone is shown.
const chosen = SCENARIOS.filter(([name]) => name.includes(process.argv[2] ?? ""));
for (const [name, day] of chosen) {
  const { violations, timeline } = await runDay(day, { trace: chosen.length === 1 });
  for (const line of timeline) process.stdout.write(`${line}\n`);
  process.stdout.write(`${violations.length > 0 ? "✗" : "✓"} ${name}: ${violations[0] ?? "kept"}\n`);
}
process.exit(0);
