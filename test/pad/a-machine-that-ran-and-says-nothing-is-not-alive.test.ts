import { expect, it } from "vitest";
import { OFF, padRig, MODELS_WITH_TELEMETRY } from "../support/pad-rig.js";

// Safety rule 7: a read is a sign of life of an FTMS machine at rest. One that ran when its link was lost, and says
// nothing on the new one though it can be read, may not have taken the subscription: it is offline, and tried again.
it.each(MODELS_WITH_TELEMETRY)("a %s", async (model) => {
  const rig = padRig({ model });
  await rig.walking(3);
  rig.faults({ drop: 1 });
  await rig.clock.until(() => rig.pad.view().counters.connects > 1, 15_000);
  for (let second = 0; second < 30; second += 1) {
    await rig.clock.advance(1_000);
    expect(rig.pad.view().available).toBe(false);
  }
  expect(rig.pad.view().counters.connects).toBeGreaterThan(3);
  expect(rig.state()).toMatchObject({ belt: "unknown", problem: "link-lost" });
  rig.faults({});
  await rig.clock.until(() => rig.pad.view().available, 20_000);
  expect(rig.state().belt).toBe("running");
  expect(rig.state().problem).not.toBe("link-lost");
  await rig.close();
});

it("one that was slowing down, and is silent at rest, is not reconnected repeatedly", async () => {
  const rig = padRig({ model: "z1", pad: { quietAtRest: true } });
  await rig.online();
  rig.press("start-stop");
  await rig.clock.advance(15_000);
  rig.send(OFF);
  await rig.clock.advance(60_000);
  expect(rig.speed()).toBe(0);
  expect(rig.pad.view()).toMatchObject({ available: true, counters: { connects: 2 } });
  // Nobody has seen it at rest.
  expect(rig.state()).toMatchObject({ belt: "unknown", stopConfirmed: false, problem: "stop-unconfirmed" });
  await rig.close();
});
