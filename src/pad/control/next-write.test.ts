import { describe, expect, it } from "vitest";
import { kmh, speedFromKmh } from "../../domain/units.js";
import { modelFor } from "../../protocol/models.js";
import type { Operation } from "../../protocol/protocol.js";
import type { Context, Machine } from "./context.js";
import { onEvent } from "./control-point.js";
import { requestIncline } from "./incline.js";
import { requestMode } from "./mode.js";
import { requestSpeed } from "./speed.js";
import { requestStart } from "./start.js";
import { nextWrite } from "./next-write.js";
import { onLinkLost, onStatus, review } from "./review.js";
import { onWriteSent, onWriteStarted } from "./written.js";
import { type Control, LINK_DEFAULTS, noControl, NOT_SENT_YET } from "./goals.js";
import { requestStop } from "./stop.js";
import { noTelemetry, observe, type Telemetry } from "./telemetry.js";

const model = modelFor("wilink", "KS-BLC2");
const C2: Machine = { quirks: model.quirks, capabilities: model.defaults };

const at = (now: number, speed: number): Telemetry =>
  observe(noTelemetry, {
    status: {
      activity: speed > 0 ? "running" : "resting",
      code: 0,
      speed: speedFromKmh(speed),
      mode: "manual",
    },
    at: now,
    poll: null,
  });
const rest = at(1_000, 0);
const runningOnce = at(1_000, 3);
const running = observe(at(0, 3), runningOnce.last!);
const seenOnce: Control = {
  ...noControl,
  statusSeen: true,
  preferences: { known: true, tries: 1, askedAt: 0 },
};

const context = (control: Control, telemetry: Telemetry, now = 1_000): Context => ({
  control,
  telemetry,
  machine: C2,
  now,
});

const start = (control: Control) => requestStart(context(control, rest), [1], 1_000).control;
const speed = (control: Control, telemetry: Telemetry) =>
  requestSpeed(context(control, telemetry), {
    refs: [2],
    target: speedFromKmh(4),
    since: 1_000,
    onlySlower: false,
  }).control;
const stop = (control: Control) =>
  requestStop(context(control, running), {
    refs: [3],
    cause: "command",
    endsSession: true,
    lostMoving: false,
  }).control;

/** What is written next, or how many ms to wait. */
const next = (control: Control, telemetry: Telemetry, stopsOnly = false, now = 1_000): string | number => {
  const due = nextWrite(context(control, telemetry, now), stopsOnly);
  if ("lookAgainAt" in due) return due.lookAgainAt - now;
  return due.operation.op === "speed" ? `speed ${kmh(due.operation.speed)}` : due.operation.op;
};

/** A frame that is handed to the link, and leaves at once. */
const wrote = (control: Control, operation: Operation, telemetry = rest, now = 1_000): Control =>
  onWriteSent(
    context(onWriteStarted(context(control, telemetry, now), operation), telemetry, now),
    operation,
  );

describe("the next write", () => {
  it("polls a pad before a speed that an older status would allow", () => {
    const wanted = speed(seenOnce, running);
    expect(next(wanted, running, false, 2_100)).toBe("poll");
    expect(next(wanted, running, false, 1_900)).toBe("speed 4");
  });

  it.each<[string | number, string, Control, Telemetry]>([
    ["poll", "nothing to do", seenOnce, rest],
    ["poll", "before the first status, whatever is wanted", start(speed(noControl, rest)), rest],
    ["stop", "before the first status, a stop", stop(noControl), noTelemetry],
    ["preferences", "after it, the preferences", { ...noControl, statusSeen: true, lastPoll: 900 }, rest],
    ["start", "a start at rest", start(seenOnce), rest],
    ["speed 4", "a speed on a running belt", speed(seenOnce, running), running],
    // The first status of a link: the belt may be slowing to rest (safety rule 5).
    ["poll", "a speed on a belt of which one status is known", speed(seenOnce, runningOnce), runningOnce],
    ["stop", "a stop before all of them", stop(speed(start(seenOnce), running)), running],
    ["stop", "a stop within the gap", { ...stop(seenOnce), lastWrite: 999 }, running],
    [650, "a start after the gap", { ...start(seenOnce), lastWrite: 900 }, rest],
    ["poll", "a start that waits for a status", start(seenOnce), at(-1_500, 0)],
    ["poll", "a start under a running belt", start(seenOnce), running],
    ["poll", "a speed that waits for a status", speed(seenOnce, running), at(-1_500, 3)],
    [
      "poll",
      "a mode under a running belt",
      requestMode(context(seenOnce, rest), [4], "standby").control,
      running,
    ],
    [
      "poll",
      "a mode that waits for a status",
      requestMode(context(seenOnce, rest), [4], "standby").control,
      at(-1_500, 0),
    ],
    [
      "mode",
      "a mode before a start",
      requestMode(context(start(seenOnce), rest), [4], "standby").control,
      rest,
    ],
  ])("%s: %s", (expected, _, control, telemetry) => {
    expect(next(control, telemetry)).toBe(expected);
  });

  it("is nothing but a stop on a link that does not listen yet, or is busy", () => {
    expect(next(stop(seenOnce), running, true)).toBe("stop");
    expect(next(start(speed(seenOnce, rest)), rest, true)).toBe(Infinity);
    expect(next(wrote(stop(seenOnce), { op: "stop" }, running), running, true)).toBe(2_350);
  });

  it("is a poll every gap while something is wanted, every second otherwise", () => {
    const polled = (control: Control) => wrote(control, { op: "poll" });
    expect(next(polled(seenOnce), rest, false)).toBe(1_000);
    expect(
      next(polled({ ...start(seenOnce), start: { ...start(seenOnce).start!, wroteAt: 900 } }), rest),
    ).toBe(750);
  });

  it("requests preferences three times when there is no answer", () => {
    const asked = [1, 2, 3].reduce((control) => wrote(control, { op: "preferences" }, rest, 0), {
      ...noControl,
      statusSeen: true,
    });
    expect(asked.preferences.tries).toBe(3);
    expect(next({ ...asked, lastPoll: 900 }, rest, false, 5_000)).toBe("poll");
  });
});

it("an incline that carries the speed waits for a belt that keeps one", () => {
  const quirks = { ...C2.quirks, speedStarts: true };
  const range = { min: 0, max: 9, step: 1 };
  const wanted = requestIncline(context(seenOnce, running), { refs: [5], percent: 3, range, since: 1_000 });
  const due = (telemetry: Telemetry, machine: Machine) =>
    nextWrite({ ...context({ ...wanted.control, lastPoll: 3_900 }, telemetry, 4_000), machine }, false);
  const ramping = observe(running, {
    ...running.last!,
    at: 4_000,
    status: { ...running.last!.status, speed: speedFromKmh(3.4) },
  });
  const steady = observe(running, { ...running.last!, at: 4_000 });
  const incline = { operation: { op: "incline", percent: 3 } };
  expect(due(ramping, C2)).toEqual(incline);
  expect(due(ramping, { ...C2, quirks })).not.toEqual(incline);
  expect(due(steady, { ...C2, quirks })).toEqual(incline);
});

it("a speed that another controller has changed, as the machine reports, is not written again", () => {
  const written = wrote(speed(seenOnce, running), { op: "speed", speed: speedFromKmh(4) }, running);
  const told = (number: number) =>
    onEvent(context(written, running, 1_100), { type: "target-speed", speed: number }).control;
  const later = observe(running, { ...running.last!, at: 3_500 });
  const again = (control: Control) =>
    next({ ...control, lastPoll: 3_400, lastWrite: 1_000 }, later, false, 3_600);
  expect(again(written)).toBe("speed 4");
  expect(again(told(400))).toBe("speed 4");
  expect(again(told(160))).not.toBe("speed 4");
});

describe("a speed whose limit the pad may yet lower", () => {
  const unasked: Control = { ...noControl, statusSeen: true };
  const asked = (tries: number): Control => ({
    ...unasked,
    lastPoll: 900,
    preferences: { known: false, tries, askedAt: 0 },
  });

  it("waits for the pad's unit, which is requested first", () => {
    expect(next(speed(unasked, running), running)).toBe("preferences");
    expect(next(speed(asked(1), running), running)).toBe(650);
    expect(next(speed(asked(2), running), running)).toBe(650);
  });

  it("is written when the pad was asked twice without an answer", () => {
    const late = observe(running, { ...running.last!, at: 2_000 });
    expect(next(speed(asked(1), running), late, false, 2_000)).toBe("preferences");
    expect(next(speed(asked(2), running), late, false, 2_000)).toBe("speed 4");
  });

  it("ends when the limit is lower, and a belt that it was written to already is brought down", () => {
    const lower = { ...C2, capabilities: { ...C2.capabilities, maxSpeed: speedFromKmh(3.5) } };
    const wanted = speed(seenOnce, running);
    const unwritten = review({ ...context(wanted, running), machine: lower });
    expect(unwritten.control.speed).toBeNull();
    const written = review({
      ...context(wrote(wanted, { op: "speed", speed: speedFromKmh(4) }, running), running),
      machine: lower,
    });
    expect(written.control.speed).toMatchObject({ refs: [], target: speedFromKmh(3.5), onlySlower: true });
    for (const { effects } of [unwritten, written])
      expect(effects).toMatchObject([{ type: "settle", refs: [2], outcome: { code: "out-of-range" } }]);
    const faster = observe(at(0, 3.9), at(1_000, 3.9).last!);
    expect(next({ ...written.control, lastWrite: 0 }, faster)).toBe("speed 3.5");
  });

  it("takes a start along that was wanted for it alone, also one that the pad has ignored so far", () => {
    const lower = { ...C2, capabilities: { ...C2.capabilities, maxSpeed: speedFromKmh(3.5) } };
    const alone = requestStart(context(speed(seenOnce, rest), rest), [], 1_000).control;
    const startAfter = (control: Control) =>
      review({ ...context(control, rest), machine: lower }).control.start;
    expect(startAfter(alone)).toBeNull();
    expect(startAfter(start(speed(seenOnce, rest)))).not.toBeNull();
    expect(startAfter(wrote(alone, { op: "start" }))).toBeNull();
  });

  it("does not hold up a start or a stop", () => {
    expect(next(start(unasked), rest)).toBe("start");
    expect(next(stop(speed(unasked, running)), running)).toBe("stop");
  });
});

it("a speed waits until the belt has moved for as long as the pad needs to take one", () => {
  const { quirks, defaults } = modelFor("kingsmith-text", "KS-C2");
  const moved = observe(runningOnce, { ...running.last!, at: 1_500 });
  const machine = { quirks, capabilities: defaults };
  const due = (now: number) =>
    nextWrite({ ...context(speed(seenOnce, running), moved, now), machine }, false);
  expect(due(1_500)).toEqual({ lookAgainAt: 1_600 });
  expect(due(1_600)).toMatchObject({ operation: { op: "speed" } });
});

it.each([
  ["wilink", true],
  ["ftms", false],
  ["kingsmith-text", false],
] as const)(
  "a belt that moves right after a start shows, on %s, that it was that start: %s",
  (name, shows) => {
    // safety rule 7: FTMS and the text protocol show no countdown, so what moves may be somebody else's doing, and
    // rest after a stop may be the rest before the start takes effect.
    const { quirks, defaults } = modelFor(name, null);
    const machine = { quirks, capabilities: defaults };
    const begun = onWriteStarted(
      { ...context(start(seenOnce), rest, 900), machine },
      { op: "start" },
    ).started;
    expect(begun).toMatchObject({ seen: false, slow: !shows });
    const started = { at: 900, statusAt: 800, seen: false };
    const sample = running.last!;
    const { control } = onStatus({ ...context({ ...seenOnce, started }, running), machine }, sample);
    expect(control.started?.seen).toBe(shows);
  },
);

it("with the link everything goes but a stop and what was learned", () => {
  const started = { at: 900, statusAt: 800, seen: false };
  const before = { ...speed(start(seenOnce), rest), started, needsHandshake: true, target: speedFromKmh(3) };
  const lost = onLinkLost(context({ ...before, manualDone: true, handshakeDone: true }, rest));
  expect(lost.control).toEqual({ ...noControl, ...LINK_DEFAULTS, started, needsHandshake: true });
  expect(lost.effects.flatMap((effect) => (effect.type === "settle" ? effect.refs : []))).toEqual([1, 2]);

  const onItsWay = { ...noControl, started: { ...started, at: NOT_SENT_YET } };
  expect(onLinkLost(context(onItsWay, rest)).control.started).toEqual({ ...started, at: 1_000 });

  const { control } = onLinkLost(context(stop(seenOnce), running));
  expect(control.stop).toMatchObject({ refs: [], lastWrite: null, movedWhenLost: true });
  // Lost again before a status came: what was true when the first one went is all that is known.
  expect(onLinkLost(context(control, rest)).control.stop).toMatchObject({ movedWhenLost: true });
  expect(onLinkLost(context(stop(seenOnce), rest)).control.stop).toMatchObject({ movedWhenLost: false });
  expect(onLinkLost(context(stop({ ...seenOnce, started }), rest)).control.stop).toMatchObject({
    movedWhenLost: true,
  });
});
