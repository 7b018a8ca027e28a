import Database from "better-sqlite3";
import fc from "fast-check";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { restoreWalk, type SavedWalk } from "../../src/domain/session-store.js";
import type { PadStatus } from "../../src/domain/pad.js";
import { noWalk, walk, type WalkInput } from "../../src/domain/session.js";
import { metres, seconds } from "../../src/domain/units.js";
import { detect, noSteps } from "../../src/domain/step-monitor.js";
import { noIdentity } from "../../src/domain/identity.js";
import { decodeIdentity, decodeWalk, encodeWalk } from "../../src/store/validators.js";
import { ManualClock } from "../support/clock.js";
import { statusAt } from "../support/pad-state.js";
import { TrackedPad, inFolder, openStore, SETTINGS, recordsIn } from "./tracked-pad.js";

const status = (second: number, kmh: number, count: number): PadStatus => ({
  ...statusAt(count, kmh),
  energy: Math.floor(second / 20),
});

/** A walk as it may be at any moment: statuses with gaps, resets and records between them. */
const anyWalk: fc.Arbitrary<SavedWalk> = fc
  .array(
    fc.record({
      kmh: fc.integer({ min: 0, max: 6 }),
      count: fc.nat(300),
      what: fc.constantFrom("status", "status", "status", "gap", "record", "park"),
    }),
    { maxLength: 40 },
  )
  .map((steps) => {
    let [state, footfall] = [noWalk, noSteps];
    for (const [second, { kmh, count, what }] of steps.entries()) {
      const moment = { at: second * 1000, now: second * 1000 };
      const said = status(second, kmh, count);
      const record = {
        age: seconds(count),
        elapsed: seconds(40),
        distance: metres(40),
        steps: 80,
        remaining: 1,
      };
      const input: WalkInput =
        what === "status"
          ? { type: "status", status: said, ...moment }
          : what === "record"
            ? { type: "record", record, ...moment }
            : { type: what === "gap" ? "gap" : "park" };
      state = walk(state, input, SETTINGS).state;
      if (what === "status") footfall = detect(footfall, said, moment.now, 15_000).state;
    }
    const lengthStop = steps.length % 2 === 0 ? null : { session: "0mz", duration: 60 };
    return { at: 1, now: 2, walk: state, footfall, lengthStop };
  });

/** Everything that can be reached in a JSON value, as the paths to it. */
const pathsOf = (value: unknown, path: readonly string[] = []): (readonly string[])[] =>
  typeof value === "object" && value !== null
    ? [path, ...Object.entries(value).flatMap(([key, one]) => pathsOf(one, [...path, key]))]
    : [path];

const spoiled = (json: string, path: readonly string[], by: unknown): string => {
  const root = JSON.parse(json) as Record<string, unknown>;
  let parent = root;
  for (const key of path.slice(0, -1)) parent = parent[key] as Record<string, unknown>;
  const last = path.at(-1);
  if (last === undefined) return JSON.stringify(by);
  parent[last] = by;
  return JSON.stringify(root);
};

const IDENTITY = {
  bound: { name: "ks-blc2", address: "57:4c:4e:00:11:22" },
  protocol: "wilink",
  model: "C2",
  capabilities: {
    minSpeed: 50,
    maxSpeed: 600,
    step: 10,
    modes: ["manual", "auto", "standby"],
    incline: null,
    heartRate: false,
    steps: true,
    imperial: false,
  },
  reported: { maxSpeed: 600, startSpeed: 200, imperial: false },
};

describe("an identity that is written down", () => {
  const { bound, protocol, model } = IDENTITY;
  it.each([
    ["whole", IDENTITY, IDENTITY],
    [
      "of another version",
      { ...IDENTITY, capabilities: { fastest: 6 }, reported: 7 },
      { bound, protocol, model, capabilities: null },
    ],
    ["of nobody", {}, noIdentity],
    ["nonsense", [7], noIdentity],
  ])("and is %s is taken up as far as it goes", (_, written, read) => {
    expect(decodeIdentity(JSON.stringify(written))).toEqual(read);
  });

  it("and is no JSON is none", () => {
    expect(decodeIdentity("{")).toEqual(noIdentity);
  });
});

describe("a walk that is written down", () => {
  it("is read again as it was", () => {
    fc.assert(
      fc.property(anyWalk, (saved) => {
        expect(decodeWalk(encodeWalk(saved))).toEqual(saved);
      }),
    );
  });

  it("brings nothing down, whatever has become of it", () => {
    const nonsense = fc.constantFrom<unknown>(null, "x", {}, [], [1], true, [null], { at: "now" });
    fc.assert(
      fc.property(anyWalk, fc.nat(), nonsense, (saved, at, by) => {
        const json = encodeWalk(saved);
        const paths = pathsOf(JSON.parse(json));
        const found = decodeWalk(spoiled(json, paths[at % paths.length]!, by));
        if (!found) return;
        // What has the shape of a walk can be walked on with.
        const woken = restoreWalk(found, { at: 5_000, now: 7 });
        const moment = { at: 6_000, now: 1_007 };
        const step = walk(woken.walk, { type: "status", status: status(1, 3, 400), ...moment }, SETTINGS);
        expect(encodeWalk({ ...moment, ...woken, walk: step.state })).not.toContain("NaN");
      }),
      { numRuns: 1000 },
    );
  });

  it.each(["", "{", "null", "7", "[]", "{}", '{"at":1,"now":2,"walk":{},"footfall":{}}'])(
    "%j is none",
    (json) => {
      expect(decodeWalk(json)).toBeNull();
    },
  );

  it("and cannot be read costs the open session, no total, and its listing is closed", () =>
    inFolder(async (folder) => {
      const clock = new ManualClock();
      const store = await openStore(folder, clock);
      const book = new TrackedPad(store, clock);
      for (let second = 0; second <= 60; second += 1) {
        book.status(status(second, 3.6, second));
        await clock.advance(1000);
      }
      await store.close();
      const db = new Database(join(folder, "bridge.db"));
      db.exec("UPDATE pads SET walk = 'nonsense'");
      db.close();
      const again = await openStore(folder, clock);
      const { walk: found, tally } = recordsIn(again);
      expect(found).toEqual(noWalk);
      expect(tally).toEqual(book.records.tally);
      const [session] = await again.sessions({ pad: null, since: null, limit: null });
      expect(session).toMatchObject({ state: "ended", duration: 60 });
      expect(session?.endedAt).toBe(session!.startedAt + 60_000);
      await again.close();
    }));
});
