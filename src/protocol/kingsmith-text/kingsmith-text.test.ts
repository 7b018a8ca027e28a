import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { speedFromKmh } from "../../domain/units.js";
import { modelFor } from "../models.js";
import type { ProtocolSession, DecodedMessage, ConnectedDevice, FrameSequence } from "../session.js";
import { kingsmithText } from "./kingsmith-text.js";
import { ALL_TABLES, decodeText, encodeText, KNOWN_TABLES, type Table } from "./tables.js";

const WRITE = "fed7";
const NOTIFY = "fed8";
const peer: ConnectedDevice = {
  name: "KS-C2",
  services: new Map([["1234", [WRITE, NOTIFY]]]),
  properties: new Map([
    [WRITE, ["read", "write-without-response"]],
    [NOTIFY, ["read", "notify"]],
  ]),
  imperial: false,
  epoch: 1_785_194_187_000,
};
const model = modelFor("kingsmith-text", "KS-C2");
const ascii = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));

/** A pad that answers as one with this table does; what it was written is decoded as it would decode it. */
const padWith = (
  table: Table,
  { cr = "", padded = true, states = true, settings = true, shake = "" } = {},
) => {
  const received: string[] = [];
  const say = (text: string): Uint8Array => {
    const line = encodeText(text + cr, table);
    return ascii(`${padded ? line : line.replace(/=+$/, "")}\r`);
  };
  const answer = (text: string): readonly Uint8Array[] => {
    const [word = ""] = text.split(" ");
    if (text === "") return [say("format error")];
    if (text === "shake") return [shake === "" ? say("shake 00") : ascii(`${shake}\r`)];
    if (text === "version") return [say("version 0014")];
    if (text === "get_pk") return [say("get_pk 3")];
    if (text === "net") return [say("net cloud")];
    if (word === "time_posix") return [say("time_posix 0")];
    if (text.startsWith("servers getProp 1 3 7"))
      return [
        say("servers 0"),
        ...(states && settings ? [say("props ControlMode 2 Max 6.0 StartSpeed 1.0 unit 0")] : []),
      ];
    if (text.startsWith("servers getProp"))
      return states
        ? [say("servers 0"), say("props ControlMode 2 ChildLockSwitch 0 runState 0 CurrentSpeed 0.0")]
        : [say("servers 0")];
    return [say("format error")];
  };
  let pending = "";
  const receive = (unit: FrameSequence): readonly Uint8Array[] => {
    pending += unit.map(({ bytes }) => Buffer.from(bytes).toString("latin1")).join("");
    const lines = pending.split("\r");
    pending = lines.pop() ?? "";
    return lines.flatMap((line) => {
      const text = line === "" ? "" : (decodeText(line, table) ?? "?");
      received.push(text);
      return answer(text);
    });
  };
  return { received, say, receive };
};

/** Speaks to a pad for so many polls. */
const talkTo = (pad: ReturnType<typeof padWith>, polls = 12, kind = model) => {
  let talk: ProtocolSession = kingsmithText.openSession(peer, kind);
  let now = 0;
  const messages: DecodedMessage[] = [];
  const exchange = (unit: FrameSequence, depth = 0): void => {
    for (const bytes of pad.receive(unit)) {
      now += 20;
      const turn = talk.receive(NOTIFY, bytes, now);
      talk = turn.session;
      messages.push(...turn.messages);
      if (depth < 40) for (const reply of turn.replies ?? []) exchange(reply, depth + 1);
    }
  };
  for (let poll = 0; poll < polls; poll += 1) {
    const unit = talk.frames({ op: "poll" }, now);
    talk = talk.onWritten({ op: "poll" }, now);
    exchange(unit);
    now += 1_000;
  }
  return { talk: () => talk, messages, exchange, now: () => now };
};

const REQUESTS = [
  [{ op: "stop" }, ["props runState 0"]],
  [{ op: "pause" }, ["props runState 0"]],
  [{ op: "start" }, ["props ControlMode 1", "props runState 1"]],
  ...[5, 11, 18, 19, 30, 60].map(
    (tenths) =>
      [
        { op: "speed", speed: speedFromKmh(tenths / 10) },
        [`props CurrentSpeed ${(tenths / 10).toFixed(1)}`],
      ] as const,
  ),
] as const;

/** A line may be cut off after any of its pieces, by a 0d: the rest must not be a command to the pad. */
const expectHalvesToBeNothing = (unit: FrameSequence, table: Table): void => {
  for (const count of unit.keys()) {
    const half = unit.slice(0, count).map(({ bytes }) => Buffer.from(bytes).toString("latin1"));
    const left = half.join("").split("\r").at(-1) ?? "";
    expect(decodeText(left, table) ?? "").not.toMatch(/^props (runState|ControlMode|CurrentSpeed) ./);
  }
};

/** Whatever is written to a belt reads as it was meant; returns whether a stop is written at all. */
const verify = (table: Table, options: Parameters<typeof padWith>[1]): boolean => {
  const pad = padWith(table, options);
  const { talk } = talkTo(pad);
  expect(pad.received.filter((text) => text.startsWith("props"))).toEqual([]);
  let stops = false;
  for (const [request, meant] of REQUESTS) {
    const before = pad.received.length;
    const unit = talk().frames(request, 1_000_000);
    pad.receive(unit);
    const read = pad.received.slice(before);
    if (unit.length > 0) expect(read).toEqual(meant);
    if (request.op === "stop") stops = unit.length > 0;
    expectHalvesToBeNothing(unit, table);
    expect(unit.every(({ bytes }) => bytes.length <= 16)).toBe(true);
  }
  expect(talk().access === "full").toBe(stops);
  return stops;
};

describe("a pad's table is proven before anything is written to its belt", () => {
  const habits = [
    { cr: "", padded: true },
    { cr: "\r", padded: false },
  ];
  it.each(KNOWN_TABLES.flatMap((table, v) => habits.map((habit) => [`v${v}`, table, habit] as const)))(
    "%s",
    (_, table, habit) => {
      expect(verify(table, habit)).toBe(true);
    },
  );

  it("any other table with one pair exchanged: what is written reads as it was meant, or nothing is", () => {
    let steered = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...ALL_TABLES),
        fc.constantFrom(...habits),
        fc.boolean(),
        (table, habit, states) => {
          if (verify(table, { ...habit, states })) steered += 1;
        },
      ),
      { numRuns: 120 },
    );
    expect(steered).toBeGreaterThan(0);
  }, 120_000);

  it("a pad with an unknown table is read only, and reported as such", () => {
    const pad = padWith({ a: "Z", b: "Z" });
    let talk: ProtocolSession = kingsmithText.openSession(peer, model);
    const messages: DecodedMessage[] = [];
    for (let now = 0; now < 15_000; now += 1_000) {
      talk = talk.onWritten({ op: "poll" }, now);
      const turn = talk.receive(NOTIFY, ascii("AAAAAAAA\r"), now + 50);
      talk = turn.session;
      messages.push(...turn.messages);
    }
    expect(talk.access).toBe("none");
    expect(messages.filter(({ kind }) => kind === "access")).toEqual([{ kind: "access", access: "none" }]);
    expect(talk.frames({ op: "stop" }, 20_000)).toEqual([]);
    expect(talk.frames({ op: "start" }, 20_000)).toEqual([]);
    expect(pad.received).toEqual([]);
  });
});

describe("a pad whose table is proven", () => {
  const c2 = KNOWN_TABLES[1]!;
  const said = (text: string) => {
    const pad = padWith(c2);
    const { talk } = talkTo(pad);
    return talk().receive(NOTIFY, pad.say(text), 50_000).messages;
  };

  it("sets its clock only where it does not report its state", () => {
    const talks = padWith(c2);
    talkTo(talks, 4);
    expect(talks.received.filter((text) => text.startsWith("time_posix"))).toEqual([]);
    const silent = padWith(c2, { states: false });
    talkTo(silent, 6);
    expect(silent.received.filter((text) => text.startsWith("time_posix"))).toEqual([
      "time_posix 1785194188",
    ]);
  });

  it("is stopped after damaged lines, also where it does not report its settings, once it was understood for a while", () => {
    const damaged = (polls: number): ProtocolSession => {
      const { talk, now } = talkTo(padWith(c2, { settings: false }), polls);
      const lines = ascii("AAAAAAAA\r".repeat(8));
      return talk().receive(NOTIFY, lines, now()).session;
    };
    expect(damaged(6).access).toBe("none");
    expect(damaged(20).access).toBe("full");
    expect(damaged(20).frames({ op: "stop" }, 60_000)).not.toEqual([]);
  });

  it("gets the time at each refusal until it has answered it: one line may be lost", () => {
    const pad = padWith(c2);
    const { talk } = talkTo(pad);
    const refusal = pad.say("props Error ErrorCode -5000");
    const first = talk().receive(NOTIFY, refusal, 50_000);
    const again = first.session.receive(NOTIFY, refusal, 51_000);
    const answered = again.session.receive(NOTIFY, pad.say("time_posix 0"), 51_100);
    const last = answered.session.receive(NOTIFY, refusal, 52_000);
    expect([first, again, last].map(({ replies = [] }) => replies.length)).toEqual([1, 1, 0]);
  });

  it("gets the time with a stop, and the stop again, as long as it may refuse one for it", () => {
    const written = (name: string, before: (session: ProtocolSession) => ProtocolSession): string[] => {
      const pad = padWith(c2);
      const { talk } = talkTo(pad, 12, modelFor("kingsmith-text", name));
      const asked = pad.received.length;
      pad.receive(before(talk()).frames({ op: "stop" }, 50_000));
      return pad.received.slice(asked);
    };
    const pad = padWith(c2);
    const anew = (session: ProtocolSession): ProtocolSession => session;
    const timed = (session: ProtocolSession): ProtocolSession =>
      session.receive(NOTIFY, pad.say("time_posix 0"), 49_000).session;
    const obeyed = (session: ProtocolSession): ProtocolSession =>
      session.onWritten({ op: "start" }, 48_000).receive(NOTIFY, pad.say("props ControlMode 1"), 48_100)
        .session;
    const twice = ["props runState 0", "time_posix 1785194237", "props runState 0"];
    expect(written("KS-NACH-X21C", anew)).toEqual(twice);
    // A line may have been lost.
    expect(written("KS-NACH-X21C", (session) => session.onWritten({ op: "stop" }, 49_000))).toEqual(twice);
    expect(written("KS-NACH-X21C", timed)).toEqual(["props runState 0"]);
    expect(written("KS-NACH-X21C", obeyed)).toEqual(["props runState 0"]);
    expect(written("KS-C2", anew)).toEqual(["props runState 0"]);
  });

  it("gets no further line for its refusal of a stop that was written with the time", () => {
    const pad = padWith(c2);
    const { talk } = talkTo(pad, 12, modelFor("kingsmith-text", "KS-NACH-X21C"));
    const refusal = pad.say("props Error ErrorCode -5000");
    const replies = (op: "start" | "stop"): number =>
      talk().onWritten({ op }, 49_000).receive(NOTIFY, refusal, 49_100).replies?.length ?? 0;
    expect([replies("stop"), replies("start")]).toEqual([0, 1]);
  });

  it("reports its state by name, partial and repeated", () => {
    expect(
      said("props ControlMode 2 runState 0 runState 0 CurrentSpeed 0.0 RunningTotalTime 0"),
    ).toMatchObject([{ kind: "status", status: { activity: "resting", speed: 0, elapsed: 0 } }]);
    expect(said("props runState 1  CurrentSpeed 1.1 RunningDistance 10 BurnCalories 630")).toMatchObject([
      { kind: "status", status: { activity: "running", speed: 110, distance: 10, energy: 0 } },
    ]);
    // A sign of life, and nothing else.
    expect(said("props Error ErrorCode -5000")).toMatchObject([{ kind: "other" }]);
    expect(said('props mcu_version "0005" Max 6.0 StartSpeed 1.0 unit 0')[0]).toMatchObject({
      kind: "preferences",
      preferences: { maxSpeed: 600, startSpeed: 100, imperial: false },
    });
  });

  it("tells it beside what nobody has published, which proves no table", () => {
    expect(said("props runState 1 BatteryLevel 7 CurrentSpeed 1.1 Wifi_state 2")).toMatchObject([
      { kind: "status", status: { activity: "running", speed: 110 } },
    ]);
    expect(said("props runState 1 CurrentSpeed fast")).toMatchObject([{ kind: "bad" }]);
    expect(said("something else 1")).toMatchObject([{ kind: "bad" }]);
  });

  it("is found, too, where its answer to shake is none that is known (an X21C, captured)", () => {
    const pad = padWith(KNOWN_TABLES[5]!, { shake: "DAEEOAUGHwiN" });
    const { talk } = talkTo(pad);
    expect(talk().access).toBe("full");
    pad.receive(talk().frames({ op: "stop" }, 50_000));
    expect(pad.received.at(-1)).toBe("props runState 0");
  });

  it("judges a start by its echo", () => {
    const verdict = (text: string, after: number) => {
      const pad = padWith(c2);
      const { talk } = talkTo(pad);
      const started = talk().onWritten({ op: "start" }, 50_000);
      const { messages } = started.receive(NOTIFY, pad.say(text), 50_000 + after);
      return messages.find(({ kind }) => kind === "start");
    };
    const judged = (taken: boolean, reason: string | null) => ({
      kind: "start",
      verdict: { accepted: taken, reason },
    });
    expect(verdict("props ControlMode 1", 100)).toEqual(judged(true, null));
    expect(verdict("props ControlMode 2", 100)).toEqual(judged(false, "panel"));
    expect(verdict("props Error ErrorCode -5000", 100)).toEqual(judged(false, "panel"));
    expect(verdict('props Error "ErrorCode" -5000', 100)).toEqual(judged(false, "panel"));
    expect(verdict("props Error ErrorCode -4002", 100)).toBeUndefined();
    expect(verdict("props runState 0 CurrentSpeed 0.0", 100)).toBeUndefined();
  });

  it("keeps its text when the binary side channel sends in the middle of a line", () => {
    const pad = padWith(c2);
    const { talk } = talkTo(pad);
    const line = pad.say("props runState 1 CurrentSpeed 1.1");
    const begun = talk().receive(NOTIFY, line.subarray(0, 20), 1).session;
    for (const side of ["00000000000000000000000000", "1f0408030500", "1305fa5f650a00"]) {
      const turn = begun.receive(NOTIFY, Uint8Array.from(Buffer.from(side, "hex")), 2);
      expect(turn.messages).toMatchObject([{ kind: "other" }]);
      expect(turn.session.receive(NOTIFY, line.subarray(20), 3).messages).toMatchObject([
        { kind: "status", status: { speed: 110 } },
      ]);
    }
  });

  it("survives any bytes", () => {
    const characters = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.string({ maxLength: 40 }).map(ascii));
    fc.assert(
      fc.property(fc.array(characters, { maxLength: 20 }), (many) => {
        let talk: ProtocolSession = kingsmithText.openSession(peer, model);
        for (const bytes of many) talk = talk.receive(NOTIFY, bytes, 0).session;
        expect(talk.frames({ op: "start" }, 0)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
