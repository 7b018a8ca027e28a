import { describe, expect, it, vi } from "vitest";
import { parsed, type Result, START_MS } from "./pad-on-broker.js";
import { expectCleanEnd, missing, PAD, retained, scene, unlessMissing } from "./scene.js";

vi.setConfig({ testTimeout: 90_000, maxConcurrency: 8 });

/** What a careless automation has left on the broker, below the pad's topic. */
const STORED: Readonly<Record<string, string>> = {
  set: '{"belt":"ON","speed":3,"id":"old"}',
  "set/belt": "ON",
  "set/speed": "3.5",
  "set/command": "toggle",
  "set/mode": "auto",
  "set/link": "OFF",
  "set/bogus": "1",
  get: "now",
};
const REQUESTS: Readonly<Record<string, string>> = { restart: '{"transaction":7}', bogus: "{}" };
const BASE = "walkingpad2mqtt";

const AT_REST = ["unknown", "standby", "idle"];

describe.skipIf(missing)(`commands that wait on the broker${unlessMissing}`, () => {
  it.concurrent("are refused, answered with `retained` and cleared; the belt stays at rest", async (ctx) => {
    const { broker, probe, program, pad } = await scene(ctx, {
      before: async (stored) => {
        for (const [key, value] of Object.entries(STORED))
          await stored.publish(`${BASE}/office/${key}`, value, { retain: true });
        for (const [verb, value] of Object.entries(REQUESTS))
          await stored.publish(`${BASE}/bridge/request/${verb}`, value, { retain: true });
      },
    });
    await pad.online();
    const restart = await probe.until(`${BASE}/bridge/response/restart`, START_MS);
    expect(parsed(restart)).toMatchObject({ status: "error", transaction: 7 });
    expect(restart.payload).toContain("retained");

    // Whatever was to come of them has come by the time that a later command is answered.
    expect(await pad.ask({ belt: "OFF" })).toMatchObject({ status: "ok" });
    const results = pad.results().filter(({ id }) => !String(id).startsWith("ask-"));
    expect(new Set(results.map(({ code }) => code))).toEqual(new Set(["retained"]));
    const byCommand = (command: string | null): Result[] =>
      results.filter((result) => result.command === command);
    for (const command of ["belt", "speed", "command", "mode", "link"])
      expect(byCommand(command).length, command).toBeGreaterThan(0);
    expect(byCommand("belt").map(({ id }) => id)).toContain("old");

    // A stored `get` has no key to name; an unknown key has none either.
    expect(byCommand(null)).toHaveLength(2);
    expect(program.count("Stored command refused")).toBe(1);

    const kept = [...(await retained(ctx, broker.url)).keys()];
    expect(kept.filter((topic) => /\/(set|get)(\/|$)|\/request\//.test(topic))).toEqual([]);
    expect(pad.states().filter(({ belt }) => !AT_REST.includes(belt))).toEqual([]);
    expect(program.exited).toBeNull();
    program.signal("SIGTERM");
    await expectCleanEnd(program, 15_000);
  });
});

describe.skipIf(missing)(`a start that comes while the pad is away${unlessMissing}`, () => {
  it.concurrent("is refused at once and never runs later", async (ctx) => {
    const { probe, pad } = await scene(ctx, {
      pads: [{ id: "office", address: PAD, faults: { refuse_connect: 3 } }],
    });
    await pad.until(({ link }) => link === "scanning" || link === "connecting", START_MS);
    for (const message of [{ belt: "ON" }, { speed: 3 }, { command: "start" }, { command: "faster" }]) {
      expect(await pad.ask(message, 5_000)).toMatchObject({ status: "error", code: "not-connected" });
    }
    // A toggle of a belt that nobody sees is a stop (docs/topics.md), and a stop waits for the pad.
    expect(await pad.ask({ command: "toggle" })).toMatchObject({ status: "ok" });
    await pad.online();
    const before = probe.mark();
    expect(await pad.ask({ belt: "OFF" })).toMatchObject({ status: "ok" });
    expect(pad.states().filter(({ belt }) => !AT_REST.includes(belt))).toEqual([]);
    expect(pad.states(before).at(-1)).toMatchObject({ speed: 0, stop_confirmed: true });
  });
});
