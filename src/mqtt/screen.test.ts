import { describe, expect, it } from "vitest";
import { ManualClock } from "../../test/support/clock.js";
import { Screen } from "./screen.js";

const rig = () => {
  const clock = new ManualClock();
  const screen = new Screen("b", { discoveryPrefix: "ha", statusTopic: "ha/status" }, clock);
  const send = (topic: string, payload: string, behind = false) =>
    screen.screen(topic, Buffer.from(payload), behind);
  const flood = (topic: string, payload: string): void => {
    for (let sent = 0; sent < 20_000; sent += 1) send(topic, payload);
  };
  return { clock, send, flood };
};

describe("messages before they are parsed", () => {
  it("are handled within the limits, whatever they are", () => {
    const { send } = rig();
    for (const topic of ["b/p/set", "b/p/get", "b/bridge/request/scan", "b/bridge/state", "ha/status"])
      expect(send(topic, "{nonsense")).toBe("handle");
    expect(send("elsewhere", "x")).toBe("handle");
  });

  it("above the limit are left unread, unless a stop can be read in them", () => {
    const { send, flood } = rig();
    flood("b/p/set", "ON");
    expect(send("b/p/set", "ON")).toBe("drop");
    expect(send("b/p/set", '{"belt":"off"')).toBe("drop");
    expect(send("b/p/set/link", "OFF")).toBe("drop");
    for (const stop of [
      "OFF",
      " off",
      "pause",
      '{"belt":"OFF","speed":9}',
      '{"command":"\\u0073top"}',
      "OFF\0",
    ])
      expect(send("b/p/set", stop)).toBe("ahead");
    expect(send("b/p/set/speed", "0.0")).toBe("ahead");
    // Another pad's sender does not have to pay for it.
    expect(send("b/q/set", "ON")).toBe("handle");
  });

  it("that stop are one for all of those that come together, once they are not answered any more", () => {
    const { send, flood } = rig();
    flood("b/p/set", "OFF");
    expect(send("b/p/set", '{"belt":"OFF","id":7}')).toEqual({ sameAs: "p OFF", ahead: true });
    expect(send("b/p/set", "stop")).toEqual({ sameAs: "p stop", ahead: true });
    expect(send("b/q/set", "OFF")).toBe("handle");
  });

  it("that stop pass those that wait for the parser", () => {
    const { send } = rig();
    expect(send("b/p/set", "OFF", true)).toBe("ahead");
    expect(send("b/p/set", "ON", true)).toBe("handle");
  });

  it("for all pads together have a limit that no stop has", () => {
    const { send, flood } = rig();
    for (const pad of ["p", "q", "r"]) flood(`b/${pad}/set`, "ON");
    expect(send("b/s/set", "ON")).toBe("drop");
    expect(send("b/s/set", "OFF")).toBe("ahead");
  });

  it("that ask for the same are one; foreign configs are nothing to us", () => {
    const { send, flood } = rig();
    for (const topic of ["b/p/get", "b/bridge/request/x", "ha/device/x/config", "ha/status"])
      flood(topic, "1");
    expect(send("b/p/get", "2")).toEqual({ sameAs: "b/p/get", ahead: false });
    expect(send("b/bridge/request/y", "{}")).toEqual({ sameAs: "request ", ahead: false });
    expect(send("ha/device/y/config", "{}")).toBe("drop");
    expect(send("ha/device/y/config", "")).toEqual({ sameAs: "ha/device/y/config", ahead: false });
    expect(send("ha/status", "online")).toEqual({ sameAs: "ha/status online", ahead: false });
  });

  it("are handled again once the flood is over", async () => {
    const { clock, send, flood } = rig();
    flood("b/p/set", "ON");
    await clock.advance(1_000);
    expect(send("b/p/set", "ON")).toBe("handle");
  });
});
