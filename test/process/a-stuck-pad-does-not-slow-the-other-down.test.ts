import { describe, expect, it, vi } from "vitest";
import { PadOnBroker } from "./pad-on-broker.js";
import {
  missing,
  OUT_OF_RANGE,
  PAD,
  type ScenePad,
  scene,
  SECOND,
  simulate,
  unlessMissing,
} from "./scene.js";

vi.setConfig({ testTimeout: 90_000, maxConcurrency: 8 });

const OFFICE: ScenePad = { id: "office", address: PAD };

const STUCK: readonly { readonly how: string; readonly stuck: ScenePad }[] = [
  { how: "refuses every connect", stuck: { id: "stuck", address: SECOND, faults: { refuse_connect: true } } },
  { how: "is connected and mute", stuck: { id: "stuck", address: SECOND, faults: { silent: true } } },
  { how: "says nothing that is valid", stuck: { id: "stuck", address: SECOND, faults: { corrupt: true } } },
  {
    how: "loses its link every half second",
    stuck: { id: "stuck", address: SECOND, faults: { disconnect_after: 0.5 } },
  },
  { how: "is not there", stuck: { id: "stuck", address: OUT_OF_RANGE } },
];

describe.skipIf(missing)(`two pads, one of which is stuck${unlessMissing}`, () => {
  it.concurrent.for(STUCK)("it $how: the other starts and stops as ever", async ({ stuck }, ctx) => {
    const { pad } = await scene(ctx, { pads: [OFFICE, stuck] });
    await pad.online();
    expect(await pad.ask({ belt: "ON" })).toMatchObject({ status: "ok" });
    expect(await pad.ask({ belt: "OFF" })).toMatchObject({ status: "ok" });
  });

  it.concurrent("SIGTERM: the other is at rest long before the stuck one's time is up", async (ctx) => {
    const { probe, program, pad } = await scene(ctx, {
      pads: [OFFICE, { id: "stuck", address: SECOND }],
      config: { safety: { shutdown_timeout: 16 } },
    });
    const stuck = new PadOnBroker(probe, "stuck");
    await Promise.all([pad.walk(1), stuck.walk(1)]);
    await simulate(probe, "stuck", { disconnect_after: 1, refuse_connect: true });
    await stuck.until(({ link }) => link === "lost", 5_000);
    const from = probe.mark();
    program.signal("SIGTERM");
    await pad.until(({ belt, stop_confirmed }) => belt === "idle" && stop_confirmed, 20_000, from);
    // The stuck one is still waited for.
    expect(program.exited).toBeNull();
    expect((await program.exit(20_000)).code).toBe(75);
    expect(program.lines.filter(({ level }) => level === "error").map(({ pad: id }) => id)).toContain(
      "stuck",
    );
    expect(program.lines.filter(({ level, pad: id }) => level === "error" && id === "office")).toEqual([]);
  });
});
