import { expect, it } from "vitest";
import { ADDRESS, codes, OFF, ON, padRig, speed } from "../support/pad-rig.js";

const target = (rig: ReturnType<typeof padRig>): number | null => rig.state().targetSpeed;

it("is null at rest, set with a valid speed, kept, and null from the stop on", async () => {
  const rig = padRig();
  await rig.online();
  await rig.clock.advance(2_000);
  rig.send(speed(4));
  expect(target(rig)).toBe(null);
  await rig.clock.until(() => rig.state().belt === "starting", 5_000);
  expect(target(rig)).toBe(400);
  await rig.clock.until(() => rig.state().speed === 400, 30_000);
  expect(target(rig)).toBe(400);
  rig.send(speed(5));
  expect(target(rig)).toBe(500);
  rig.send(speed(99));
  expect(target(rig)).toBe(500);
  rig.send(OFF);
  expect(target(rig)).toBe(null);
  await rig.clock.until(() => rig.state().belt === "idle", 15_000);
  expect(target(rig)).toBe(null);
  expect(await rig.close()).toBe(0);
});

it("follows a belt that settles where its own controls have set it, and only once it has", async () => {
  const rig = padRig();
  await rig.walking(2);
  rig.press("+");
  rig.press("+");
  await rig.clock.until(() => rig.state().speed === 300, 5_000);
  expect(target(rig)).toBe(200);
  await rig.clock.until(() => target(rig) === 300, 5_000);
  rig.press("-");
  await rig.clock.advance(1_000);
  expect(target(rig)).toBe(300);
  await rig.clock.until(() => target(rig) === 250, 6_000);
  expect(await rig.close()).toBe(0);
});

it("of a belt that another controller has started is where it settles", async () => {
  const rig = padRig();
  await rig.online();
  await rig.clock.advance(2_000);
  rig.press("start-stop");
  await rig.clock.until(() => rig.state().speed === 200, 10_000);
  expect(target(rig)).toBe(null);
  await rig.clock.until(() => target(rig) === 200, 5_000);
  expect(await rig.close()).toBe(0);
});

it("of a belt that starts slowly is not where it begins", async () => {
  const rig = padRig({ model: "r1pro" });
  await rig.online();
  await rig.clock.advance(2_000);
  expect(await rig.ask(ON)).toBe("ok");
  expect(rig.state().speed).toBeLessThanOrEqual(40);
  expect(target(rig)).toBe(null);
  await rig.clock.until(() => target(rig) !== null, 30_000);
  expect(target(rig)).toBe(rig.state().speed);
  expect(target(rig)).toBeGreaterThan(100);
  expect(await rig.close()).toBe(0);
});

it("returns when the speed fails", async () => {
  const rig = padRig();
  await rig.walking(3);
  const outcomes = rig.send(speed(4));
  expect(target(rig)).toBe(400);
  // Somebody holds against it with the remote.
  for (let i = 0; i < 90 && outcomes.length === 0; i += 1) {
    if (rig.speed() > 3.2) rig.press("-");
    await rig.clock.advance(200);
  }
  expect(codes(outcomes)).toEqual(["superseded"]);
  // It follows the belt to where the remote keeps it.
  expect(target(rig)).toBe(rig.state().speed);
  expect(await rig.close()).toBe(0);
});

it("is null while the belt is unknown, and returns with the belt", async () => {
  const rig = padRig();
  await rig.walking(3);
  rig.radio.disconnect(ADDRESS);
  await rig.clock.advance(10);
  expect(target(rig)).toBe(null);
  await rig.clock.until(() => target(rig) === 300, 10_000);
  expect(await rig.close()).toBe(0);
});

it("is the start speed of the config, once the belt starts", async () => {
  const rig = padRig({ settings: { startSpeed: 350 as never } });
  await rig.online();
  await rig.clock.advance(2_000);
  expect(await rig.ask(ON)).toBe("ok");
  expect(target(rig)).toBe(350);
  await rig.clock.until(() => rig.state().speed === 350, 15_000);
  expect(rig.frames()).toEqual(["start", "speed 3.5"]);
  expect(await rig.close()).toBe(0);
});

it("is left to the pad where the config's start speed is not in its range", async () => {
  const rig = padRig({ settings: { startSpeed: 500 as never, maxSpeed: 400 as never } });
  await rig.online();
  await rig.clock.advance(3_000);
  expect(await rig.ask(ON)).toBe("ok");
  await rig.clock.advance(10_000);
  expect(rig.frames()).toEqual(["start"]);
  expect(await rig.close()).toBe(0);
});
