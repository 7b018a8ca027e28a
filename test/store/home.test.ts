import { describe, expect, it } from "vitest";
import type { Totals } from "../../src/domain/stats.js";
import { ALL, inFolder } from "./tracked-pad.js";
import { Home, type HomeModel, HOME_MODELS, STEPLESS } from "./home.js";

/** How often each bridge is killed. All of it: `KILLS=100 npx vitest run test/store/home.test.ts`. */
const KILLS = Number(process.env["KILLS"] ?? 8);
const upTo = (most: number): number => Math.random() * most;
/** Pads that tell their last walk (wire-facts a.6); what nobody has heard of an FTMS machine's counters is gone with them. */
const WITH_RECORD = HOME_MODELS.slice(0, 4);

/**
 * Totals are the sum of the sessions, never more than what the belt did, and less by no more than what was lost each of
 * `times`: a status interval, and the unit that a counter comes in.
 */
const expectTruth = async (home: Home, times: number): Promise<void> => {
  const { total } = home.stats;
  const sessions = await home.store.sessions(ALL);
  const sum = (pick: (one: (typeof sessions)[number]) => number): number =>
    sessions.reduce((all, one) => all + pick(one), 0);
  expect(total).toMatchObject({
    distance: sum(({ distance }) => distance),
    duration: sum(({ duration }) => duration),
    steps: sum(({ steps }) => steps),
    sessions: sessions.length,
  });
  expect(total.calories).toBeCloseTo(
    sum(({ calories }) => calories),
    6,
  );
  const lost = { distance: 11, duration: 2, steps: 5 };
  for (const key of ["distance", "duration", "steps"] as const) {
    if (key === "steps" && STEPLESS.includes(home.model)) continue;
    expect(total[key], key).toBeLessThanOrEqual(home.truth[key] + 1);
    expect(total[key], key).toBeGreaterThanOrEqual(home.truth[key] - times * lost[key]);
  }
};

/** Home Assistant takes a total that falls for a new meter. */
const expectNoDip = (home: Home, but: Partial<Record<keyof Totals, number>> = {}): void => {
  for (const [index, total] of home.totals.entries()) {
    const before = home.totals[index - 1] ?? total;
    for (const key of Object.keys(total) as (keyof Totals)[])
      expect(total[key], `${key}, message ${index}`).toBeGreaterThanOrEqual(before[key] - (but[key] ?? 0));
  }
};

/** A bridge that has seen somebody begin to walk. */
const walking = async (model: HomeModel, folder: string, ms: number): Promise<Home> => {
  const home = new Home(model, folder);
  await home.start();
  await home.heard();
  home.press();
  await home.wait(ms);
  return home;
};

describe("a bridge that is killed at any moment of a walk, again and again", () => {
  it.each(HOME_MODELS)("has what was walked, and nothing twice (%s)", { timeout: 300_000 }, (model) =>
    inFolder(async (folder) => {
      const home = await walking(model, folder, 10_000);
      let legs = 1;
      for (let kill = 0; kill < KILLS; kill += 1) {
        await home.wait(upTo(20_000));
        if (kill % 7 === 3) {
          await home.rest();
          home.press();
          legs += 1;
        }
        if (kill % 5 === 2) {
          home.outOfRange(true);
          await home.wait(upTo(40_000));
          home.outOfRange(false);
        }
        await home.kill();
        await home.wait(upTo(5_000));
        await home.start();
        await home.heard();
      }
      await home.rest();
      if (KILLS >= 100) process.stdout.write(`${model}: ${JSON.stringify({ legs, ...home.off })}\n`);
      await expectTruth(home, legs);
      expectNoDip(home);
      expect(home.walkWords).toEqual([
        "started",
        ...Array.from({ length: legs - 1 }, () => ["paused", "resumed"]).flat(),
        "paused",
      ]);
      await home.kill();
    }),
  );
});

describe("a bridge that is killed while the belt is started and stopped at the pad", () => {
  it.each(HOME_MODELS)("counts nothing twice (%s)", { timeout: 300_000 }, (model) =>
    inFolder(async (folder) => {
      const home = await walking(model, folder, 20_000);
      for (let kill = 0; kill < KILLS; kill += 1) {
        await home.kill();
        await home.wait(upTo(3_000));
        home.press();
        await home.wait(upTo(12_000));
        await home.start();
        await home.heard();
        await home.wait(10_000 + upTo(10_000));
        if (!home.moving) home.press();
        await home.wait(upTo(10_000));
        expect(home.off.duration).toBeLessThanOrEqual(1);
        expect(home.off.distance).toBeLessThanOrEqual(1);
        expect(home.off.steps).toBeLessThanOrEqual(1);
      }
      // A status that was published and not written, of counters that were zeroed before it could be told again, is lost.
      expectNoDip(home, { distance: 10, duration: 1, steps: 3, calories: 1 });
      expect(await home.store.sessions(ALL)).toHaveLength(home.stats.total.sessions);
      await home.kill();
    }),
  );
});

describe("a walk with three pauses by the remote, a lost link and two restarts", () => {
  it.each(HOME_MODELS)(
    "is one session with the right numbers and events (%s)",
    { timeout: 60_000 },
    (model) =>
      inFolder(async (folder) => {
        const home = await walking(model, folder, 60_000);
        for (let pause = 0; pause < 3; pause += 1) {
          await home.rest(20_000);
          home.press();
          await home.wait(40_000);
        }
        home.outOfRange(true);
        await home.wait(40_000);
        home.outOfRange(false);
        await home.wait(20_000);
        const { id } = home.session;
        await home.exit();
        await home.wait(120_000);
        await home.start();
        await home.heard();
        expect(home.session).toMatchObject({ id, state: "paused" });
        home.press();
        await home.wait(40_000);
        await home.kill();
        await home.wait(20_000);
        await home.start();
        await home.heard();
        expect(home.session).toMatchObject({ id, state: "active" });
        await home.wait(20_000);
        await home.rest();
        expect(home.session).toMatchObject({ id, state: "paused", endedAt: null });
        await expectTruth(home, 5);
        expectNoDip(home);
        expect(await home.store.sessions(ALL)).toHaveLength(1);
        const byRemote = ["belt_stopped_by_pad", "session_paused"];
        const again = [...byRemote, "session_resumed"];
        expect(home.events.map(({ type }) => type)).toEqual([
          "session_started",
          ...again,
          ...again,
          ...again,
          "link_lost",
          "link_restored",
          "session_paused",
          "session_resumed",
          ...byRemote,
        ]);
        await home.kill();
      }),
  );
});

describe("a walk while the bridge was away", () => {
  it.each(WITH_RECORD)(
    "is counted once, however often the pad reports it (%s)",
    { timeout: 60_000 },
    (model) =>
      inFolder(async (folder) => {
        const home = await walking(model, folder, 60_000);
        await home.rest();
        const first = home.truth;
        await home.exit();
        await home.wait(20 * 60_000);
        home.press();
        await home.wait(5 * 60_000);
        await home.rest();
        for (let start = 0; start < 3; start += 1) {
          await home.start();
          await home.heard();
          await home.wait(20_000);
          // Had they been zeroed at a start that nobody saw, counters above their old values would not tell: what they
          // had then is counted once, where it was seen.
          if (model === "r1pro") expect(home.off.duration).toBeGreaterThan(-first.duration - 2);
          else await expectTruth(home, 2);
          expect(home.off.duration).toBeLessThanOrEqual(1);
          expect(await home.store.sessions(ALL)).toHaveLength(2);
          await (start === 1 ? home.exit() : home.kill());
          await home.wait(60_000);
        }
        expectNoDip(home);
      }),
  );

  it.each(WITH_RECORD)(
    "whose beginning was observed continues where it was (%s)",
    { timeout: 60_000 },
    (model) =>
      inFolder(async (folder) => {
        const home = await walking(model, folder, 60_000);
        await home.kill();
        await home.wait(60_000);
        await home.rest();
        for (let start = 0; start < 2; start += 1) {
          await home.start();
          await home.heard();
          await home.wait(20_000);
          await expectTruth(home, 1);
          expect(await home.store.sessions(ALL)).toHaveLength(1);
          await home.kill();
          await home.wait(10_000);
        }
        expectNoDip(home);
      }),
  );

  it("is ended at its last movement when the pause was longer than it may be", () =>
    inFolder(async (folder) => {
      const home = await walking("c2", folder, 60_000);
      await home.rest(0);
      const still = home.clock.wall();
      await home.wait(10_000);
      await home.exit();
      await home.wait(20 * 60_000);
      await home.start();
      await home.heard();
      await home.wait(1_000);
      const { state, endedAt } = home.session;
      expect(state).toBe("ended");
      expect(Math.abs((endedAt ?? 0) - still)).toBeLessThanOrEqual(2_000);
      expect(home.walkWords).toEqual(["started", "paused", "ended"]);
      await home.kill();
    }));
});

describe("after kill -9 at a moving belt", () => {
  const cases = [
    { away: 60_000, stopAfterCrash: true, moves: false, what: "is stopped by the next run" },
    {
      away: 9 * 60_000,
      stopAfterCrash: true,
      moves: false,
      what: "is stopped by one that comes within 10 minutes",
    },
    { away: 11 * 60_000, stopAfterCrash: true, moves: true, what: "is left alone by one that comes later" },
    { away: 60_000, stopAfterCrash: false, moves: true, what: "is left alone where that is wanted" },
  ];
  it.each(cases)("it $what ($away ms)", ({ away, stopAfterCrash, moves }) =>
    inFolder(async (folder) => {
      const home = new Home("c2", folder, { safety: { stopAfterCrash } });
      await home.start();
      await home.heard();
      home.press();
      await home.wait(60_000);
      await home.kill();
      await home.wait(away);
      await home.start();
      await home.heard();
      await home.wait(20_000);
      expect(home.moving).toBe(moves);
      // The mark is cleared: what a person starts now is theirs.
      if (!moves) home.press();
      await home.wait(30_000);
      expect(home.moving).toBe(true);
      await expectTruth(home, 2);
      await home.kill();
    }),
  );

  it("it is left alone after an end that saw it at rest", () =>
    inFolder(async (folder) => {
      const home = new Home("c2", folder, { safety: { stopAfterCrash: true } });
      await home.start();
      await home.heard();
      home.press();
      await home.wait(60_000);
      await home.exit();
      expect(home.moving).toBe(false);
      home.press();
      await home.wait(30_000);
      await home.start();
      await home.heard();
      await home.wait(20_000);
      expect(home.moving).toBe(true);
      await home.kill();
    }));
});
