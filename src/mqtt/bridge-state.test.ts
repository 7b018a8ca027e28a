import { describe, expect, it } from "vitest";
import { ManualClock } from "../../test/support/clock.js";
import { quiet } from "../../test/support/pad-rig.js";
import { BridgeStateGuard } from "./bridge-state.js";

const rig = () => {
  const clock = new ManualClock();
  const answers: string[] = [];
  const warnings: string[] = [];
  const log = { ...quiet, warn: (_: object, message: string) => void warnings.push(message) };
  let everything = 0;
  const word = new BridgeStateGuard(
    clock,
    log,
    (payload) => void answers.push(payload),
    () => void (everything += 1),
  );
  return { clock, word, answers, warnings, everything: () => everything };
};
const WILL = '{"state":"offline"}';

describe("bridge/state heals itself (docs/topics.md)", () => {
  it("answers the late will of an older connection with what is true", () => {
    const { word, answers } = rig();
    word.onMessage(WILL);
    expect(answers.map((text) => JSON.parse(text) as object)).toEqual([
      { state: "online", reason: null, since: "2026-11-22T10:00:00.000Z" },
    ]);
  });

  it("answers `stopping` while the program ends, and nothing once it is offline", () => {
    const { word, answers } = rig();
    word.set("stopping", "SIGTERM");
    word.onMessage(WILL);
    expect(answers[0]).toContain('"state":"stopping"');
    word.set("offline", "stopped");
    word.onMessage(WILL);
    expect(answers).toHaveLength(1);
  });

  it("publishes everything a second later: a second bridge that ended has said that the pads are offline", async () => {
    const { word, clock, everything } = rig();
    word.onMessage('{"state":"offline","reason":"stopped"}');
    expect(everything()).toBe(0);
    await clock.advance(1_000);
    expect(everything()).toBe(1);
    await clock.advance(60_000);
    expect(everything()).toBe(1);
  });

  it("does not answer its own messages, not even earlier ones", () => {
    const { word, answers } = rig();
    const online = word.payload();
    word.set("stopping", "SIGTERM");
    word.onMessage(word.payload());
    word.onMessage(online);
    expect(answers).toEqual([]);
  });

  it("answers at most once in 5 s, and warns of a second bridge after three in a row", async () => {
    const { word, answers, warnings, clock } = rig();
    for (let i = 0; i < 2; i++) word.onMessage(WILL);
    expect(answers).toHaveLength(1);
    await clock.advance(5_000);
    expect(answers).toHaveLength(2);
    expect(warnings).toEqual([]);
    word.onMessage(WILL);
    expect(warnings).toHaveLength(1);
    word.end();
    expect(clock.pending).toBe(0);
  });

  it("counts foreign states between its own answers; an occasional late will does not count", async () => {
    const { word, answers, warnings, clock } = rig();
    for (let i = 0; i < 3; i++) {
      word.onMessage(WILL);
      word.onMessage(answers.at(-1) ?? "");
      await clock.advance(90_000);
    }
    expect(warnings).toEqual([]);
    for (let i = 0; i < 4; i++) {
      word.onMessage(WILL);
      word.onMessage(answers.at(-1) ?? "");
      await clock.advance(10_000);
    }
    expect(answers).toHaveLength(7);
    expect(warnings).toHaveLength(1);
  });
});
