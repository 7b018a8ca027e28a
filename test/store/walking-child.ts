// A bridge in a process of its own, to be killed: a pad that is never switched off, whose person follows a timetable, and
// from some second on the bridge, faster than life. What the pad did before that is worked out anew.
// Arguments: folder, model, the second to begin with, the second to end after. Tells each second; at the end what was
// walked, and what the bridge makes of it.
import { HOME_MODELS, Home } from "./home.js";

const [folder = "", name = "", from = "0", to = "0"] = process.argv.slice(2);
const model = HOME_MODELS.find((each) => each === name);
if (!model) throw new Error(`no such model: ${name}`);

/** Two minutes of walking, two of rest, over and over. */
const LEG = 120;
const home = new Home(model, folder);
const second = async (now: number): Promise<void> => {
  if (now % LEG === 5) home.press();
  await home.wait(1000);
};

for (let now = 0; now < Number(from); now += 1) await second(now);
await home.start();
for (let now = Number(from); now < Number(to); now += 1) {
  await second(now);
  process.stdout.write(`${now}\n`);
}
await home.rest();
process.stdout.write(`${JSON.stringify({ truth: home.truth, total: home.stats.total })}\n`);
await home.exit();
process.exit(0);
