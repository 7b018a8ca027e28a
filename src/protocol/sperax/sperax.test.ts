import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex } from "../../../test/support/captures.js";
import { type Speed, speedFromKmh } from "../../domain/units.js";
import { concat, toHex } from "../bytes.js";
import { modelFor } from "../models.js";
import { protocolFor } from "../protocols.js";
import type { Operation } from "../protocol.js";
import type { ProtocolSession, Gatt, DecodedMessage, ConnectedDevice } from "../session.js";
import { deframe } from "./frames.js";
import { encodeBody, encodeTelemetry, GREETING, parseCommand } from "./server-frames.js";
import { sperax } from "./sperax.js";
import type { RawTelemetry } from "./telemetry.js";

const GATT: Gatt = {
  services: new Map([
    ["fff0", ["fff1", "fff2"]],
    ["ff10", ["ff11", "ff12"]],
  ]),
  properties: new Map([
    ["fff1", ["notify"]],
    ["fff2", ["write-without-response"]],
  ]),
};
const P3 = modelFor("sperax", "SPERAX_P3MAX");
const talk = (): ProtocolSession => {
  const peer: ConnectedDevice = { ...GATT, name: "SPERAX_P3MAX", imperial: false, epoch: 0 };
  return sperax.openSession(peer, P3);
};
const REST: RawTelemetry = {
  state: 0,
  elapsed: 0,
  distance: 0,
  energy: 0,
  steps: 0,
  speed: 0,
  incline: 0,
  vibration: 0,
};
const telling = (fields: Partial<RawTelemetry>): Uint8Array => encodeTelemetry({ ...REST, ...fields });
const after = (fields: Partial<RawTelemetry>, from = talk(), now = 0): ProtocolSession =>
  from.receive("fff1", telling(fields), now).session;
const written = (conversation: ProtocolSession, operation: Operation, now = 0): string[] =>
  conversation.frames(operation, now).map(({ bytes }) => toHex(bytes));
const speed = (kmh: number): Operation => ({ op: "speed", speed: speedFromKmh(kmh) });
const statuses = (messages: readonly DecodedMessage[]) =>
  messages.flatMap((each) => (each.kind === "status" ? [each.status] : []));

describe("commands", () => {
  it("request control before the first of a connection and before each start", () => {
    expect(written(talk(), { op: "poll" })).toEqual(["f5070000d2b6fa", "f5080019f00a59fa"]);
    expect(written(after({}), { op: "poll" })).toEqual(["f5080019f00a59fa"]);
    expect(written(after({}), { op: "start" })).toEqual(["f5070000d2b6fa", "f50a0015010200be98fa"]);
    expect(written(talk(), { op: "stop" })).toEqual(["f50a0015000000d301fa"]);
    expect(written(talk(), { op: "pause" })).toEqual(["f50a0015020000c319fa"]);
    expect(written(talk(), { op: "preferences" })).toEqual(["f507000126d8fa"]);
  });

  it("leave the incline where it is", () => {
    const inclined = after({ state: 0x10, speed: 20, incline: 1 });
    expect(written(inclined, speed(3))).toEqual(["f50a0015011e019eb7fa"]);
    const [, start] = inclined.frames({ op: "start" }, 0);
    expect(parseCommand(start!.bytes)?.args).toEqual([1, 2, 1]);
  });

  it("set an incline on a running belt only, and with it the belt's own speed", () => {
    const incline: Operation = { op: "incline", percent: 1 };
    const args = (conversation: ProtocolSession, now: number): (readonly number[] | undefined)[] =>
      conversation.frames(incline, now).map(({ bytes }) => parseCommand(bytes)?.args);
    for (const state of [0x00, 0x01, 0x02, 0x0f, 0x11, 0x12, 0x13, 0x50, 0x77])
      expect(args(after({ state, speed: 20 }), 0)).toEqual([]);
    expect(args(after({ state: 0x10 }), 0)).toEqual([]);
    const running = after({ state: 0x10, speed: 30 });
    expect(args(running, 0)).toEqual([[1, 30, 1]]);
    for (const percent of [-1, 11, 0.5, NaN])
      expect(written(running, { op: "incline", percent })).toEqual([]);
  });

  it("have no frame for unsupported operations, nor for a speed that would be another one", () => {
    for (const op of ["record", "handshake", "control"] as const)
      expect(written(after({}), { op })).toEqual([]);
    expect(written(after({}), { op: "mode", mode: "manual" })).toEqual([]);
    for (const value of [0, -1, 0.04, 25.6, 1e9, NaN, Infinity])
      expect(written(after({}), speed(value))).toEqual([]);
  });

  it("never touch the vibration, whatever the request and the state", () => {
    const operations: fc.Arbitrary<Operation> = fc.oneof(
      fc.constantFrom<Operation>(
        ...(["poll", "control", "stop", "pause", "start", "handshake", "preferences", "record"] as const).map(
          (op) => ({ op }),
        ),
      ),
      fc.double().map((value): Operation => ({ op: "speed", speed: value as Speed })),
      fc.double().map((percent): Operation => ({ op: "incline", percent })),
      fc.integer({ min: 0, max: 12 }).map((percent): Operation => ({ op: "incline", percent })),
    );
    fc.assert(
      fc.property(operations, fc.nat(255), fc.nat(255), fc.nat(255), (operation, state, shown, incline) => {
        for (const { bytes } of after({ state, speed: shown, incline }).frames(operation, 0)) {
          const { command, args } = parseCommand(bytes)!;
          expect([0x00, 0x01, 0x15, 0x19]).toContain(command);
          if (command === 0x15) expect(args[2]).toBeLessThanOrEqual(10);
        }
      }),
    );
  });
});

describe("telemetry", () => {
  it("contains the pad's counters", () => {
    const raw = { state: 0x10, elapsed: 300, distance: 260, energy: 40, steps: 700, speed: 45, incline: 3 };
    expect(statuses(talk().receive("fff1", telling(raw), 0).messages)).toEqual([
      {
        activity: "running",
        code: 16,
        speed: 450,
        elapsed: 300,
        distance: 2600,
        energy: 40,
        steps: 700,
        incline: 3,
      },
    ]);
  });

  it("names every state of more-protocols 2, and keeps the code of any other", () => {
    const named: Readonly<Record<number, string>> = {
      0x00: "resting",
      0x01: "resting",
      0x02: "resting",
      0x0f: "stopping",
      0x10: "running",
      0x11: "countdown",
      0x12: "countdown",
      0x13: "countdown",
      0x50: "resting",
    };
    for (let state = 0; state < 256; state += 1)
      expect(statuses(talk().receive("fff1", telling({ state }), 0).messages)).toMatchObject([
        { activity: named[state] ?? "other", code: state },
      ]);
  });

  it("is dropped where it is too short, as is anything with a wrong bit", () => {
    expect(talk().receive("fff1", encodeBody([0, 0x19, 0, 0, 0x10]), 0).messages).toMatchObject([
      { kind: "bad" },
    ]);
    const whole = telling({ state: 0x10, speed: 30 });
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(7), (at, bit) => {
        const bytes = whole.slice();
        bytes[at]! ^= 1 << bit;
        expect(statuses(talk().receive("fff1", bytes, 0).messages)).toEqual([]);
      }),
    );
  });
});

describe("the answer to hello", () => {
  const messages = (inner: string): readonly DecodedMessage[] =>
    talk().receive("fff1", encodeBody(fromHex(inner.replaceAll(" ", ""))), 0).messages;

  it("reports the limits of both published answers", () => {
    expect(messages("00 01 00 06 00 a8 27 11 01 00 05 78 03 4b 00 0a 01 04 00")).toEqual([
      { kind: "preferences", preferences: { minSpeed: 50, maxSpeed: 1200, imperial: false } },
    ]);
    expect(messages("00 01 00 06 00 a8 27 10 02 00 03 3c 02 26 00 0a 01 04 00")).toEqual([
      { kind: "preferences", preferences: { minSpeed: 30, maxSpeed: 600, imperial: false } },
    ]);
  });

  it("reports none where the two units disagree", () => {
    for (const inner of ["00 01", "00 01 00 06 00 a8 27 11 01 00 05 78 03 20 00 0a 01 04 00"])
      expect(messages(inner)).toEqual([{ kind: "preferences", preferences: { imperial: false } }]);
  });
});

describe("the stream", () => {
  it("is the same however it is cut, and what belongs to no frame is dropped", () => {
    const frames = [
      telling({ state: 0x10, speed: 30 }),
      encodeBody([0, 0x0e, 0]),
      telling({ steps: 0xf5fa }),
    ];
    const piece = fc.oneof(
      fc.constantFrom(...frames),
      fc.constant(GREETING),
      fc.uint8Array({ maxLength: 5 }).filter((bytes) => bytes.every((byte) => byte < 0xf0)),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 8 }),
        fc.array(fc.nat(30), { maxLength: 8 }),
        (parts, cuts) => {
          const stream = parts.reduce(concat, new Uint8Array());
          let conversation = talk();
          const seen: DecodedMessage[] = [];
          let at = 0;
          for (const cut of [...cuts, stream.length]) {
            const turn = conversation.receive("fff1", stream.subarray(at, at + cut), 0);
            seen.push(...turn.messages);
            conversation = turn.session;
            at += cut;
          }
          const whole = talk().receive("fff1", stream, 0).messages;
          const told = (messages: readonly DecodedMessage[]): readonly DecodedMessage[] =>
            messages
              .filter(({ kind }) => kind === "status" || kind === "other")
              .filter((each) => each.kind !== "other" || each.type !== 0x12);
          expect(told(seen)).toEqual(told(whole));
          expect(statuses(seen)).toHaveLength(
            parts.filter((part) => part === frames[0] || part === frames[2]).length,
          );
        },
      ),
    );
  });

  it("finds the frame behind one that was cut off, and keeps no more than a frame's length", () => {
    const whole = telling({ state: 0x10, speed: 30 });
    const cut = concat(whole.subarray(0, 9), whole);
    expect(statuses(talk().receive("fff1", cut, 0).messages)).toHaveLength(1);
    let pending = new Uint8Array();
    for (let n = 0; n < 50; n += 1) {
      pending = Uint8Array.from(deframe(concat(pending, Uint8Array.of(0xf5, ...new Uint8Array(20)))).rest);
      expect(pending.length).toBeLessThan(64);
    }
  });

  it("begins with three bytes that are no frame, and no error", () => {
    expect(talk().receive("fff1", GREETING, 0).messages).toMatchObject([{ kind: "other" }]);
    // A genuine frame cut in two, behind them (OM).
    const first = talk().receive("fff1", fromHex("121314f509000e00f00c9a"), 0);
    expect(first.session.receive("fff1", fromHex("fa"), 1).messages).toEqual([{ kind: "other", type: 0x0e }]);
  });

  it("no bytes throw or hang, none is answered, and the stop stays the same", () => {
    const bytes = fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 20 });
    const bodies = fc.array(fc.uint8Array({ maxLength: 30 }).map(encodeBody), { maxLength: 20 });
    fc.assert(
      fc.property(fc.oneof(bytes, bodies), (said) => {
        let conversation = talk();
        for (const [at, each] of said.entries()) {
          const turn = conversation.receive("fff1", each, at);
          expect(turn.replies ?? []).toEqual([]);
          conversation = turn.session;
        }
        expect(written(conversation, { op: "stop" })).toEqual(["f50a0015000000d301fa"]);
      }),
    );
  });
});

describe("a device", () => {
  const gatt = (notify: readonly string[], write: readonly string[]): Gatt => ({
    services: GATT.services,
    properties: new Map([
      ["fff1", notify],
      ["fff2", write],
    ]),
  });

  it("is identified by the properties in FFF0, whatever its name", () => {
    expect(protocolFor(GATT, "auto")?.name).toBe("sperax");
    expect(protocolFor(gatt(["notify"], ["write"]), "auto")?.name).toBe("sperax");
    expect(protocolFor(gatt(["write"], ["notify"]), "auto")?.name).toBe("pitpat");
    for (const [notify, write] of [
      [["notify"], ["read"]],
      [["read"], ["write"]],
      [
        ["notify", "write"],
        ["notify", "write"],
      ],
    ])
      expect(protocolFor(gatt(notify!, write!), "auto")).toBeNull();
  });

  it("that offers FTMS or FE00 as well is spoken to in that", () => {
    for (const [service, characteristics, name] of [
      ["1826", ["2acd"], "ftms"],
      ["fe00", ["fe01", "fe02"], "wilink"],
      ["fe00", ["fe05"], "sperax"],
    ] as const) {
      const both = { ...GATT, services: new Map([...GATT.services, [service, [...characteristics]]]) };
      expect(protocolFor(both, "auto")?.name).toBe(name);
    }
  });
});
