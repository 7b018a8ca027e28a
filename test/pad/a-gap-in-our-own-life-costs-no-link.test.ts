import { expect, it } from "vitest";
import { codes, isText, OFF, padRig, MODELS_WITH_TELEMETRY } from "../support/pad-rig.js";

// A machine that was suspended, a process that was stopped or starved: the link outlives it. Let go for what was our own
// silence, it is missed by the stop that waits in the socket, and KingSmith's machines refuse the next one for a while.
it.each(MODELS_WITH_TELEMETRY)(
  "a %s: after 8 s of it a stop is written on the same link at once",
  async (model) => {
    const rig = padRig({ model });
    await rig.walking(3);
    rig.clock.suspend(8_000);
    // The timers come first when a process goes on, then what waits in its sockets.
    await rig.clock.advance(500);
    const since = rig.clock.now();
    const stop = rig.send(OFF);
    const halts = (): boolean =>
      rig.handed.some(({ at, op }) => at >= since && ["stop", "pause"].includes(op));
    // At once; an MC21 wants its preamble first. The end of a line that was half written and the two pieces of the stop's
    // own are 60 ms apart on a text pad.
    await rig.clock.until(halts, model === "mc21" ? 50 : isText(model) ? 3 * 60 : 0);
    await rig.clock.until(() => stop.length > 0, 20_000);
    expect(codes(stop)).toEqual(["ok"]);
    expect(rig.speed()).toBe(0);
    expect(rig.pad.view().counters).toMatchObject({ connects: 1, losses: 0 });
    await rig.close();
  },
);

it("a pad that stays silent after it is disconnected 5 s later", async () => {
  const rig = padRig();
  await rig.walking(3);
  rig.faults({ drop: 1 });
  rig.clock.suspend(8_000);
  await rig.clock.advance(100);
  expect(rig.state().belt).toBe("unknown");
  const took = await rig.clock.until(() => rig.pad.view().counters.losses > 0, 10_000);
  expect(took).toBeLessThan(6_500);
  await rig.close();
});
