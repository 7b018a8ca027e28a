import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import type { MqttProbe } from "../support/mqtt-probe.js";
import { Program } from "../support/program.js";
import { PadOnBroker, parsed, START_MS } from "./pad-on-broker.js";
import {
  configFor,
  expectCleanEnd,
  missing,
  newBroker,
  newFolder,
  newProbe,
  PAD,
  started,
  unlessMissing,
} from "./scene.js";
import { onVirtualRadio, sendToHook } from "./virtual-radio.js";

vi.setConfig({ testTimeout: 300_000 });

interface Numbers {
  readonly distance: number;
  readonly duration: number;
  readonly steps: number;
  readonly calories: number;
}
interface Stats {
  readonly session: Numbers & {
    readonly id: string;
    readonly state: string;
    readonly ended_at: string | null;
  };
  readonly today: Numbers;
  readonly total: Numbers & { readonly sessions: number };
}

const KEYS = ["distance", "duration", "steps", "calories"] as const;
const STATS = "walkingpad2mqtt/office/stats";
const BRIDGE = "walkingpad2mqtt/bridge/state";
const EVENT = "walkingpad2mqtt/office/event";

const statsOf = (probe: MqttProbe, from = 0): Stats[] =>
  probe.all(STATS, from).map((one) => parsed(one) as Stats);
const last = (probe: MqttProbe, back = 0): Stats => {
  const stats = statsOf(probe).at(-1 - back);
  if (!stats) throw new Error("no stats were published");
  return stats;
};

/** The distance that the bridge publishes since `before`, compared with the machine's own counters: a status and a unit apart. */
const expectTruth = async (program: Program, probe: MqttProbe, before: Numbers | null): Promise<void> => {
  const { counters } = await sendToHook(program, { do: "counters", address: PAD });
  const { session } = last(probe);
  const gained = (key: (typeof KEYS)[number]): number => session[key] - (before?.[key] ?? 0);
  if (!counters) throw new Error("the machine has not told its counters");
  expect(Math.abs(gained("duration") - counters.elapsed / 1000)).toBeLessThanOrEqual(3);
  expect(Math.abs(gained("distance") * 1000 - counters.distance)).toBeLessThanOrEqual(12);
  expect(Math.abs(gained("steps") - counters.steps)).toBeLessThanOrEqual(6);
};

/** The output of `walkingpad2mqtt sessions` beside the running bridge. */
const listed = async (folder: string, config: Readonly<Record<string, unknown>>): Promise<unknown> => {
  const program = await Program.start({ folder, args: ["sessions", "--format", "json"], config });
  expect((await program.exit(START_MS)).code).toBe(0);
  return JSON.parse(program.stdout);
};

describe.skipIf(missing)(`a walk of three pauses, a lost link and two restarts${unlessMissing}`, () => {
  it("is one session, with the right numbers and events, and no total ever falls", async (ctx) => {
    const broker = await newBroker(ctx);
    const probe = await newProbe(ctx, broker.url);
    const config = { ...configFor(broker.url), bluetooth: { radio: "noble" }, simulator: { pads: [] } };
    const folder = await newFolder(ctx);
    const run = (): Promise<Program> =>
      started(ctx, { folder, config, ...onVirtualRadio({ pads: [{ address: PAD, model: "c2" }] }) });
    const pad = new PadOnBroker(probe, "office");
    const isSession = (state: string) => (message: { topic: string; payload: string }) =>
      message.topic === STATS && (parsed(message) as Stats).session.state === state;
    const press = (program: Program) => sendToHook(program, { do: "press", address: PAD, key: "start-stop" });
    const walkOn = async (program: Program, ms: number): Promise<void> => {
      const from = probe.mark();
      await press(program);
      await probe.until(isSession("active"), 20_000, from);
      await pause(ms);
    };

    let program = await run();
    await pad.online();
    await walkOn(program, 3_000);
    const { id } = last(probe).session;
    for (let rest = 0; rest < 3; rest += 1) {
      const from = probe.mark();
      await press(program);
      await probe.until(isSession("paused"), 20_000, from);
      await walkOn(program, 3_000);
    }
    const out = probe.mark();
    await sendToHook(program, { do: "range", address: PAD, out: true });
    await pad.until(({ problem }) => problem === "link-lost", 10_000, out);
    await pause(2_000);
    await sendToHook(program, { do: "range", address: PAD, out: false });
    await pad.until(({ belt }) => belt === "running", 20_000, out);
    await pause(2_000);
    await expectTruth(program, probe, null);

    const ending = probe.mark();
    program.signal("SIGTERM");
    await expectCleanEnd(program, 30_000);
    const atExit = last(probe);
    expect(atExit.session).toMatchObject({ id, state: "paused", ended_at: null });
    const starting = probe.mark();
    program = await run();
    // What the store has is known at once, before the pad is there.
    await probe.until(STATS, START_MS, starting);
    expect(last(probe).total).toEqual(atExit.total);
    await pad.online(START_MS, starting);
    expect(last(probe).session).toMatchObject({ id, state: "paused" });
    await walkOn(program, 3_000);
    await expectTruth(program, probe, atExit.session);

    const killing = probe.mark();
    program.signal("SIGKILL");
    await program.exit(2_000);
    // The last will comes behind everything that the killed process has published.
    await probe.until(
      ({ topic, payload }) =>
        topic === BRIDGE && (parsed({ payload }) as { state: string }).state === "offline",
      10_000,
      killing,
    );
    // A kill may cost the last status (contract rule 9).
    const known = last(probe, 1);
    const atKill = statsOf(probe).length;
    program = await run();
    // The pad went with the process that held it: found in standby, it has ended nobody's walk.
    await probe.until(isSession("paused"), START_MS, killing);
    const recovered = last(probe);
    expect(recovered.session.id).toBe(id);
    for (const key of KEYS) expect(recovered.total[key], key).toBeGreaterThanOrEqual(known.total[key]);
    expect((await pad.ask({ command: "stop" })).status).toBe("ok");
    await probe.until(isSession("ended"), 10_000, ending);

    const end = last(probe);
    expect(end.session).toMatchObject({ id, state: "ended" });
    expect(end.total).toMatchObject({ sessions: 1 });
    for (const key of KEYS) expect(end.total[key], key).toBe(end.session[key]);
    for (const key of KEYS) expect(end.today[key], key).toBe(end.session[key]);
    for (const [index, { total }] of statsOf(probe).entries()) {
      const before = index === atKill ? known : statsOf(probe)[index - 1];
      for (const key of [...KEYS, "sessions"] as const)
        expect(total[key], `${key}, message ${index}`).toBeGreaterThanOrEqual(before?.total[key] ?? 0);
    }
    const byRemote = ["belt_stopped_by_pad", "session_paused", "session_resumed"];
    expect(probe.all(EVENT).map((one) => (parsed(one) as { event_type: string }).event_type)).toEqual([
      "session_started",
      ...byRemote,
      ...byRemote,
      ...byRemote,
      "link_lost",
      "link_restored",
      "session_paused",
      "session_resumed",
      "session_paused",
      "session_ended",
    ]);
    const ended = probe
      .all(EVENT)
      .map((one) => parsed(one) as Numbers & { session: string })
      .at(-1);
    expect(ended).toMatchObject({ session: id, distance: end.session.distance, steps: end.session.steps });

    const asked = probe.mark();
    await probe.publish("walkingpad2mqtt/bridge/request/sessions", {});
    const answer = await probe.until("walkingpad2mqtt/bridge/response/sessions", 5_000, asked);
    expect(parsed(answer)).toMatchObject({ status: "ok", data: [{ pad: "office", ...end.session }] });
    // The bridge answers from memory; a command reads the file, which a busy disk may get some seconds later (ADR 7).
    const told = (parsed(answer) as { data: unknown }).data;
    await vi.waitFor(async () => expect(await listed(folder, config)).toEqual(told), 15_000);

    program.signal("SIGTERM");
    await expectCleanEnd(program, 15_000);
  });
});
