import { describe, expect, it } from "vitest";
import { ManualClock } from "../test/support/clock.js";
import { sleep, systemClock, watchStalls } from "./clock.js";

describe("sleep", () => {
  it("resolves after its time, at once when aborted, and leaves no timer", async () => {
    const clock = new ManualClock();
    const stop = new AbortController();
    const slept: string[] = [];
    const naps = [
      sleep(clock, 100).then(() => slept.push("long")),
      sleep(clock, 1000, stop.signal).then(() => slept.push("aborted")),
    ];
    await clock.advance(50);
    stop.abort();
    await clock.advance(60);
    await Promise.all(naps);
    expect(slept).toEqual(["aborted", "long"]);
    await sleep(clock, 1000, stop.signal);
    expect(clock.pending).toBe(0);
  });
});

describe("watchStalls", () => {
  it("takes what is read as new while the loop turns", async () => {
    const clock = new ManualClock();
    const stalls = watchStalls(clock);
    await clock.advance(10_300);
    expect(stalls.arrived()).toBe(10_300);
    stalls.end();
    expect(clock.pending).toBe(0);
  });

  it("dates what is read right after a gap to its beginning, and what comes later as new", async () => {
    const clock = new ManualClock();
    const stalls = watchStalls(clock);
    await clock.advance(10_000);
    clock.suspend(6_000);
    expect(stalls.arrived()).toBe(10_000);
    await clock.advance(600);
    expect(stalls.arrived()).toBe(10_000);
    await clock.advance(2_000);
    expect(stalls.arrived()).toBe(18_600);
  });
});

describe("systemClock", () => {
  it("goes on, and its timers can be cancelled", async () => {
    const clock = systemClock();
    const before = clock.now();
    let ran = 0;
    const cancel = clock.after(1, () => ran++);
    cancel();
    await new Promise<void>((resolve) => void clock.after(5, resolve));
    expect(clock.now()).toBeGreaterThan(before);
    expect(ran).toBe(0);
    expect(Math.abs(clock.wall() - Date.now())).toBeLessThan(1_000);
  });
});
