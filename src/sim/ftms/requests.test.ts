import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex } from "../../../test/support/captures.js";
import { NO_FAULTS } from "../../domain/faults.js";
import { speedFromKmh } from "../../domain/units.js";
import { toHex } from "../../protocol/bytes.js";
import { readTreadmillData, type TreadmillData } from "../../protocol/ftms/treadmill-data.js";
import { unlockFrame } from "../../protocol/ftms/kingsmith-service.js";
import { machineModel } from "../models.js";
import {
  beltSpeed,
  connected,
  control,
  endsLink,
  newPad,
  type Pad,
  type PadOptions,
  receive,
  remote,
  safetyKey,
  notify,
  nextNotificationIn,
  subscribe,
  tick,
  valueOf,
  walker,
  withFaults,
} from "../pad.js";

type Model = "z1" | "mc21" | "ftms" | "tm11gy";
const MODELS: readonly Model[] = ["z1", "mc21", "ftms", "tm11gy"];

const CONTROL = "00";
const START = "07";
const STOP = "0801";
const PAUSE = "0802";
const speed = (kmh: number): string => {
  const number = Math.round(kmh * 100);
  return `02${toHex(Uint8Array.of(number & 0xff, number >> 8))}`;
};

const PREAMBLE = "d18d2c10c44c11e8a355529269fb1459";
const SUPPLEMENT_NOTIFY = "24e2521cf63b48ed85bec5330b00fdf7";
const SUPPLEMENT_WRITE = "24e2521cf63b48ed85bec5330d00fdf7";

/** A pad in hands, with its time. `heard` is what it said, by characteristic. */
class Rig {
  pad: Pad;
  heard: string[] = [];
  data: TreadmillData = { flags: 0 };
  #at = 0;

  constructor(model: Model, options: PadOptions = {}, listens = true) {
    this.pad = newPad(machineModel(model), options);
    if (listens) this.listen();
  }

  /** To a time in seconds, hearing everything on the way. */
  to(seconds: number): this {
    const end = Math.round(seconds * 1000);
    for (
      let next = nextNotificationIn(this.pad);
      next !== null && this.#at + next <= end;
      next = nextNotificationIn(this.pad)
    ) {
      this.pad = tick(this.pad, next);
      this.#at += next;
      const said = notify(this.pad);
      this.pad = said.pad;
      this.hear(said.notifications);
    }
    this.pad = tick(this.pad, end - this.#at);
    this.#at = end;
    return this;
  }

  listen(...characteristics: readonly string[]): this {
    for (const each of characteristics.length > 0 ? characteristics : ["2ad9", "2ada", "2acd"]) {
      this.pad = subscribe(this.pad, each);
      this.to(this.#at / 1000 + 0.1);
    }
    return this;
  }

  write(characteristic: string, hex: string): this {
    const { pad, notifications } = receive(this.pad, characteristic, fromHex(hex));
    this.pad = pad;
    this.hear(notifications);
    return this;
  }

  /** Requests, each with the preamble that an MC21 wants. */
  send(...requests: readonly string[]): this {
    for (const hex of requests) this.write(PREAMBLE, "01000d00060b0f0d").write("2ad9", hex);
    return this;
  }

  do(change: (pad: Pad) => Pad): this {
    this.pad = change(this.pad);
    return this.to(this.#at / 1000);
  }

  /** What was heard since, without the data. */
  news(): string[] {
    return this.heard.splice(0).filter((each) => !each.startsWith("2acd"));
  }

  hear(notifications: readonly { readonly characteristic: string; readonly bytes: Uint8Array }[]): void {
    for (const { characteristic, bytes } of notifications) {
      this.heard.push(`${characteristic} ${toHex(bytes)}`);
      if (characteristic === "2acd") this.data = { ...this.data, ...readTreadmillData(bytes) };
    }
  }
}

type Step = readonly [seconds: number, hundredths: number, ...sent: string[]];

/** At each time the latest data says the speed as told, and then the requests are sent. */
const STORIES: readonly (readonly [Model, readonly Step[]])[] = [
  [
    "z1",
    [
      [1.3, 0, CONTROL, START],
      [5, 0],
      [7.3, 101],
      [12, 160, speed(2.5)],
      [15, 250, PAUSE],
      [21, 0],
      [22, 0, CONTROL, START],
      [40, 160, STOP],
      [45, 0],
    ],
  ],
  [
    "mc21",
    [
      [1.3, 0, CONTROL, START],
      [4.2, 0],
      [10, 100, speed(6)],
      [25, 600, PAUSE],
      [26, 547],
      [40, 0, START],
      [50, 100, STOP],
      [53, 0],
    ],
  ],
  [
    "ftms",
    [
      [1.3, 0, CONTROL, START],
      [4.2, 0],
      [10, 100, speed(3)],
      [15, 300, PAUSE],
      [22, 0, START],
      [30, 100, STOP],
      [33, 0],
    ],
  ],
  [
    "tm11gy",
    [
      [1.3, 0, CONTROL, START],
      // 1 mph is 1.61 km/h (wire-facts b.7.11), and it tells the truth about it.
      [10, 100, speed(1)],
      [13, 161, speed(2)],
      [18, 322, PAUSE],
      [26, 0, START],
      [35, 100, STOP],
      [38, 0],
    ],
  ],
];

describe("each model's start, speed, pause and stop", () => {
  it.each(STORIES)("%s", (model, story) => {
    const rig = new Rig(model);
    for (const [seconds, hundredths, ...sent] of story) {
      rig.to(seconds);
      expect(rig.data.speed, `at ${seconds} s`).toBe(hundredths);
      rig.send(...sent);
    }
  });
});

describe("its answers and events", () => {
  const walk = (model: Model): string[] => {
    const rig = new Rig(model);
    rig.news();
    rig.send(CONTROL, START).to(15).send(speed(2)).to(20).send(PAUSE).to(30);
    rig.send(CONTROL, START).to(40).send(STOP).to(50);
    return rig.news();
  };
  const [GRANTED, STARTED, HALTED] = ["2ad9 800001", "2ad9 800701", "2ad9 800801"];
  const ANSWERS = [GRANTED, STARTED, "2ad9 800201", HALTED, GRANTED, STARTED, HALTED];

  it.each<[string, Model, string[]]>([
    ["answers every request", "ftms", ANSWERS],
    ["answers every request", "tm11gy", ANSWERS],
    [
      "answers, and reports starts and stops",
      "z1",
      ANSWERS.flatMap(
        (each, index) =>
          [
            [each],
            [each, "2ada 04"],
            [each],
            [each, "2ada 0202"],
            [each],
            [each, "2ada 04"],
            [each, "2ada 0201"],
          ][index]!,
      ),
    ],
    [
      "answers once, with a failure; the rest is reported as events",
      "mc21",
      ["2ad9 800004", "2ada 04", "2ada 05c800", "2ada 0202", "2ada 04", "2ada 0201"],
    ],
  ])("%s: %s", (_, model, said) => {
    expect(walk(model)).toEqual(said);
  });

  it.each<[Model, number, number]>([
    ["z1", 1, 1],
    ["mc21", 1, 10],
    ["ftms", 2, 2],
    ["tm11gy", 1, 1],
  ])("%s sends %d records a second at rest, and %d while it moves", (model, atRest, moving) => {
    const rig = new Rig(model).to(2.35);
    rig.heard.length = 0;
    expect(rig.to(5.35).heard.length / 3).toBe(atRest);
    rig.send(CONTROL, START).to(15.35).heard.length = 0;
    expect(rig.to(18.35).heard.length / 3).toBe(moving);
  });

  it.each<[Model, string[]]>([
    ["z1", ["0424000000000000000000"]],
    ["mc21", ["8404000000000000000000000000"]],
    ["ftms", ["8c05" + "0000" + "000000" + "00000000" + "0000000000" + "00" + "0000", "0120000000"]],
    ["tm11gy", ["8404000000000000000000000000"]],
  ])("%s sends the bytes of its firmware", (model, records) => {
    expect(
      new Rig(model)
        .to(1.35)
        .heard.filter((each) => each.startsWith("2acd"))
        .map((each) => each.slice(5)),
    ).toEqual(records);
  });

  it.each<[Model, string, string | null, string | null]>([
    ["z1", "4412000001000000", "a00080020a00", null],
    ["mc21", "0412000001000000", "3200e8030a00", null],
    ["ftms", "dc5600000f000000", "640040060a00", "000096000a00"],
    ["tm11gy", "0412000001000000", "640058020a00", null],
  ])("%s can be read", (model, features, speeds, inclines) => {
    const { pad } = new Rig(model);
    const values = ["2acc", "2ad4", "2ad5"]
      .map((each) => valueOf(pad, each))
      .map((each) => each && toHex(each));
    expect(values).toEqual([features, speeds, inclines]);
    expect(toHex(valueOf(pad, "2ad3")!)).toBe("0001");
    expect(valueOf(pad, "2acd")).toBeNull();
  });

  it("is not sent without a subscription", () => {
    for (const model of MODELS) {
      const rig = new Rig(model, {}, false);
      expect(nextNotificationIn(rig.pad)).toBeNull();
      rig
        .send(CONTROL, START)
        .to(20)
        .do((pad) => remote(pad, "start-stop"));
      expect(rig.to(30).heard).toEqual([]);
    }
  });

  it("replays its state on subscription, on KingSmith's machines", () => {
    const replayed = (model: Model): string[] => {
      const rig = new Rig(model).send(CONTROL, START).to(20);
      rig.do(connected).news();
      return rig.listen("2ada").news();
    };
    expect(MODELS.map(replayed)).toEqual([["2ada 04"], ["2ada 04"], [], []]);
    expect(new Rig("z1", {}, false).listen("2ada").news()).toEqual(["2ada 0201"]);
  });

  it("loses a subscription that comes too soon after another, on KingSmith's", () => {
    const subscribed = (model: Model): boolean => {
      const rig = new Rig(model, {}, false);
      rig.pad = subscribe(subscribe(rig.pad, "2ad9"), "2acd");
      return rig.to(5).heard.length > 0;
    };
    expect(MODELS.map(subscribed)).toEqual([false, false, true, true]);
  });

  it("is a training status where that is wanted", () => {
    const rig = new Rig("mc21").listen("2ad3");
    rig.news();
    rig.send(CONTROL, START).to(15).send(STOP).to(25);
    expect(rig.news().filter((each) => each.startsWith("2ad3"))).toEqual([
      "2ad3 0001",
      "2ad3 000e",
      "2ad3 000d",
      "2ad3 000f",
      "2ad3 0001",
    ]);
  });

  it("is silence at rest, of a Z1 that is like that", () => {
    const rig = new Rig("z1", { quietAtRest: true });
    expect(rig.to(30).heard.filter((each) => each.startsWith("2acd"))).toEqual([]);
    rig.send(CONTROL, START).to(50);
    expect(rig.data.speed).toBe(160);
  });
});

describe("requests", () => {
  it.each<[string, Model, string[], string]>([
    ["without permission", "ftms", [START], "80 07 05"],
    ["of an opcode nobody knows", "ftms", [CONTROL, "13"], "80 13 02"],
    ["that are broken", "ftms", [CONTROL, "02fa"], "80 02 03"],
    ["for a speed at rest", "ftms", [CONTROL, speed(2)], "80 02 04"],
    ["for a speed below the slowest", "ftms", [CONTROL, START, speed(0.5)], "80 02 03"],
    ["for a speed above the fastest", "ftms", [CONTROL, START, speed(16.5)], "80 02 03"],
    ["to pause at rest", "ftms", [CONTROL, PAUSE], "80 08 04"],
    ["to stop at rest", "ftms", [CONTROL, STOP], "80 08 01"],
    ["to incline", "ftms", [CONTROL, "031400"], "80 03 01"],
    ["to incline too far", "ftms", [CONTROL, "03e803"], "80 03 03"],
    ["to incline what cannot be", "z1", [CONTROL, "031400"], "80 03 02"],
    ["to reset", "ftms", [CONTROL, "01"], "80 01 01"],
    ["after a reset", "ftms", [CONTROL, "01", START], "80 07 05"],
  ])("%s: %s", (_, model, sent, answer) => {
    const rig = new Rig(model).send(...sent);
    expect(rig.news().at(-1)).toBe(`2ad9 ${answer.replaceAll(" ", "")}`);
  });

  it("to start a running belt: an error, or a toggle", () => {
    const again = (model: Model): readonly unknown[] => {
      const rig = new Rig(model).send(CONTROL, START).to(20);
      rig.news();
      rig.send(START);
      return [...rig.news(), beltSpeed(rig.to(40).pad) > 0];
    };
    expect(MODELS.map(again)).toEqual([
      ["2ad9 800704", true],
      [true],
      ["2ad9 800704", true],
      ["2ad9 800701", false],
    ]);
  });

  it("a start or stop too soon after another is lost, on a Z1", () => {
    const rig = new Rig("z1").to(2).send(CONTROL, START).to(2.5);
    rig.news();
    rig.send(STOP);
    expect(rig.news()).toEqual([]);
    rig.to(3.1).send(STOP);
    expect(rig.news()).toEqual(["2ad9 800801", "2ada 0201"]);
    expect(beltSpeed(rig.to(20).pad)).toBe(0);
  });

  it.each<[Model, boolean, string]>([
    ["z1", false, "2ad9 800705"],
    ["z1", true, "2ad9 800704"],
    ["ftms", false, "2ad9 800701"],
  ])("%s after each stop, whoever stopped it: %s, %s", (model, failsWithoutPermission, answer) => {
    const started = (stop: (rig: Rig) => Rig): string | undefined => {
      const rig = stop(new Rig(model, { failsWithoutPermission }).send(CONTROL, START).to(20)).to(40);
      rig.news();
      rig.send(START);
      return rig.news()[0];
    };
    const stops = [STOP, PAUSE].map((each) => (rig: Rig) => rig.send(each));
    const all = [...stops, (rig: Rig) => rig.do((pad) => remote(pad, "start-stop"))];
    expect(all.map(started)).toEqual([answer, answer, answer]);
  });

  it("an MC21 obeys nothing without the preamble, each time", () => {
    const rig = new Rig("mc21").send(CONTROL).write("2ad9", START);
    expect(rig.news().at(-1)).toBe("2ad9 800705");
    expect(beltSpeed(rig.to(20).pad)).toBe(0);
    rig.send(START).write("2ad9", STOP);
    expect(beltSpeed(rig.to(40).pad)).toBe(1);
  });

  it.each<[Model, boolean]>([
    ["z1", true],
    ["mc21", true],
    ["ftms", false],
    ["tm11gy", false],
  ])("a speed during the spin-up kills the link of %s: %s", (model, crashes) => {
    const rig = new Rig(model).send(CONTROL, START).to(2).send(speed(2));
    expect(endsLink(rig.pad)).toBe(crashes ? "crash" : null);
    expect(beltSpeed(rig.to(30).pad)).toBeGreaterThan(0.9);
    expect(endsLink(connected(rig.pad))).toBeNull();
  });

  it("a machine without subscriptions obeys no write", () => {
    const rig = new Rig("ftms", {}, false).listen("2acd").send(CONTROL, START);
    expect(beltSpeed(rig.to(20).pad)).toBe(0);
  });

  it("inclines slowly, and reports it", () => {
    const rig = new Rig("ftms").send(CONTROL, "031400").to(3);
    expect(rig.data.inclination).toBeGreaterThan(0);
    expect(rig.data.inclination).toBeLessThan(20);
    expect(rig.to(6).data.inclination).toBe(20);
  });
});

describe("the unlock gate of firmware V0.0.6", () => {
  const gated = (): Rig => new Rig("z1", { unlockGate: true, name: "KS-HD-Z1X" });
  const unlock = toHex(unlockFrame("KS-HD-Z1X")!);

  it("keeps it mute and deaf, until it is unlocked by its name", () => {
    const rig = gated().listen(SUPPLEMENT_NOTIFY);
    rig
      .send(CONTROL, START)
      .write(SUPPLEMENT_WRITE, toHex(unlockFrame("KS-HD-Z1D")!))
      .to(10);
    expect([rig.heard, beltSpeed(rig.pad)]).toEqual([[], 0]);
    rig.write(SUPPLEMENT_WRITE, unlock).to(11);
    expect(rig.news()).toEqual([`${SUPPLEMENT_NOTIFY} 718000f1`]);
    rig.send(CONTROL, START);
    expect(beltSpeed(rig.to(30).pad)).toBe(1.6);
  });

  it("takes any salt, and falls again with the link", () => {
    const rig = gated()
      .listen(SUPPLEMENT_NOTIFY)
      .write(SUPPLEMENT_WRITE, toHex(unlockFrame("KS-HD-Z1X", 100)!));
    expect(rig.news()).toEqual([`${SUPPLEMENT_NOTIFY} 718000f1`]);
    rig.do(connected).listen().send(CONTROL, START);
    expect([rig.to(20).heard, beltSpeed(rig.pad)]).toEqual([[], 0]);
  });

  it("does not exist on other firmware, which answers nevertheless", () => {
    const rig = new Rig("z1", { name: "KS-HD-Z1X" }).listen(SUPPLEMENT_NOTIFY);
    rig.news();
    expect(rig.write(SUPPLEMENT_WRITE, unlock).news()).toEqual([`${SUPPLEMENT_NOTIFY} 718000f1`]);
  });
});

describe("counters", () => {
  const counted = (rig: Rig): readonly boolean[] =>
    [rig.data.distance, rig.data.elapsed, rig.data.steps ?? 1].map((each) => (each ?? 0) > 0);

  it.each(MODELS)("%s keeps them through a pause and a resume, and zeroes them at a stop", (model) => {
    const rig = new Rig(model).send(CONTROL, START).to(60).send(PAUSE).to(70);
    expect(counted(rig)).toEqual([true, true, true]);
    const before = rig.data.distance!;
    rig.send(CONTROL, START).to(90);
    expect(rig.data.distance).toBeGreaterThan(before);
    rig.send(STOP).to(100);
    expect([rig.data.distance, rig.data.elapsed]).toEqual([0, 0]);
  });

  it("steps and pulse stand still without a walker", () => {
    const rig = new Rig("ftms")
      .do((pad) => walker(pad, false))
      .send(CONTROL, START)
      .to(60);
    expect(rig.data).toMatchObject({ steps: 0, heartRate: 0 });
    expect(rig.data.distance).toBeGreaterThan(10);
    expect(rig.do((pad) => walker(pad, true)).to(70).data.heartRate).toBeGreaterThan(60);
  });

  it("survive the link while a session is open", () => {
    const rig = new Rig("z1").send(CONTROL, START).to(60).send(PAUSE).to(70).do(connected).listen().to(75);
    expect(counted(rig)).toEqual([true, true, true]);
  });
});

describe("a person at the machine", () => {
  it("starts, adjusts, pauses, resumes and stops it, and every client is notified", () => {
    const rig = new Rig("ftms").do((pad) => remote(pad, "start-stop")).to(10);
    rig.do((pad) => remote(pad, "+")).to(15);
    expect(rig.data.speed).toBe(150);
    rig
      .do((pad) => remote(pad, "-"))
      .to(20)
      .do((pad) => remote(pad, "start-stop"))
      .to(25);
    expect(rig.data).toMatchObject({ speed: 0 });
    expect(rig.data.elapsed).toBeGreaterThan(0);
    rig
      .do((pad) => remote(pad, "start-stop"))
      .to(35)
      .do((pad) => remote(pad, "stop"))
      .to(40);
    expect(rig.data).toMatchObject({ speed: 0, elapsed: 0 });
    expect(rig.news()).toEqual([
      "2ada 04",
      "2ada 059600",
      "2ada 056400",
      "2ada 0202",
      "2ada 04",
      "2ada 0201",
    ]);
  });

  it("ends a paused session", () => {
    const rig = new Rig("ftms")
      .send(CONTROL, START)
      .to(20)
      .send(PAUSE)
      .to(25)
      .do((pad) => remote(pad, "stop"))
      .to(27);
    expect(rig.data).toMatchObject({ speed: 0, elapsed: 0 });
    rig.news();
    expect(rig.do((pad) => remote(pad, "stop")).news()).toEqual([]);
  });

  it.each(MODELS)("pulls the safety key of %s: the belt stops and does not start without it", (model) => {
    const rig = new Rig(model).send(CONTROL, START).to(20);
    rig.news();
    rig.do((pad) => safetyKey(pad, false)).to(30);
    expect(rig.news()).toEqual(["2ada 03"]);
    expect(beltSpeed(rig.send(CONTROL, START).to(50).pad)).toBe(0);
    rig.do((pad) => safetyKey(pad, true)).send(CONTROL, START);
    expect(beltSpeed(rig.to(70).pad)).toBeGreaterThan(0);
  });
});

describe("a machine that is controlled otherwise", () => {
  it("takes the permission away, and gives it again", () => {
    const rig = new Rig("ftms").send(CONTROL, START).to(10);
    rig.news();
    rig.do((pad) => control(pad, "lost")).send(speed(2));
    expect(rig.news()).toEqual(["2ada ff", "2ad9 800205"]);
    rig.send(CONTROL, speed(2));
    expect(rig.news()).toEqual(["2ad9 800001", "2ad9 800201"]);
  });

  it("refuses it, and then it does not", () => {
    const rig = new Rig("ftms").do((pad) => control(pad, "refused")).send(CONTROL, START);
    expect(rig.news()).toEqual(["2ad9 800004", "2ad9 800705"]);
    rig.do((pad) => control(pad, "allowed")).send(CONTROL, START);
    expect(rig.news()).toEqual(["2ad9 800001", "2ad9 800701"]);
  });

  it("refuses it in the middle of a walk", () => {
    const rig = new Rig("z1").send(CONTROL, START).to(10);
    rig.news();
    rig.do((pad) => control(pad, "refused"));
    expect(rig.send(STOP, CONTROL).news()).toEqual(["2ada ff", "2ad9 800805", "2ad9 800004"]);
    expect(beltSpeed(rig.to(20).pad)).toBe(1.6);
  });

  it("cannot pause", () => {
    const rig = new Rig("ftms", { refusePause: true }).send(CONTROL, START).to(10);
    rig.news();
    rig.send(PAUSE);
    expect(rig.news()).toEqual(["2ad9 800802"]);
    expect(beltSpeed(rig.to(20).pad)).toBe(1);
    expect(beltSpeed(rig.send(STOP).to(30).pad)).toBe(0);
  });

  it("refuses to start, and creeps", () => {
    const rig = new Rig("z1", { faults: { ...NO_FAULTS, refuseStart: 1 } }).send(CONTROL, START);
    expect(rig.news().at(-1)).toBe("2ad9 800704");
    rig
      .do((pad) => withFaults(pad, { ...NO_FAULTS, creep: speedFromKmh(0.5) }))
      .send(START)
      .to(20)
      .send(STOP);
    expect(rig.to(60).data.speed).toBe(50);
    expect(rig.do((pad) => withFaults(pad, NO_FAULTS)).to(65).data.speed).toBe(0);
  });
});

describe("no bytes on any characteristic", () => {
  const uuid = fc.constantFrom(
    "2acc",
    "2acd",
    "2ad3",
    "2ad9",
    "2ada",
    PREAMBLE,
    SUPPLEMENT_NOTIFY,
    SUPPLEMENT_WRITE,
  );
  const junk = fc.uint8Array({ maxLength: 20 }).filter(([opcode]) => opcode !== 0x07);
  const act = fc.oneof(
    fc.tuple(uuid, junk).map(
      ([to, bytes]) =>
        (rig: Rig) =>
          void rig.write(to, toHex(bytes)),
    ),
    fc.constantFrom(CONTROL, STOP, PAUSE, speed(3)).map((hex) => (rig: Rig) => void rig.send(hex)),
    uuid.map((to) => (rig: Rig) => void rig.listen(to)),
    fc.constant((rig: Rig) => void rig.do(connected)),
  );

  it("but a start set the belt in motion, throw, or hang", () => {
    fc.assert(
      fc.property(fc.constantFrom(...MODELS), fc.array(act, { maxLength: 30 }), (model, acts) => {
        const rig = new Rig(model);
        for (const each of acts) each(rig);
        expect(beltSpeed(rig.to(30).pad)).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});
