import { describe, expect, it, vi } from "vitest";
import { parsed, START_MS } from "./pad-on-broker.js";
import { missing, scene, unlessMissing } from "./scene.js";

vi.setConfig({ testTimeout: 90_000, maxConcurrency: 4 });

const BASE = "walkingpad2mqtt";

describe.skipIf(missing)(`a broker that takes no large message${unlessMissing}`, () => {
  it.concurrent.for([
    ["message_size_limit 4096", "auto"],
    ["message_size_limit 4096", 4],
    ["max_packet_size 4096", "auto"],
    ["max_packet_size 4096", 4],
  ] as const)("%s, MQTT %s: it is named, and everything else works", async ([limit, version], ctx) => {
    const { program, pad, probe } = await scene(ctx, {
      config: { mqtt: { protocol_version: version } },
      mosquitto: { config: [limit] },
    });
    await pad.online();
    // Mosquitto acknowledges one of MQTT 3.1.1 beyond `message_size_limit` and throws it away: it does not come back.
    const line = await program.untilLine(({ bytes }) => Number(bytes) > 4096, 40_000);
    expect(line).toMatchObject({
      level: "warn",
      topic: "homeassistant/device/walkingpad2mqtt_office/config",
      advice: expect.stringContaining("Home Assistant") as string,
    });
    const connects = program.count("Connected to the broker");
    if (program.count("Connection to the broker lost") > 0)
      await program.untilLine(() => program.count("Connected to the broker") > connects, 10_000);
    expect(await pad.ask({ belt: "OFF" })).toMatchObject({ status: "ok" });
    expect(program.count("another program may use the same client id")).toBe(0);
    // Nothing large is sent again.
    const from = probe.mark();
    expect(await pad.ask({ belt: "ON" })).toMatchObject({ status: "ok" });
    expect(probe.all(`${BASE}/bridge/state`, from)).toEqual([]);
  });

  it.concurrent("a response that is too large becomes an error with the reason", async (ctx) => {
    const { pad, probe } = await scene(ctx, {
      mosquitto: { config: ["max_packet_size 1100"] },
      config: { homeassistant: { enabled: false }, mqtt: { protocol_version: 5 } },
    });
    await pad.online(START_MS);
    const from = probe.mark();
    const transaction = "x".repeat(900);
    await probe.publish(`${BASE}/bridge/request/health_check`, { transaction });
    const answer = await probe.until(`${BASE}/bridge/response/health_check`, 10_000, from);
    expect(parsed(answer)).toMatchObject({
      status: "error",
      error: expect.stringContaining("larger") as string,
    });
  });
});
