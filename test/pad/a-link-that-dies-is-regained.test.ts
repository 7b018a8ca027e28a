import { describe, expect, it } from "vitest";
import type { SimulatedModel } from "../../src/domain/faults.js";
import { ALL_MODELS, ADDRESS, codes, link, OFF, ON, padRig, type Rig, speed } from "../support/pad-rig.js";

/** An FTMS link takes its steps 100 ms apart (wire-facts b.7.2), and speaks when it likes: once a second. */
const patience = (model: SimulatedModel): number => (model === "c2" ? 0 : 1_000);

describe.each(ALL_MODELS)("a link to a %s", (model) => {
  it("is reported while the belt moves without a link, and when the link is back", async () => {
    const rig = padRig({ model });
    await rig.walking(3);
    rig.radio.outOfRange(ADDRESS, true);
    await rig.clock.until(() => rig.state().link !== "ready", 10_000);
    const lost = { belt: "unknown", running: null, moving: null, speed: null, targetSpeed: null, mode: null };
    expect(rig.state()).toMatchObject({ ...lost, link: "lost", problem: "link-lost" });
    expect(rig.pad.view().available).toBe(false);
    expect(rig.events.at(-1)).toMatchObject({ type: "link_lost" });
    expect(codes(rig.send(ON, speed(3.5)))).toEqual(["not-connected", "not-connected"]);
    await rig.clock.advance(60_000);
    expect(rig.state()).toMatchObject({ link: "lost", problem: "link-lost" });

    rig.radio.outOfRange(ADDRESS, false);
    await rig.clock.until(() => rig.pad.view().available, 10_000);
    expect(rig.state()).toMatchObject({
      belt: "running",
      speed: model === "tm11gy" ? 299 : 300,
      link: "ready",
      problem: null,
    });
    expect(rig.events.at(-1)).toMatchObject({ type: "link_restored" });
    // Nothing was written to the belt, and its walk went on.
    // The first start is refused by an x21 whose clock was not set yet.
    const starts = model === "x21" ? ["start", "start"] : ["start"];
    expect(rig.frames()).toEqual([...starts, model === "tm11gy" ? "speed 1.86" : "speed 3"]);
    expect(rig.stats().session).toMatchObject({ state: "active" });
    await rig.clock.advance(4_000);
    expect(rig.state().targetSpeed).toBe(model === "tm11gy" ? 299 : 300);
    expect(await rig.close()).toBe(0);
  });

  it("of a pad that is merely away is waited for, and is no problem", async () => {
    const rig = padRig({ model });
    await rig.online();
    rig.radio.outOfRange(ADDRESS, true);
    await rig.clock.until(() => !rig.pad.view().available, 10_000);
    await rig.clock.advance(120_000);
    const missed = (): string[] => rig.news.filter((line) => line.startsWith("Pad not found yet"));
    expect(missed()).toHaveLength(1);
    expect(rig.state()).toMatchObject({ belt: "unknown", link: "scanning", problem: null });
    expect(rig.events).toEqual([]);
    expect(rig.pad.shutdown.verdict()).toBe("rest");
    rig.radio.outOfRange(ADDRESS, false);
    await rig.clock.until(() => rig.pad.view().available, 5_000);
    await rig.clock.advance(60_000);
    expect(missed()).toHaveLength(1);
    expect(await rig.close()).toBe(0);
  });

  it("that is refused is requested at growing intervals, but every second while the belt moves", async () => {
    const rig = padRig({ model });
    rig.faults({ refuseConnect: { share: 1, seconds: null } });
    rig.pad.start();
    await rig.clock.advance(300_000);
    rig.faults({});
    const calm = await rig.clock.until(() => rig.pad.view().available, 31_000);
    expect(calm).toBeGreaterThan(1_500);

    rig.press("start-stop");
    await rig.clock.until(() => rig.state().belt === "running", 10_000);
    rig.faults({ refuseConnect: { share: 1, seconds: null } });
    rig.radio.disconnect(ADDRESS);
    await rig.clock.advance(300_000);
    rig.faults({});
    expect(await rig.clock.until(() => rig.pad.view().available, 31_000)).toBeLessThan(
      1_500 + patience(model),
    );
    expect(await rig.close()).toBe(0);
  });

  it("that is refused is requested at once when a stop comes, and every second after", async () => {
    const rig = padRig({ model });
    rig.faults({ refuseConnect: { share: 1, seconds: null } });
    rig.pad.start();
    await rig.clock.advance(300_000);
    const stop = rig.send(OFF);
    await rig.clock.advance(5_000);
    expect(stop).toEqual([]);
    rig.faults({});
    await rig.clock.until(() => stop.length > 0, 4_000);
    expect(codes(stop)).toEqual(["ok"]);
    expect(await rig.close()).toBe(0);
  });

  it("that is refused is not requested more often because of commands that cannot be carried out", async () => {
    const rig = padRig({ model });
    rig.faults({ refuseConnect: { share: 1, seconds: null } });
    rig.pad.start();
    await rig.clock.advance(300_000);
    let connecting = 0;
    rig.pad.subscribe({
      changed: () => (connecting += rig.state().link === "connecting" ? 1 : 0),
      happened: () => undefined,
    });
    for (let i = 0; i < 20; i += 1) {
      expect(codes(rig.send(ON))).toEqual(["not-connected"]);
      await rig.clock.advance(100);
    }
    expect(connecting).toBeLessThanOrEqual(2);
    expect(await rig.close()).toBe(0);
  });

  it("that has worked is requested at once when it is lost, however long the connect took", async () => {
    const rig = padRig({ model });
    rig.faults({ refuseConnect: { share: 1, seconds: null } });
    rig.pad.start();
    await rig.clock.advance(300_000);
    rig.faults({});
    await rig.clock.until(() => rig.pad.view().available, 31_000);
    rig.radio.disconnect(ADDRESS);
    await rig.clock.until(() => !rig.pad.view().available);
    expect(await rig.clock.until(() => rig.pad.view().available, 31_000)).toBeLessThan(
      1_000 + patience(model),
    );
    expect(await rig.close()).toBe(0);
  });

  it("that breaks repeatedly right after the connect is not requested in a loop", async () => {
    const rig = padRig({ model });
    rig.faults({ disconnectAfter: 0 });
    rig.pad.start();
    await rig.clock.advance(120_000);
    expect(rig.pad.view().counters.connects).toBeLessThan(12);
    expect(await rig.close()).toBe(0);
  });

  it("waits for the radio, and reports it", async () => {
    const rig = padRig({ model });
    await rig.online();
    rig.radio.setPower("off");
    await rig.clock.advance(1_000);
    expect(rig.state()).toMatchObject({ link: "scanning", problem: "radio-off", belt: "unknown" });
    expect(codes(rig.send(ON, speed(3)))).toEqual(["radio-off", "radio-off"]);
    const stop = rig.send(OFF);
    await rig.clock.advance(5_000);
    rig.radio.setPower("on");
    await rig.clock.until(() => stop.length > 0, 5_000);
    expect(codes(stop)).toEqual(["ok"]);
    expect(rig.state().problem).toBe(null);
    expect(await rig.close()).toBe(0);
  });

  it("of a moving belt that the radio took along is lost", async () => {
    const rig = padRig({ model });
    await rig.walking(2);
    rig.radio.setPower("off");
    await rig.clock.advance(100);
    expect(rig.state()).toMatchObject({ link: "lost", problem: "link-lost" });
    rig.radio.setPower("on");
    await rig.clock.until(() => rig.state().belt === "running", 5_000);
    expect(await rig.close()).toBe(0);
  });
});

// FTMS has no checksum but the link's own.
it("a link without a valid status for 5 s makes the belt unknown and is connected again", async () => {
  const rig = padRig();
  await rig.walking(2);
  rig.faults({ corrupt: 1 });
  const since = rig.clock.now();
  await rig.clock.until(() => rig.state().belt === "unknown", 10_000);
  expect(rig.clock.now() - since).toBeGreaterThanOrEqual(4_000);
  expect(rig.clock.now() - since).toBeLessThanOrEqual(5_600);
  expect(rig.pad.view().available).toBe(false);
  rig.faults({});
  await rig.clock.until(() => rig.state().belt === "running", 10_000);
  expect(rig.pad.view().counters).toMatchObject({ connects: 2, losses: 1 });
  expect(rig.pad.view().counters.badFrames).toBeGreaterThan(3);
  expect(await rig.close()).toBe(0);
});

describe("a pad whose links carry no valid status", () => {
  const silent = async (): Promise<Rig> => {
    const rig = padRig();
    await rig.online();
    rig.faults({ corrupt: 1 });
    // The link on which it was seen, and two more: it may be the air.
    await rig.clock.until(() => rig.pad.view().counters.losses === 3, 60_000);
    expect(rig.state()).toMatchObject({ belt: "unknown", problem: null });
    await rig.clock.until(() => rig.pad.view().counters.losses === 4, 60_000);
    expect(rig.state()).toMatchObject({ link: "scanning", belt: "unknown", problem: "no-telemetry" });
    await rig.clock.until(() => rig.state().link === "ready", 60_000);
    expect(rig.state().problem).toBe("no-telemetry");
    return rig;
  };

  it("has a problem until one comes", async () => {
    const rig = await silent();
    rig.faults({});
    await rig.clock.until(() => rig.state().belt === "idle", 60_000);
    expect(rig.state().problem).toBeNull();
    expect(await rig.close()).toBe(0);
  });

  it("is merely away once it is not found any more", async () => {
    const rig = await silent();
    rig.radio.outOfRange(ADDRESS, true);
    await rig.clock.advance(90_000);
    expect(rig.state()).toMatchObject({ link: "scanning", problem: null });
    expect(await rig.close()).toBe(0);
  });

  it("is let go by the user's switch", async () => {
    const rig = await silent();
    await rig.clock.until(() => rig.state().link !== "ready", 60_000);
    expect(await rig.ask(link("OFF"))).toBe("ok");
    expect(rig.state()).toMatchObject({ link: "off", problem: null });
    await rig.close();
  });

  it("has another problem while the radio is off", async () => {
    const rig = await silent();
    rig.radio.setPower("off");
    await rig.clock.advance(1_000);
    expect(rig.state().problem).toBe("radio-off");
    await rig.close();
  });
});

describe.each(ALL_MODELS)("the user's switch for the link to a %s", (model) => {
  it("lets the phone have the pad, and takes it back", async () => {
    const rig = padRig({ model });
    await rig.online();
    await rig.clock.advance(2_000);
    expect(await rig.ask(link("OFF"))).toBe("ok");
    expect(rig.state()).toMatchObject({ link: "off", belt: "unknown", problem: null });
    expect(codes(rig.send(ON))).toEqual(["not-connected"]);
    await rig.clock.advance(60_000);
    expect(rig.pad.view().counters.connects).toBe(1);
    expect(await rig.ask(link("ON"))).toBe("ok");
    expect(rig.state().link).toBe("ready");
    await rig.clock.until(() => rig.pad.view().available, 5_000);
    expect(await rig.close()).toBe(0);
  });

  it("keeps the link to a belt that moves, or may", async () => {
    const rig = padRig({ model });
    await rig.walking(2);
    expect(codes(rig.send(link("OFF")))).toEqual(["unsupported"]);
    const stop = rig.send(OFF);
    expect(codes(rig.send(link("OFF")))).toEqual(["unsupported"]);
    await rig.clock.until(() => stop.length > 0, 15_000);
    rig.send(ON);
    expect(codes(rig.send(link("OFF")))).toEqual(["unsupported"]);
    await rig.clock.advance(10_000);
    rig.radio.outOfRange(ADDRESS, true);
    await rig.clock.until(() => rig.state().link === "lost", 10_000);
    expect(codes(rig.send(link("OFF")))).toEqual(["unsupported"]);
    expect(await rig.close()).toBe(0);
  });

  it("does not prevent a stop, which restores the link and disconnects again", async () => {
    const rig = padRig({ model });
    await rig.online();
    await rig.clock.advance(2_000);
    await rig.ask(link("OFF"));
    rig.press("start-stop");
    await rig.clock.advance(6_000);
    expect(await rig.ask(OFF)).toBe("ok");
    expect(rig.speed()).toBe(0);
    await rig.clock.until(() => rig.state().link === "off", 5_000);
    expect(await rig.close()).toBe(0);
  });

  it("stops waiting for a stop's sake after 60 s", async () => {
    const rig = padRig({ model });
    await rig.online();
    await rig.ask(link("OFF"));
    rig.radio.outOfRange(ADDRESS, true);
    expect(await rig.ask(OFF)).toBe("unconfirmed");
    expect(rig.state().link).toBe("scanning");
    await rig.clock.until(() => rig.state().link === "off", 60_000);
    expect(rig.state().problem).toBe(null);
    expect(await rig.close()).toBe(0);
  });

  it("gives each wish its result: the older of two is superseded, the same one is shared, late is late", async () => {
    const rig = padRig({ model });
    await rig.online();
    await rig.clock.advance(2_000);
    const off = rig.send(link("OFF"), link("OFF"));
    const on = rig.send(link("ON"));
    expect(codes(off)).toEqual(["superseded", "superseded"]);
    await rig.clock.until(() => on.length > 0, 5_000);
    expect(codes(on)).toEqual(["ok"]);
    await rig.clock.advance(2_000);
    await rig.ask(link("OFF"));
    rig.radio.outOfRange(ADDRESS, true);
    expect(await rig.ask(link("ON"))).toBe("unconfirmed");
    rig.radio.setPower("off");
    expect(await rig.ask(link("ON"))).toBe("radio-off");
    expect(await rig.close()).toBe(0);
  });
});
