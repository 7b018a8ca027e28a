import { describe, expect, it, vi } from "vitest";
import { parsed } from "./pad-on-broker.js";
import { BRIDGE_STATE, expectCleanEnd, missing, type Scene, scene, unlessMissing } from "./scene.js";

vi.setConfig({ testTimeout: 120_000, maxConcurrency: 8 });

const BASE = "walkingpad2mqtt";
const MEGABYTE = 1024 * 1024;
const DEEP = 10_000;
/** A program of this kind needs about 100 MB; what leaks would show as a multiple of the 100 MB that are sent. */
const SANE_RSS = 400 * MEGABYTE;

const PAYLOADS: readonly Buffer[] = [
  Buffer.alloc(0),
  Buffer.alloc(MEGABYTE, "x"),
  Buffer.alloc(MEGABYTE, "["),
  Buffer.alloc(MEGABYTE, '{"speed":2,'),
  Buffer.from([0xff, 0xfe, 0xc3, 0x28, 0x80]),
  Buffer.from("\0ON"),
  ...[
    ...[
      "NaN",
      "Infinity",
      "-1",
      "1e999",
      "0x3",
      "3,5",
      "null",
      "true",
      "[]",
      "{}",
      "ONOFF",
      '"ON',
      "\ud83d\ude00",
    ],
    ...[
      '{"belt":1}',
      '{"speed":"fast"}',
      '{"speed":{"a":1}}',
      '{"speed":NaN}',
      '{"speed":null}',
      '{"belt":["ON"]}',
    ],
    ...[
      '{"__proto__":{"belt":"ON"}}',
      '{"constructor":"ON"}',
      '{"mode":"fly"}',
      '{"id":{}}',
      '{"belt":"ON"',
      '"\\ud800"',
    ],
  ].map((text) => Buffer.from(text)),
  Buffer.from("[".repeat(DEEP) + "]".repeat(DEEP)),
  Buffer.from('{"speed":'.repeat(DEEP) + "3" + "}".repeat(DEEP)),
  Buffer.from(JSON.stringify(Object.fromEntries(Array.from({ length: DEEP }, (_, n) => [`k${n}`, n])))),
];

const TOPICS = [
  ...["set", "set/belt", "set/speed", "set/mode", "set/incline", "set/command", "set/link", "set/bogus"].map(
    (key) => `${BASE}/office/${key}`,
  ),
  `${BASE}/office/set/belt/deeper`,
  `${BASE}/nobody/set`,
  `${BASE}/office/get`,
  ...["health_check", "sessions", "simulate", "bogus", "__proto__"].map(
    (verb) => `${BASE}/bridge/request/${verb}`,
  ),
  BRIDGE_STATE,
  "homeassistant/status",
  "homeassistant/device/someone_else/config",
];

/** All of it, then a question: by its answer everything before it has been handled. */
const throwGarbage = async ({ probe }: Scene): Promise<{ readonly rss: number }> => {
  for (const topic of TOPICS) await Promise.all(PAYLOADS.map((payload) => probe.publish(topic, payload)));
  const from = probe.mark();
  await probe.publish(`${BASE}/bridge/request/health_check`, '{"transaction":"after"}');
  const answer = await probe.until(
    ({ topic, payload }) => topic === `${BASE}/bridge/response/health_check` && payload.includes("after"),
    30_000,
    from,
  );
  return (parsed(answer) as { data: { memory: { rss: number } } }).data.memory;
};

const expectRefused = ({ pad }: Scene, from: number): void => {
  const results = pad.results(from);
  expect(results.length).toBeGreaterThan(PAYLOADS.length);
  expect(results.filter(({ status }) => status !== "error")).toEqual([]);
  const codes = new Set(results.map(({ code }) => code));
  expect(
    [...codes].filter((code) => !["invalid-payload", "out-of-range", "unsupported"].includes(String(code))),
  ).toEqual([]);
  // Payloads are never echoed.
  expect(results.filter(({ message }) => (message ?? "").length > 400)).toEqual([]);
};

describe.skipIf(missing)(`garbage on every subscribed topic${unlessMissing}`, () => {
  it.concurrent(
    "at a belt at rest: each gets a result or nothing, and the belt stays at rest",
    async (ctx) => {
      const scened = await scene(ctx);
      const { probe, program, pad } = scened;
      await pad.online();
      const from = probe.mark();
      expect((await throwGarbage(scened)).rss).toBeLessThan(SANE_RSS);
      expectRefused(scened, from);
      expect(pad.states().filter(({ belt }) => !["unknown", "standby", "idle"].includes(belt))).toEqual([]);
      const { status, code, message } = await pad.ask({ belt: "ON" });
      expect({ status, code, message }).toEqual({ status: "ok", code: null, message: null });
      program.signal("SIGTERM");
      await expectCleanEnd(program, 20_000);
    },
  );

  it.concurrent("at a running belt: it walks on at its speed", async (ctx) => {
    const scened = await scene(ctx);
    const { probe, program, pad } = scened;
    await pad.walk(2);
    const from = probe.mark();
    expect((await throwGarbage(scened)).rss).toBeLessThan(SANE_RSS);
    expectRefused(scened, from);
    expect(pad.states(from).length).toBeGreaterThan(0);
    expect(pad.states(from).filter(({ belt, speed }) => belt !== "running" || speed !== 2)).toEqual([]);
    expect(await pad.ask({ belt: "OFF" })).toMatchObject({ status: "ok" });
    program.signal("SIGTERM");
    await expectCleanEnd(program, 20_000);
  });

  it.concurrent(
    "a burst of a thousand commands: each has its result, and the belt stays at rest",
    async (ctx) => {
      // By default Mosquitto drops what a client has not read of more than 1,000 messages ("Outgoing messages are being
      // dropped", seen on a busy machine): the one that watches here gets the commands and their results.
      const { probe, pad } = await scene(ctx, { mosquitto: { config: ["max_queued_messages 0"] } });
      await pad.online();
      const numbers = Array.from({ length: 1_000 }, (_, n) => n);
      await Promise.all(numbers.map((id) => probe.publish(`${pad.topic}/set`, { speed: "fast", id })));
      await pad.ask({ belt: "OFF" });
      // A stop is answered ahead of what came before it, so the others may still be on their way.
      const unanswered = (): number => {
        const answered = new Set(pad.results().map(({ id }) => id));
        return numbers.filter((id) => !answered.has(id)).length;
      };
      await expect.poll(unanswered, { timeout: 20_000 }).toBe(0);
    },
  );
});
