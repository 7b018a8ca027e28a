import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../test/support/clock.js";
import { quiet } from "../../test/support/pad-rig.js";
import { sleep } from "../clock.js";
import { allOf, type BeltReport, Ending, EXIT, inOrder, shutDown, type Stoppable } from "./lifecycle.js";

type Behaviour = "ok" | "throws" | "rejects" | "hangs";
const STAGES = ["quiesce", "belts", "save", "links", "offline"] as const;
type Stage = (typeof STAGES)[number];

const appThat = (
  behaviour: Readonly<Record<Stage, Behaviour>>,
  report: BeltReport,
  seen: Stage[],
): Stoppable => {
  const act = (stage: Stage): Promise<void> => {
    seen.push(stage);
    if (behaviour[stage] === "throws") throw new Error(stage);
    if (behaviour[stage] === "rejects") return Promise.reject(new Error(stage));
    return behaviour[stage] === "hangs" ? new Promise(() => undefined) : Promise.resolve();
  };
  return {
    quiesce: () => void act("quiesce"),
    belts: () => act("belts"),
    report: () => report,
    save: () => act("save"),
    links: () => act("links"),
    offline: () => act("offline"),
  };
};

const end = async (app: Stoppable, ending: Ending, clock: ManualClock, budgetMs = 25_000) => {
  const said: { readonly pad?: string; readonly msg: string }[] = [];
  const note = (fields: object, msg: string): void => void said.push({ ...fields, msg });
  const log = { ...quiet, warn: note, error: note };
  const path = shutDown(app, { reason: "SIGTERM", code: EXIT.ok }, ending, { budgetMs, clock, log });
  const code = await clock.settled(path, budgetMs + 1_000);
  return { code, took: clock.now(), said };
};

describe("the way out", () => {
  it("runs every stage in order and within the budget, whatever hangs, throws or rejects", async () => {
    const behaviours = fc.record(
      Object.fromEntries(STAGES.map((stage) => [stage, fc.constantFrom("ok", "throws", "rejects", "hangs")])),
    ) as fc.Arbitrary<Record<Stage, Behaviour>>;
    await fc.assert(
      fc.asyncProperty(behaviours, fc.integer({ min: 5_000, max: 120_000 }), async (behaviour, budgetMs) => {
        // A synchronous stage cannot hang: that is the watchdog's business.
        const quiesce = behaviour.quiesce === "throws" ? "throws" : "ok";
        const clock = new ManualClock();
        const seen: Stage[] = [];
        const app = appThat({ ...behaviour, quiesce }, [], seen);
        const { took } = await end(app, new Ending(clock), clock, budgetMs);
        expect(seen).toEqual(STAGES);
        expect(took).toBeLessThanOrEqual(budgetMs + 100);
      }),
      { numRuns: 60 },
    );
  });

  it("stops the belts in the turn of the signal, and once", () => {
    const clock = new ManualClock();
    const ending = new Ending(clock);
    const seen: Stage[] = [];
    const app = appThat({ quiesce: "ok", belts: "ok", save: "ok", links: "ok", offline: "ok" }, [], seen);
    ending.atFirst((end) => void shutDown(app, end, ending, { budgetMs: 25_000, clock, log: quiet }));
    ending.signal("SIGTERM");
    expect(seen).toEqual(["quiesce"]);
    ending.signal("SIGINT");
    ending.fail(new Error("x"));
    expect(seen).toEqual(["quiesce"]);
  });

  const fine = { quiesce: "ok", belts: "ok", save: "ok", links: "ok", offline: "ok" } as const;
  it.each([
    [["rest", "none"], false, EXIT.ok],
    [["falling"], false, EXIT.ok],
    [["rest", "moving"], false, EXIT.unsafe],
    [["rest"], true, EXIT.internal],
    [["moving"], true, EXIT.unsafe],
  ] as const)("belts %j, internal error %s: exit %i", async (verdicts, failed, code) => {
    const clock = new ManualClock();
    const ending = new Ending(clock);
    if (failed) ending.fail(new Error("boom"));
    const report = verdicts.map((verdict, i) => ({ pad: `p${i}`, verdict, confirmed: true, asked: false }));
    expect((await end(appThat(fine, report, []), ending, clock)).code).toBe(code);
  });

  it("a stop that came while the links were being closed is not confirmed: 75, and the log says so", async () => {
    const clock = new ManualClock();
    const seen: Stage[] = [];
    const app: Stoppable = {
      ...appThat(fine, [], seen),
      report: () => [
        {
          pad: "office",
          verdict: seen.includes("links") ? "moving" : "rest",
          confirmed: !seen.includes("links"),
          asked: seen.includes("links"),
        },
        // A stop of the end itself, which had no second status, is judged before its link is closed.
        { pad: "gym", verdict: seen.includes("links") ? "moving" : "rest", confirmed: false, asked: false },
        // The same, and somebody has asked for a stop meanwhile.
        {
          pad: "den",
          verdict: seen.includes("links") ? "moving" : "rest",
          confirmed: false,
          asked: seen.includes("links"),
        },
      ],
    };
    const { code, said } = await end(app, new Ending(clock), clock);
    expect(code).toBe(EXIT.unsafe);
    expect(said.map(({ pad, msg }) => `${pad}: ${msg}`)).toEqual([
      expect.stringMatching(/^gym: .*no second one confirms/),
      expect.stringMatching(/^den: .*no second one confirms/),
      expect.stringMatching(/^office: Belt not confirmed stopped/),
      expect.stringMatching(/^den: Belt not confirmed stopped/),
    ]);
  });

  it.each([
    ["falling", false, /still slowing down/],
    ["moving", false, /not confirmed stopped/],
    ["rest", false, /no second one confirms it/],
    ["rest", true, null],
  ] as const)("says how a belt was left: %s, confirmed %s", async (verdict, confirmed, words) => {
    const clock = new ManualClock();
    const app = appThat(fine, [{ pad: "office", verdict, confirmed, asked: false }], []);
    const { said } = await end(app, new Ending(clock), clock);
    const belts = said.filter(({ pad }) => pad === "office").map(({ msg }) => msg);
    expect(belts).toEqual(words === null ? [] : [expect.stringMatching(words) as string]);
  });

  it.each([
    ["hangs", /^Shutdown timeout reached: /],
    ["ok", /^Wait for rest cut short: /],
  ] as const)("names why a belt was not waited for: its stage %s", async (belts, words) => {
    const clock = new ManualClock();
    const app = appThat(
      { ...fine, belts },
      [{ pad: "office", verdict: "falling", confirmed: false, asked: false }],
      [],
    );
    const { said } = await end(app, new Ending(clock), clock);
    expect(said.filter(({ pad }) => pad === "office")).toMatchObject([
      { msg: expect.stringMatching(words) as string },
    ]);
  });
});

it("a belt in an unknown state is not safe", async () => {
  const clock = new ManualClock();
  const fine = { quiesce: "ok", belts: "ok", save: "ok", links: "ok", offline: "ok" } as const;
  const mute: Stoppable = {
    ...appThat(fine, [], []),
    report: () => {
      throw new Error("report");
    },
  };
  expect((await end(mute, new Ending(clock), clock)).code).toBe(EXIT.unsafe);
});

it("one pad's failure does not affect the others: all are awaited, then it is reported", async () => {
  const clock = new ManualClock();
  const done: string[] = [];
  const all = allOf([
    () => {
      throw new Error("thrown");
    },
    () => Promise.reject(new Error("rejected")),
    async () => {
      await sleep(clock, 3_000);
      done.push("late");
    },
    () => void done.push("at once"),
  ]);
  expect(done).toEqual(["at once"]);
  await expect(clock.settled(all)).rejects.toThrow("thrown");
  expect(done).toEqual(["at once", "late"]);
});

describe("signals", () => {
  it("takes a second one within a second for the same key press, a later one for haste", async () => {
    const clock = new ManualClock();
    const ending = new Ending(clock);
    ending.signal("SIGINT");
    await clock.advance(900);
    ending.signal("SIGINT");
    expect(ending.hurry.aborted).toBe(false);
    await clock.advance(200);
    ending.signal("SIGINT");
    expect(ending.hurry.aborted).toBe(true);
    expect(await ending.first).toEqual({ reason: "SIGINT", code: EXIT.ok });
  });

  it("keeps the first reason, and remembers an error that comes on the way out", async () => {
    const ending = new Ending(new ManualClock());
    ending.signal("SIGTERM");
    ending.fail("late");
    expect(await ending.first).toMatchObject({ reason: "SIGTERM" });
    expect(ending.failed).toMatchObject({ message: "late" });
    expect(ending.hurry.aborted).toBe(false);
  });

  it("only a signal shortens the wait: a repeated restart request does not", async () => {
    const clock = new ManualClock();
    const ending = new Ending(clock);
    ending.ask("restart");
    await clock.advance(2_000);
    ending.ask("restart");
    expect(ending.hurry.aborted).toBe(false);
    // The supervisor's one and only signal, perhaps.
    ending.signal("SIGTERM");
    expect(ending.hurry.aborted).toBe(false);
    await clock.advance(1_000);
    ending.signal("SIGTERM");
    expect(ending.hurry.aborted).toBe(true);
    expect(await ending.first).toEqual({ reason: "restart", code: EXIT.ok });
  });
});

it("steps in order: a rejected one skips none, and the first error is reported", async () => {
  const seen: number[] = [];
  const step = (n: number, fails: boolean) => (): Promise<void> => {
    seen.push(n);
    return fails ? Promise.reject(new Error(`step ${n}`)) : Promise.resolve();
  };
  await expect(inOrder([step(1, false), step(2, true), step(3, true), step(4, false)])).rejects.toThrow(
    "step 2",
  );
  expect(seen).toEqual([1, 2, 3, 4]);
});
