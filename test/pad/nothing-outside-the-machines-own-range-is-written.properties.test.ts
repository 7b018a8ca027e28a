import fc from "fast-check";
import { expect, it, vi } from "vitest";
import type { Command } from "../../src/domain/command.js";
import type { Speed } from "../../src/domain/units.js";
import { FTMS } from "../../src/protocol/ftms/gatt.js";
import { ON, padRig, speed, STOP, verb } from "../support/pad-rig.js";

// Beside the rest of the suite it takes its time.
vi.setConfig({ testTimeout: 240_000 });

/** As 2AD4 (hundredths of a km/h, unsigned) and 2AD5 (tenths of a percent, signed) have it. */
interface Range {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

/** One that is empty was not filled in, and counts for nothing. */
const range = (least: number, most: number, width: number): fc.Arbitrary<Range> =>
  fc
    .record({
      min: fc.integer({ min: least, max: most }),
      width: fc.integer({ min: 1, max: width }),
      step: fc.integer({ min: 1, max: 60 }),
    })
    .map(({ min, width: more, step }) => ({ min, max: min + more, step }));

const bytesOf = ({ min, max, step }: Range): Uint8Array => {
  const view = new DataView(new ArrayBuffer(6));
  [min, max, step].forEach((value, i) => view.setInt16(2 * i, value, true));
  return new Uint8Array(view.buffer);
};

const isIn = (value: number, { min, max, step }: Range): boolean =>
  value >= min && value <= max && (value - min) % step === 0;

const limit = fc.option(fc.integer({ min: 10, max: 2_000 }).map((value) => value as Speed));
const asked: fc.Arbitrary<Command> = fc.oneof(
  fc.integer({ min: -100, max: 2_200 }).map((value) => speed(value / 100)),
  fc.integer({ min: -300, max: 300 }).map((value) => ({ key: "incline" as const, value: value / 10 })),
  fc.constantFrom(verb("faster"), verb("slower"), ON),
);
const day = fc.record({
  speeds: range(10, 300, 1_700),
  inclines: range(-60, 20, 200),
  limits: fc.record({ minSpeed: limit, maxSpeed: limit, startSpeed: limit }),
  commands: fc.array(fc.tuple(asked, fc.constantFrom(300, 2_500, 9_000)), { minLength: 1, maxLength: 8 }),
});

/** Rounded to a whole step, 6.8 % was 6.9 %. */
const HALF_A_STEP_BELOW_THE_MAXIMUM = {
  speeds: { min: 10, max: 11, step: 1 },
  inclines: { min: 0, max: 68, step: 3 },
  limits: { minSpeed: null, maxSpeed: null, startSpeed: null },
  commands: [[{ key: "incline" as const, value: 6.8 }, 2_500]] as [Command, 2_500][],
};

it("whatever is asked, and whatever the config says, a value written is the machine's minimum plus whole steps, within its limits and the config's (safety rule 5)", async () => {
  const seen = { speeds: 0, inclines: 0 };
  await fc.assert(
    fc.asyncProperty(day, async ({ speeds, inclines, limits, commands }) => {
      const rig = padRig({ model: "ftms", settings: limits });
      rig.tap.answers.set(FTMS.speedRange, bytesOf(speeds));
      rig.tap.answers.set(FTMS.inclineRange, bytesOf(inclines));
      await rig.online();
      await rig.clock.advance(3_000);
      rig.send(ON);
      await rig.clock.advance(8_000);
      for (const [command, wait] of commands) {
        rig.send(command);
        await rig.clock.advance(wait);
      }
      rig.send(STOP);
      await rig.clock.advance(40_000);
      for (const bytes of rig.tap.bytes) {
        const value = bytes.length === 3 ? new DataView(bytes.buffer, bytes.byteOffset).getInt16(1, true) : 0;
        if (bytes.length !== 3) continue;
        if (bytes[0] === 2) {
          expect(isIn(value, speeds), `speed ${value}`).toBe(true);
          expect(value).toBeLessThanOrEqual(limits.maxSpeed ?? Infinity);
          expect(value).toBeGreaterThanOrEqual(limits.minSpeed ?? 0);
          seen.speeds += 1;
        } else if (bytes[0] === 3) {
          expect(isIn(value, inclines), `incline ${value}`).toBe(true);
          seen.inclines += 1;
        }
      }
      expect(await rig.close()).toBe(0);
    }),
    { numRuns: 300, examples: [[HALF_A_STEP_BELOW_THE_MAXIMUM]] },
  );
  // A property of nothing written would hold, too.
  expect(seen.speeds).toBeGreaterThan(50);
  expect(seen.inclines).toBeGreaterThan(20);
});
