import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Activity } from "../../domain/pad.js";
import type { Result } from "./control-point-frames.js";
import type { MachineEvent } from "./machine-status.js";
import {
  activityOf,
  activityAfterAnswer,
  activityAfterStatus,
  type ActivityState,
  noActivity,
  activityAfterRequest,
  activityAfterSpeed,
  activityAfterTraining,
} from "./activity.js";

/** What happens, and the activity after it. A number is a speed, a string an event, a request or an answer. */
type Step = readonly [at: number, what: What, activity: Activity];
type What =
  | number
  | { readonly wrote: "start" | "stop" | "pause" | "speed" }
  | { readonly answer: Result; readonly to: number }
  | { readonly event: MachineEvent["type"] }
  | { readonly training: number };

const eventOf = (type: MachineEvent["type"]): MachineEvent => {
  if (type === "target-speed") return { type, speed: 300 };
  if (type === "target-incline") return { type, inclination: 0 };
  if (type === "target-distance") return { type, distance: 0 };
  return type === "other" ? { type, opcode: 0x14 } : { type };
};

const happen = (memory: ActivityState, what: What, now: number): ActivityState => {
  if (typeof what === "number") return activityAfterSpeed(memory, what, now);
  if ("wrote" in what)
    return activityAfterRequest(
      memory,
      what.wrote === "speed" ? { op: "speed", speed: 100 as never } : { op: what.wrote },
    );
  if ("answer" in what) return activityAfterAnswer(memory, { opcode: what.to, result: what.answer }, now);
  if ("event" in what) return activityAfterStatus(memory, eventOf(what.event), now);
  return activityAfterTraining(memory, { status: what.training, text: null }, now);
};

const START = 7;
const HALT = 8;
const wrote = (op: "start" | "stop" | "pause" | "speed"): What => ({ wrote: op });
const yes = (to: number): What => ({ answer: "success", to });
const no = (to: number, answer: Result = "failed"): What => ({ answer, to });
const event = (type: MachineEvent["type"]): What => ({ event: type });
const training = (status: number): What => ({ training: status });

const STORIES: Readonly<Record<string, readonly Step[]>> = {
  "a walk on a machine that only answers": [
    [0, 0, "resting"],
    [1, wrote("start"), "resting"],
    [1.1, yes(START), "countdown"],
    [2, 0, "countdown"],
    [5, 30, "running"],
    [9, 200, "running"],
    [10, wrote("stop"), "running"],
    [10.1, yes(HALT), "stopping"],
    [11, 150, "stopping"],
    [14, 10, "stopping"],
    [15, 0, "resting"],
    [60, 0, "resting"],
  ],
  "a pause and a resume": [
    [0, 200, "running"],
    [1, wrote("pause"), "running"],
    [1.1, yes(HALT), "stopping"],
    [2, 100, "stopping"],
    [3, 0, "paused"],
    [60, 0, "paused"],
    [61, wrote("start"), "paused"],
    [61.1, yes(START), "countdown"],
    [64, 50, "running"],
  ],
  "a pause that is refused, and the stop that follows": [
    [0, 200, "running"],
    [1, wrote("pause"), "running"],
    [1.1, no(HALT, "not-supported"), "running"],
    [1.2, wrote("stop"), "running"],
    [1.3, yes(HALT), "stopping"],
    [5, 0, "resting"],
  ],
  "a walk on a machine that only tells events": [
    [0, 0, "resting"],
    [1, wrote("start"), "resting"],
    [1.2, event("started"), "countdown"],
    [4, 60, "running"],
    [9, wrote("speed"), "running"],
    [9.2, event("target-speed"), "running"],
    [20, wrote("stop"), "running"],
    [20.2, event("stopped"), "stopping"],
    [22, 0, "resting"],
  ],
  "somebody else's hands": [
    [0, 0, "resting"],
    [1, event("started"), "countdown"],
    [5, 200, "running"],
    [9, event("paused"), "stopping"],
    [12, 0, "paused"],
    [20, event("started"), "countdown"],
    [24, 200, "running"],
    [30, event("stopped"), "stopping"],
    [31, event("started"), "running"],
    [40, event("safety-key"), "stopping"],
    [44, 0, "resting"],
  ],
  "hands that no event tells of": [
    [0, 0, "resting"],
    [5, 100, "running"],
    [9, 0, "stopping"],
    [15, 0, "stopping"],
    [16, 30, "running"],
    [20, event("stopped"), "stopping"],
    [21, 25, "stopping"],
    [22, 0, "resting"],
    [30, 10, "stopping"],
    [31, 50, "running"],
  ],
  "a stop that somebody undoes: only a belt under power speeds up again": [
    [0, 200, "running"],
    [1, wrote("stop"), "running"],
    [1.1, yes(HALT), "stopping"],
    [1.5, 205, "stopping"],
    [2, 150, "stopping"],
    [3, 155, "stopping"],
    [4, 170, "running"],
  ],
  "a belt that creeps after a stop": [
    [0, 200, "running"],
    [1, wrote("stop"), "running"],
    [1.1, yes(HALT), "stopping"],
    [9, 50, "stopping"],
    [60, 55, "stopping"],
  ],
  "a start that leads to nothing is over after the longest spin-up": [
    [0, 0, "resting"],
    [1, wrote("start"), "resting"],
    [1.1, yes(START), "countdown"],
    [16, 0, "countdown"],
    [16.2, 0, "resting"],
  ],
  "a stop during the spin-up, answered": [
    [0, 0, "resting"],
    [1, wrote("start"), "resting"],
    [1.1, yes(START), "countdown"],
    [2, wrote("stop"), "stopping"],
    [2.1, yes(HALT), "resting"],
    [3, 0, "resting"],
  ],
  "a stop during the spin-up, without a word": [
    [0, 0, "resting"],
    [1, event("started"), "countdown"],
    [2, wrote("stop"), "stopping"],
    [3, 0, "stopping"],
    [4, 30, "running"],
  ],
  "what is replayed after the subscription is not news": [
    [0, event("started"), "resting"],
    [0.1, event("paused"), "resting"],
    [0.2, training(0x0d), "resting"],
    [0.3, 0, "resting"],
    [0.4, event("started"), "countdown"],
  ],
  "a machine that says nothing at rest is started by hand": [
    [0, event("stopped"), "resting"],
    [60, event("started"), "countdown"],
    [61, 0, "countdown"],
    [64, 50, "running"],
  ],
  "a replayed pause of a belt that moves": [
    [0, event("paused"), "resting"],
    [0.3, 200, "running"],
  ],
  "a safety key that is out already": [
    [0, event("safety-key"), "resting"],
    [1, 0, "resting"],
  ],
  "Training Status, where it comes: MC11's countdown": [
    [0, 0, "resting"],
    [1, training(0x0e), "countdown"],
    [3, training(0x0d), "countdown"],
    [4, 100, "running"],
    [9, training(0x0f), "stopping"],
    [12, 0, "resting"],
    [13, training(0x01), "resting"],
  ],
  "Training Status does not turn a pause into an end": [
    [0, 200, "running"],
    [1, event("paused"), "stopping"],
    [1.1, training(0x0f), "stopping"],
    [4, 0, "paused"],
    [5, training(0x01), "paused"],
    [6, training(0x00), "paused"],
  ],
  "a start refused, and one answered while it runs": [
    [0, 0, "resting"],
    [1, wrote("start"), "resting"],
    [1.1, no(START), "resting"],
    [5, 200, "running"],
    [6, wrote("start"), "running"],
    [6.1, yes(START), "running"],
  ],
  "a reset": [
    [0, 200, "running"],
    [1, event("reset"), "stopping"],
    [2, 0, "resting"],
  ],
  "events that say nothing of the belt": [
    [0, 200, "running"],
    [1, event("control-lost"), "running"],
    [2, event("target-incline"), "running"],
    [3, event("other"), "running"],
    [4, event("target-distance"), "running"],
  ],
};

describe("what the belt is doing", () => {
  it.each(Object.entries(STORIES))("%s", (_, story) => {
    let memory = noActivity;
    for (const [at, what, activity] of story) {
      memory = happen(memory, what, at * 1000);
      expect(activityOf(memory), `at ${at} s, ${JSON.stringify(what)}`).toBe(activity);
    }
  });

  it("keeps the last message's code for the log", () => {
    const codes = [
      "reset",
      "stopped",
      "paused",
      "safety-key",
      "started",
      "target-speed",
      "target-incline",
    ] as const;
    const rest = ["target-distance", "control-lost", "other"] as const;
    expect([...codes, ...rest].map((type) => happen(noActivity, event(type), 0).code)).toEqual([
      1, 2, 2, 3, 4, 5, 6, 0x0d, 0xff, 0x14,
    ]);
    expect(happen(noActivity, training(0x0e), 0).code).toBe(0x0e);
  });

  const anything: fc.Arbitrary<What> = fc.oneof(
    fc.integer({ min: 0, max: 600 }),
    fc.constantFrom("start" as const, "stop" as const, "pause" as const, "speed" as const).map(wrote),
    fc.constantFrom(yes(START), yes(HALT), no(START), no(HALT), yes(1), yes(2)),
    fc
      .constantFrom<MachineEvent["type"]>(
        "reset",
        "stopped",
        "paused",
        "safety-key",
        "started",
        "control-lost",
      )
      .map(event),
    fc.nat(0x0f).map(training),
  );

  it("never reports rest for a moving belt, nor running or stopping for ever for a stopped one", () => {
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 40 }), (all) => {
        let now = 0;
        const memory = all.reduce((before, what) => happen(before, what, (now += 500)), noActivity);
        const resting: Activity[] = ["resting", "paused", "countdown", "standby"];
        expect(resting).not.toContain(activityOf(activityAfterSpeed(memory, 50, now)));
        const stopped = happen(happen(memory, wrote("stop"), now), yes(HALT), now);
        expect(activityOf(activityAfterSpeed(stopped, 0, now + 1))).toBe("resting");
      }),
    );
  });
});
