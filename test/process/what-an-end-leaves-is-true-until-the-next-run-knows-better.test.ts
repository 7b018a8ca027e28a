import { describe, expect, it, vi } from "vitest";
import { PadOnBroker, wordsOf } from "./pad-on-broker.js";
import { bridgeStateIs, missing, retained, scene, started, unlessMissing } from "./scene.js";

vi.setConfig({ testTimeout: 90_000, maxConcurrency: 8 });

const STATE = "walkingpad2mqtt/office/state";

describe.skipIf(missing)(`what an end leaves on the broker${unlessMissing}`, () => {
  it.concurrent("after a belt at rest: no problem, and never a lost link", async (ctx) => {
    const { broker, probe, program, pad } = await scene(ctx);
    await pad.walk(1);
    const ending = probe.mark();
    program.signal("SIGTERM");
    expect(await program.exit(30_000)).toEqual({ code: 0, signal: null });
    const left = wordsOf({ payload: (await retained(ctx, broker.url)).get(STATE) ?? "{}" });
    expect(left).toMatchObject({ belt: "unknown", stop_confirmed: true, problem: null });
    expect(pad.states(ending).filter(({ problem }) => problem === "link-lost")).toEqual([]);
  });

  it.concurrent(
    "after a belt that was not at rest: an unconfirmed stop, which the next run publishes until it sees rest",
    async (ctx) => {
      const first = await scene(ctx, { config: { safety: { shutdown_timeout: 5 } } });
      await first.pad.online();
      await first.pad.send("speed", "4");
      await first.pad.until(({ speed }) => (speed ?? 0) >= 3, 25_000);
      const ending = first.probe.mark();
      first.program.signal("SIGTERM");
      expect(await first.program.exit(20_000)).toEqual({ code: 0, signal: null });
      const left = wordsOf({ payload: (await retained(ctx, first.broker.url)).get(STATE) ?? "{}" });
      expect(left).toMatchObject({ stop_confirmed: false, problem: "stop-unconfirmed" });
      expect(first.pad.states(ending).filter(({ problem }) => problem === "link-lost")).toEqual([]);

      const from = first.probe.mark();
      const next = await started(ctx, { folder: first.folder, config: first.config });
      const pad = new PadOnBroker(first.probe, "office");
      await pad.until(({ stop_confirmed }) => stop_confirmed, 25_000, from);
      const before = pad.states(from).filter(({ stop_confirmed }) => !stop_confirmed);
      expect(before).not.toEqual([]);
      expect(before.filter(({ problem }) => problem !== "stop-unconfirmed")).toEqual([]);
      expect(pad.last()).toMatchObject({ stop_confirmed: true, problem: null });
      expect(await pad.ask({ belt: "ON" })).toMatchObject({ status: "ok" });
      next.signal("SIGTERM");
      await first.probe.until(bridgeStateIs("offline"), 30_000, from);
      const events = first.probe.all("walkingpad2mqtt/office/event", from);
      expect(events.filter(({ payload }) => payload.includes("belt_stopped_by_pad"))).toEqual([]);
    },
  );
});
