import { describe, expect, it } from "vitest";
import { ManualClock } from "../../test/support/clock.js";
import { quiet } from "../../test/support/pad-rig.js";
import { type Command, OK, type Outcome } from "../domain/command.js";
import type { InMessage } from "./client/broker.js";
import { Router } from "./router.js";
import { handleSet } from "./set-messages.js";
import type { Result } from "../api/payloads.js";

const rig = () => {
  const clock = new ManualClock();
  const taken: {
    command: Command;
    respond: (outcome: Outcome) => void;
    arrived: number;
    stale: Outcome | null;
  }[] = [];
  const results: Result[] = [];
  const send = (key: string | null, payload: string, flags: Partial<InMessage> = {}): void =>
    handleSet(
      "p",
      {
        submit: (asked, arrived, stale) => {
          for (const { command, respond } of asked) taken.push({ command, respond, arrived, stale });
        },
      },
      key,
      {
        topic: "t",
        payload: new TextEncoder().encode(payload),
        retain: false,
        dup: false,
        arrived: clock.now(),
        ...flags,
      },
      { clock, log: quiet, answer: (_, result) => void results.push(result) },
    );
  return { clock, taken, results, send };
};

describe("a message on set", () => {
  it("becomes a command, and its outcome a result with id, value and time", async () => {
    const { clock, taken, results, send } = rig();
    send(null, '{"belt":"ON","id":7}');
    expect(taken.map(({ command }) => command)).toEqual([{ key: "belt", value: "ON" }]);
    await clock.advance(812);
    taken[0]?.respond(OK);
    expect(results).toEqual([{ id: 7, command: "belt", value: "ON", outcome: OK, tookMs: 812 }]);
  });

  it("is as old as its arrival, however long it has waited for others (safety rule 2)", async () => {
    const { clock, taken, results, send } = rig();
    await clock.advance(3_000);
    send("belt", "ON", { arrived: 200 });
    expect(taken.map(({ arrived }) => arrived)).toEqual([200]);
    taken[0]?.respond(OK);
    expect(results).toMatchObject([{ tookMs: 2_800 }]);
  });

  it.each([
    ["belt", "ON"],
    ["belt", "OFF"],
    ["command", "stop"],
    ["mode", "standby"],
    ["speed", "3"],
    ["nonsense", "x"],
  ])("stored by the broker is refused: %s %s", (key, payload) => {
    const { taken, results, send } = rig();
    send(key, payload, { retain: true });
    expect(taken).toEqual([]);
    expect(results).toHaveLength(1);
    expect(results[0]?.outcome).toMatchObject({ code: "retained" });
  });

  it("stored is refused key by key", () => {
    const { results, send } = rig();
    send(null, '{"belt":"ON","speed":3}', { retain: true });
    expect(
      results.map(({ command, outcome }) => [command, outcome.status === "error" && outcome.code]),
    ).toEqual([
      ["belt", "retained"],
      ["speed", "retained"],
    ]);
  });

  it.each([
    ["belt", "ON", 0],
    ["command", "start", 0],
    ["command", "resume", 0],
    ["command", "toggle", 0],
    ["command", "faster", 0],
    ["command", "slower", 0],
    ["speed", "3", 0],
    ["belt", "OFF", 1],
    ["speed", "0", 1],
    ["command", "stop", 1],
    ["command", "pause", 1],
    ["mode", "standby", 1],
    ["incline", "2", 1],
    ["link", "OFF", 1],
  ])("redelivered: %s %s is taken %i times", (key, payload, times) => {
    const { taken, send } = rig();
    send(key, payload, { dup: true });
    expect(taken).toHaveLength(times);
  });

  const HOUR = 3_600_000;
  const SIX_YEARS = 6 * 365 * 24 * HOUR;

  it.each([
    ["4 s old", 4_000, 0, null],
    ["6 s old", 6_000, 0, /^The message is more than 5 s old, /],
    // A sender's clock may be some seconds ahead.
    ["4 s ahead", -4_000, 0, null],
    // It may have been on its way for an hour.
    [
      "an hour ahead",
      -HOUR,
      0,
      /^The sender's clock is 3600 s ahead of the bridge's, .*The belt is unchanged\. /,
    ],
    ["new, and the machine's clock is not set", -SIX_YEARS, SIX_YEARS, /^The clock of the bridge's machine /],
    ["the page's, which has the time of the bridge, and the machine's clock is not set", 0, SIX_YEARS, null],
  ])("that is %s by its own time", (_, age, behind, why) => {
    const { clock, taken, send } = rig();
    clock.jumpWall(-behind);
    const at = new Date(clock.wall() - age).toISOString();
    for (const message of [
      { belt: "ON", at },
      { belt: "OFF", at },
    ])
      send(null, JSON.stringify(message));
    const stale = why && { code: "superseded", message: expect.stringMatching(why) as string };
    expect(taken[0]).toMatchObject({ command: { value: "ON" }, stale });
    expect(taken[1]).toMatchObject({ command: { value: "OFF" } });
  });

  it("whose time cannot be read may be old", () => {
    const { taken, send } = rig();
    send(null, '{"belt":"ON","at":"now"}');
    expect(taken[0]?.stale).toMatchObject({
      code: "superseded",
      message: expect.stringMatching(/^The time in at cannot be read, /) as string,
    });
  });
});

describe("an empty message", () => {
  const routed = () => {
    const clock = new ManualClock();
    const calls: unknown[] = [];
    const note =
      (what: string) =>
      (...given: unknown[]): void =>
        void calls.push([what, given[0]]);
    const router = new Router({
      base: "b",
      homeAssistant: { discoveryPrefix: "ha", statusTopic: "ha/status" },
      clock,
      log: quiet,
      set: note("set"),
      get: note("get"),
      request: (verb) => {
        calls.push(["request", verb]);
        return Promise.resolve({});
      },
      respond: (verb, payload) => void calls.push([verb, payload]),
      bridgeState: note("bridge state"),
      status: note("status"),
      discovery: note("discovery"),
      clear: note("clear"),
    });
    const receive = (topic: string): void =>
      router.received({ topic, payload: new Uint8Array(), retain: false, dup: false, arrived: 0 });
    return { calls, receive };
  };

  it("on set is what clearing looks like and does nothing", () => {
    const { calls, receive } = routed();
    receive("b/office/set");
    receive("b/office/set/belt");
    expect(calls).toEqual([]);
  });

  it("on a request is answered with an error and not carried out", async () => {
    const { calls, receive } = routed();
    receive("b/bridge/request/restart");
    await Promise.resolve();
    expect(calls).toEqual([["restart", { status: "error", error: expect.stringContaining("{}") as string }]]);
  });

  it("on get requests everything, as any payload does", () => {
    const { calls, receive } = routed();
    receive("b/office/get");
    expect(calls).toEqual([["get", "office"]]);
  });
});
