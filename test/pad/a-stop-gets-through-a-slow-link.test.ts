import { expect, it } from "vitest";
import { codes, FTMS_MODELS, OTHER_MODELS, OFF, padRig } from "../support/pad-rig.js";

const MODELS = ["c2", ...FTMS_MODELS, ...OTHER_MODELS] as const;
/** Milliseconds that each write takes. */
const SLOW = [250, 310, 450, 700, 1_000, 1_300];

it.each(MODELS.flatMap((model) => SLOW.map((slow) => ({ model, slow }))))(
  "a stop halts a $model started by its remote, permission never requested, writes of $slow ms",
  async ({ model, slow }) => {
    const rig = padRig({ model });
    await rig.online();
    rig.press("start-stop");
    await rig.clock.advance(12_000);
    rig.air.slow = slow;
    const since = rig.clock.now();
    const stop = rig.send(OFF);
    await rig.clock.until(() => rig.phase() !== "running", 8_000);
    // A preamble, the request for permission, a preamble and the stop.
    expect(rig.clock.now() - since).toBeLessThan(4 * slow + 1_500);
    await rig.clock.until(() => stop.length > 0, 30_000);
    expect(codes(stop)).toEqual(["ok"]);
    const frames = rig.wire(since).map(({ op }) => op);
    // What belongs together stays together: a preamble and its request.

    const after = frames.flatMap((op, i) => (op === "preamble" ? [frames[i + 1]] : []));
    expect(after).not.toContain("preamble");
    rig.air.slow = 0;
    await rig.clock.advance(5_000);
    expect(await rig.close()).toBe(0);
  },
);
