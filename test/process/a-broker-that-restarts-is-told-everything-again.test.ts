import { describe, expect, it, vi } from "vitest";
import { bridgeStateIs, BRIDGE_STATE, missing, retained, scene, unlessMissing } from "./scene.js";

vi.setConfig({ testTimeout: 90_000, maxConcurrency: 8 });

describe.skipIf(missing)(`a broker that restarts and has forgotten everything${unlessMissing}`, () => {
  it.concurrent.for(["SIGTERM", "SIGKILL"] as const)(
    "%s: the belt walks on, all is retained again, nothing flaps",
    async (signal, ctx) => {
      const { broker, probe, program, pad } = await scene(ctx);
      await pad.walk(2);
      // The first walk makes the last topic: everything is there now.
      await probe.until(`${pad.topic}/stats`, 5_000);
      const before = await retained(ctx, broker.url);
      // An old Mosquitto that is asked to end publishes the wills of its clients; the new one has none.
      await broker.stop(signal);
      const from = probe.mark();
      await broker.restart();
      const online = await probe.until(bridgeStateIs("online"), 20_000, from);
      await pad.until(({ belt }) => belt === "running", 5_000, from);
      const after = await retained(ctx, broker.url);
      expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
      for (const [topic, config] of before)
        if (topic.startsWith("homeassistant/")) expect(after.get(topic)).toBe(config);

      const seen = probe.messages.slice(from);
      const offline = seen.filter(({ payload }) => payload.startsWith('{"state":"offline"'));
      expect(offline.map(({ topic }) => topic)).toEqual([]);
      expect(pad.states(from).filter(({ belt, speed }) => belt !== "running" || speed !== 2)).toEqual([]);
      // docs/topics.md: bridge/state comes last of all.
      const first = (topic: string): number => seen.findIndex((message) => message.topic === topic);
      for (const topic of after.keys())
        if (topic !== BRIDGE_STATE) expect(first(topic), topic).toBeLessThan(seen.indexOf(online));
      expect(program.count("the link was lost")).toBe(0);
      expect(program.lines.filter(({ level }) => level === "warn")).toHaveLength(1);
      expect(await pad.ask({ belt: "OFF" })).toMatchObject({ status: "ok" });
    },
  );
});
