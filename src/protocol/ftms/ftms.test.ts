import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Capture, captures, fromHex } from "../../../test/support/captures.js";
import type { PadStatus } from "../../domain/pad.js";
import type { Speed } from "../../domain/units.js";
import { toHex } from "../bytes.js";
import type { ProtocolSession, DecodedMessage, ConnectedDevice } from "../session.js";
import { OPCODE, readAnswer, RESULT, type Request } from "./control-point-frames.js";
import { encodeTreadmillData } from "./treadmill-data.js";
import { ftms } from "./ftms.js";
import { modelFor } from "../models.js";

const PREAMBLE = "d18d2c10c44c11e8a355529269fb1459";
const SUPPLEMENT = [
  "24e2521cf63b48ed85bec5330a00fdf7",
  ["24e2521cf63b48ed85bec5330b00fdf7", "24e2521cf63b48ed85bec5330d00fdf7"],
] as const;
const PLAIN = ["1826", ["2acc", "2acd", "2ad3", "2ad4", "2ad5", "2ad9", "2ada"]] as const;

const met = (
  name: string | null,
  services: readonly (readonly [string, readonly string[]])[] = [PLAIN],
  imperial = false,
): ProtocolSession => {
  const peer: ConnectedDevice = {
    name,
    services: new Map(services),
    properties: new Map(),
    imperial,
    epoch: 0,
  };
  return ftms.openSession(peer, modelFor("ftms", name));
};

/** What is heard, one thing after the other. */
const hearing = (conversation: ProtocolSession) => {
  let now = 0;
  return {
    conversation: () => conversation,
    after(ms: number) {
      now += ms;
      return this;
    },
    receive(characteristic: string, bytes: Uint8Array | string): readonly DecodedMessage[] {
      const turn = conversation.receive(
        characteristic,
        typeof bytes === "string" ? fromHex(bytes) : bytes,
        now,
      );
      conversation = turn.session;
      return turn.messages;
    },
    wrote(request: Request) {
      conversation = conversation.onWritten(request, 0);
      return this;
    },
  };
};

const only = (messages: readonly DecodedMessage[]): DecodedMessage => {
  expect(messages).toHaveLength(1);
  return messages[0]!;
};

const statusOf = (messages: readonly DecodedMessage[]): PadStatus => {
  const status = messages.find((each) => each.kind === "status");
  if (status?.kind !== "status") throw new Error(`no status in ${JSON.stringify(messages)}`);
  return status.status;
};

describe("every captured notification", () => {
  const UUIDS: Readonly<Record<string, string>> = {
    "2ACC": "2acc",
    "2ACD": "2acd",
    "2AD3": "2ad3",
    "2AD5": "2ad5",
    "2AD9": "2ad9",
    "2ADA": "2ada",
  };
  /** What `decoded` of the capture says, in our words. */
  const expected = (capture: Capture): readonly unknown[] => {
    const { decoded, characteristic } = capture;
    switch (characteristic) {
      case "2ACD": {
        const { speed_kmh, distance_m, elapsed_s, steps } = decoded;
        const speed = { speed: Number(speed_kmh) * 100 };
        const rest = distance_m === undefined ? {} : { distance: distance_m, elapsed: elapsed_s };
        // A part without a speed waits for it.
        if (typeof speed_kmh !== "number") return [];
        return [{ kind: "status", status: { activity: "running", code: 0, ...speed, ...rest, steps } }];
      }
      case "2AD9": {
        const opcodes: Readonly<Record<string, number>> = {
          request_control: OPCODE.control,
          start: OPCODE.start,
          set_incline: OPCODE.incline,
        };
        const result = decoded["result"] === "operation_failed" ? "failed" : decoded["result"];
        return [{ kind: "answer", answer: { opcode: opcodes[String(decoded["response_to"])], result } }];
      }
      case "2ADA":
        return [{ kind: "event", event: { type: "started" } }];
      case "2ACC":
        return [{ kind: "preferences", preferences: { heartRate: true, steps: true, imperial: false } }];
      case "2AD5":
        // An incline that 2ACC has not promised yet.
        return [{ kind: "preferences", preferences: { imperial: false } }];
      default:
        return [];
    }
  };
  const ours = captures().filter(({ protocol, dir }) => protocol === "ftms" && dir === "rx");

  it.each(ours)("$characteristic $hex", (capture) => {
    expect(hearing(met(null)).receive(UUIDS[capture.characteristic!]!, capture.hex)).toEqual(
      expected(capture),
    );
  });

  it("is there", () => {
    expect(ours.length).toBeGreaterThan(10);
    expect(new Set(ours.map(({ characteristic }) => characteristic))).toEqual(new Set(Object.keys(UUIDS)));
  });
});

describe("every captured request", () => {
  const written = (conversation: ProtocolSession, request: Request): string[] =>
    conversation.frames(request, 0).map(({ bytes }) => toHex(bytes));
  const TELLS: Readonly<Record<string, (decoded: Capture["decoded"]) => Request>> = {
    request_control: () => ({ op: "control" }),
    pause: () => ({ op: "pause" }),
    set_target_speed: ({ speed_kmh }) => ({
      op: "speed",
      speed: (((speed_kmh as number | undefined) ?? 1.61) * 100) as Speed,
    }),
    set_target_incline: ({ pct }) => ({ op: "incline", percent: pct as number }),
  };
  const ours = captures().filter(
    ({ protocol, dir, decoded }) => protocol === "ftms" && dir === "tx" && String(decoded["cmd"]) in TELLS,
  );
  it.each(ours)("$hex", ({ hex, decoded }) => {
    const imperial = String(decoded["observed"]).includes("mph");
    const request = TELLS[String(decoded["cmd"])]!(decoded);
    expect(written(met(null, [PLAIN], imperial), request)).toEqual([hex]);
  });

  it("is there", () => {
    expect(ours).toHaveLength(6);
  });
});

describe("the opening", () => {
  const steps = (conversation: ProtocolSession): string[] =>
    conversation.opening.map((step) =>
      step.do === "subscribe"
        ? step.characteristic
        : `${step.frame.characteristic} ${toHex(step.frame.bytes)} ${step.frame.response}`,
    );
  const SUBSCRIBED = ["2ad9", "2ada", "2acd"];
  const [, [notify, write]] = SUPPLEMENT;

  it.each<[string, ProtocolSession, string[]]>([
    ["indications, status, data", met("FS-1"), SUBSCRIBED],
    [
      "a Z1's unlock comes first",
      met("KS-HD-Z1D", [PLAIN, SUPPLEMENT]),
      [notify, `${write} 710005012e5a314474 false`, ...SUBSCRIBED],
    ],
    ["a Z1 without the service", met("KS-HD-Z1D"), SUBSCRIBED],
    ["another machine with the service", met("FS-1", [PLAIN, SUPPLEMENT]), SUBSCRIBED],
    ["a name too short for a code", met("Z1D", [PLAIN, SUPPLEMENT]), SUBSCRIBED],
    ["no name at all", met(null, [PLAIN, SUPPLEMENT]), SUBSCRIBED],
    ["a machine without 2ADA", met(null, [["1826", ["2acd", "2ad9"]]]), ["2ad9", "2acd"]],
  ])("%s", (_, conversation, expected) => {
    expect(steps(conversation)).toEqual(expected);
  });
});

describe("the frames", () => {
  const MC21 = [["1826", [...PLAIN[1], PREAMBLE]]] as const;
  const shown = (conversation: ProtocolSession, request: Request): string[] =>
    conversation
      .frames(request, 0)
      .map(({ characteristic, bytes, response }) => `${characteristic} ${toHex(bytes)} ${response}`);

  it("of an MC21 begin with the preamble, each time", () => {
    const pre = `${PREAMBLE} 01000d00060b0f0d true`;
    expect(shown(met("KS-MC21-D06BFD", MC21), { op: "control" })).toEqual([pre, "2ad9 00 true"]);
    expect(shown(met("KS-MC21-D06BFD", MC21), { op: "stop" })).toEqual([pre, "2ad9 0801 true"]);
    expect(shown(met("YPOO-MINI PRO-1", MC21), { op: "stop" })[0]).toBe(`${PREAMBLE} 0100000308000209 true`);
  });

  it.each([
    ["an MC21 that does not offer it", met("KS-MC21-D06BFD")],
    ["another machine that does", met("FS-1", MC21)],
  ])("of %s do not", (_, conversation) => {
    expect(shown(conversation, { op: "stop" })).toEqual(["2ad9 0801 true"]);
  });

  it.each(["poll", "preferences", "handshake", "record"] as const)("of %s are none", (op) => {
    expect(met(null).frames({ op }, 0)).toEqual([]);
  });

  it("of polls are reads, of what is offered", () => {
    expect(met(null).reads({ op: "poll" })).toEqual(["2acc"]);
    expect(met(null).reads({ op: "preferences" })).toEqual(["2acc", "2ad4", "2ad5"]);
    expect(met(null, [["1826", ["2acd", "2acc"]]]).reads({ op: "preferences" })).toEqual(["2acc"]);
    for (const op of ["control", "start", "stop"] as const) expect(met(null).reads({ op })).toEqual([]);
  });
});

describe("a conversation", () => {
  const data = (speed: number) => encodeTreadmillData({ flags: 0, speed });

  it("learns the machine's capabilities value by value, and reports each only once", () => {
    const ear = hearing(met(null));
    expect(only(ear.receive("2acc", "dc5600000f000000"))).toMatchObject({ preferences: { heartRate: true } });
    expect(only(ear.receive("2ad4", "640040060a00"))).toMatchObject({
      preferences: { heartRate: true, maxSpeed: 1600 },
    });
    expect(only(ear.receive("2ad5", "000096000a00"))).toEqual({
      kind: "preferences",
      preferences: {
        minSpeed: 100,
        maxSpeed: 1600,
        step: 10,
        incline: { min: 0, max: 15, step: 1 },
        heartRate: true,
        steps: true,
        imperial: false,
      },
    });
    expect(ear.receive("2acc", "dc5600000f000000")).toEqual([]);
  });

  it("learns from a machine's data that it counts steps, where it does not say so", () => {
    const steps = (count: number) => encodeTreadmillData({ flags: 0x2000, speed: 250, steps: count });
    const ear = hearing(met(null));
    const kinds = [0, 3, 5].map((count) => ear.receive("2acd", steps(count)).map(({ kind }) => kind));
    expect(kinds).toEqual([["status"], ["preferences", "status"], ["status"]]);
    expect(ear.receive("2acc", "8416000001000000")).toMatchObject([
      { kind: "preferences", preferences: { steps: true } },
    ]);
    expect(hearing(met("KS-HD-Z1D")).receive("2acd", steps(3))).toHaveLength(1);
  });

  describe("a record in parts", () => {
    const [STANDARD, LATER] = [
      // Incline 2 %, distance and energy; then speed, heart rate, time and the like. Or heart rate, then the others.
      [
        { flags: 0x009f, distance: 100, inclination: 20, energy: 7 },
        { flags: 0x1f00, speed: 250, heartRate: 90, elapsed: 60 },
      ],
      [
        { flags: 0x0101, heartRate: 90 },
        { flags: 0x048c, speed: 250, distance: 100, inclination: 20, energy: 7, elapsed: 60 },
      ],
    ] as const;
    const whole = { speed: 250, heartRate: 90, incline: 2, distance: 100, energy: 7, elapsed: 60 };

    it.each([
      ["009F, 1F00", STANDARD],
      ["0101, 048C", LATER],
      ["1F00, 009F", STANDARD.toReversed()],
      ["048C, 0101", LATER.toReversed()],
      ["the speed five times as often", [STANDARD[0], ...Array.from({ length: 5 }, () => STANDARD[1])]],
    ])("is one status, its fields never missing: %s", (_, parts) => {
      const ear = hearing(met(null));
      const told = [0, 1, 2, 3].flatMap(() =>
        parts.flatMap((part) => ear.after(300).receive("2acd", encodeTreadmillData(part))),
      );
      expect(told).toHaveLength(4 * parts.filter((part) => "speed" in part).length);
      for (const each of told.slice(1)) expect(each).toMatchObject({ kind: "status", status: whole });
    });

    it("is the same where each part has the speed, also behind bit 0 (b.1)", () => {
      const parts = [
        { flags: 0x0008, speed: 250, inclination: 20 },
        { flags: 0x0500, speed: 250, heartRate: 90, elapsed: 60 },
      ] as const;
      for (const bit of [0, 1]) {
        const ear = hearing(met(null));
        const told = [...parts, ...parts].map((part) => {
          const bytes = encodeTreadmillData(part);
          bytes[0] = part.flags | bit;
          return statusOf(ear.after(500).receive("2acd", bytes));
        });
        for (const status of told.slice(1))
          expect(status).toMatchObject({ speed: 250, incline: 2, heartRate: 90, elapsed: 60 });
      }
    });

    it("takes of two parts with the same field the newest", () => {
      const ear = hearing(met(null));
      for (const [flags, heartRate] of [
        [0x0101, 80],
        [0x0501, 85],
        [0x0101, 90],
      ] as const)
        ear.after(300).receive("2acd", encodeTreadmillData({ flags, heartRate, elapsed: 1 }));
      expect(statusOf(ear.receive("2acd", encodeTreadmillData({ flags: 0, speed: 250 }))).heartRate).toBe(90);
    });

    it("drops values that their part no longer contains, or that are old", () => {
      const ear = hearing(met(null));
      const [rate, rest] = LATER.map((part) => encodeTreadmillData(part));
      ear.receive("2acd", rate!);
      expect(statusOf(ear.receive("2acd", rest!)).heartRate).toBe(90);
      ear.receive("2acd", encodeTreadmillData({ flags: 0x0101, heartRate: 0 }));
      expect(statusOf(ear.receive("2acd", rest!)).heartRate).toBeUndefined();
      ear.receive("2acd", rate!);
      expect(statusOf(ear.after(5_001).receive("2acd", rest!)).heartRate).toBeUndefined();
    });
  });

  it("takes its own requests, their answers and the machine's events into account", () => {
    const ear = hearing(met(null));
    expect(statusOf(ear.receive("2acd", data(0))).activity).toBe("resting");
    ear.wrote({ op: "start" });
    expect(only(ear.receive("2ad9", "800701"))).toEqual({
      kind: "answer",
      answer: { opcode: 7, result: "success" },
    });
    expect(statusOf(ear.receive("2acd", data(0))).activity).toBe("countdown");
    expect(statusOf(ear.receive("2acd", data(200))).activity).toBe("running");
    ear.wrote({ op: "pause" }).receive("2ad9", "800801");
    expect(statusOf(ear.receive("2acd", data(100))).activity).toBe("stopping");
    expect(statusOf(ear.receive("2acd", data(0)))).toEqual({ activity: "paused", code: 0, speed: 0 });
    expect(only(ear.receive("2ada", "03"))).toEqual({ kind: "event", event: { type: "safety-key" } });
    expect(ear.receive("2ad3", "010e")).toEqual([]);
    expect(statusOf(ear.receive("2acd", data(0)))).toMatchObject({ activity: "countdown", code: 0x0e });
  });

  it("learns that a machine counts in miles from two settled speeds, reports it once, and sends miles", () => {
    const ear = hearing(met(null));
    const kinds = [200, 250].flatMap((speed) => {
      ear.receive("2acd", data(100));
      ear.wrote({ op: "speed", speed: speed as Speed });
      const end = Math.round(speed * 1.609344);
      return [150, 200, 250, end, end, end, end, end].flatMap((told) =>
        ear
          .after(1000)
          .receive("2acd", data(told))
          .map(({ kind }) => kind),
      );
    });
    expect(kinds.slice(0, 8)).not.toContain("preferences");
    expect(kinds.filter((kind) => kind === "preferences")).toEqual(["preferences"]);
    const [frame] = ear.conversation().frames({ op: "speed", speed: 200 as Speed }, 0);
    expect(toHex(frame!.bytes)).toBe("027c00");
  });

  it("keeps to miles for a machine that is known for them, whatever the belt does", () => {
    const ear = hearing(met("TM11GY"));
    const messages = [1, 2, 3].flatMap(() => {
      ear.receive("2acd", data(100));
      ear.wrote({ op: "speed", speed: 322 as Speed });
      return [150, 200, 200, 200, 200].flatMap((speed) => ear.after(1000).receive("2acd", data(speed)));
    });
    expect(messages.filter(({ kind }) => kind === "preferences")).toEqual([]);
    const [frame] = ear.conversation().frames({ op: "speed", speed: 200 as Speed }, 0);
    expect(toHex(frame!.bytes)).toBe("027c00");
  });

  it.each([
    ["unlocked", "718000f1", { kind: "unlocked" }],
    ["a fault", "7351020102" + "c9", { kind: "fault", record: "0102" }],
    ["an error among its properties", "725003" + "050200" + "cc", { kind: "fault", record: "error 2" }],
    ["no error among its properties", "725003" + "050000" + "ca", { kind: "fault", record: null }],
    ["other properties", "725003" + "0a0000" + "cf", { kind: "other", type: 0x72 }],
  ])("hears from the supplement service: %s", (_, hex, message) => {
    expect(only(hearing(met("KS-HD-Z1D", [PLAIN, SUPPLEMENT])).receive(SUPPLEMENT[1][0], hex))).toEqual(
      message,
    );
  });

  it.each([
    ["2acd", "00"],
    ["2ada", ""],
    ["2ad3", "00"],
    ["2ad9", "0701"],
    ["2acc", "00"],
    ["2ad4", "0001"],
    ["fe01", "f8a2"],
    [SUPPLEMENT[1][0], "718000f2"],
  ])("drops what makes no sense, and says so: %s %s", (characteristic, hex) => {
    const message = only(hearing(met(null)).receive(characteristic, hex));
    expect(message.kind === "bad" && message.reason).toContain(hex);
  });
});

describe("no bytes on any characteristic", () => {
  const uuid = fc.constantFrom(
    "2acc",
    "2acd",
    "2ad3",
    "2ad4",
    "2ad5",
    "2ad9",
    "2ada",
    SUPPLEMENT[1][0],
    "fe01",
  );
  const request = fc.constantFrom<Request>(
    { op: "control" },
    { op: "start" },
    { op: "stop" },
    { op: "pause" },
    { op: "speed", speed: 200 as Speed },
    { op: "poll" },
  );
  const lifelike = fc.constantFrom(
    "0000fa00",
    "00000000",
    "0400000000",
    "04",
    "0202",
    "800701",
    "800801",
    "ff",
    "03",
  );
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 24 }), lifelike.map(fromHex));
  const input = fc.oneof(
    fc.record({ uuid, bytes }),
    request.map((asked) => ({ asked })),
  );

  it("throw, hang, or make up a frame", () => {
    fc.assert(
      fc.property(fc.array(input, { maxLength: 60 }), (inputs) => {
        const ear = hearing(met("KS-MC21-1"));
        for (const each of inputs) {
          ear.after(300);
          if ("asked" in each) ear.wrote(each.asked);
          else {
            for (const message of ear.receive(each.uuid, each.bytes))
              if (message.kind === "status" && (message.status.speed ?? 0) > 0)
                expect(["running", "stopping"]).toContain(message.status.activity);
          }
        }
        expect(
          ear
            .conversation()
            .frames({ op: "stop" }, 0)
            .map(({ bytes: sent }) => toHex(sent)),
        ).toEqual(["0801"]);
      }),
    );
  });
});

it("knows every result code of the standard", () => {
  for (const [result, code] of Object.entries(RESULT))
    expect(readAnswer(Uint8Array.of(0x80, 2, code))).toEqual({ opcode: 2, result });
});
