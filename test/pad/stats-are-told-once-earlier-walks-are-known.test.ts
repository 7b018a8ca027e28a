import { expect, it } from "vitest";
import type { SessionStore } from "../../src/domain/session-store.js";
import { noSessionStore, padRig } from "../support/pad-rig.js";

const total = (rig: ReturnType<typeof padRig>): number | undefined => rig.pad.view().stats?.total.sessions;

it("at once, from what the store has, after an end that was clean", async () => {
  const rig = padRig();
  rig.pad.start();
  expect(total(rig)).toBe(0);
  expect(await rig.close()).toBe(0);
});

it("after an unclean end once the pad has reported its counters: until then the broker may have newer values", async () => {
  const rig = padRig({ crashed: 5_000 });
  rig.pad.start();
  expect(total(rig)).toBeUndefined();
  await rig.clock.until(() => rig.pad.view().available);
  expect(total(rig)).toBeUndefined();
  await rig.clock.advance(3_000);
  expect(total(rig)).toBe(0);
  expect(await rig.close()).toBe(0);
});

it("after an unclean end in any case within 15 s, though the pad is gone", async () => {
  const rig = padRig({ crashed: 5_000 });
  rig.radio.outOfRange("57:4c:4e:00:11:22", true);
  rig.pad.start();
  await rig.clock.advance(14_000);
  expect(total(rig)).toBeUndefined();
  await rig.clock.advance(1_500);
  expect(total(rig)).toBe(0);
  expect(await rig.close()).toBe(0);
});

it("not in a run that cannot read them, and the belt works nevertheless", async () => {
  const unreadable: SessionStore = { ...noSessionStore, resume: () => null };
  const rig = padRig({ ledger: unreadable });
  await rig.walking(3);
  expect(rig.speed()).toBeCloseTo(3, 1);
  expect(total(rig)).toBeUndefined();
  expect(rig.events.map(({ type }) => type)).toEqual(["session_started"]);
  expect(await rig.close()).toBe(0);
});
