import { describe, expect, it, vi } from "vitest";
import { missing, scene, unlessMissing } from "./scene.js";

vi.setConfig({ testTimeout: 60_000 });

/** WiLink's stop, speed 0 (wire-facts a.3), and how every status begins. */
const STOP_FRAME = "f7a20100a3fd";
const STATUS = /^f8a2/;

describe.skipIf(missing)(`the log${unlessMissing}`, () => {
  it("at debug holds every byte to and from a pad, and how each command ended", async (ctx) => {
    const { program, pad } = await scene(ctx, { config: { log: { level: "debug" } } });
    await pad.online();
    expect(await pad.ask({ belt: "OFF" })).toMatchObject({ status: "ok" });
    const written = program.lines.find(({ bytes }) => bytes === STOP_FRAME);
    expect(written).toMatchObject({ level: "debug", pad: "office", msg: "written" });
    const heard = program.lines.find(({ bytes }) => STATUS.test(String(bytes)));
    expect(heard).toMatchObject({ level: "debug", pad: "office", msg: "notified" });
    const ended = await program.untilLine("Command result", 5_000);
    expect(ended).toMatchObject({ pad: "office", command: "belt", value: "OFF", result: "ok" });
  });
});
