import { expect, it } from "vitest";
import { speedFromKmh } from "../../src/domain/units.js";
import { noIdentity } from "../../src/domain/identity.js";
import { ADDRESS, codes, padRig, speed } from "../support/pad-rig.js";

it("a pad that counts in miles is capped as if its numbers were mph (safety rule 12)", async () => {
  const rig = padRig({ pad: { imperial: true } });
  await rig.online();
  await rig.clock.advance(3_000);
  const { capabilities } = rig.pad.view().identity;
  // The simulated C2 reports 6 km/h as 3.7 mph; 3.7 / 1.609 is 2.3.
  expect(capabilities).toMatchObject({ imperial: true, maxSpeed: speedFromKmh(2.2) });
  expect(rig.state().problem).toBe("imperial-units");
  expect(codes(rig.send(speed(2.3)))).toEqual(["out-of-range"]);
  expect(await rig.ask(speed(2))).toBe("ok");
  expect(await rig.close()).toBe(0);
});

it("a speed that comes before it has reported its unit waits for it, and is not written above that cap", async () => {
  const rig = padRig({ pad: { imperial: true } });
  await rig.online();
  const outcomes = rig.send(speed(3.5));
  await rig.clock.until(() => outcomes.length > 0, 25_000);
  expect(codes(outcomes)).toEqual(["out-of-range"]);
  await rig.clock.advance(10_000);
  expect(rig.frames()).not.toContain("speed 3.5");
  expect(await rig.close()).toBe(0);
});

it("its report is kept for the next connect, and the present config narrows it", async () => {
  const first = padRig({ model: "r1pro" });
  await first.online();
  await first.clock.advance(3_000);
  const identity = first.identities.get("office")!;
  expect(identity.capabilities!.maxSpeed).toBe(speedFromKmh(10));
  await first.close();

  const second = padRig({ model: "r1pro", identity, settings: { maxSpeed: speedFromKmh(4) } });
  second.faults({ drop: 1 });
  second.pad.start();
  await second.clock.until(() => second.state().link === "ready", 5_000);
  expect(second.pad.view().identity.capabilities!.maxSpeed).toBe(speedFromKmh(4));
  expect(await second.close()).toBe(0);
});

it("another machine behind the same pad starts from its own model", async () => {
  const identity = {
    ...noIdentity,
    protocol: "wilink",
    model: "R1 Pro",
    reported: { maxSpeed: speedFromKmh(10), imperial: false },
  } as const;
  const rig = padRig({ identity });
  rig.faults({ drop: 1 });
  rig.pad.start();
  await rig.clock.until(() => rig.state().link === "ready", 5_000);
  expect(rig.pad.view().identity).toMatchObject({
    model: "C2",
    capabilities: { maxSpeed: speedFromKmh(6) },
  });
  expect(await rig.close()).toBe(0);
});

it("a device without a supported service is not a pad, and is not reconnected quickly", async () => {
  const rig = padRig({ settings: { protocol: "ftms" } });
  rig.pad.start();
  await rig.clock.until(() => rig.state().problem === "not-a-pad", 5_000);
  await rig.clock.advance(300_000);
  expect(rig.pad.view().counters.connects).toBeLessThan(15);
  expect(await rig.close()).toBe(0);
});

it("the same identity is kept as it is: nothing is written to the store, nothing announced again", async () => {
  const rig = padRig();
  await rig.online();
  await rig.clock.advance(3_000);
  const { identity } = rig.pad.view();
  rig.radio.disconnect(ADDRESS);
  await rig.clock.advance(10_000);
  expect(rig.pad.view().counters.connects).toBe(2);
  expect(rig.pad.view().identity).toBe(identity);
  expect(await rig.close()).toBe(0);
});
