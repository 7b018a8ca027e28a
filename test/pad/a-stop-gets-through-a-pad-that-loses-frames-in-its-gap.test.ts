import { describe, expect, it } from "vitest";
import type { Outcome } from "../../src/domain/command.js";
import { codes, OFF, padRig } from "../support/pad-rig.js";

/** Between two frames, as the pads of wire-facts a.9 want it; what is lost may begin the gap anew. */
const PADS = [
  { gap: 690, gapRestarts: false },
  { gap: 690, gapRestarts: true },
  { gap: 700, gapRestarts: true },
];
const PHASES = [0, 70, 210, 390, 560, 690, 740, 860];
/** Milliseconds between two presses; Infinity: one press. */
const PATTERNS = [Infinity, 50, 330, 690, 750, 1_000, 2_300, 5_000];

/** Walks at 4 km/h, presses OFF until the belt has rested for 5 s; when the pad obeyed, and every outcome. */
const press = async (pad: (typeof PADS)[number], phase: number, every: number) => {
  const rig = padRig({ pad });
  await rig.walking(4);
  await rig.clock.advance(phase);
  const since = rig.clock.now();
  const results: Outcome[][] = [rig.send(OFF)];
  let obeyed: number | null = null;
  for (let at = 10; rig.clock.now() - since < 17_000; at += 10) {
    await rig.clock.advance(10);
    if (at % every === 0) results.push(rig.send(OFF));
    if (obeyed === null && rig.phase() !== "running") obeyed = rig.clock.now() - since;
  }
  await rig.clock.until(() => results.flat().length === results.length, 15_000);
  const speed = rig.speed();
  expect(await rig.close()).toBe(0);
  return { obeyed: obeyed ?? Infinity, outcomes: new Set(codes(results.flat())), speed };
};

describe.each(PADS)("OFF to a pad that loses frames within $gap ms (gap restarts: $gapRestarts)", (pad) => {
  it.each(PATTERNS)("pressed every %d ms is obeyed within 0.85 s, and ok", async (every) => {
    const runs = await Promise.all(PHASES.map((phase) => press(pad, phase, every)));
    expect(Math.max(...runs.map(({ obeyed }) => obeyed))).toBeLessThanOrEqual(850);
    for (const { outcomes, speed } of runs) {
      expect([...outcomes]).toEqual(["ok"]);
      expect(speed).toBe(0);
    }
  });
});
