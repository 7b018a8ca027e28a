import { describe, expect, it, vi } from "vitest";
import { parsed } from "./pad-on-broker.js";
import {
  bridgeStateIs,
  configFor,
  missing,
  newFolder,
  OUT_OF_RANGE,
  retained,
  scene,
  started,
  unlessMissing,
} from "./scene.js";

vi.setConfig({ testTimeout: 90_000 });

describe.skipIf(missing)(`a second bridge on the same base topic that ends${unlessMissing}`, () => {
  it("leaves the topics of the first one's walking belt as they are true", async (ctx) => {
    const { broker, probe, program, pad } = await scene(ctx);
    await pad.walk(2);
    // As when the bridge moves to another computer: the old one is ended once the new one runs.
    const second = await started(ctx, {
      folder: await newFolder(ctx),
      config: configFor(broker.url, [{ id: "office", address: OUT_OF_RANGE }], {
        mqtt: { client_id: "second" },
      }),
    });
    await second.untilLine("Connected to the broker", 20_000);
    await pad.until(({ belt }) => belt === "unknown", 5_000, probe.mark() - 20);
    second.signal("SIGTERM");
    expect(await second.exit(20_000)).toEqual({ code: 0, signal: null });
    const ended = probe.mark();
    await probe.until(bridgeStateIs("online"), 10_000, ended);
    await pad.online(5_000, ended);
    await pad.until(({ belt }) => belt === "running", 1_000, ended);
    const kept = await retained(ctx, broker.url);
    const payload = (topic: string): unknown =>
      parsed({ payload: kept.get(`${pad.topic}/${topic}`) ?? "null" });
    expect(payload("availability")).toEqual({ state: "online" });
    expect(payload("state")).toMatchObject({ belt: "running", speed: 2, link: "ready" });
    expect(await pad.ask({ belt: "OFF" })).toMatchObject({ status: "ok" });
    expect(program.exited).toBe(null);
  });
});
