import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { restoreWalk } from "./session-store.js";
import type { PadStatus } from "./pad.js";
import { noWalk, walk, type Walk, type WalkEvent, type WalkInput, type WalkSettings } from "./session.js";
import { AT_REST, metres, seconds, type Speed } from "./units.js";
import { detect, noSteps, type StepMonitor } from "./step-monitor.js";

const settings: WalkSettings = {
  pauseTimeout: 60_000,
  minDuration: seconds(10),
  body: { weight: 75, age: null, height: null, sex: null },
};
const START = Date.parse("2026-11-22T10:00:00Z");

/** The belt moves or rests for some seconds; the counters are zeroed at times. */
const script = fc.array(
  fc.record({
    pace: fc.integer({ min: 0, max: 2 }),
    seconds: fc.integer({ min: 1, max: 80 }),
    reset: fc.boolean(),
  }),
  { minLength: 1, maxLength: 8 },
);
type Script = readonly { readonly pace: number; readonly seconds: number; readonly reset: boolean }[];

const statuses = (parts: Script): PadStatus[] => {
  let [elapsed, distance] = [0, 0];
  return parts.flatMap(({ pace, seconds: length, reset }) => {
    if (reset) [elapsed, distance] = [0, 0];
    return Array.from({ length }, (): PadStatus => {
      elapsed += pace > 0 ? 1 : 0;
      distance += pace;
      return {
        activity: pace > 0 ? "running" : "resting",
        code: 0,
        speed: (pace * 360) as Speed,
        elapsed: seconds(elapsed),
        distance: metres(distance),
        steps: distance,
      };
    });
  });
};

class Run {
  walk: Walk = noWalk;
  footfall: StepMonitor = noSteps;
  zero = 0;
  readonly events: WalkEvent[] = [];
  readonly walkedOff: number[] = [];

  take(input: WalkInput): void {
    const step = walk(this.walk, input, settings);
    this.walk = step.state;
    this.events.push(...step.events);
  }

  hear(status: PadStatus, second: number): void {
    const now = second * 1000 - this.zero;
    this.take({ type: "status", status, at: START + second * 1000, now });
    const seen = detect(this.footfall, status, now, 15_000);
    this.footfall = seen.state;
    if (seen.walkedOff) this.walkedOff.push(second);
  }
}

describe("a walk that is taken up by another process", () => {
  it("continues as after a lost link: a restart in the middle changes nothing", () => {
    fc.assert(
      fc.property(
        script,
        fc.nat(400),
        fc.nat(90),
        fc.integer({ min: -1e9, max: 1e9 }),
        (parts, cut, gone, zero) => {
          const [through, restarted] = [new Run(), new Run()];
          const all = statuses(parts);
          const last = Math.min(cut, all.length - 1);
          for (const [second, status] of all.entries()) {
            if (second > last && second <= last + gone) continue;
            through.hear(status, second);
            restarted.hear(status, second);
            if (second !== last) continue;
            through.take({ type: "gap" });
            // A moment later it is killed; what it had written down is found some time after.
            const saved = {
              at: START + second * 1000,
              now: second * 1000,
              walk: restarted.walk,
              footfall: restarted.footfall,
              lengthStop: null,
            };
            const written = JSON.parse(JSON.stringify(saved)) as typeof saved;
            restarted.zero = zero;
            const found = (second + 0.5) * 1000;
            const woken = restoreWalk(written, { at: START + found, now: found - zero });
            restarted.walk = woken.walk;
            restarted.footfall = woken.footfall;
          }
          expect(restarted.events).toEqual(through.events);
          expect(restarted.walkedOff).toEqual(through.walkedOff);
          expect(restarted.walk.session).toEqual(through.walk.session);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("takes a wall clock that was set back for no time at all", () => {
    const run = new Run();
    for (const [second, status] of statuses([{ pace: 1, seconds: 20, reset: false }]).entries())
      run.hear(status, second);
    const saved = {
      at: START + 19_000,
      now: 19_000,
      walk: run.walk,
      footfall: run.footfall,
      lengthStop: null,
    };
    const { walk: woken } = restoreWalk(saved, { at: START - 3_600_000, now: 5 });
    expect(woken.moved.now).toBe(5);
    expect(woken.meter.seen).toBe(5);
    expect(woken.meter.gap).toBe(true);
  });

  it("is not ended by the standby that the pad is found in, but by one that follows", () => {
    const run = new Run();
    for (const [second, status] of statuses([{ pace: 1, seconds: 20, reset: false }]).entries())
      run.hear(status, second);
    const asleep: PadStatus = { activity: "standby", code: 5, speed: AT_REST };
    const wakeAt = (second: number): void => {
      const { walk: written, footfall } = run;
      const moment = { at: START + second * 1000, now: second * 1000 };
      run.walk = restoreWalk({ ...moment, walk: written, footfall, lengthStop: null }, moment).walk;
    };
    wakeAt(20);
    run.hear(asleep, 22);
    run.hear(asleep, 23);
    expect(run.walk.session?.state).toBe("paused");
    wakeAt(24);
    run.hear({ ...asleep, activity: "resting" }, 26);
    run.hear(asleep, 27);
    expect(run.walk.session?.state).toBe("ended");
  });
});
