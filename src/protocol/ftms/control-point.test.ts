import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Speed } from "../../domain/units.js";
import {
  decideWrite,
  pointAfterAnswer,
  type ControlPoint,
  freshControlPoint,
  nextPermissionRequestAt,
  requestSent,
  pointAfterStatus,
  type Verdict,
  pointAfterWrite,
} from "./control-point.js";
import { opcodeOf, type Request, type Result } from "./control-point-frames.js";
import type { FtmsQuirks } from "../protocol.js";

const PLAIN: FtmsQuirks = { preamble: null, indicates: true, unlock: false };
const MUTE: FtmsQuirks = { ...PLAIN, indicates: false };

type Op = "control" | "start" | "stop" | "pause" | "speed" | "incline" | "poll";
const request = (op: Op): Request => {
  if (op === "speed") return { op, speed: 300 as Speed };
  return op === "incline" ? { op, percent: 1 } : { op };
};

/** A hand at a control point: it writes what may be written, and notes it. */
class Hand {
  point: ControlPoint = freshControlPoint;
  now = 0;
  /** What is written leaves at once. */
  sends = true;
  readonly #quirks: FtmsQuirks | null;

  constructor(quirks: FtmsQuirks | null = PLAIN) {
    this.#quirks = quirks;
  }

  to(seconds: number): this {
    this.now = seconds * 1000;
    return this;
  }

  /** What goes out now for `op`, or in how many ms it is worth looking again. */
  tries(op: Op): string | number {
    const admission = decideWrite(this.point, request(op), this.#quirks, this.now);
    if ("lookAgainAt" in admission) return admission.lookAgainAt - this.now;
    this.point = pointAfterWrite(this.point, admission.write, this.#quirks, this.now);
    if (this.sends) this.point = requestSent(this.point, admission.write, this.now);
    return admission.write.op;
  }

  answer(op: Op, result: Result = "success"): Verdict["verdict"] | null {
    const { point, verdict } = pointAfterAnswer(
      this.point,
      { opcode: opcodeOf(request(op)) ?? -1, result },
      this.#quirks,
      this.now,
    );
    this.point = point;
    return verdict?.verdict ?? null;
  }

  tell(type: "control-lost" | "reset" | "started"): this {
    this.point = pointAfterStatus(this.point, { type }, this.now);
    return this;
  }

  /** With permission. */
  held(): this {
    this.tries("start");
    this.answer("control");
    return this;
  }
}

describe("a control point", () => {
  it("wants permission before the first request, and not again", () => {
    const hand = new Hand();
    expect(hand.tries("start")).toBe("control");
    expect(hand.tries("start")).toBe(1000);
    expect(hand.answer("control")).toBeNull();
    expect(hand.tries("start")).toBe("start");
    expect(hand.answer("start")).toBe("done");
    expect([hand.tries("speed"), hand.answer("speed"), hand.tries("stop")]).toEqual([
      "speed",
      "done",
      "stop",
    ]);
  });

  it("takes one request at a time, for as long as an answer may take", () => {
    const hand = new Hand().held();
    hand.tries("speed");
    expect(hand.to(0.4).tries("incline")).toBe(600);
    expect(hand.to(1).tries("incline")).toBe("incline");
  });

  it("does not delay operations outside of it", () => {
    const hand = new Hand().held();
    hand.tries("speed");
    expect(hand.tries("poll")).toBe("poll");
    expect(hand.answer("speed")).toBe("done");
  });

  it("holds a stop up for a moment only: until an answer comes, or it is late", () => {
    const hand = new Hand().held();
    hand.tries("speed");
    expect(hand.tries("stop")).toBe(300);
    expect(hand.to(0.1).answer("speed")).toBe("done");
    expect(hand.tries("stop")).toBe("stop");
    const late = new Hand().held();
    late.tries("speed");
    expect(late.to(0.3).tries("stop")).toBe("stop");
    // What is answered now was overtaken.
    expect(late.answer("speed")).toBeNull();
    expect(late.answer("stop")).toBe("done");
  });

  it("does not take the copy of an answer for that to the next request, which is still being written", () => {
    const hand = new Hand().held();
    hand.tries("pause");
    expect(hand.answer("pause", "not-supported")).toBe("refused");
    hand.sends = false;
    expect(hand.tries("stop")).toBe("stop");
    expect(hand.answer("stop", "not-supported")).toBeNull();
    // Another answer is one, also where it overtakes the acknowledgement of the write.
    expect(hand.answer("stop")).toBe("done");
  });

  it("requests permission before a stop too, but does not require an answer", () => {
    const hand = new Hand();
    expect(hand.tries("stop")).toBe("control");
    expect(hand.to(0.2).tries("stop")).toBe(100);
    expect(hand.to(0.3).tries("stop")).toBe("stop");
    expect(hand.to(2.4).tries("stop")).toBe("stop");
  });

  it("takes silence for a yes", () => {
    const hand = new Hand();
    hand.tries("start");
    expect(hand.to(1).tries("start")).toBe("start");
    expect(hand.to(5).tries("speed")).toBe("speed");
  });

  it("that refuses permission is asked again after 3 s; a stop is written nevertheless", () => {
    const hand = new Hand();
    hand.tries("start");
    expect(hand.answer("control", "failed")).toBeNull();
    expect(hand.tries("start")).toBe(3000);
    expect(hand.tries("stop")).toBe("stop");
    expect(hand.answer("stop", "not-permitted")).toBe("again");
    expect(hand.tries("stop")).toBe("control");
    hand.answer("control", "not-permitted");
    expect([hand.tries("stop"), hand.answer("stop", "not-permitted")]).toEqual(["stop", "refused"]);
    hand.tries("stop");
    hand.answer("control", "failed");
    expect(hand.to(3).tries("start")).toBe("control");
    hand.answer("control");
    expect(hand.tries("start")).toBe("start");
  });

  it("that does not support the permission request needs none", () => {
    const hand = new Hand();
    hand.tries("start");
    hand.answer("control", "not-supported");
    expect(hand.tries("start")).toBe("start");
  });

  it.each(["control-lost", "reset"] as const)("wants permission again after %s", (type) => {
    const hand = new Hand().held().tell("started");
    expect(hand.tries("speed")).toBe("speed");
    hand.answer("speed");
    expect(hand.tell(type).tries("speed")).toBe("control");
    hand.answer("control");
    expect(hand.tries("speed")).toBe("speed");
  });

  it("that turns a request down for want of permission gets it once more, with permission", () => {
    const hand = new Hand().held();
    expect([hand.tries("speed"), hand.answer("speed", "not-permitted")]).toEqual(["speed", "again"]);
    expect([hand.tries("speed"), hand.answer("control"), hand.tries("speed")]).toEqual([
      "control",
      null,
      "speed",
    ]);
    expect(hand.answer("speed", "not-permitted")).toBe("refused");
    hand.tries("speed");
    hand.answer("control");
    hand.tries("speed");
    expect(hand.answer("speed")).toBe("done");
    hand.tries("speed");
    expect(hand.answer("speed", "not-permitted")).toBe("again");
  });

  it("that fails is left alone for 3 s, but for a stop", () => {
    const hand = new Hand().held();
    hand.tries("start");
    expect(hand.answer("start", "failed")).toBe("again");
    expect(hand.to(1).tries("start")).toBe(2000);
    expect([hand.tries("stop"), hand.answer("control"), hand.tries("stop")]).toEqual([
      "control",
      null,
      "stop",
    ]);
    // A belt at rest has nothing to stop: that must not become a hail of stops.
    expect(hand.answer("stop", "failed")).toBe("refused");
    expect([hand.to(3).tries("start"), hand.answer("control"), hand.tries("start")]).toEqual([
      "control",
      null,
      "start",
    ]);
  });

  it("drops the permission at a stop, as KingSmith's machines do without a word", () => {
    const hand = new Hand().held();
    expect([hand.tries("stop"), hand.answer("stop")]).toEqual(["stop", "done"]);
    expect(nextPermissionRequestAt(hand.point)).toBeNull();
    // A repeated stop does not wait for it, unless it is refused.
    expect([hand.tries("stop"), hand.answer("stop")]).toEqual(["stop", "done"]);
    expect([hand.tries("start"), hand.answer("control"), hand.tries("start")]).toEqual([
      "control",
      null,
      "start",
    ]);
  });

  it("that refuses permission is asked again by itself, also after a stop that it obeyed", () => {
    const hand = new Hand();
    hand.tries("start");
    hand.answer("control", "failed");
    expect(hand.tries("stop")).toBe("stop");
    hand.answer("stop");
    expect(nextPermissionRequestAt(hand.point)).toBe(30_000);
  });

  it("that refused permission, and fails a stop, is asked again before the next one", () => {
    const hand = new Hand();
    hand.tries("start");
    hand.answer("control", "failed");
    hand.to(1).tries("stop");
    // By the stop's timer: it was refused a moment ago.
    expect(hand.answer("stop", "failed")).toBe("refused");
    expect([hand.tries("stop"), hand.answer("control", "failed"), hand.tries("stop")]).toEqual([
      "control",
      null,
      "stop",
    ]);
    expect(hand.answer("stop", "failed")).toBe("refused");
    expect(nextPermissionRequestAt(hand.point)).toBe(4_000);
    expect([hand.to(2).tries("stop"), hand.answer("control"), hand.tries("stop")]).toEqual([
      "control",
      null,
      "stop",
    ]);
    expect(hand.answer("stop")).toBe("done");
  });

  it("that refused permission a while ago, and fails a stop, gets it again at once", () => {
    const hand = new Hand();
    hand.tries("start");
    hand.answer("control", "failed");
    hand.to(10).tries("stop");
    expect(hand.answer("stop", "failed")).toBe("again");
    hand.tries("stop");
    hand.answer("control", "failed");
    hand.tries("stop");
    expect(hand.answer("stop", "failed")).toBe("refused");
  });

  it("that dropped the permission and answers with a failure is asked for it before the next stop", () => {
    const hand = new Hand().held();
    hand.tries("stop");
    expect(hand.answer("stop", "failed")).toBe("refused");
    expect(hand.to(2).tries("stop")).toBe("control");
    expect(hand.to(2.3).tries("stop")).toBe("stop");
    expect(nextPermissionRequestAt(hand.point)).toBeNull();
  });

  it("that may have dropped an old permission, and answers with a failure, gets the stop again at once", () => {
    const hand = new Hand().held().to(60);
    hand.tries("stop");
    expect(hand.answer("stop", "failed")).toBe("again");
    expect([hand.tries("stop"), hand.answer("control"), hand.tries("stop")]).toEqual([
      "control",
      null,
      "stop",
    ]);
    // At rest it fails for another reason: that must not become a hail of stops.
    expect(hand.answer("stop", "failed")).toBe("refused");
  });

  it.each(["not-supported", "invalid", "unknown"] as const)("that says %s means it", (result) => {
    const hand = new Hand().held();
    hand.tries("pause");
    expect(hand.answer("pause", result)).toBe("refused");
    expect(hand.tries("stop")).toBe("stop");
  });

  it("of a machine that does not indicate: refuses permission once, and obeys (MC21)", () => {
    const hand = new Hand(MUTE);
    expect(hand.tries("start")).toBe("control");
    expect(hand.tries("start")).toBe(1000);
    hand.answer("control", "failed");
    expect(hand.tries("start")).toBe("start");
    expect(hand.tries("speed")).toBe("speed");
    expect(hand.tries("stop")).toBe("stop");
    // The preamble was not taken.
    expect(hand.answer("stop", "not-permitted")).toBe("again");
    expect(hand.tries("stop")).toBe("control");
    expect(hand.to(0.3).tries("stop")).toBe("stop");
  });

  it("does not exist on WiLink: everything passes, and leaves no trace", () => {
    const hand = new Hand(null);
    expect((["start", "speed", "stop", "poll"] as const).map((op) => hand.tries(op))).toEqual([
      "start",
      "speed",
      "stop",
      "poll",
    ]);
    expect(hand.answer("start")).toBeNull();
    expect(hand.point).toEqual(freshControlPoint);
  });

  it("requests lost or refused permission by itself, at its own interval", () => {
    const hand = new Hand();
    expect(nextPermissionRequestAt(hand.point)).toBeNull();
    expect(nextPermissionRequestAt(hand.held().point)).toBeNull();
    expect(nextPermissionRequestAt(hand.to(5).tell("control-lost").point)).toBe(8000);
    hand.tries("speed");
    hand.answer("control", "failed");
    expect(nextPermissionRequestAt(hand.point)).toBe(35_000);
  });

  it("requests it too when a request was refused for lack of it and has ended meanwhile", () => {
    const hand = new Hand().held().to(5);
    hand.tries("stop");
    hand.answer("stop", "not-permitted");
    expect(nextPermissionRequestAt(hand.point)).toBe(8000);
  });

  it("never holds a stop up for more than 0.6 s, nor anything for ever, whatever came before", () => {
    const op = fc.constantFrom<Op>("start", "stop", "pause", "speed", "incline", "poll");
    const result = fc.constantFrom<Result>(
      "success",
      "failed",
      "not-permitted",
      "not-supported",
      "invalid",
      "unknown",
    );
    const act = fc.oneof(
      op.map((each) => (hand: Hand) => void hand.tries(each)),
      fc.tuple(fc.constantFrom<Op>("control", "start", "stop", "speed"), result).map(
        ([to, what]) =>
          (hand: Hand) =>
            void hand.answer(to, what),
      ),
      fc
        .constantFrom("control-lost" as const, "reset" as const)
        .map((type) => (hand: Hand) => void hand.tell(type)),
      fc.nat(2000).map((ms) => (hand: Hand) => void (hand.now += ms)),
    );
    const waits = (hand: Hand, wanted: Op): number => {
      const from = hand.now;
      for (let tried = hand.tries(wanted); tried !== wanted; tried = hand.tries(wanted))
        if (typeof tried === "number") hand.now += tried;
      return hand.now - from;
    };
    fc.assert(
      fc.property(fc.array(act, { maxLength: 30 }), fc.boolean(), op, (acts, mute, wanted) => {
        const [hand, other] = [new Hand(mute ? MUTE : PLAIN), new Hand(mute ? MUTE : PLAIN)];
        for (const each of acts) for (const one of [hand, other]) each(one);
        expect(waits(hand, "stop")).toBeLessThanOrEqual(600);
        expect(waits(other, wanted)).toBeLessThanOrEqual(5_000);
      }),
    );
  });
});
