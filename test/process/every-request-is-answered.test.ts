import { describe, expect, it, vi } from "vitest";
import type { MqttProbe } from "../support/mqtt-probe.js";
import { parsed, START_MS } from "./pad-on-broker.js";
import { bridgeStateIs, missing, scene, unlessMissing } from "./scene.js";

vi.setConfig({ testTimeout: 60_000, maxConcurrency: 8 });

const BRIDGE = "walkingpad2mqtt/bridge";

const answer = async (probe: MqttProbe, verb: string, payload: string): Promise<unknown> => {
  const from = probe.mark();
  await probe.publish(`${BRIDGE}/request/${verb}`, payload);
  return parsed(await probe.until(`${BRIDGE}/response/${verb}`, 5_000, from));
};

/** Every key in a payload, however deep. */
const keysIn = (value: unknown): readonly string[] =>
  typeof value !== "object" || value === null
    ? []
    : Object.entries(value).flatMap(([key, inner]) => [
        ...(Array.isArray(value) ? [] : [key]),
        ...keysIn(inner),
      ]);

describe.skipIf(missing)(`a request${unlessMissing}`, () => {
  it.concurrent("gives its transaction back; what is no object counts as {}", async (ctx) => {
    const { probe } = await scene(ctx);
    await probe.until(bridgeStateIs("online"), START_MS);
    expect(await answer(probe, "sessions", '{"transaction":"a"}')).toEqual({
      status: "ok",
      data: [],
      transaction: "a",
    });
    expect(await answer(probe, "sessions", "[1]")).toEqual({ status: "ok", data: [] });
    expect(await answer(probe, "sessions", "{}")).toEqual({ status: "ok", data: [] });
    // What clearing a stored request looks like does nothing, a restart least of all.
    for (const verb of ["sessions", "restart"])
      expect(await answer(probe, verb, "")).toMatchObject({ status: "error" });
    expect(await answer(probe, "dance", '{"transaction":7}')).toMatchObject({
      status: "error",
      error: expect.stringContaining("health_check") as string,
      transaction: 7,
    });
  });

  it.concurrent("for a health check gets the content of bridge/health, the broker included", async (ctx) => {
    const { probe, pad } = await scene(ctx);
    await pad.online();
    const { data } = (await answer(probe, "health_check", "{}")) as { data: object };
    const said = parsed(await probe.until(`${BRIDGE}/health`, START_MS)) as object;
    expect(data).toMatchObject({
      healthy: true,
      mqtt: { connected: true, in_flight: expect.any(Number) as number },
      pads: { office: { bad_frames: 0, connects: 1 } },
    });
    expect(keysIn(data).filter((key) => key !== "healthy")).toEqual(keysIn(said));
  });

  it.concurrent("or any other payload has no key but in small letters and underscores", async (ctx) => {
    const { probe, pad } = await scene(ctx);
    await pad.online();
    await probe.until(`${BRIDGE}/health`, START_MS);
    const keys = probe
      .all(({ topic, payload }) => topic.startsWith("walkingpad2mqtt/") && payload.startsWith("{"))
      .flatMap((message) => keysIn(parsed(message)));
    expect(keys.length).toBeGreaterThan(50);
    expect(keys.filter((key) => !/^[a-z][a-z0-9_]*$/.test(key))).toEqual([]);
  });
});
