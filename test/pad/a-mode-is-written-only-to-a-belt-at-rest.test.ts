import { expect, it } from "vitest";
import { speedFromKmh } from "../../src/domain/units.js";
import { ADDRESS, codes, mode, OFF, ON, padRig, verb } from "../support/pad-rig.js";

it("a mode is set at rest, and reported", async () => {
  const rig = padRig();
  await rig.online();
  await rig.clock.advance(2_000);
  for (const wanted of ["standby", "auto", "manual"] as const) {
    expect(await rig.ask(mode(wanted))).toBe("ok");
    expect(rig.state().mode).toBe(wanted);
  }
  expect(rig.frames()).toEqual(["mode standby", "mode auto", "mode manual"]);
  expect(rig.state().belt).toBe("idle");
  expect(await rig.close()).toBe(0);
});

it("a mode that is set already is ok, and not written", async () => {
  const rig = padRig({ pad: { mode: "standby" } });
  await rig.online();
  await rig.clock.advance(2_000);
  // Nothing else is in its way: the pad's gap is over, the next poll not yet due.
  await rig.clock.until(() => rig.clock.now() - rig.handed.at(-1)!.at === 750, 2_000);
  expect(await rig.ask(mode("standby"))).toBe("ok");
  expect(rig.frames()).toEqual([]);
  expect(await rig.close()).toBe(0);
});

it("a mode that the pad does not take is unconfirmed after 5 s, the older of two superseded", async () => {
  const rig = padRig();
  await rig.online();
  await rig.clock.advance(2_000);
  rig.faults({ drop: 0.999 });
  const since = rig.clock.now();
  const older = rig.send(mode("auto"));
  const newer = rig.send(mode("standby"));
  expect(codes(older)).toEqual(["superseded"]);
  await rig.clock.until(() => newer.length > 0, 6_000);
  expect(["unconfirmed", "link-lost"]).toContain(codes(newer)[0]);
  expect(rig.clock.now() - since).toBeLessThanOrEqual(5_600);
  expect(await rig.close()).toBe(0);
});

it.each(["manual", "auto"] as const)("%s is not for a moving belt", async (wanted) => {
  const rig = padRig();
  await rig.walking(2);
  const since = rig.clock.now();
  expect(codes(rig.send(mode(wanted)))).toEqual(["unsupported"]);
  await rig.clock.advance(3_000);
  expect(rig.frames(since)).toEqual([]);
  expect(await rig.close()).toBe(0);
});

it("standby stops a moving belt first, and comes only when it is seen at rest", async () => {
  const rig = padRig();
  await rig.walking(4);
  const since = rig.clock.now();
  const outcomes = rig.send(mode("standby"));
  await rig.clock.until(() => rig.frames(since).includes("mode standby"), 15_000);
  expect(rig.speed()).toBe(0);
  expect(rig.state().stopConfirmed).toBe(true);
  await rig.clock.until(() => outcomes.length > 0, 5_000);
  expect(codes(outcomes)).toEqual(["ok"]);
  expect(new Set(rig.frames(since).slice(0, -1))).toEqual(new Set(["stop"]));
  expect(rig.state()).toMatchObject({ belt: "standby", mode: "standby" });
  expect(await rig.close()).toBe(0);
});

it("standby for a belt that does not come to rest is unconfirmed, and never written", async () => {
  const rig = padRig();
  await rig.walking(2);
  rig.faults({ creep: speedFromKmh(0.5) });
  expect(await rig.ask(mode("standby"))).toBe("unconfirmed");
  rig.faults({});
  await rig.clock.until(() => rig.state().stopConfirmed, 20_000);
  await rig.clock.advance(10_000);
  expect(rig.frames()).not.toContain("mode standby");
  expect(await rig.close()).toBe(0);
});

it("a mode needs a link, and auto counts as a start", async () => {
  const rig = padRig({ safety: { allowStart: false } });
  await rig.online();
  await rig.clock.advance(2_000);
  expect(codes(rig.send(mode("auto")))).toEqual(["start-not-allowed"]);
  expect(await rig.ask(mode("standby"))).toBe("ok");
  rig.radio.outOfRange(ADDRESS, true);
  await rig.clock.until(() => rig.state().link === "scanning", 10_000);
  expect(codes(rig.send(mode("manual")))).toEqual(["not-connected"]);
  expect(await rig.close()).toBe(0);
});

it("toggle starts a belt at rest and stops it in every other state", async () => {
  const rig = padRig();
  await rig.online();
  await rig.clock.advance(2_000);
  expect(await rig.ask(verb("toggle"))).toBe("ok");
  expect(rig.frames()).toEqual(["start"]);
  expect(await rig.ask(verb("toggle"))).toBe("ok");
  expect(rig.speed()).toBe(0);
  // On its way to moving, while being stopped, and while nothing is known, it is a stop.
  const start = rig.send(ON);
  const stops = rig.send(verb("toggle"), verb("toggle"));
  expect(codes(start)).toEqual(["superseded"]);
  await rig.clock.until(() => stops.length === 2, 12_000);
  rig.radio.outOfRange(ADDRESS, true);
  await rig.clock.until(() => rig.state().belt === "unknown", 10_000);
  const blind = rig.send(verb("toggle"));
  expect(rig.state().stopConfirmed).toBe(false);
  rig.radio.outOfRange(ADDRESS, false);
  const since = rig.clock.now();
  await rig.clock.until(() => blind.length > 0, 10_000);
  expect(new Set(rig.frames(since))).toEqual(new Set(["stop"]));
  expect(await rig.ask(OFF)).toBe("ok");
  expect(await rig.close()).toBe(0);
});
