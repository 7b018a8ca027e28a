import { describe, expect, it } from "vitest";
import { COMMAND_KEYS } from "../domain/command.js";
import { type ParsedSet, parseSet } from "./set-message.js";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const set = (text: string): ParsedSet => parseSet(null, bytes(text));
const raw = (key: string, text: string): ParsedSet => parseSet(key, bytes(text));

/** `speed 3.5` for what runs. */
const runs = ({ commands }: ParsedSet): string[] => commands.map(({ key, value }) => `${key} ${value}`);
/** `speed 3.5 superseded` for what does not; `-` for null. */
const fails = ({ rejected }: ParsedSet): string[] =>
  rejected.map(({ command, value, outcome }) => {
    const code = outcome.status === "error" ? outcome.code : "ok";
    return `${command ?? "-"} ${value ?? "-"} ${code}`;
  });

describe("set/<key>", () => {
  it.each([
    ["belt", "ON", "belt ON"],
    ["belt", " off\r\n", "belt OFF"],
    ["belt", '"OFF"', "belt OFF"],
    ["speed", "3.5", "speed 3.5"],
    ["speed", "\t3.50 ", "speed 3.5"],
    ["speed", '"3.5"', "speed 3.5"],
    ["speed", "03", "speed 3"],
    ["speed", "0.0", "speed 0"],
    ["speed", "-0", "speed 0"],
    ["speed", "-1", "speed -1"],
    ["mode", "Manual", "mode manual"],
    ["incline", "-2.5", "incline -2.5"],
    ["command", "Stop", "command stop"],
    ["command", "tOGGLE", "command toggle"],
    ["link", "off", "link OFF"],
    ["belt", "OFF\0", "belt OFF"],
    ["speed", "0\0", "speed 0"],
    // Whatever can be read as a stop stops.
    ["belt", "STOP", "command stop"],
    ["belt", "OFF\0\0\0\0", "belt OFF"],
    ["command", "off", "belt OFF"],
    ["speed", "Stop\n", "command stop"],
    ["mode", '"pause"', "command pause"],
  ])("%s reads %j", (key, payload, command) => {
    const parsed = raw(key, payload);
    expect(runs(parsed)).toEqual([command]);
    expect(parsed).toMatchObject({ id: null, at: null, stale: false, rejected: [] });
  });

  it.each([
    ["belt", ["", " ", "1", "true", "TOGGLE", "ON OFF", "{}", '{"belt":"OFF"}', "ON\0\0", "\0ON"]],
    [
      "speed",
      ["", "1e3", "0x3", "NaN", "Infinity", "3,5", "+3", ".5", "3.", "--1", "3 5", "3 km/h", "9".repeat(400)],
    ],
    ["speed", ["null", "true", "[3]", "{}", "\u00a03", "\uff13"]],
    ["mode", ["", "sport", "0"]],
    ["incline", ["", "steep", "1e0", "off"]],
    ["command", ["", "go", "restart", "\u017ftop"]],
    ["link", ["", "lost", "stop"]],
  ])("%s refuses %j, saying what is allowed", (key, payloads) => {
    for (const payload of payloads) {
      const parsed = raw(key, payload);
      expect(runs(parsed)).toEqual([]);
      expect(fails(parsed)).toEqual([`${key} - invalid-payload`]);
      expect(parsed.rejected[0]?.outcome).toMatchObject({
        message: expect.stringMatching(`^${key} must be `) as string,
      });
    }
  });

  it.each(["", "id", "at", "Belt", "__proto__", "toString"])("refuses the key %j, naming the keys", (key) => {
    const parsed = raw(key, "OFF");
    expect(fails(parsed)).toEqual(["- - invalid-payload"]);
    for (const known of COMMAND_KEYS)
      expect(parsed.rejected[0]?.outcome).toMatchObject({
        message: expect.stringContaining(known) as string,
      });
  });
});

describe("a zero", () => {
  it("never has a sign", () => {
    for (const { commands } of [
      raw("speed", "-0"),
      raw("incline", "-0.0"),
      set('{"speed":-0}'),
      set('{"speed":"-0"}'),
    ])
      expect(commands[0]?.value).toBe(0);
  });
});

describe("set", () => {
  it.each([
    ["ON", ["belt ON"]],
    ["off", ["belt OFF"]],
    ["\ufeffOFF\n", ["belt OFF"]],
    ["OFF\0", ["belt OFF"]],
    ['{"belt":"OFF"}\0', ["belt OFF"]],
    ["Stop", ["command stop"]],
    ['"pause"\n', ["command pause"]],
    ["toggle\0", ["command toggle"]],
    ["stop\0\0", ["command stop"]],
    ['{"belt":"stop"}', ["command stop"]],
    ['{"command":"OFF","id":1}', ["belt OFF"]],
    ['"OFF"', ["belt OFF"]],
    [' "on" ', ["belt ON"]],
    ['{"belt":"off"}', ["belt OFF"]],
    ['{"speed":3.5}', ["speed 3.5"]],
    ['{"speed":"3.5"}', ["speed 3.5"]],
    ['{"speed":1e0}', ["speed 1"]],
    ['{"speed":-0}', ["speed 0"]],
    [
      '{"command":"start","incline":2,"speed":3,"mode":"manual"}',
      ["mode manual", "command start", "speed 3", "incline 2"],
    ],
    ['{"command":"faster","incline":1}', ["incline 1", "command faster"]],
    ['{"be\\u006ct":"O\\u0046F"}', ["belt OFF"]],
  ])("reads %s", (payload, commands) => {
    const parsed = set(payload);
    expect(runs(parsed)).toEqual(commands);
    expect(parsed.rejected).toEqual([]);
  });

  it.each([
    ...[
      "",
      " ",
      "HALT",
      "0",
      "3.5",
      "null",
      "true",
      "[]",
      '["OFF"]',
      "{",
      '{"belt":"OFF"',
      '{"speed":NaN}',
      "'OFF'",
    ],
    ...["{}", '{"id":1}', '{"id":"x","at":"2026-11-22T10:00:00Z"}'],
  ])("has one answer to %j", (payload) => {
    const parsed = set(payload);
    expect(runs(parsed)).toEqual([]);
    expect(fails(parsed)).toEqual(["- - invalid-payload"]);
  });

  it.each([
    ['{"speed":null}', [], ["speed - invalid-payload"]],
    ['{"belt":true,"speed":3}', ["speed 3"], ["belt - invalid-payload"]],
    [
      '{"speed":[3],"mode":{},"incline":false}',
      [],
      ["speed - invalid-payload", "mode - invalid-payload", "incline - invalid-payload"],
    ],
    ['{"speed":1e999}', [], ["speed - invalid-payload"]],
    ['{"speed":"1e3"}', [], ["speed - invalid-payload"]],
    ['{"warp":9,"speed":3}', ["speed 3"], ["- - invalid-payload"]],
    ['{"link":"OFF"}', [], ["- - invalid-payload"]],
    [
      '{"__proto__":{"belt":"OFF"},"constructor":1,"speed":2}',
      ["speed 2"],
      ["- - invalid-payload", "- - invalid-payload"],
    ],
    ['{"a":{"belt":"OFF","b":[{"speed":0}]},"speed":2}', ["speed 2"], ["- - invalid-payload"]],
  ])("carries out what it can read of %s", (payload, commands, rejected) => {
    const parsed = set(payload);
    expect(runs(parsed)).toEqual(commands);
    expect(fails(parsed)).toEqual(rejected);
  });

  it.each([
    ['{"speed":3,"belt":"OFF"}', ["belt OFF"], ["speed 3 superseded"]],
    ['{"speed":0,"belt":"ON","mode":"auto"}', ["speed 0"], ["belt ON superseded", "mode auto superseded"]],
    ['{"command":"stop","belt":"OFF"}', ["belt OFF", "command stop"], []],
    ['{"command":"pause","speed":"x","warp":9}', ["command pause"], ["speed - superseded", "- - superseded"]],
    ['{"belt":"OFF","id":{},"at":"yesterday"}', ["belt OFF"], ["- - superseded", "- - superseded"]],
    ['{"belt":"OFF","belt":"ON"}', ["belt OFF"], ["belt ON superseded"]],
    ['{"belt":"ON","belt":"OFF","belt":"off"}', ["belt OFF"], ["belt ON superseded"]],
    [
      '{"x":"} \\" , \\"belt\\":\\"ON\\"","belt":"OFF","belt":3}',
      ["belt OFF"],
      ["- - superseded", "belt - superseded"],
    ],
  ])("is a stop: %s", (payload, commands, rejected) => {
    const parsed = set(payload);
    expect(runs(parsed)).toEqual(commands);
    expect(fails(parsed)).toEqual(rejected);
  });

  it.each([
    ['{"speed":3,"speed":4}', ["speed 4"], ["speed 3 superseded"]],
    ['{"belt":"ON","command":"start"}', ["belt ON", "command start"], []],
    ['{"belt":"ON","command":"resume","speed":3}', ["belt ON", "command resume", "speed 3"], []],
    [
      '{"belt":"ON","speed":3,"command":"toggle"}',
      ["command toggle"],
      ["belt ON superseded", "speed 3 superseded"],
    ],
    ['{"speed":3,"command":"faster"}', ["speed 3"], ["command faster superseded"]],
    ['{"speed":3,"command":"slower"}', ["speed 3"], ["command slower superseded"]],
    ['{"mode":"standby","command":"toggle"}', ["mode standby"], ["command toggle superseded"]],
    [
      '{"mode":"standby","belt":"ON","speed":3}',
      ["mode standby"],
      ["belt ON superseded", "speed 3 superseded"],
    ],
    ['{"mode":"auto","belt":"ON","speed":3}', ["mode auto", "belt ON", "speed 3"], []],
  ])("is one intent: %s", (payload, commands, rejected) => {
    const parsed = set(payload);
    expect(runs(parsed)).toEqual(commands);
    expect(fails(parsed)).toEqual(rejected);
  });
});

describe("id and at", () => {
  it.each([
    ['"a"', "a"],
    ['""', ""],
    [`"${"x".repeat(64)}"`, "x".repeat(64)],
    ["0", 0],
    ["1.5", 1.5],
  ])("gives back the id %s", (json, id) => {
    expect(set(`{"id":${json},"speed":3}`)).toMatchObject({ id, rejected: [] });
  });

  it.each([`"${"x".repeat(65)}"`, "null", "true", "{}", "[1]", "1e999"])(
    "refuses the id %s, the rest runs",
    (json) => {
      const parsed = set(`{"id":${json},"speed":3}`);
      expect(parsed.id).toBeNull();
      expect(runs(parsed)).toEqual(["speed 3"]);
      expect(fails(parsed)).toEqual(["- - invalid-payload"]);
    },
  );

  it.each([
    ["2026-11-22T10:00:00Z", "2026-11-22T10:00:00.000Z"],
    ["2026-11-22T10:00:00.123456+01:00", "2026-11-22T09:00:00.123Z"],
    ["2026-11-22T10:00:00-0530", "2026-11-22T15:30:00.000Z"],
    ["2026-11-22T10:00Z", "2026-11-22T10:00:00.000Z"],
    ["2024-02-29T23:30:00-02:00", "2024-03-01T01:30:00.000Z"],
  ])("reads the time %s", (at, utc) => {
    expect(set(`{"at":"${at}","speed":3}`)).toMatchObject({
      at: Date.parse(utc),
      stale: false,
      rejected: [],
    });
  });

  it.each([
    ...[
      '"2026-11-22T10:00:00"',
      '"2026-11-22"',
      '"22 Nov 2026 10:00 GMT"',
      '"now"',
      '""',
      "1764000000",
      "null",
    ],
    ...[
      '"2026-02-30T10:00:00Z"',
      '"2026-13-01T10:00:00Z"',
      '"2026-11-22T25:00:00Z"',
      '"2026-11-22T10:00:00+99:00"',
    ],
  ])("takes a message with the time %s for an old one, but stops", (at) => {
    const parsed = set(`{"at":${at},"speed":3}`);
    expect(parsed).toMatchObject({ at: null, stale: true });
    expect(fails(parsed)).toEqual(["- - invalid-payload"]);
    expect(runs(set(`{"at":${at},"belt":"OFF"}`))).toEqual(["belt OFF"]);
  });
});
