import { describe, expect, it } from "vitest";
import { decodeText, encodeText, KNOWN_TABLES, type Table } from "../../protocol/kingsmith-text/tables.js";
import type { Notification } from "../behaviour.js";
import { machineModel, type TextModel } from "../models.js";
import {
  beltSpeed,
  connected,
  endsLink,
  newPad,
  type Pad,
  type PadOptions,
  receive,
  remote,
  notify,
  nextNotificationIn,
  subscribe,
  tick,
} from "../pad.js";

/** A pad on a connection; what is written to it arrives at once. */
class Rig {
  pad: Pad;
  heard: Notification[] = [];
  readonly model: TextModel;
  readonly #table: Table;

  constructor(name: "ks-c2" | "x21", options: PadOptions = {}) {
    this.model = machineModel(name);
    this.#table = options.table ?? this.model.text.table;
    this.pad = subscribe(connected(newPad(this.model, options)), this.model.text.notify);
  }

  pass(ms: number): this {
    for (let left = ms; left > 0;) {
      const step = Math.min(left, nextNotificationIn(this.pad) ?? left);
      this.pad = tick(this.pad, step);
      left -= step;
      const { pad, notifications } = notify(this.pad);
      this.pad = pad;
      this.heard.push(...notifications);
      if (step === 0) left -= 1;
    }
    return this;
  }

  raw(text: string): this {
    const { write } = this.model.text;
    const said = receive(this.pad, write, Uint8Array.from(Buffer.from(text, "latin1")));
    this.pad = said.pad;
    this.heard.push(...said.notifications);
    return this;
  }

  /** Writes lines as they are encoded with its own table, or another; gives what the pad says to them. */
  say(texts: readonly string[], table = this.#table): readonly string[] {
    this.heard = [];
    for (const text of texts) {
      this.pass(100);
      this.raw(`${encodeText(text, table)}\r`);
    }
    return this.lines();
  }

  lines(): readonly string[] {
    const stream = this.heard
      .filter(({ bytes }) => bytes.every((byte) => byte === 0x0d || byte > 0x20))
      .map(({ bytes }) => Buffer.from(bytes).toString("latin1"))
      .join("");
    return stream
      .split("\r")
      .filter((line) => line !== "")
      .map((line) => (decodeText(line, this.#table) ?? "?").trim());
  }

  walking(): this {
    this.say(["shake", "time_posix 1", "props ControlMode 1", "props runState 1"]);
    return this.pass(8_000);
  }
}

const STATE = "servers getProp 1 9 15 2 10 11 12 13 14";

describe("a ks-c2", () => {
  it("drops a link without a line from the client, and keeps one with lines", () => {
    expect(endsLink(new Rig("ks-c2").pass(1_700).pad)).toBeNull();
    expect(endsLink(new Rig("ks-c2").pass(1_800).pad)).toBe("drop");
    const spoken = new Rig("ks-c2");
    spoken.say(["shake"]);
    expect(endsLink(spoken.pass(30_000).pad)).toBeNull();
  });

  it("sends parts of 20 bytes, zeros before the first line, and a binary frame in the middle of a later one", () => {
    const rig = new Rig("ks-c2").pass(1_500);
    expect(rig.heard.map(({ bytes }) => bytes.length)).toEqual([13]);
    rig.say(["shake", STATE]);
    expect(rig.heard.every(({ bytes }) => bytes.length <= 20)).toBe(true);
    expect(rig.lines()).toEqual([
      "shake 00",
      "servers 0",
      "props ControlMode 2  ChildLockSwitch 0  runState 0  runState 0  CurrentSpeed 0.0",
    ]);
    rig.pass(15_000).say([STATE]);
    expect(rig.heard.findIndex(({ bytes }) => bytes[0] === 0x1f)).toBe(1);
    expect(rig.lines()).toHaveLength(2);
  });

  it("ignores a start without control, moves five seconds after one with it, and reports changes", () => {
    const rig = new Rig("ks-c2");
    rig.say(["shake", STATE]);
    expect(rig.say(["props runState 1"])).toEqual([]);
    rig.pass(10_000);
    expect(beltSpeed(rig.pad)).toBe(0);
    expect(rig.say(["props ControlMode 1", "props runState 1"])[0]).toBe("props ControlMode 1");
    expect(beltSpeed(rig.pass(4_900).pad)).toBe(0);
    rig.heard = [];
    expect(beltSpeed(rig.pass(3_000).pad)).toBe(1);
    expect(rig.lines()[0]).toMatch(/^props runState 1 {2}runState 1/);
    rig.say(["props runState 0"]);
    rig.pass(3_000);
    expect(beltSpeed(rig.pad)).toBe(0);
    // Each stop gives control back to the panel.
    rig.say(["props runState 1"]);
    expect(beltSpeed(rig.pass(8_000).pad)).toBe(0);
  });

  it("loses a speed before the belt moves, and a line that follows another too soon", () => {
    const rig = new Rig("ks-c2");
    rig.say(["shake", "props ControlMode 1", "props runState 1", "props CurrentSpeed 3.0"]);
    expect(beltSpeed(rig.pass(12_000).pad)).toBe(1);
    rig.say(["props CurrentSpeed 3.0"]);
    expect(beltSpeed(rig.pass(8_000).pad)).toBe(3);
    const stop = `${encodeText("props runState 0", KNOWN_TABLES[1]!)}\r`;
    rig.raw("\r").raw(stop).pass(3_000);
    expect(beltSpeed(rig.pad)).toBe(3);
    rig.raw("\r").pass(60).raw(stop).pass(8_000);
    expect(beltSpeed(rig.pad)).toBe(0);
  });

  it("takes a start only at the try that it likes, and none in standby or with its child lock on", () => {
    const picky = new Rig("ks-c2", { takesTry: 3 });
    picky.say(["shake"]);
    const tries = [1, 2, 3].flatMap(() => picky.say(["props ControlMode 1"]));
    expect(tries).toEqual(["props ControlMode 2", "props ControlMode 2", "props ControlMode 1"]);
    const locked = new Rig("ks-c2", { childLock: true });
    expect(locked.say(["props ControlMode 1"])).toEqual(["props ControlMode 2"]);
    const asleep = new Rig("ks-c2", { asleep: true });
    expect(asleep.say(["servers getProp 3 7 8", "props ControlMode 1", "props runState 1"])).toEqual([
      "servers 0",
      "props ControlMode 2",
      "props Error ErrorCode -5000",
    ]);
    asleep.pad = remote(asleep.pad, "start-stop");
    expect(asleep.say(["props ControlMode 1"])).toEqual(["props ControlMode 1"]);
  });

  it("falls asleep after ten minutes at rest", () => {
    const rig = new Rig("ks-c2");
    rig.say(["shake"]);
    rig.pass(599_000);
    expect(rig.say(["props ControlMode 1"])).toEqual(["props ControlMode 1"]);
    rig.pass(601_000);
    expect(rig.say(["props ControlMode 1"])).toEqual(["props ControlMode 2"]);
  });

  it("zeroes its counters after a stop at its panel, and keeps them after one by the app", () => {
    const rig = new Rig("ks-c2").walking().pass(20_000);
    rig.say(["props runState 0"]);
    rig.pass(5_000);
    expect(rig.pad.machine.belt.counters.elapsed).toBeGreaterThan(20_000);
    rig.say(["props ControlMode 1", "props runState 1"]);
    rig.pass(8_000).pad = remote(rig.pad, "start-stop");
    expect(rig.pass(5_000).pad.machine.belt.counters).toMatchObject({ elapsed: 0, distance: 0, steps: 0 });
  });
});

describe("an x21", () => {
  it("answers commands with an error until its clock was set", () => {
    const rig = new Rig("x21");
    expect(rig.say(["shake", "props ControlMode 1"])).toEqual(["shake 00", "props Error ErrorCode -5000"]);
    expect(rig.say(["time_posix 1", "props ControlMode 1"])).toEqual(["time_posix 0", "props ControlMode 1"]);
  });

  it("does what it reads: a stop in another pad's table starts it (more-protocols 1.2)", () => {
    const rig = new Rig("x21", { table: KNOWN_TABLES[7]! });
    rig.say(["time_posix 1", "props ControlMode 1"]);
    rig.say(["props runState 0"], KNOWN_TABLES[0]);
    expect(beltSpeed(rig.pass(8_000).pad)).toBeGreaterThan(0);
  });

  it("accepts the empty line, and no garbage", () => {
    const rig = new Rig("x21");
    rig.raw("\r").pass(100).raw("!!\r");
    expect(rig.lines()).toEqual(["format error", "format error"]);
  });
});
