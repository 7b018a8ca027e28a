import { describe, expect, it } from "vitest";
import { NO_FAULTS } from "../domain/faults.js";
import type { SimulatedModel } from "../domain/faults.js";
import { speedFromKmh } from "../domain/units.js";
import { toHex } from "../protocol/bytes.js";
import { COMMAND, frame } from "../protocol/wilink/frames.js";
import { readPreferences, readRecord, readStatus } from "../protocol/wilink/replies.js";
import type { RawStatus } from "../protocol/wilink/replies.js";
import { machineModel } from "./models.js";
import {
  beltSpeed,
  connected,
  newPad,
  receive,
  remote,
  safetyKey,
  tick,
  valueOf,
  walker,
  withFaults,
} from "./pad.js";
import type { Pad, PadOptions } from "./pad.js";

const POLL = [0xa2, 0, 0];
const STOP = [0xa2, 1, 0];
const TOGGLE = [0xa2, 4, 1];
const STANDBY = [0xa2, 2, 2];
const MANUAL = [0xa2, 2, 1];
const AUTO = [0xa2, 2, 0];
const UNLOCK = [0xa5, 0x60, 0x4a, 0x4d, 0x93, 0x71, 0x29];
const speed = (kmh: number): number[] => [0xa2, 1, kmh * 10];

/** A pad in hands, with its time. */
class Rig {
  pad: Pad;
  #at = 0;

  constructor(model: SimulatedModel, options: PadOptions = {}) {
    this.pad = newPad(machineModel(model), { mode: "manual", ...options });
  }

  /** To a time in seconds. */
  to(seconds: number): this {
    this.pad = tick(this.pad, Math.round(seconds * 1000) - this.#at);
    this.#at = Math.round(seconds * 1000);
    return this;
  }

  send(body: readonly number[]): Uint8Array[] {
    const { pad, notifications } = receive(this.pad, "fe02", frame(COMMAND, body));
    this.pad = pad;
    expect(notifications.every(({ characteristic }) => characteristic === "fe01")).toBe(true);
    return notifications.map(({ bytes }) => bytes);
  }

  do(change: (pad: Pad) => Pad): this {
    this.pad = change(this.pad);
    return this;
  }

  get status(): RawStatus {
    const [bytes] = this.send(POLL);
    return readStatus(bytes!);
  }

  /** State byte and speed byte. */
  get seen(): [number, number] {
    const { state, speed } = this.status;
    return [state, speed];
  }
}

type Step = readonly [seconds: number, state: number, tenths: number, ...sent: (readonly number[])[]];

/** At each time the status is as told, and then the frames are sent. */
const tell = (rig: Rig, story: readonly Step[]): void => {
  for (const [seconds, state, tenths, ...sent] of story) {
    rig.to(seconds);
    expect(rig.seen, `at ${seconds} s`).toEqual([state, tenths]);
    for (const body of sent) rig.send(body);
  }
};

const STORIES: readonly (readonly [SimulatedModel, readonly Step[]])[] = [
  [
    "c2",
    [
      [0, 0, 0, TOGGLE],
      [0.1, 9, 0],
      [1.1, 8, 0],
      [2.1, 7, 0],
      [3, 1, 0],
      [4, 1, 5],
      [7, 1, 20],
      [10, 1, 20, speed(3.5)],
      [12, 1, 31],
      [13, 1, 35],
      [20, 1, 35, STOP],
      [22, 1, 24],
      [26, 1, 3],
      [27, 0, 0],
    ],
  ],
  [
    "a1",
    [
      [0, 0, 0, TOGGLE],
      [5, 0, 0, UNLOCK, TOGGLE],
      [5.1, 9, 0],
      [8, 2, 0],
      [12, 2, 20, speed(1.5)],
      [15, 2, 15, STOP],
      [17, 2, 4],
      [17.5, 0, 2],
      [18, 0, 0],
    ],
  ],
  [
    "p1",
    [
      [0, 0, 0, TOGGLE],
      [0.1, 9, 0],
      [1.1, 8, 0, speed(4)],
      [2.1, 7, 0],
      [3.1, 2, 1],
      // The speed of the countdown was dropped: it settles at the start speed.
      [10, 2, 20, speed(2.5)],
      [12, 2, 25, STOP],
      [15, 2, 9],
      [16, 4, 4],
      [17, 0, 0],
    ],
  ],
  [
    "r1pro",
    [
      [0, 0, 0, TOGGLE],
      [0.1, 9, 0],
      [1.1, 8, 0],
      [2.1, 7, 0],
      [3.1, 6, 0],
      [4.9, 1, 4],
      [5.5, 1, 5],
      [9, 1, 13],
      [13, 1, 20, speed(9)],
      [30, 1, 90, speed(1.5)],
      [50, 1, 15, STOP],
      [51, 3, 10],
      [52, 3, 4],
      [53, 0, 0, TOGGLE],
      // Back to the last used speed, some 8 s after the countdown.
      [58, 1, 4],
      [66, 1, 15],
    ],
  ],
];

describe("each model's start, speed and stop", () => {
  it.each(STORIES)("%s", (model, story) => tell(new Rig(model), story));
});

describe("the start opcode is a toggle", () => {
  it.each([
    ["in the countdown", 1, 2],
    ["while it moves", 10, 20],
  ])("it halts the belt %s", (_, sent, rest) => {
    const rig = new Rig("c2");
    rig.send(TOGGLE);
    rig.to(sent).send(TOGGLE);
    expect(rig.to(rest).seen).toEqual([0, 0]);
    expect(rig.to(rest + 60).seen).toEqual([0, 0]);
  });

  it.each([
    ["in standby", { mode: "standby" }],
    ["in auto mode", { mode: "auto" }],
    ["when it refuses", { faults: { ...NO_FAULTS, refuseStart: 1 } }],
  ] as const)("it is answered, and has no effect, %s", (_, options) => {
    const rig = new Rig("c2", options);
    expect(rig.send(TOGGLE)).toHaveLength(1);
    expect(beltSpeed(rig.to(10).pad)).toBe(0);
  });

  it("has no effect too soon after standby, and then it has", () => {
    const rig = new Rig("c2", { mode: "standby" });
    expect(rig.seen).toEqual([5, 0]);
    rig.send(MANUAL);
    rig.to(0.5).send(TOGGLE);
    expect(rig.to(5).seen).toEqual([0, 0]);
    rig.send(TOGGLE);
    expect(rig.to(10).seen).toEqual([1, 11]);
  });

  it("needs a new handshake in each connection of the A1, which stops without one", () => {
    const rig = new Rig("a1");
    rig.send(UNLOCK);
    rig.send(TOGGLE);
    rig.to(10).do(connected).send(speed(4));
    expect(rig.to(15).seen).toEqual([2, 20]);
    rig.send(STOP);
    expect(rig.to(20).seen).toEqual([0, 0]);
    rig.send(TOGGLE);
    expect(rig.to(30).seen).toEqual([0, 0]);
  });
});

describe("counters", () => {
  /** Most of a minute's walk, at rest at 70 s. */
  const walk = (model: SimulatedModel): Rig => {
    const rig = new Rig(model);
    rig.send(UNLOCK);
    rig.send(TOGGLE);
    rig.to(60).send(STOP);
    return rig.to(70);
  };
  const counted = ({ elapsed, distance, steps }: RawStatus): boolean[] =>
    [elapsed, distance, steps].map((count) => count > 0);
  const KEPT = [true, true, true];
  const ZEROED = [false, false, false];

  it.each([
    ["c2", KEPT, KEPT, ZEROED],
    ["a1", ZEROED, ZEROED, ZEROED],
    ["p1", ZEROED, ZEROED, ZEROED],
    ["r1pro", KEPT, ZEROED, KEPT],
  ] as const)(
    "%s after a stop, in the next countdown, and in standby",
    (model, atRest, atStart, inStandby) => {
      const rig = walk(model);
      expect(counted(rig.status)).toEqual(atRest);
      rig.send(STANDBY);
      expect(counted(rig.status)).toEqual(inStandby);
      const next = walk(model);
      next.send(TOGGLE);
      expect(counted(next.to(71).status)).toEqual(atStart);
    },
  );

  it("P1 holds the totals in its last moving frame", () => {
    const rig = new Rig("p1");
    rig.send(TOGGLE);
    rig.to(20).send(STOP);
    expect(rig.to(23.5).status).toMatchObject({ state: 4, elapsed: 20 });
  });

  it("A1 keeps the steps for a frame after time and distance are gone", () => {
    const rig = new Rig("a1");
    rig.send(UNLOCK);
    rig.send(TOGGLE);
    rig.to(20).send(STOP);
    rig.to(23.1);
    expect(rig.status.state).toBe(2);
    expect(rig.to(23.2).status).toMatchObject({ state: 0, speed: 3, elapsed: 0, distance: 0 });
    expect(rig.status.steps).toBeGreaterThan(10);
    expect(rig.to(25).status.steps).toBe(0);
  });

  it("no step is counted without a walker", () => {
    const rig = new Rig("c2").do((pad) => walker(pad, false));
    rig.send(TOGGLE);
    expect(rig.to(60).status).toMatchObject({ steps: 0, elapsed: 57 });
  });

  it("the last walk is on record until it is cleared", () => {
    const rig = walk("p1");
    const [bytes] = rig.send([0xa7, 0xaa, 0xff]);
    const record = readRecord(bytes!);
    expect(record).toMatchObject({ onTime: 70, startTime: 0, elapsed: 60, distance: 3, remaining: 1 });
    expect(record.steps).toBeGreaterThan(60);
    rig.send([0xa7, 0xaa, 0]);
    expect(readRecord(rig.send([0xa7, 0xaa, 0xff])[0]!)).toMatchObject({ elapsed: 0, remaining: 0 });
  });
});

describe("the wire", () => {
  it("answers each known command once, and pushes nothing", () => {
    const rig = new Rig("c2");
    const bodies = [
      POLL,
      STOP,
      TOGGLE,
      speed(2),
      MANUAL,
      [0xa2, 3, 7],
      UNLOCK,
      [0xa6, 0, 0, 0, 0, 0],
      [0xa7, 0xaa, 0xff],
    ];
    expect(bodies.map((body) => rig.send(body).map((bytes) => [bytes[1], bytes.length]))).toEqual([
      ...Array.from({ length: 6 }, () => [[0xa2, 20]]),
      [[0xa5, 20]],
      [[0xa6, 20]],
      [[0xa7, 20]],
    ]);
  });

  it.each([
    ["a bad checksum", "f7a20401a8fd"],
    ["a truncated frame", "f7a20401"],
    ["an unknown opcode", toHex(frame(COMMAND, [0xa2, 5, 1]))],
    ["a write to its memory", toHex(frame(COMMAND, [0xa6, 3, 0, 0, 0, 60]))],
    ["nothing", ""],
  ])("ignores %s in silence", (_, hex) => {
    const pad = newPad(machineModel("c2"), { mode: "manual" });
    expect(receive(pad, "fe02", Uint8Array.from(Buffer.from(hex, "hex")))).toEqual({
      pad,
      notifications: [],
    });
  });

  it("ignores what is written elsewhere, and has its status to read", () => {
    const rig = new Rig("c2");
    expect(receive(rig.pad, "fe01", frame(COMMAND, TOGGLE)).notifications).toEqual([]);
    expect(toHex(valueOf(rig.pad, "fe01")!)).toBe("f8a200000100000000000000000000000000a3fd");
    expect(valueOf(rig.pad, "fe02")).toBeNull();
  });

  it("byte 14 is the last speed, then the last argument, and nothing on an R1 Pro", () => {
    const rig = new Rig("c2");
    const appSpeeds = [speed(1.5), MANUAL, TOGGLE, [0xa2, 3, 7], AUTO, STOP].map((body) => {
      rig.send(body);
      return rig.status.appSpeed;
    });
    expect(appSpeeds).toEqual([45, 1, 1, 7, 0, 0]);
    const r1 = new Rig("r1pro");
    r1.send(TOGGLE);
    expect(r1.status.appSpeed).toBe(0);
  });

  it("standby to a moving belt is not a stop", () => {
    const rig = new Rig("c2");
    rig.send(TOGGLE);
    rig.to(10).send(STANDBY);
    expect(rig.to(15).status).toMatchObject({ state: 1, speed: 20, mode: 2 });
    rig.send(STOP);
    expect(rig.to(20).status).toMatchObject({ state: 5, speed: 0, mode: 2 });
  });

  it("a speed to a slowing belt speeds it up again, one to a belt at rest does nothing", () => {
    const rig = new Rig("c2");
    rig.send(speed(3));
    expect(rig.to(5).seen).toEqual([0, 0]);
    rig.send(TOGGLE);
    rig.to(15).send(STOP);
    rig.to(16).send(speed(3));
    expect(rig.to(25).seen).toEqual([1, 30]);
  });

  it.each([
    ["c2", false, 60, 20, 0],
    ["r1pro", false, 100, 20, 0],
    ["c2", true, 37, 12, 1],
  ] as const)("%s tells its limits, imperial %s", (model, imperial, maxSpeed, startSpeed, unit) => {
    const rig = new Rig(model, { imperial });
    const [bytes] = rig.send([0xa6, 0, 0, 0, 0, 0]);
    expect(readPreferences(bytes!)).toMatchObject({ maxSpeed, startSpeed, unit });
  });

  it("a pad set to miles takes and shows miles an hour", () => {
    const rig = new Rig("c2", { imperial: true });
    rig.send(TOGGLE);
    rig.to(10).send(speed(3));
    expect(rig.to(20).seen).toEqual([1, 30]);
    expect(beltSpeed(rig.pad)).toBeCloseTo(4.83, 2);
  });

  it("never exceeds its own limits", () => {
    const rig = new Rig("c2");
    rig.send(TOGGLE);
    rig.to(10).send(speed(25));
    expect(rig.to(60).seen).toEqual([1, 60]);
    rig.send(speed(0.1));
    expect(rig.to(90).seen).toEqual([1, 5]);
  });
});

describe("a person at the pad", () => {
  it("starts, adjusts and stops it by remote, and the frames show the button", () => {
    const rig = new Rig("a1", { mode: "standby" }).do((pad) => remote(pad, "start-stop"));
    expect(rig.to(1).status).toMatchObject({ state: 8, mode: 1, button: 3 });
    expect(rig.to(2.5).status).toMatchObject({ state: 7, button: 0 });
    rig.to(10).do((pad) => remote(pad, "+"));
    expect(rig.status).toMatchObject({ button: 2, appSpeed: 0 });
    expect(rig.to(12).seen).toEqual([2, 25]);
    rig.do((pad) => remote(remote(pad, "-"), "-"));
    expect(rig.status.button).toBe(4);
    expect(rig.to(20).seen).toEqual([2, 15]);
    rig.do((pad) => remote(pad, "start-stop"));
    expect(rig.to(25).seen).toEqual([0, 0]);
    expect(rig.do((pad) => remote(pad, "+")).to(30).seen).toEqual([0, 0]);
  });

  it("pulls the safety key: the belt stops and does not start without it", () => {
    const rig = new Rig("c2");
    rig.send(TOGGLE);
    rig.to(10).do((pad) => safetyKey(pad, false));
    rig.send(speed(3));
    expect(rig.to(15).seen).toEqual([0, 0]);
    rig.send(TOGGLE);
    expect(rig.to(20).seen).toEqual([0, 0]);
    rig.do((pad) => safetyKey(pad, true)).send(TOGGLE);
    expect(rig.to(30).seen).toEqual([1, 20]);
  });

  it("leaves it alone: it goes to standby by itself, which polls do not prevent", () => {
    const rig = new Rig("c2", { sleepAfter: 60_000 });
    rig.send(TOGGLE);
    rig.to(100).send(STOP);
    expect(rig.to(160).seen).toEqual([0, 0]);
    expect(rig.to(165).seen).toEqual([5, 0]);
    rig.send(MANUAL);
    expect(rig.to(220).seen).toEqual([0, 0]);
  });
});

describe("faults of the belt", () => {
  it("creeps instead of stopping, in its running state, until the fault is taken away", () => {
    const rig = new Rig("r1pro", { faults: { ...NO_FAULTS, creep: speedFromKmh(0.5) } });
    rig.send(TOGGLE);
    rig.to(30).send(STOP);
    rig.to(60).send(STANDBY);
    expect(rig.to(70).status).toMatchObject({ state: 1, speed: 5, mode: 2 });
    rig.do((pad) => withFaults(pad, NO_FAULTS));
    expect(rig.to(75).seen).toEqual([5, 0]);
  });

  it("refuses a share of the starts, the same ones for the same seed", () => {
    const starts = (seed: number): boolean[] => {
      const rig = new Rig("c2", { seed, faults: { ...NO_FAULTS, refuseStart: 0.5 } });
      return Array.from({ length: 40 }, (_, round) => {
        rig.to(round * 10).send(TOGGLE);
        const started = rig.seen[0] !== 0;
        rig.send(STOP);
        return started;
      });
    };
    expect(starts(1)).toEqual(starts(1));
    expect(new Set(starts(1))).toEqual(new Set([true, false]));
  });
});
