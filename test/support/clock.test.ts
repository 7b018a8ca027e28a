import { describe, expect, it } from "vitest";
import { sleep } from "../../src/clock.js";
import { ManualClock } from "./clock.js";

describe("ManualClock", () => {
  it("runs due timers in order of time, each at its own time, and moves wall along", async () => {
    const clock = new ManualClock(1000);
    const seen: [string, number, number][] = [];
    const note = (name: string) => () => void seen.push([name, clock.now(), clock.wall()]);
    clock.after(30, note("late"));
    clock.after(10, note("early"));
    clock.after(10, note("early too"));
    const stop = clock.every(20, note("tick"));
    await clock.advance(45);
    stop();
    await clock.advance(100);
    expect(seen).toEqual([
      ["early", 10, 1010],
      ["early too", 10, 1010],
      ["tick", 20, 1020],
      ["late", 30, 1030],
      ["tick", 40, 1040],
    ]);
    expect([clock.now(), clock.wall(), clock.pending]).toEqual([145, 1145, 0]);
  });

  it("lets promise chains settle between timers, so that what they start is in the same advance", async () => {
    const clock = new ManualClock();
    const seen: number[] = [];
    const walk = async (): Promise<void> => {
      for (let i = 0; i < 3; i++) {
        await sleep(clock, 10);
        seen.push(clock.now());
      }
    };
    const done = walk();
    await clock.advance(30);
    await done;
    expect(seen).toEqual([10, 20, 30]);
  });

  it("cancels, suspends and sets the wall clock", async () => {
    const clock = new ManualClock(0);
    const seen: number[] = [];
    clock.after(10, () => seen.push(clock.now()));
    clock.after(5, () => seen.push(-1))();
    clock.suspend(1000);
    clock.jumpWall(-500);
    expect([clock.now(), clock.wall(), clock.next]).toEqual([1000, 500, 10]);
    await clock.advance(10);
    expect(seen).toEqual([1010]);
  });

  it("waits for conditions and promises, and fails when they never come", async () => {
    const clock = new ManualClock();
    const slept = sleep(clock, 200).then(() => "up");
    expect(await clock.settled(slept)).toBe("up");
    await expect(clock.until(() => false, 100)).rejects.toThrow("not within 100 ms");
    await expect(clock.settled(Promise.reject(new Error("no")))).rejects.toThrow("no");
  });

  it("refuses to be moved twice at once", async () => {
    const clock = new ManualClock();
    const first = clock.advance(10);
    await expect(clock.advance(10)).rejects.toThrow("under way");
    await first;
  });
});
