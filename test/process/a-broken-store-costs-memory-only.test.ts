import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { PadOnBroker, parsed, speeds, START_MS } from "./pad-on-broker.js";
import {
  configFor,
  expectCleanEnd,
  missing,
  newBroker,
  newFolder,
  newProbe,
  started,
  unlessMissing,
} from "./scene.js";

vi.setConfig({ testTimeout: 90_000, maxConcurrency: 8 });

const INFO = "walkingpad2mqtt/bridge/info";
const STATS = "walkingpad2mqtt/office/stats";

interface Break {
  readonly how: string;
  readonly state: string;
  readonly damage: (data: string) => void;
  /** What lies in the store's folder afterwards. */
  readonly left: RegExp | null;
}

const BREAKS: readonly Break[] = [
  {
    how: "a file in place of its folder",
    state: "unwritable",
    damage: (data) => writeFileSync(data, ""),
    left: null,
  },
  {
    how: "garbage in place of its file",
    state: "damaged",
    damage: (data) => {
      mkdirSync(data);
      writeFileSync(join(data, "bridge.db"), "garbage ".repeat(1_000));
    },
    left: /^bridge\.db\.damaged-/,
  },
];

describe.skipIf(missing)(`a broken store${unlessMissing}`, () => {
  it.concurrent.for(BREAKS)(
    "$how: reported in info and log; the belt is started, counted and stopped nevertheless",
    async ({ state, damage, left }, ctx) => {
      const broker = await newBroker(ctx);
      const folder = await newFolder(ctx);
      const probe = await newProbe(ctx, broker.url);
      const data = join(folder, "data");
      damage(data);
      const program = await started(ctx, { folder, config: configFor(broker.url) });
      const pad = new PadOnBroker(probe, "office");
      await pad.walk(1);
      expect(parsed(probe.all(INFO).at(-1) ?? { payload: "{}" })).toMatchObject({ store: { state } });
      expect(program.lines.filter(({ level, msg }) => level === "warn" && /store/i.test(msg))).not.toEqual(
        [],
      );
      await probe.until(({ topic, payload }) => topic === STATS && payload.includes('"active"'), START_MS);
      const ending = probe.mark();
      program.signal("SIGTERM");
      await expectCleanEnd(program, 30_000);
      expect(speeds(pad, ending).at(-1)).toBe(0);
      if (left) expect(readdirSync(data)).toContainEqual(expect.stringMatching(left));
    },
  );
});
