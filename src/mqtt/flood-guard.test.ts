import { describe, expect, it } from "vitest";
import { ManualClock } from "../../test/support/clock.js";
import { quiet } from "../../test/support/pad-rig.js";
import { OK } from "../domain/command.js";
import { Router } from "./router.js";
import { handleSet } from "./set-messages.js";
import { StopMerger } from "./stop-merger.js";

const rig = () => {
  const clock = new ManualClock();
  const [lines, taken, results, gets, requests]: [unknown[], unknown[], unknown[], string[], string[]] = [
    [],
    [],
    [],
    [],
    [],
  ];
  const pad = new StopMerger(
    {
      submit: (asked) => {
        taken.push(asked.map(({ command }) => command.value));
        for (const { respond } of asked) respond(OK);
      },
    },
    clock,
  );
  const nothing = (): void => undefined;
  const router = new Router({
    base: "b",
    homeAssistant: { discoveryPrefix: "ha", statusTopic: "ha/status" },
    clock,
    log: { ...quiet, warn: (fields: unknown) => void lines.push(fields) },
    set: (id, key, message, limits) =>
      handleSet(
        id,
        pad,
        key,
        message,
        { clock, log: quiet, answer: (_, result) => void results.push(result) },
        limits,
      ),
    get: (id) => void gets.push(id),
    request: (verb) => {
      requests.push(verb);
      return Promise.resolve({});
    },
    respond: nothing,
    bridgeState: nothing,
    status: nothing,
    discovery: nothing,
    clear: nothing,
  });
  const send = (topic: string, payload: string, times = 1): void => {
    for (let sent = 0; sent < times; sent += 1)
      router.received({
        topic,
        payload: new TextEncoder().encode(payload),
        retain: false,
        dup: false,
        arrived: clock.now(),
      });
  };
  const came = (place: number, payload: string, topic = "b/p/set", ahead?: true): void =>
    router.received({
      topic,
      payload: new TextEncoder().encode(payload),
      retain: false,
      dup: false,
      arrived: clock.now(),
      place,
      ...(ahead && { ahead }),
    });
  return { clock, router, lines, taken, results, gets, requests, send, came };
};

describe("a stop that was handled ahead", () => {
  it("removes starts and speeds from the overtaken messages of its own pad", () => {
    const { taken, results, came } = rig();
    came(3, "OFF", "b/p/set", true);
    came(1, '{"belt":"ON","speed":3}');
    came(2, "toggle");
    came(3, "stop");
    came(3, "ON", "b/other/set");
    expect(taken).toEqual([["OFF"], ["stop"], ["ON"]]);
    const superseded = { outcome: { code: "superseded" } };
    const ok = { outcome: OK };
    expect(results).toMatchObject([ok, superseded, superseded, superseded, ok, ok]);
    // A message after the stop is handled in its turn, also where a stop of another pad came after it.
    came(5, "OFF", "b/other/set", true);
    came(4, "ON");
    expect(taken.at(-1)).toEqual(["ON"]);
  });
});

describe("a flood", () => {
  it("of bad messages is answered up to the limit; a stop behind it is carried out at once and answered", () => {
    const { taken, results, send } = rig();
    send("b/p/set", "{nonsense", 20_000);
    expect(results).toHaveLength(1_000);
    send("b/p/set/belt", "ON");
    send("b/p/set/belt", "OFF");
    expect(taken).toEqual([["OFF"]]);
    expect(results).toHaveLength(1_001);
  });

  it("of stops is two commands a turn, and its answers are limited", async () => {
    const { clock, taken, results, send } = rig();
    send("b/p/set/belt", "OFF", 20_000);
    expect(taken).toEqual([["OFF"]]);
    await clock.advance(1);
    expect(taken).toHaveLength(2);
    expect(results).toHaveLength(2_000);
    taken.length = 0;
    send("b/p/set/belt", "OFF", 20_000);
    await clock.advance(1);
    expect(taken).toEqual([["OFF"], ["OFF"]]);
  });

  it("of get or requests is served at its pace, the last message in the end", async () => {
    const { clock, gets, requests, send } = rig();
    send("b/p/get", "", 1_000);
    send("b/bridge/request/sessions", "{}", 1_000);
    expect(gets).toHaveLength(20);
    await clock.advance(60_000);
    expect(gets).toHaveLength(21);
    expect(requests).toHaveLength(2);
  });

  it("is named in one line with its rate, and again 30 s later at the earliest", async () => {
    const { clock, lines, send } = rig();
    for (let second = 0; second < 20; second += 1) {
      send("b/p/set", "{nonsense", 2_000);
      await clock.advance(1_000);
    }
    expect(lines).toEqual([{ topic: "b/p/set", perSecond: 1_000, dropped: 1_000 }]);
    await clock.advance(30_000);
    expect(lines).toHaveLength(2);
  });
});
