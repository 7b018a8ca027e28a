import { Writable } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ManualClock } from "../../test/support/clock.js";
import { BridgeError } from "../domain/errors.js";
import { createLogger, type LogOptions } from "./log.js";
import { lineScrubber } from "./scrub.js";

const written = (
  secrets: readonly string[],
  format: LogOptions["format"],
  fields: object,
  message: string,
): string => {
  let text = "";
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      text += chunk;
      done();
    },
  });
  createLogger({
    level: "debug",
    format,
    secrets,
    stream,
    isTty: true,
    journal: false,
    clock: new ManualClock(),
  }).log.info(fields, message);
  return text;
};

const urlForm = (secret: string): string => {
  const url = new URL("mqtt://me@host");
  url.password = secret;
  return url.href;
};
const leaky = (secret: string): readonly [fields: object, message: string][] => [
  [{}, secret],
  [{}, `connecting to mqtt://me:${secret}@host`],
  [{}, urlForm(secret)],
  [{ url: `mqtt://me:${encodeURIComponent(secret)}@host` }, "x"],
  [{ url: `mqtt://me:${encodeURIComponent(secret).toLowerCase()}@host` }, "x"],
  [{ options: { password: secret, list: [secret, { secret }] } }, "x"],
  [{ [secret]: 1 }, "x"],
  [{ payload: JSON.stringify({ password: secret }) }, JSON.stringify(secret)],
  [{ err: new BridgeError("broker", secret, { advice: secret, cause: new Error(secret) }) }, "x"],
  [{ err: new TypeError(secret), error: secret }, "x"],
  [{ level: secret, time: secret, msg: secret, pad: secret }, "x"],
  [{ bytes: Number(secret) || 0 }, "x"],
];

// Without the mask's own letter, of which a secret could consist.
const word = fc
  .oneof(
    fc.string({ minLength: 1, unit: "grapheme" }),
    fc.string({ minLength: 1 }),
    fc.stringMatching(/^\d{4,9}$/),
  )
  .filter((text) => !text.includes("*") && text.trim() !== "");

test("no secret of any kind is in any line, which stays a line of JSON", () => {
  const long = word.map((text) => `${text}-7qz`);
  fc.assert(
    fc.property(fc.oneof(long, fc.stringMatching(/^7\d{7}$/)), (secret) => {
      for (const [fields, message] of leaky(secret)) {
        const line = written([secret], "json", fields, message);
        const parsed = JSON.parse(line) as object;
        expect(Object.keys(parsed)).toEqual(expect.arrayContaining(["level", "time", "msg"]));
        const pretty = written([secret], "pretty", fields, message);
        const forms = [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)];
        for (const form of forms) expect(line + pretty).not.toContain(form);
      }
    }),
    { numRuns: 50 },
  );
});

test("a secret shorter than four characters is masked where it stands alone", () => {
  const scrub = lineScrubber(["abc", "7"]);
  const line = scrub(
    JSON.stringify({ level: "info", msg: "abc, 'abc' but abcd; 7 but 17", port: 7, other: 1883 }),
  );
  expect(JSON.parse(line)).toEqual({
    level: "info",
    msg: "***, '***' but abcd; *** but 17",
    port: "***",
    other: 1883,
  });
});

test("level and time stay even where they look like the secret", () => {
  const time = "2026-11-22T10:00:00.000Z";
  const line = lineScrubber(["info", "2026"])(JSON.stringify({ level: "info", time, msg: "info of 2026" }));
  expect(JSON.parse(line)).toEqual({ level: "info", time, msg: "*** of ***" });
});

test("the longer of two secrets is masked whole", () => {
  const line = lineScrubber(["hunter", "hunter22"])('{"msg":"hunter22 hunter"}');
  expect(line).toBe('{"msg":"*** ***"}\n');
});

test.each([[[]], [[""]]])("without secrets (%j) a line stays as it is", (secrets) => {
  expect(lineScrubber(secrets)('{"a": 1}\n')).toBe('{"a": 1}\n');
});
