import { expect, it } from "vitest";
import { ON, padRig } from "../support/pad-rig.js";

// The last that was heard of the belt is rest, and a start was written after it: it may well run by now. That no status
// came for 5 s is no status that shows rest 5 s after the start (safety rule 7).
it.each(["c2", "a1", "p1", "r1pro"] as const)(
  "a %s that falls silent with its start, and a process that stalls: its belt counts as moving, and is stopped at the end",
  async (model) => {
    const rig = padRig({ model });
    await rig.online();
    await rig.clock.advance(3_000);
    rig.send(ON);
    await rig.clock.until(() => rig.handed.some(({ op }) => op === "start"), 5_000);
    const startedAt = rig.clock.now();
    rig.faults({ drop: 1 });
    // The silence is noticed later than 5 s after the start.
    await rig.clock.advance(4_000);
    rig.clock.suspend(1_500);
    await rig.clock.until(() => rig.pad.view().counters.losses > 0, 1_000);
    expect(rig.clock.now() - startedAt).toBeGreaterThan(5_000);
    expect(rig.state()).toMatchObject({ belt: "unknown", problem: "link-lost" });
    expect(rig.events.map(({ type }) => type)).toEqual(["link_lost"]);

    rig.faults({});
    const [over, hurry] = [new AbortController(), new AbortController()];
    rig.pad.shutdown.begin();
    await rig.clock.settled(rig.pad.shutdown.stop(over.signal, hurry.signal), 23_000);
    expect(rig.pad.shutdown.verdict()).toBe("rest");
    expect(rig.speed()).toBe(0);
    expect(rig.frames(startedAt + 4_000)[0]).toBe("stop");
    expect(await rig.close()).toBe(0);
  },
);
