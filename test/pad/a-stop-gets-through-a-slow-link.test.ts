import { expect, it } from "vitest";
import type { SimulatedModel } from "../../src/domain/faults.js";
import { ALL_MODELS, codes, isText, OFF, padRig } from "../support/pad-rig.js";

/** Milliseconds that each write takes. */
const SLOW = [250, 310, 450, 700, 1_000, 1_300];

/**
 * Frames until the machine has a stop that it obeys. FTMS: a preamble, the request for permission, a preamble and the
 * stop. A text pad: the end of a line that is cut off, and a line of two pieces; an X21 that no command was written to
 * refuses that one, and gets its clock and the stop again.
 */
const framesTo = (model: SimulatedModel): number => (model === "x21" ? 7 : isText(model) ? 3 : 4);

/**
 * The deadline is 10 s (docs/topics.md): after those frames of an X21 and what its belt needs to come to rest, two
 * polls of 5 frames do not fit into it any more.
 */
const isLate = (model: SimulatedModel, slow: number): boolean => model === "x21" && slow >= 1_000;

it.each(ALL_MODELS.flatMap((model) => SLOW.map((slow) => ({ model, slow }))))(
  "a stop halts a $model started by its remote, permission never requested, writes of $slow ms",
  async ({ model, slow }) => {
    const rig = padRig({ model });
    await rig.online();
    rig.press("start-stop");
    await rig.clock.advance(12_000);
    rig.air.slow = slow;
    const since = rig.clock.now();
    const stop = rig.send(OFF);
    await rig.clock.until(() => rig.phase() !== "running", 12_000);
    expect(rig.clock.now() - since).toBeLessThan(framesTo(model) * slow + 1_500);
    await rig.clock.until(() => stop.length > 0, 30_000);
    expect(codes(stop)).toEqual([isLate(model, slow) ? "unconfirmed" : "ok"]);
    await rig.clock.until(() => rig.state().stopConfirmed, 30_000);
    const frames = rig.wire(since).map(({ op }) => op);
    // What belongs together stays together: a preamble and its request.

    const after = frames.flatMap((op, i) => (op === "preamble" ? [frames[i + 1]] : []));
    expect(after).not.toContain("preamble");
    rig.air.slow = 0;
    await rig.clock.advance(5_000);
    expect(await rig.close()).toBe(0);
  },
);
