import fc from "fast-check";
import { expect, it, vi } from "vitest";
import type { SimulatedModel } from "../../src/domain/faults.js";
import { FTMS } from "../../src/protocol/ftms/gatt.js";
import { SUPPLEMENT } from "../../src/protocol/ftms/kingsmith-service.js";
import {
  FTMS_MODELS,
  OTHER_MODELS,
  TEXT_MODELS,
  isHalt,
  isProcedure,
  OFF,
  padRig,
  type Rig,
  STOP,
} from "../support/pad-rig.js";

// Beside the rest of the suite it takes its time.
vi.setConfig({ testTimeout: 120_000 });

const CHARACTERISTICS = ["fe01", ...Object.values(FTMS), SUPPLEMENT.notify, SUPPLEMENT.write, "2a37"];

/** Any bytes, and bytes that begin as what a machine does say. */
const bytes = (...head: number[]): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ maxLength: 24 }).map((tail) => Uint8Array.of(...head, ...tail));
const small = (head: number): fc.Arbitrary<Uint8Array> =>
  fc.tuple(fc.nat(0x15), fc.nat(6)).map(([a, b]) => Uint8Array.of(head, a, b));

const data = fc
  .tuple(fc.constantFrom(0x0000, 0x0484, 0x2404, 0x058c, 0x0001, 0x2001), fc.nat(900), bytes())
  .map(([flags, speed, rest]) => Uint8Array.of(flags & 0xff, flags >> 8, speed & 0xff, speed >> 8, ...rest));
const events = fc.oneof(
  fc.constantFrom(1, 3, 4, 0xff).map((opcode) => Uint8Array.of(opcode)),
  fc.constantFrom(1, 2).map((how) => Uint8Array.of(2, how)),
  bytes(5),
  bytes(6),
);

interface Said {
  readonly characteristic: string;
  readonly bytes: Uint8Array;
  /** Milliseconds before the next. */
  readonly wait: number;
}

const said: fc.Arbitrary<Said> = fc
  .tuple(
    fc.oneof(
      fc.tuple(fc.constantFrom(...CHARACTERISTICS), bytes()),
      fc.tuple(fc.constant(FTMS.treadmillData), data),
      fc.tuple(fc.constant(FTMS.machineStatus), events),
      fc.tuple(fc.constant(FTMS.controlPoint), small(0x80)),
      fc.tuple(fc.constant("fe01"), bytes(0xf8, 0xa2)),
    ),
    fc.constantFrom(0, 1, 50, 400, 1_500),
  )
  .map(([[characteristic, what], wait]) => ({ characteristic, bytes: what, wait }));

const SCENES: Readonly<Record<string, (rig: Rig) => Promise<unknown>>> = {
  "at rest": (rig) => rig.online(),
  running: (rig) => rig.walking(2),
  paused: async (rig) => {
    await rig.walking(2);
    await rig.ask(OFF);
  },
};

it("no bytes on any characteristic throw, hang, or move a belt, and it can be stopped as before", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom<SimulatedModel>("c2", ...FTMS_MODELS, ...OTHER_MODELS, ...TEXT_MODELS),
      fc.constantFrom(...Object.keys(SCENES)),
      fc.array(said, { minLength: 1, maxLength: 40 }),
      fc.option(bytes()),
      async (model, scene, saying, reads) => {
        const rig = padRig({ model });
        await SCENES[scene]?.(rig);
        await rig.clock.advance(1_000);
        const [since, before] = [rig.handed.length, rig.speed()];
        rig.tap.reads = reads;
        for (const one of saying) {
          rig.tap.say(one.characteristic, one.bytes);
          await rig.clock.advance(one.wait);
        }
        // The link may have been made anew meanwhile, and a machine that was told so is asked for permission.
        const allowed = (op: string): boolean => op === "poll" || op === "preferences" || isProcedure(op);
        expect(rig.handed.slice(since).filter(({ op }) => !allowed(op))).toEqual([]);
        expect(rig.speed()).toBeCloseTo(before, 1);

        rig.tap.reads = null;
        await rig.clock.advance(2_000);
        await rig.clock.until(() => rig.pad.view().available, 40_000);
        if ((await rig.ask(STOP)) !== "ok") expect(await rig.ask(STOP)).toBe("ok");
        expect(rig.speed()).toBe(0);
        const all = rig.handed.slice(since).filter(({ op }) => !allowed(op));
        expect(all.filter(({ op }) => !isHalt(op))).toEqual([]);
        expect(rig.radio.wire.filter((frame) => frame.bytes[0] === 0xe8)).toEqual([]);
        await rig.clock.advance(20_000);
        expect(rig.speed()).toBe(0);
        expect(await rig.close()).toBe(0);
      },
    ),
    { numRuns: 50 },
  );
});
