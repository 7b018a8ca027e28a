import { Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import { ManualClock } from "../../test/support/clock.js";
import { BridgeError } from "../domain/errors.js";
import { createLogger, type LogOptions, type Logger } from "./log.js";

const written = (
  use: (log: Logger) => void,
  options: Partial<Pick<LogOptions, "level" | "format" | "isTty" | "secrets">> = {},
): string => {
  const chunks: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  const clock = new ManualClock();
  const { log } = createLogger({
    level: "info",
    format: "json",
    journal: false,
    isTty: false,
    secrets: [],
    stream,
    clock,
    ...options,
  });
  use(log);
  return chunks.join("");
};
const json = (...given: Parameters<typeof written>): Record<string, unknown>[] =>
  written(...given)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe("JSON", () => {
  test("the level as text, the time as ISO, the pad as a field", () => {
    const [line] = json((log) => log.child({ pad: "office" }).warn({ speed: 3.5 }, "creeping"));
    expect(line).toEqual({
      level: "warn",
      time: expect.any(String) as unknown,
      pad: "office",
      speed: 3.5,
      msg: "creeping",
    });
    expect(line?.["time"]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  test("nothing below the level, also through a child", () => {
    const levels = ["trace", "debug", "info", "warn", "error", "fatal"] as const;
    const say = (log: Logger): void => {
      for (const level of levels) log.child({})[level]({}, level);
    };
    for (const [index, level] of levels.entries()) {
      expect(json(say, { level }).map((line) => line["level"])).toEqual(levels.slice(index));
    }
  });

  test("% in a message stands for itself", () => {
    expect(json((log) => log.info({}, "100 %s %d"))[0]?.["msg"]).toBe("100 %s %d");
  });

  test("what cannot be written as JSON is no reason to throw", () => {
    const loop: Record<string, unknown> = { big: 1n };
    loop["self"] = loop;
    const trap = {
      toJSON: () => {
        throw new Error("trap");
      },
    };
    expect(json((log) => log.info({ loop, trap }, "odd"))).toMatchObject([{ msg: "odd" }]);
    expect(json((log) => log.info({ loop, trap }, "odd"), { secrets: ["hunter22"] })).toMatchObject([
      { msg: "odd" },
    ]);
  });
});

describe("errors", () => {
  const cause = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
  const foreseen = new BridgeError("broker", "no connection", { advice: "check mqtt.url", cause });
  const err = (error: unknown, level: LogOptions["level"] = "info"): unknown =>
    json((log) => log.error({ err: error }, "x"), { level })[0]?.["err"];

  test("a foreseen one with code, advice and cause, without stacks", () => {
    expect(err(foreseen)).toEqual({
      type: "BridgeError",
      code: "broker",
      message: "no connection",
      advice: "check mqtt.url",
      cause: { type: "Error", code: "ECONNREFUSED", message: "connect ECONNREFUSED" },
    });
  });

  test("at debug with the stacks of all", () => {
    const stack = expect.stringContaining("log.test.ts") as unknown;
    expect(err(foreseen, "debug")).toMatchObject({ stack, cause: { stack } });
  });

  test("an unforeseen one with its stack", () => {
    const stack = expect.stringContaining("log.test.ts") as unknown;
    expect(err(new TypeError("x is not a function"))).toEqual({
      type: "TypeError",
      message: "x is not a function",
      stack,
    });
  });

  test("of an AggregateError its errors", () => {
    expect(err(new AggregateError([new Error("a"), "b"], "all failed"))).toMatchObject({
      type: "AggregateError",
      message: "all failed",
      errors: [{ type: "Error", message: "a" }, "b"],
    });
  });

  test("what is no error stays as it is, and a circle of causes ends", () => {
    expect(err("text")).toBe("text");
    const circle = new Error("round");
    circle.cause = circle;
    expect(JSON.stringify(err(circle)).match(/round/g)?.length).toBeLessThan(20);
  });
});

describe("pretty", () => {
  const pretty = (use: (log: Logger) => void, isTty = false): string =>
    written(use, { format: "pretty", isTty });
  const time = /^\d\d:\d\d:\d\d /gm;

  test("pleasant lines", () => {
    const text = pretty((log) => {
      log.info({}, "waiting for pads");
      log.child({ pad: "office" }).info({}, "belt running at 3.5 km/h");
      log.child({ pad: "office" }).warn({ attempt: 3, wait: 5 }, "could not connect");
    });
    expect(text.match(time)).toHaveLength(3);
    expect(text.replaceAll(time, "")).toBe(
      [
        "INFO  waiting for pads",
        "INFO  office: belt running at 3.5 km/h",
        'WARN  office: could not connect {"attempt":3,"wait":5}',
        "",
      ].join("\n"),
    );
  });

  test("an error with its advice and what was behind it", () => {
    const cause = Object.assign(new Error("timed out"), { code: "ETIMEDOUT", cause: new Error("radio") });
    const err = new BridgeError("connect-timeout", "the pad did not answer", {
      advice: "bring it nearer",
      cause,
    });
    expect(pretty((log) => log.warn({ err }, "could not connect")).replaceAll(time, "")).toBe(
      [
        "WARN  could not connect",
        "    err: connect-timeout: the pad did not answer",
        "    advice: bring it nearer",
        "    because ETIMEDOUT: timed out",
        "      because Error: radio",
        "",
      ].join("\n"),
    );
  });

  test("advice below its line, where it is read", () => {
    expect(
      pretty((log) => log.warn({ tries: 2, advice: "check\u001b mqtt.url" }, "no broker")).replaceAll(
        time,
        "",
      ),
    ).toBe('WARN  no broker {"tries":2}\n    advice: check\\u001b mqtt.url\n');
  });

  test("an unforeseen error with its stack", () => {
    const text = pretty((log) => log.error({ err: new TypeError("no function") }, "internal"));
    expect(text).toMatch(/ERROR internal\n {4}err: TypeError: no function\n {8}at .*log\.test\.ts/);
  });

  test("nothing from outside moves the cursor or fakes a line", () => {
    const evil = "a\u001b[2J\r\n12:00:00 INFO  b\u0007\u009b";
    const err = new BridgeError("not-a-pad", evil, { advice: evil, cause: new Error(evil) });
    const text = pretty((log) => log.child({ pad: evil }).info({ evil, err }, evil));
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(text.match(time)).toHaveLength(1);
  });

  test.each(["json", "pretty"] as const)(
    "what would be obeyed or hidden is shown as an escape, in %s",
    (format) => {
      const evil = "a\u001b[2J\r\nb\u009bc\u202ed\u2066e\u200ff\u061cg\u2028h\ufeffi\u200bj";
      const err = new BridgeError("not-a-pad", evil, { advice: evil, cause: new Error(evil) });
      const text = written(
        (log) => log.child({ pad: evil }).info({ evil, deep: { [evil]: evil }, err }, evil),
        {
          format,
          secrets: ["hunter22"],
        },
      );
      expect(text).not.toMatch(/[\p{Cf}\p{Zl}\p{Zp}]|(?!\n)\p{Cc}/u);
      expect(text).toContain("\\u202ed\\u2066e\\u200ff\\u061cg\\u2028h\\ufeffi\\u200bj");
      if (format === "json") expect(JSON.parse(text)).toMatchObject({ pad: evil, evil, msg: evil });
    },
  );

  test("colours on a terminal only, where auto is pretty", () => {
    const say = (log: Logger): void => log.info({}, "hello");
    expect(pretty(say)).not.toContain("\u001b[");
    expect(pretty(say, true)).toContain("\u001b[32mINFO ");
    expect(written(say, { format: "auto", isTty: true })).toContain("\u001b[32mINFO ");
    expect(json(say, { format: "auto", isTty: false })).toHaveLength(1);
    expect(json(say, { format: "json", isTty: true })).toHaveLength(1);
  });
});
