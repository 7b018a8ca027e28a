import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ManualClock } from "../test/support/clock.js";
import { localDays } from "../test/support/local-days.js";
import { machineDay, sleep, systemClock, watchStalls } from "./clock.js";

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
  afterEach(() => void vi.useRealTimers());

  it("wakes the program once for all that look around, however they began, and only while they do", () => {
    vi.useFakeTimers();
    const clock = systemClock();
    const ran: string[] = [];
    const ends = [clock.every(500, () => ran.push("a"))];
    vi.advanceTimersByTime(200);
    ends.push(clock.every(1_000, () => ran.push("b")));
    vi.advanceTimersByTime(100);
    ends.push(clock.every(500, () => ran.push("c")));
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(700);
    expect(ran).toEqual(["a", "c", "a", "b", "c"]);
    for (const end of ends) end();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(5_000);
    expect(ran).toHaveLength(5);
  });

  it("looks on where one of them fails, or ends another", () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "queueMicrotask"] });
    const clock = systemClock();
    const ran: string[] = [];
    clock.every(500, () => {
      throw new Error("broken");
    });
    clock.every(500, () => {
      ran.push("second");
      end();
    });
    const end = clock.every(500, () => ran.push("ended"));
    expect(() => vi.advanceTimersByTime(500)).toThrow("broken");
    expect(ran).toEqual(["second"]);
  });

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

  const machine = () => {
    const time = { monotonic: 1_000, boot: 5_000, wall: 1_000_000 };
    let reads = 0;
    const clock = systemClock({
      monotonic: () => time.monotonic,
      boot: () => {
        reads += 1;
        return Math.floor(time.boot / 10) * 10;
      },
      wall: () => time.wall,
    });
    const pass = (ms: number): void => {
      time.monotonic += ms;
      time.boot += ms;
      time.wall += ms;
    };
    return { time, clock, pass, reads: () => reads };
  };

  it("counts a suspend at once, and reads the slow clock only now and then", () => {
    const { time, clock, pass, reads } = machine();
    const before = clock.now();
    for (let ms = 0; ms < 1_000; ms += 10) {
      pass(10);
      clock.now();
    }
    expect(clock.now() - before).toBe(1_000);
    expect(reads()).toBeLessThan(8);
    pass(20);
    time.boot += 60_000;
    time.wall += 60_000;
    expect(clock.now() - before).toBe(61_020);
  });

  it("counts no step of the wall clock, and a suspend that such a step hides a moment later", () => {
    const { time, clock, pass } = machine();
    const before = clock.now();
    time.wall += 3_600_000;
    expect(clock.now() - before).toBe(0);
    time.wall -= 7_200_000;
    expect(clock.now() - before).toBe(0);
    time.boot += 60_000;
    pass(300);
    expect(clock.now() - before).toBe(60_300);
  });
});

describe("machineDay", () => {
  /** Node.js notices that TZ is set, but not that it is deleted. */
  const inZone = <T>(zone: string, run: () => T): T => {
    const before = process.env["TZ"];
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    process.env["TZ"] = zone;
    try {
      return run();
    } finally {
      process.env["TZ"] = before ?? timeZone;
      if (before === undefined) delete process.env["TZ"];
    }
  };

  it.each([
    { zone: "UTC", iso: "2026-11-22T23:59:59.999Z", day: "2026-11-22" },
    { zone: "Europe/Berlin", iso: "2026-11-22T22:59:59.999Z", day: "2026-11-22" },
    { zone: "Europe/Berlin", iso: "2026-11-22T23:00:00.000Z", day: "2026-11-23" },
    // The day summer time began had 23 hours, the one it ended 25.
    { zone: "Europe/Berlin", iso: "2026-03-28T23:00:00.000Z", day: "2026-03-29" },
    { zone: "Europe/Berlin", iso: "2026-03-29T21:59:59.999Z", day: "2026-03-29" },
    { zone: "Europe/Berlin", iso: "2026-03-29T22:00:00.000Z", day: "2026-03-30" },
    { zone: "Europe/Berlin", iso: "2026-10-24T22:00:00.000Z", day: "2026-10-25" },
    { zone: "Europe/Berlin", iso: "2026-10-25T22:59:59.999Z", day: "2026-10-25" },
    { zone: "Europe/Berlin", iso: "2026-10-25T23:00:00.000Z", day: "2026-10-26" },
    // Here the clock springs forward at midnight: the day begins at one.
    { zone: "America/Asuncion", iso: "2023-10-01T03:59:59.999Z", day: "2023-09-30" },
    { zone: "America/Asuncion", iso: "2023-10-01T04:00:00.000Z", day: "2023-10-01" },
    { zone: "Asia/Kathmandu", iso: "2026-11-22T18:15:00.000Z", day: "2026-11-23" },
    { zone: "Pacific/Kiritimati", iso: "2026-12-31T10:00:00.000Z", day: "2027-01-01" },
    { zone: "America/Los_Angeles", iso: "1970-01-01T00:00:00.000Z", day: "1969-12-31" },
  ])("in $zone at $iso is $day", ({ zone, iso, day }) => {
    expect(inZone(zone, () => machineDay(Date.parse(iso)))).toBe(day);
  });

  it("is the date of Intl, in every zone and at any time", () => {
    const zones = fc.constantFrom(...Intl.supportedValuesOf("timeZone"));
    const times = fc.array(fc.integer({ min: 0, max: Date.UTC(2100, 0) }), { minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(zones, times, (zone, at) => {
        expect(inZone(zone, () => at.map(machineDay))).toEqual(at.map(localDays(zone)));
      }),
    );
  });
});
