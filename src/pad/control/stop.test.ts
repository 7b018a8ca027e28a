import { describe, expect, it } from "vitest";
import type { Activity } from "../../domain/pad.js";
import { speedFromKmh } from "../../domain/units.js";
import type { Context } from "./context.js";
import { type Control, noControl, type StopCause } from "./goals.js";
import { afterStopWritten, mayMove, proveStop, requestStop, startMayFollow, stopTime } from "./stop.js";
import { afterEvent } from "./control-point.js";
import { stopDue, stopOperation } from "./stop-frames.js";
import { modelFor } from "../../protocol/models.js";
import { noTelemetry, observe, type Sample, type Telemetry } from "./telemetry.js";

const sample = (at: number, poll: number | null, kmh = 0, activity: Activity = "resting"): Sample => ({
  status: { activity, code: 0, speed: speedFromKmh(kmh) },
  at,
  poll,
});
const request = (cause: StopCause = "command", endsSession = false) => ({
  refs: [1],
  cause,
  endsSession,
  lostMoving: false,
});

const { quirks, defaults } = modelFor("wilink", null);
const context = (control: Control, telemetry = noTelemetry, now = 1_000): Context => ({
  control,
  telemetry,
  machine: { quirks, capabilities: defaults },
  now,
});

/** A stop whose only frame was handed over at 1000 ms. */
const stopping = (control: Control = noControl): Control => {
  const asked = requestStop(context(control), request()).control;
  return { ...asked, stop: asked.stop && afterStopWritten(context(asked), asked.stop, false) };
};

/** Whether these statuses confirm the stop, one after the other. */
const confirmed = (control: Control, samples: readonly Sample[]): boolean => {
  let [now, telemetry]: [Control, Telemetry] = [control, noTelemetry];
  for (const one of samples) {
    telemetry = observe(telemetry, one);
    now = proveStop(context(now, telemetry), one).control;
  }
  return now.stop === null && now.stopConfirmed;
};

describe("the proof of rest (safety rule 7)", () => {
  it.each<[boolean, string, Sample[]]>([
    [true, "two answers to later polls", [sample(1_750, 1_700), sample(2_450, 2_400)]],
    [false, "one", [sample(1_750, 1_700)]],
    [false, "one and its copies", [sample(1_750, 1_700), sample(1_750, 1_700), sample(1_790, 1_700)]],
    [false, "answers to earlier polls", [sample(1_050, 900), sample(1_060, 950), sample(1_070, 1_000)]],
    [false, "an earlier and a later one", [sample(1_050, 900), sample(1_750, 1_700)]],
    [false, "answers to commands", [sample(1_050, null), sample(1_750, null), sample(2_450, null)]],
    [
      true,
      "with the answer to a command between",
      [sample(1_750, 1_700), sample(1_800, null), sample(2_450, 2_400)],
    ],
    [false, "with movement between", [sample(1_750, 1_700), sample(2_450, 2_400, 0.3), sample(3_150, 3_100)]],
    [
      false,
      "with a countdown between",
      [sample(1_750, 1_700), sample(2_450, 2_400, 0, "countdown"), sample(3_150, 3_100)],
    ],
    [
      false,
      "a running state at speed 0",
      [sample(1_750, 1_700, 0, "running"), sample(2_450, 2_400, 0, "running")],
    ],
    [false, "speed above 0 in a resting state", [sample(1_750, 1_700, 0.3), sample(2_450, 2_400, 0.2)]],
  ])("%s: %s", (expected, _, samples) => {
    expect(confirmed(stopping(), samples)).toBe(expected);
  });

  it("takes 5 s of speed 0 in a state that is not a resting one", () => {
    const statuses = [2, 3, 4, 5, 6, 7, 8].map((s) => sample(s * 1_000 + 50, s * 1_000, 0, "running"));
    expect(confirmed(stopping(), statuses.slice(0, 6))).toBe(false);
    expect(confirmed(stopping(), statuses)).toBe(true);
  });

  const started = { at: 900, statusAt: 800, seen: false };
  const rest = [sample(1_750, 1_700), sample(2_450, 2_400), sample(3_150, 3_100)];

  it("does not count while a start may follow: until it was seen, or 5 s after it", () => {
    expect(confirmed(stopping({ ...noControl, started }), rest)).toBe(false);
    expect(confirmed(stopping({ ...noControl, started: { ...started, seen: true } }), rest)).toBe(true);
    const later = [sample(5_900, 5_850), sample(6_600, 6_550)];
    expect(confirmed(stopping({ ...noControl, started }), [...rest, ...later])).toBe(true);
  });

  it("restarts with every stop frame", () => {
    const half = proveStop(
      context(stopping(), observe(noTelemetry, sample(1_750, 1_700))),
      sample(1_750, 1_700),
    );
    expect(half.control.stop?.proof).toBe(1);
    const again = afterStopWritten(context(half.control, noTelemetry, 2_000), half.control.stop!, false);
    expect(confirmed({ ...half.control, stop: again }, [sample(2_050, 1_900), sample(2_100, 1_950)])).toBe(
      false,
    );
  });

  it("waits 15 s from the last start that the machine has reported, not from the first", () => {
    const seen = { ...noControl, statusSeen: true };
    let telemetry = noTelemetry;
    const waits: number[] = [];
    for (let second = 0; second < 30; second += 1) {
      telemetry = observe(telemetry, sample(second * 1_000, second * 1_000));
      if (startMayFollow(noControl, telemetry)) waits.push(second);
      if (second === 1 || second === 11)
        telemetry = afterEvent(telemetry, seen, { type: "started" }, second * 1_000);
    }
    expect(waits).toEqual(Array.from({ length: 24 }, (_, index) => index + 2));
  });

  it("is not touched by a part of a split record", () => {
    const half = proveStop(
      context(stopping(), observe(noTelemetry, sample(1_750, 1_700))),
      sample(1_750, 1_700),
    );
    const part: Sample = { status: { activity: "other", code: 0 }, at: 1_760, poll: 1_755 };
    const after = proveStop(context(half.control, observe(noTelemetry, sample(1_750, 1_700))), part);
    expect(after.control.stop?.proof).toBe(1);
  });
});

it.each([
  [0, 10_000],
  [1.6, 10_000],
  [3.5, 14_750],
  [6, 21_000],
])("a stop from %d km/h may take %i ms", (kmh, ms) => {
  expect(stopTime(speedFromKmh(kmh))).toBe(ms);
});

describe("when the next stop frame is due", () => {
  const moving = observe(noTelemetry, sample(1_500, null, 3, "running"));
  const resting = observe(noTelemetry, sample(1_500, 1_400));
  const stop = stopping().stop!;

  it.each<[number | null, string, Telemetry, Partial<typeof stop>, number]>([
    [1_500, "at once when none was written", moving, { lastWrite: null }, 1_500],
    [3_350, "again while it moves", moving, {}, 1_500],
    [3_350, "again while nothing is heard", noTelemetry, {}, 1_500],
    [1_750, "a gap later where it came within the gap", moving, { inGap: true }, 1_500],
    [1_750, "then, too, though it seems at rest", resting, { inGap: true }, 1_500],
    [1_750, "a gap later where a status shows that it was ignored", moving, { ignored: true }, 1_500],
    [1_750, "a gap later where it is pressed again", moving, { pressedAgain: true }, 1_500],
    [null, "no more for a press on a belt at rest", resting, { pressedAgain: true }, 1_500],
    [null, "no more once it was seen at rest since", resting, {}, 1_500],
    [3_950, "again though it seemed at rest before", resting, { lastWrite: 1_600 }, 1_700],
    [6_000, "every 5 s past the deadline while it moves", moving, { deadline: null }, 1_500],
    [6_000, "not sooner for a creeping belt", moving, { deadline: null, ignored: true }, 1_500],
    [null, "not past the deadline without telemetry", moving, { deadline: null }, 4_000],
    [null, "not before the status that decides", moving, { lastWrite: null, waitsForStatus: true }, 1_500],
  ])("%s: %s", (at, _, telemetry, change, now) => {
    const control = { ...noControl, stop: { ...stop, ...change }, lastWrite: 1_000, lastPoll: 1_000.1 };
    expect(stopDue(context(control, telemetry, now))).toBe(at);
  });

  it("keeps the gap to every other write, and leaves a poll between two presses, on a belt at rest its answer", () => {
    const pressed = {
      ...noControl,
      stop: { ...stop, pressedAgain: true },
      lastWrite: 1_400,
      lastPoll: 1_400,
    };
    expect(stopDue(context(pressed, moving, 1_500))).toBe(2_150);
    const resting = observe(noTelemetry, sample(900, 850));
    expect(stopDue(context(pressed, resting, 1_500))).toBe(3_350);
    expect(stopDue(context({ ...pressed, lastPoll: 900 }, moving, 1_500))).toBe(3_350);
  });
});

it("leaves the answer to a poll a little longer than the gap: on a slow link it comes with the next frame", () => {
  const repeated = { ...stopping(), lastPoll: 2_000, lastWrite: 3_300 };
  const before = observe(noTelemetry, sample(1_500, 1_400, 3, "running"));
  const answered = observe(noTelemetry, sample(3_350, 2_000, 2, "running"));
  expect(stopDue(context(repeated, before, 3_900))).toBe(4_350);
  expect(stopDue(context(repeated, answered, 3_900))).toBe(4_050);
});

describe("what is written", () => {
  const at = (kmh: number): Telemetry => observe(noTelemetry, sample(1_500, null, kmh, "running"));
  const stop = (cause: StopCause, endsSession: boolean) =>
    requestStop(context(noControl, at(3)), request(cause, endsSession)).control.stop!;

  it.each<[string, StopCause, boolean]>([
    ["pause", "command", false],
    ["stop", "command", true],
    ["stop", "walked_off", false],
    ["stop", "exit", false],
  ])("is a %s for %s, ending the session: %s", (op, cause, endsSession) => {
    expect(stopOperation(context(noControl, at(3)), stop(cause, endsSession))).toEqual({ op });
  });

  it("is a stop after a pause that does not slow the belt, a pause after one that does", () => {
    const paused = afterStopWritten(context(noControl, at(3)), stop("command", false), false);
    const after = (ms: number, kmh: number) =>
      stopOperation(context(noControl, at(kmh), paused.asked + ms), paused).op;
    expect([after(2_100, 3), after(2_100, 2.99), after(2_100, 2.6), after(2_100, 2)]).toEqual([
      "stop",
      "stop",
      "stop",
      "pause",
    ]);
    expect([after(4_200, 2), after(4_200, 2.6)]).toEqual(["pause", "stop"]);
  });
});

it("the gravest cause of two stops counts, and a session that one of them ends is ended", () => {
  const causes = (first: StopCause, second: StopCause): StopCause | undefined => {
    const { control } = requestStop(context(noControl, noTelemetry, 0), request(first));
    return requestStop(context(control, noTelemetry, 1), request(second, true)).control.stop?.cause;
  };
  expect(causes("command", "walked_off")).toBe("walked_off");
  expect(causes("walked_off", "command")).toBe("walked_off");
  expect(causes("walked_off", "exit")).toBe("exit");
  expect(causes("command", "command")).toBe("command");
  const { control } = requestStop(context(noControl, noTelemetry, 0), request("command", true));
  expect(requestStop(context(control, noTelemetry, 1), request()).control.stop?.endsSession).toBe(true);
});

it("a belt may move that was not at rest, or that a start is on its way to", () => {
  const rest = observe(noTelemetry, sample(1_500, null));
  const started = { at: 1_400, statusAt: 1_300, seen: false };
  expect(mayMove(noControl, noTelemetry)).toBe(false);
  expect(mayMove(noControl, rest)).toBe(false);
  // Time alone proves nothing: the status has to be of 5 s later.
  expect(mayMove({ ...noControl, started }, rest)).toBe(true);
  expect(mayMove({ ...noControl, started }, observe(rest, sample(6_399, null)))).toBe(true);
  expect(mayMove({ ...noControl, started }, observe(rest, sample(6_400, null)))).toBe(false);
  expect(mayMove(noControl, observe(rest, sample(2_000, null, 0.1, "running")))).toBe(true);
});
