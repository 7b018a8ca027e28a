import { expect, it } from "vitest";
import { codes, isMotion, link, OFF, ON, padRig, speed } from "../support/pad-rig.js";

const OFFSETS = [0, 100, 200, 300, 400, 500, 600, 700, 800, 900];

// The link lives on for a moment, so that what was written gets there. A start that is written in it arrives, too, and
// the belt runs on a link that is switched off: seen.
it.each(OFFSETS)("%i ms after a poll: `link` OFF and ON for the belt at once", async (offset) => {
  for (const after of [0, 5, 30]) {
    const rig = padRig();
    await rig.online();
    await rig.clock.advance(3_000 + offset);
    const off = rig.send(link("OFF"));
    await rig.clock.advance(after);
    const starts = rig.send(ON, speed(3));
    expect(codes(starts)).toEqual(["not-connected", "not-connected"]);
    await rig.clock.advance(10_000);
    expect(codes(off)).toEqual(["ok"]);
    expect(rig.handed.filter(({ op }) => isMotion(op))).toEqual([]);
    expect(rig.speed()).toBe(0);
    await rig.close();
  }
});

it("a stop takes it back: it is written at once, and the link is regained to see it done", async () => {
  const rig = padRig();
  await rig.online();
  await rig.clock.advance(3_000);
  const off = rig.send(link("OFF"));
  const stop = rig.send(OFF);
  expect(rig.handed.at(-1)?.op).toBe("stop");
  await rig.clock.until(() => rig.state().stopConfirmed, 20_000);
  await rig.clock.advance(21_000);
  expect(codes(stop)).toEqual(["link-lost"]);
  expect(codes(off)).toEqual(["ok"]);
  expect(rig.state().link).toBe("off");
  await rig.close();
});
