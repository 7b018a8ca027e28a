import { expect, it } from "vitest";
import { kmh, speedFromKmh } from "../../src/domain/units.js";
import { isSlowing, noTelemetry, observe, type Telemetry } from "../../src/pad/control/telemetry.js";
import { padRig, speed } from "../support/pad-rig.js";

// Most models show "running" all the way down (wire-facts a.8): only the falling speed tells that somebody has stopped
// the belt by its remote. A status that comes twice is no slower than itself.
it.each(["c2", "a1", "p1", "r1pro", "mc21"] as const)(
  "a %s that is stopped by its remote and sends everything twice",
  async (model) => {
    for (const after of [1_500, 2_000, 2_500, 3_000]) {
      const rig = padRig({ model });
      await rig.walking(5);
      rig.air.doubled = true;
      rig.press("start-stop");
      await rig.clock.advance(after);
      const since = rig.clock.now();
      rig.send(speed(5.5));
      await rig.clock.advance(12_000);
      expect(rig.handed.filter(({ at, op }) => at >= since && op.startsWith("speed"))).toEqual([]);
      expect(rig.speed()).toBe(0);
      await rig.close();
    }
  },
);

/** Statuses of a belt that starts at 3 km/h and loses so much a second. */
const falling = (rate: number, every: number, seconds: number): Telemetry => {
  let telemetry = noTelemetry;
  for (let at = 0; at <= seconds * 1_000; at += every) {
    const measured = speedFromKmh(Math.max(0, 3 - (rate * at) / 1_000));
    telemetry = observe(telemetry, {
      status: { activity: "running", code: 1, speed: measured },
      at,
      poll: null,
    });
  }
  return telemetry;
};

it.each([100, 250, 700, 1_000])("a belt that reports its speed every %i ms", (every) => {
  const slowing = falling(0.53, every, 3);
  expect(kmh(slowing.last!.status.speed!)).toBeGreaterThan(1);
  expect(isSlowing(slowing)).toBe(true);
  expect(isSlowing(falling(0.05, every, 3))).toBe(false);
});
