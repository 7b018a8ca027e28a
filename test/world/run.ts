import { dayOf } from "./day.js";
import { runDay } from "./world.js";

const [from = "1", count = "1", flag] = process.argv.slice(2);
const began = performance.now();
let bad = 0;
for (let seed = Number(from); seed < Number(from) + Number(count); seed += 1) {
  const day = dayOf(seed);
  const { violations, timeline } = await runDay(day, { trace: flag === "trace" });
  if (flag === "trace") {
    process.stdout.write(
      `${JSON.stringify({ pads: day.pads, safety: day.safety, lasts: day.lasts, heals: day.heals })}\n`,
    );
    process.stdout.write(`${timeline.join("\n")}\n`);
  }
  if (violations.length > 0) {
    bad += 1;
    process.stdout.write(`seed ${seed}: ${violations[0]}\n`);
  }
}
process.stdout.write(
  `${count} days, ${bad} bad, ${((performance.now() - began) / Number(count)).toFixed(0)} ms a day\n`,
);
process.exit(0);
