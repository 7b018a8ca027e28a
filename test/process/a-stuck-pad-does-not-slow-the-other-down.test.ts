import { describe, expect, it, vi } from "vitest";
import { PadOnBroker } from "./pad-on-broker.js";
import { missing, NOWHERE, PAD, type ScenePad, scene, SECOND, simulate, unlessMissing } from "./scene.js";

vi.setConfig({ testTimeout: 90_000, maxConcurrency: 8 });

const OFFICE: ScenePad = { id: "office", address: PAD };
/** From standby: manual mode, 1 s, start, 3 s of countdown and the first status that shows movement. */
const START_TOOK_MS = 9_000;
/** From 2 km/h: 4 s, and the proof of safety rule 7. */
const STOP_TOOK_MS = 8_000;

const STUCK: readonly { readonly how: string; readonly stuck: ScenePad }[] = [
  { how: "refuses every connect", stuck: { id: "stuck", address: SECOND, faults: { refuse_connect: true } } },
  { how: "is connected and mute", stuck: { id: "stuck", address: SECOND, faults: { silent: true } } },
  { how: "says nothing that is valid", stuck: { id: "stuck", address: SECOND, faults: { corrupt: true } } },
  {
    how: "loses its link every half second",
    stuck: { id: "stuck", address: SECOND, faults: { disconnect_after: 0.5 } },
  },
  { how: "is not there", stuck: { id: "stuck", address: NOWHERE } },
];

describe.skipIf(missing)(`two pads, one of which is stuck${unlessMissing}`, () => {
  it.concurrent.for(STUCK)("it $how: the other starts and stops as ever", async ({ stuck }, ctx) => {
    const { pad } = await scene(ctx, { pads: [OFFICE, stuck] });
    await pad.online();
    const on = await pad.ask({ belt: "ON" });
    expect(on).toMatchObject({ status: "ok" });
    expect(on.took_ms).toBeLessThan(START_TOOK_MS);
    const off = await pad.ask({ belt: "OFF" });
    expect(off).toMatchObject({ status: "ok" });
    expect(off.took_ms).toBeLessThan(STOP_TOOK_MS);
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
    const askedAt = Date.now();
    program.signal("SIGTERM");
    const rest = await pad.until(
      ({ belt, stop_confirmed }) => belt === "idle" && stop_confirmed,
      20_000,
      from,
    );
    expect(rest.at - askedAt).toBeLessThan(STOP_TOOK_MS);
    expect((await program.exit(20_000)).code).toBe(75);
    expect(program.lines.filter(({ level }) => level === "error").map(({ pad: id }) => id)).toContain(
      "stuck",
    );
    expect(program.lines.filter(({ level, pad: id }) => level === "error" && id === "office")).toEqual([]);
  });
});
