import { describe, expect, it, vi } from "vitest";
import { MqttProbe } from "../support/mqtt-probe.js";
import { START_MS } from "./pad-on-broker.js";
import { freePort } from "../support/mosquitto.js";
import { configFor, expectCleanEnd, missing, newBroker, newFolder, started, unlessMissing } from "./scene.js";

vi.setConfig({ testTimeout: 90_000, maxConcurrency: 8 });

const RIGHT = { username: "walker", password: "cor:rect@horse/battery" } as const;
const WRONG = "tr0ub4dor&3";

const environment = (password: string): Readonly<Record<string, string>> => ({
  WALKINGPAD2MQTT_MQTT_USERNAME: RIGHT.username,
  WALKINGPAD2MQTT_MQTT_PASSWORD: password,
});
const loud = (url: string) => configFor(url, undefined, { log: { level: "trace" } });
const spellings = (secret: string): readonly string[] => [secret, encodeURIComponent(secret)];
/** As Node shows a Buffer, and in the usual ways to write bytes. */
const asBytes = (secret: string): readonly string[] => {
  const bytes = Buffer.from(secret);
  return [
    bytes.toString("hex"),
    bytes.toString("hex").replaceAll(/(..)(?=.)/g, "$1 "),
    bytes.toString("base64"),
  ];
};

describe.skipIf(missing)(`a password for the broker${unlessMissing}`, () => {
  it.concurrent("that is wrong is reported once, at error level, and never shown", async (ctx) => {
    const broker = await newBroker(ctx, RIGHT);
    const folder = await newFolder(ctx);
    const program = await started(ctx, { folder, config: loud(broker.url), env: environment(WRONG) });
    const refused = (): number =>
      program.lines.filter(({ msg, level }) => msg.includes("Broker refuses") || level === "error").length;
    // Two more refusals, 1 and 2 s later, each at debug.
    await program.untilLine(() => refused() >= 3, START_MS);
    const errors = program.lines.filter(({ level }) => level === "error" || level === "warn");
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({
      level: "error",
      advice: expect.stringContaining("mqtt.password") as string,
    });
    for (const shown of spellings(WRONG)) expect(program.output).not.toContain(shown);
    program.signal("SIGTERM");
    expect((await program.exit(15_000)).code).toBe(0);
  });

  it.concurrent("that is right appears neither in the log nor on the broker", async (ctx) => {
    const broker = await newBroker(ctx, RIGHT);
    const folder = await newFolder(ctx);
    const program = await started(ctx, {
      folder,
      config: loud(broker.url),
      env: environment(RIGHT.password),
    });
    const probe = await MqttProbe.connect(broker.url, RIGHT);
    ctx.onTestFinished(() => probe.close());
    const info = await probe.until("walkingpad2mqtt/bridge/info", START_MS);
    expect(info.payload).toContain(RIGHT.username);
    await probe.until(({ payload }) => payload === '{"state":"online"}', START_MS);
    program.signal("SIGTERM");
    await expectCleanEnd(program, 15_000);
    const everything = program.output + probe.messages.map(({ payload }) => payload).join("\n");
    for (const shown of spellings(RIGHT.password)) expect(everything).not.toContain(shown);
  });

  it.concurrent.for(["*", "mqtt*,mqtt-packet:*", "-nothing mqtt-packet:writeToStream,*"])(
    "is not printed by any library under DEBUG=%s",
    async (DEBUG, ctx) => {
      const broker = await newBroker(ctx, RIGHT);
      const env = { ...environment(RIGHT.password), DEBUG, DEBUG_DEPTH: "9" };
      const outside = await started(ctx, { folder: await newFolder(ctx), config: loud(broker.url), env });
      const inside = await started(ctx, {
        folder: await newFolder(ctx),
        config: { ...loud("embedded"), embedded_broker: { port: await freePort() } },
        env,
      });
      for (const program of [outside, inside]) {
        await program.untilLine("Connected to the broker", START_MS);
        program.signal("SIGTERM");
        expect((await program.exit(15_000)).code).toBe(0);
        expect(program.stderr).toContain("mqttjs");
        for (const shown of [...spellings(RIGHT.password), ...asBytes(RIGHT.password)])
          expect(program.output).not.toContain(shown);
      }
    },
  );

  it.concurrent("in the query of a WebSocket's URL is not printed under DEBUG=*", async (ctx) => {
    const program = await started(ctx, {
      folder: await newFolder(ctx),
      config: loud(`ws://127.0.0.1:${await freePort()}/mqtt?token=${WRONG}`),
      env: { DEBUG: "*" },
    });
    await program.untilLine("cannot be reached", START_MS);
    program.signal("SIGTERM");
    expect((await program.exit(15_000)).code).toBe(0);
    expect(program.stderr).toContain("mqttjs");
    for (const shown of spellings(WRONG)) expect(program.output).not.toContain(shown);
  });

  it.concurrent("inside the URL, too", async (ctx) => {
    const broker = await newBroker(ctx, RIGHT);
    const url = `mqtt://${RIGHT.username}:${encodeURIComponent(RIGHT.password)}@127.0.0.1:${broker.port}`;
    const folder = await newFolder(ctx);
    const program = await started(ctx, { folder, config: loud(url) });
    await program.untilLine("Connected to the broker", START_MS);
    const probe = await MqttProbe.connect(broker.url, RIGHT);
    ctx.onTestFinished(() => probe.close());
    const info = await probe.until("walkingpad2mqtt/bridge/info", START_MS);
    for (const shown of spellings(RIGHT.password)) expect(program.output + info.payload).not.toContain(shown);
    program.signal("SIGTERM");
    await expectCleanEnd(program, 15_000);
  });
});
