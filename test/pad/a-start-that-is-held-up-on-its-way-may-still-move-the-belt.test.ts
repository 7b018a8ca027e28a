import { expect, it } from "vitest";
import { ADDRESS, FTMS_MODELS, OFF, ON, padRig } from "../support/pad-rig.js";

// A start is handed to the link as the pad goes out of range and the machine is suspended: it arrives half a minute later,
// at a belt that has shown rest all the time. The 5 s of safety rule 7 begin when it has left, not when it was handed over.
it.each(FTMS_MODELS)("a %s: the end waits for what may come of it, and stops that", async (model) => {
  const rig = padRig({ model });
  await rig.online();
  await rig.clock.advance(3_000);
  rig.send(ON);
  await rig.clock.until(() => rig.handed.some(({ op }) => op === "start"), 5_000);
  rig.radio.outOfRange(ADDRESS, true);
  rig.clock.suspend(30_000);
  rig.radio.outOfRange(ADDRESS, false);
  rig.pad.shutdown.begin();
  // What comes within a second of another request is lost on a Z1 (wire-facts b.7.4): both stops are, in the spin-up.
  rig.clock.after(700, () => void rig.send(OFF));
  const [over, hurry] = [new AbortController(), new AbortController()];
  await rig.clock.settled(rig.pad.shutdown.stop(over.signal, hurry.signal), 23_000);
  expect(rig.pad.shutdown.verdict()).toBe("rest");
  expect(rig.speed()).toBe(0);
  await rig.clock.settled(rig.pad.close(), 8_000);
  await rig.clock.advance(25_000);
  expect(rig.speed()).toBe(0);
});
