import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { ALL_TABLES, KNOWN_TABLES, type Table } from "../../src/protocol/kingsmith-text/tables.js";
import type { PadOptions } from "../../src/sim/pad.js";
import { OFF, ON, padRig, type Rig, speed, STOP, TEXT_MODELS } from "../support/pad-rig.js";

// With the table of another pad a stop can read as a start (more-protocols 1.2). The simulated pad reads with its own
// table and does what it reads: whatever table that is, a command reads as it was meant, or is not written.

vi.setConfig({ testTimeout: 120_000 });

type Model = (typeof TEXT_MODELS)[number];

/** What the pad has read of a belt since then. */
const read = (rig: Rig, since: number): readonly string[] =>
  rig
    .wire(since)
    .map(({ op }) => op)
    // What it does not understand does nothing to it.
    .filter((op) => op !== "poll" && op !== "unreadable");

/** Does something, and has the pad read nothing but these. */
const reads = async (rig: Rig, act: () => Promise<unknown>, meant: readonly string[]): Promise<void> => {
  const since = rig.clock.now() + 1;
  await act();
  expect(meant).toEqual(expect.arrayContaining([...new Set(read(rig, since))]));
};

/** A walk with a pad of this table; returns whether it obeyed. */
const walk = async (model: Model, pad: PadOptions, speeds = [1.1, 2.3, 4.5, 6]): Promise<boolean> => {
  const rig = padRig({ model, pad });
  rig.pad.start();
  await rig.clock.advance(30_000);
  expect(read(rig, 0)).toEqual([]);
  expect(rig.speed()).toBe(0);
  await reads(rig, () => rig.ask(ON), ["control", "start"]);
  const steered = rig.speed() > 0;
  if (steered) {
    for (const kmh of speeds) await reads(rig, () => rig.ask(speed(kmh)), [`speed ${kmh}`]);
  } else rig.press("start-stop");
  const fastest = rig.speed();
  await rig.clock.advance(6_000);
  await reads(rig, () => rig.ask(OFF), ["stop"]);
  let stopped = "";
  await reads(rig, async () => (stopped = await rig.ask(STOP)), ["stop"]);
  if (stopped === "ok") expect(rig.speed()).toBe(0);
  await rig.close();
  return fastest > 5.8;
};

describe.each(TEXT_MODELS)("a %s", (model) => {
  it.each(KNOWN_TABLES.map((table, v) => [v, table] as const))("with table v%i", async (_, table) => {
    expect(await walk(model, { table })).toBe(true);
  });

  it("with any other single pair exchanged", async () => {
    const seen = { steered: 0, all: 0 };
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...ALL_TABLES), async (table) => {
        seen.all += 1;
        if (await walk(model, { table })) seen.steered += 1;
      }),
      { numRuns: 25 },
    );
    expect(seen.steered).toBeGreaterThan(0);
  });

  // Its speeds may read as others. A stop never reads as a start: they differ in one letter, which every answer to
  // `shake` and `version` has shown.
  it("with two pairs exchanged, which was never seen", async () => {
    const pair = fc.constantFrom(...ALL_TABLES.slice(1));
    await fc.assert(
      fc.asyncProperty(pair, pair, async (table: Table, secondPair: Table) => {
        await walk(model, { table, secondPair }, []);
      }),
      { numRuns: 25 },
    );
  });
});
