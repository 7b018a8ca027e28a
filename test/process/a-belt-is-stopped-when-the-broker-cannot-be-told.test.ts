import { describe, expect, it, vi } from "vitest";
import { speeds } from "./pad-on-broker.js";
import { bridgeStateIs, expectCleanEnd, missing, muteServer, scene, unlessMissing } from "./scene.js";

vi.setConfig({ testTimeout: 90_000, maxConcurrency: 8 });

describe.skipIf(missing)(`a running belt${unlessMissing}`, () => {
  it.concurrent("SIGTERM with the broker gone: the belt is brought to rest nevertheless", async (ctx) => {
    const { broker, program, pad } = await scene(ctx);
    await pad.walk(1.5);
    await broker.stop("SIGKILL");
    await program.untilLine(({ level }) => level === "warn", 5_000);
    program.signal("SIGTERM");
    await expectCleanEnd(program, 20_000);
    expect(program.count("Belt at rest")).toBe(1);
  });

  it.concurrent("SIGTERM with a broker that does not answer: nothing waits for it", async (ctx) => {
    const { broker, probe, program, pad } = await scene(ctx);
    await pad.walk(1.5);
    broker.freeze();
    const before = probe.mark();
    program.signal("SIGTERM");
    const askedAt = Date.now();
    await program.untilLine("Belt at rest", 15_000);
    const restAt = Date.now();
    // From 1.5 to 2 km/h at about 0.5 km/h a second, and the proof of rule 7.
    expect(restAt - askedAt).toBeLessThan(10_000);
    await expectCleanEnd(program, 10_000);
    // Standby, then the other stages: save 0.3 s, links 0.3 s, offline 0.6 s.
    expect(Date.now() - restAt).toBeLessThan(5_000);
    broker.resume();
    await probe.until(bridgeStateIs("offline"), 10_000, before);
  });

  it.concurrent(
    "SIGTERM with a broker that accepts and never sends anything: nothing waits for it",
    async (ctx) => {
      const { broker, program, pad } = await scene(ctx);
      await pad.walk(1.5);
      await broker.stop("SIGKILL");
      await (
        await muteServer(ctx, broker.port)
      ).accepted;
      program.signal("SIGTERM");
      await expectCleanEnd(program, 20_000);
      expect(program.count("Belt at rest")).toBe(1);
    },
  );

  it.concurrent(
    "safety.broker_lost: the belt is stopped once the broker is gone for that long",
    async (ctx) => {
      const { broker, probe, program, pad } = await scene(ctx, {
        config: { safety: { broker_lost: { action: "stop", after: 2 } } },
      });
      await pad.walk(1.5);
      await broker.stop("SIGKILL");
      await program.untilLine("Stopping the belt: broker_lost", 6_000);
      await program.untilLine("Belt at rest", 15_000);
      await broker.restart();
      const from = probe.mark();
      await pad.until(({ belt, stop_confirmed }) => belt === "idle" && stop_confirmed, 20_000, from);
      expect(speeds(pad, from)).toEqual([0]);
      program.signal("SIGTERM");
      await expectCleanEnd(program, 15_000);
    },
  );
});
