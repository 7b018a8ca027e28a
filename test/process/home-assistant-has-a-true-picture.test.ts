import { describe, expect, it, vi } from "vitest";
import { withoutAbbreviations } from "../support/home-assistant-abbreviations.js";
import { rejectionReasons, shows } from "../support/home-assistant.js";
import type { MqttProbe } from "../support/mqtt-probe.js";
import { START_MS } from "./pad-on-broker.js";
import {
  bridgeStateIs,
  BRIDGE_STATE,
  configFor,
  expectCleanEnd,
  missing,
  PAD,
  retained,
  scene,
  SECOND,
  started,
  unlessMissing,
} from "./scene.js";

vi.setConfig({ testTimeout: 90_000, maxConcurrency: 8 });

const BASE = "walkingpad2mqtt";
const configOf = (id: string, base = BASE): string => `homeassistant/device/${base}_${id}/config`;
const TWO_PADS = [
  { id: "office", address: PAD },
  { id: "second", address: SECOND },
];

const configIn = (kept: ReadonlyMap<string, string>, id: string): object =>
  JSON.parse(kept.get(configOf(id)) ?? "null") as object;

/** What Home Assistant would show for every entity that has a retained state; whatever it would log a word about. */
const refusals = (payload: object, kept: ReadonlyMap<string, string>): readonly string[] =>
  Object.entries(withoutAbbreviations(payload).components).flatMap(([key, component]) => {
    const topic = String(component["state_topic"]);
    if (component["value_template"] === undefined || component["platform"] === "event") return [];
    const payload = kept.get(topic);
    if (payload === undefined) return [`${key}: nothing on ${topic}`];
    const { state, accepted } = shows(component, JSON.parse(payload));
    return accepted ? [] : [`${key}: ${state}`];
  });

const cleared = (topic: string) => (message: { readonly topic: string; readonly payload: string }) =>
  message.topic === topic && message.payload === "";
const published = (topic: string) => (message: { readonly topic: string; readonly payload: string }) =>
  message.topic === topic && message.payload !== "";

const clear = (probe: MqttProbe, topic: string): Promise<void> => probe.publish(topic, "", { retain: true });

describe.skipIf(missing)(`Home Assistant${unlessMissing}`, () => {
  it.concurrent("accepts every config and every state without a line in its log", async (ctx) => {
    const { broker, pad } = await scene(ctx);
    await pad.online();
    const looks = async (): Promise<void> => {
      const kept = await retained(ctx, broker.url);
      for (const id of ["bridge", "office"]) {
        expect(rejectionReasons(configIn(kept, id))).toEqual([]);
        expect(refusals(configIn(kept, id), kept)).toEqual([]);
      }
      const ids = ["bridge", "office"].flatMap((id) =>
        Object.values(withoutAbbreviations(configIn(kept, id)).components),
      );
      const unique = ids.map((component) => component["unique_id"]);
      expect(new Set(unique).size).toBe(unique.length);
    };
    await looks();
    await pad.walk(1);
    await looks();
  });

  it.concurrent("that has just started gets everything again, 0.5 to 3 s later", async (ctx) => {
    const { probe, pad } = await scene(ctx);
    await pad.online();
    const before = probe.mark();
    const bornAt = Date.now();
    await probe.publish("homeassistant/status", "online", { qos: 0 });
    const first = await probe.until(configOf("bridge"), 5_000, before);
    expect(first.at - bornAt).toBeGreaterThanOrEqual(500);
    await probe.until(BRIDGE_STATE, 2_000, before);
    const order = [
      configOf("bridge"),
      configOf("office"),
      `${pad.topic}/availability`,
      `${pad.topic}/state`,
      BRIDGE_STATE,
    ];
    const seen = probe.messages.slice(probe.messages.indexOf(first)).map(({ topic }) => topic);
    const places = order.map((topic) => seen.indexOf(topic));
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  it.concurrent(
    // When it comes again is the announcer's own test: here nobody's clock is moved by hand.
    "gets a config that someone cleared again, as it was, and once only",
    async (ctx) => {
      const { broker, probe, pad } = await scene(ctx);
      await pad.online();
      const topic = configOf("office");
      // The repetition of an unchanged text: the pad has told all that it can do, and no timer is left.
      await probe.until(() => {
        const told = probe.all(topic);
        return told.length > 1 && told.at(-1)?.payload === told.at(-2)?.payload;
      }, START_MS + 15_000);
      const original = (await retained(ctx, broker.url)).get(topic);
      const before = probe.mark();
      await clear(probe, topic);
      const again = await probe.until(published(topic), 15_000, before);
      expect(again.payload).toBe(original);
      const second = probe.mark();
      await clear(probe, topic);
      await expect(probe.until(published(topic), 4_000, second)).rejects.toThrow("no such message");
      expect((await retained(ctx, broker.url)).get(BRIDGE_STATE)).toContain("online");
    },
  );

  it.concurrent("gets the bridge's config again when it has changed", async (ctx) => {
    // An FTMS machine tells piece by piece what it can do, of which bridge/info shows nothing.
    const { probe, pad } = await scene(ctx, { pads: [{ id: "office", address: PAD, model: "ftms" }] });
    await pad.online();
    const told = probe.all(`${BASE}/bridge/info`).map(({ payload }) => payload);
    expect(told.at(-1)).toContain("FTMS treadmill");
    expect(told.filter((payload, index) => payload === told[index - 1])).toEqual([]);
  });

  it.concurrent("loses a pad that is no longer configured, at the next start", async (ctx) => {
    const { broker, probe, program, folder } = await scene(ctx, { pads: TWO_PADS });
    await probe.until(`${BASE}/second/availability`, START_MS);
    await probe.until(
      ({ topic, payload }) => topic === `${BASE}/second/availability` && payload.includes("online"),
      START_MS,
    );
    program.signal("SIGTERM");
    await expectCleanEnd(program, 15_000);
    expect((await retained(ctx, broker.url)).has(configOf("second"))).toBe(true);
    const before = probe.mark();
    const next = await started(ctx, { folder, config: configFor(broker.url) });
    await probe.until(cleared(configOf("second")), START_MS, before);
    await probe.until(bridgeStateIs("online"), START_MS, before);
    await probe.until(cleared(`${BASE}/second/state`), 5_000, before);
    const kept = await retained(ctx, broker.url);
    expect(kept.has(configOf("office"))).toBe(true);
    expect([...kept.keys()].filter((topic) => topic.includes("second"))).toEqual([]);
    next.signal("SIGTERM");
    await expectCleanEnd(next, 15_000);
  });

  it.concurrent.for([
    ["id", "desk", {}],
    ["base topic", "office", { mqtt: { base_topic: "elsewhere" } }],
    ["discovery prefix", "office", { homeassistant: { discovery_prefix: "ha" } }],
  ] as const)("loses everything of a former %s before it gets the new one", async ([, id, change], ctx) => {
    const { broker, probe, program, folder, pad } = await scene(ctx);
    await pad.online();
    program.signal("SIGTERM");
    await expectCleanEnd(program, 15_000);
    const former = [...(await retained(ctx, broker.url)).keys()];
    const before = probe.mark();
    const next = await started(ctx, {
      folder,
      config: configFor(broker.url, [{ id, address: PAD }], change),
    });
    const isConfig = ({ topic }: { readonly topic: string }): boolean => topic.endsWith("/config");
    await probe.until((m) => isConfig(m) && m.payload.includes('"mdl"'), START_MS, before);
    const kept = await retained(ctx, broker.url);
    const gone = former.filter((topic) => !kept.has(topic));
    expect(gone).toContain(configOf("office"));
    const configs = probe.all(isConfig, before);
    const lastCleared = configs.findLastIndex(({ payload }) => payload === "");
    const firstNew = configs.findIndex(({ topic, payload }) => payload !== "" && !former.includes(topic));
    expect(lastCleared).toBeLessThan(firstNew);
    // Nothing is left that is not published anew.
    const republished = probe.all(({ payload }) => payload !== "", before).map(({ topic }) => topic);
    expect([...kept.keys()].filter((topic) => !republished.includes(topic))).toEqual([]);
    next.signal("SIGTERM");
    await expectCleanEnd(next, 15_000);
  });

  it.concurrent(
    "homeassistant.enabled: false clears the bridge's own configs, and no others",
    async (ctx) => {
      const { broker, probe, program, folder, pad } = await scene(ctx);
      await pad.online();
      const ours = (await retained(ctx, broker.url)).get(configOf("office")) ?? "";
      program.signal("SIGTERM");
      await expectCleanEnd(program, 15_000);
      const foreign = new Map([
        ["homeassistant/device/zigbee/config", '{"dev":{"ids":["z"]},"o":{"name":"zigbee2mqtt"},"cmps":{}}'],
        // A second bridge of the same make, on a base topic of its own, and one whose name merely begins like ours.
        [configOf("office", "upstairs"), ours.replaceAll(`${BASE}/`, "upstairs/")],
        [configOf("office", `${BASE}-2`), ours.replaceAll(`${BASE}/`, `${BASE}-2/`)],
        [configOf("broken"), '{"o":'],
      ]);
      for (const [topic, payload] of foreign) await probe.publish(topic, payload, { retain: true });
      const before = probe.mark();
      const config = configFor(broker.url, undefined, { homeassistant: { enabled: false } });
      const next = await started(ctx, { folder, config });
      await probe.until(cleared(configOf("bridge")), START_MS, before);
      await probe.until(cleared(configOf("office")), START_MS, before);
      await pad.online(START_MS, before);
      next.signal("SIGTERM");
      await expectCleanEnd(next, 15_000);
      const kept = [...(await retained(ctx, broker.url)).keys()].filter((topic) =>
        topic.startsWith("homeassistant/"),
      );
      expect(kept.sort()).toEqual([...foreign.keys()].sort());
    },
  );
});
