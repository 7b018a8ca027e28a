import { expect, it } from "vitest";
import { ADDRESS, OFF, padRig } from "../support/pad-rig.js";

// The store looks at this before it lets the disk hold the main loop up (ADR 7).

it("not with a link that takes it: the frame is handed over in the same turn", async () => {
  const rig = padRig();
  await rig.walking(3);
  expect(rig.pad.stopWaits).toBe(false);
  rig.send(OFF);
  expect(rig.handed.at(-1)?.op).toBe("stop");
  expect(rig.pad.stopWaits).toBe(false);
  expect(await rig.close()).toBe(0);
});

it("without a link for as long as it is the first thing written there, and not after its frame", async () => {
  const rig = padRig();
  await rig.walking(3);
  rig.radio.outOfRange(ADDRESS, true);
  await rig.clock.until(() => rig.state().link !== "ready", 30_000);
  rig.send(OFF);
  expect(rig.pad.stopWaits).toBe(true);
  rig.radio.outOfRange(ADDRESS, false);
  const handed = rig.handed.length;
  await rig.clock.until(() => rig.handed.slice(handed).some(({ op }) => op === "stop"), 30_000, 1);
  expect(rig.pad.stopWaits).toBe(false);
  expect(await rig.close()).toBe(0);
});

it("not for ever: a pad that is gone keeps nothing from being written", async () => {
  const rig = padRig();
  await rig.walking(3);
  rig.radio.outOfRange(ADDRESS, true);
  await rig.clock.until(() => rig.state().link !== "ready", 30_000);
  rig.send(OFF);
  await rig.clock.advance(61_000);
  expect(rig.pad.stopWaits).toBe(false);
  expect(await rig.close()).toBe(0);
});
