// A bridge's store in a process of its own, to be killed: it hears a walk, a status a second, faster than life.
// Arguments: folder, the second to begin with, the second to end after.
import type { PadStatus } from "../../src/domain/pad.js";
import { metres, seconds, speedFromKmh } from "../../src/domain/units.js";
import { ManualClock } from "../support/clock.js";
import { Book, openStore, SETTINGS } from "./book.js";
import { movedBy, START } from "./walk-script.js";

const [folder = "", from = "0", to = "0"] = process.argv.slice(2);
const first = Number(from);
const clock = new ManualClock(START + first * 1000);
const store = await openStore(folder, clock);
const book = new Book(store, clock, "office", { ...SETTINGS, pauseTimeout: 300_000 });
for (let second = first; second <= Number(to); second += 1) {
  const moved = movedBy(second);
  const status: PadStatus = {
    activity: movedBy(second + 1) > moved ? "running" : "resting",
    code: 0,
    speed: speedFromKmh(movedBy(second + 1) > moved ? 3.6 : 0),
    elapsed: seconds(moved),
    distance: metres(moved),
    steps: 2 * moved,
  };
  book.status(status);
  process.stdout.write(`${second}\n`);
  await clock.advance(1000);
}
store.release("office");
store.close();
