import { describe, expect, it, vi } from "vitest";
import { freePort } from "../support/mosquitto.js";
import { speeds, START_MS } from "./pad-on-broker.js";
import {
  bridgeStateIs,
  configFor,
  everythingSince,
  expectCleanEnd,
  missing,
  muteServer,
  newFolder,
  OUT_OF_RANGE,
  PAD,
  type Scene,
  scene,
  type SceneOptions,
  started,
  unlessMissing,
} from "./scene.js";

vi.setConfig({ testTimeout: 90_000, maxConcurrency: 10 });

/** There is no belt to wait for: the other stages of the shutdown path and a busy machine. */
const SOON_MS = 6_000;

describe("a signal before there is anything to end", () => {
  it.concurrent.for(["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"] as const)(
    "%s as soon as the program catches signals, while its modules still load",
    async (signal, ctx) => {
      ctx.skip(process.platform !== "linux", "nobody else tells which signals a process catches");
      const url = `mqtt://127.0.0.1:${await freePort()}`;
      const program = await started(ctx, { folder: await newFolder(ctx), config: configFor(url) });
      await program.catchesSignals(START_MS);
      program.signal(signal);
      await expectCleanEnd(program, START_MS);
    },
  );

  // 37 is SIGRTMIN+3.
  it.concurrent.for([
    ["SIGUSR1", "SIGPROF", "SIGXFSZ"],
    ["SIGSTKFLT"],
    ["SIGABRT", "SIGSYS"],
    [37],
    [64],
  ] as const)("%s: the one path, and no inspector", async (signals, ctx) => {
    ctx.skip(process.platform !== "linux", "other systems have other signals");
    const url = `mqtt://127.0.0.1:${await freePort()}`;
    const program = await started(ctx, { folder: await newFolder(ctx), config: configFor(url) });
    await program.untilLine("walkingpad2mqtt", START_MS);
    for (const signal of signals) program.signal(signal);
    await expectCleanEnd(program, START_MS);
    expect(program.output).not.toMatch(/[Dd]ebugger|Warning/);
  });

  it.concurrent("at its first log line", async (ctx) => {
    const url = `mqtt://127.0.0.1:${await freePort()}`;
    const program = await started(ctx, { folder: await newFolder(ctx), config: configFor(url) });
    await program.untilLine("walkingpad2mqtt", START_MS);
    program.signal("SIGTERM");
    await expectCleanEnd(program, START_MS);
  });

  it.concurrent("without any broker, ever: logged once, and the program ends", async (ctx) => {
    const url = `mqtt://127.0.0.1:${await freePort()}`;
    const program = await started(ctx, { folder: await newFolder(ctx), config: configFor(url) });
    await program.untilLine(({ level }) => level === "warn", START_MS);
    await program.untilLine("Connected to the pad", START_MS);
    program.signal("SIGTERM");
    await expectCleanEnd(program, SOON_MS);
    // Where SQLite could not be installed, that is said, too.
    const warned = program.lines.filter(
      ({ level, msg }) => level === "warn" && !msg.startsWith("Store cannot be used (unavailable)"),
    );
    expect(warned).toHaveLength(1);
  });
});

describe("a broker that accepts and never answers", () => {
  it.concurrent("delays nothing", async (ctx) => {
    const port = await freePort();
    const mute = await muteServer(ctx, port);
    const program = await started(ctx, {
      folder: await newFolder(ctx),
      config: configFor(`mqtt://127.0.0.1:${port}`),
    });
    await mute.accepted;
    await program.untilLine("Connected to the pad", START_MS);
    program.signal("SIGTERM");
    await expectCleanEnd(program, SOON_MS);
  });
});

interface Case {
  readonly where: string;
  readonly options: SceneOptions;
  readonly reach: (scene: Scene) => Promise<unknown>;
}

const withFaults = (faults: Readonly<Record<string, unknown>>): SceneOptions => ({
  pads: [{ id: "office", address: PAD, faults }],
});

const CASES: readonly Case[] = [
  {
    where: "scanning for a pad that is not there",
    options: { pads: [{ id: "office", address: OUT_OF_RANGE }] },
    reach: ({ pad }) => pad.until(({ link }) => link === "scanning", START_MS),
  },
  {
    where: "connecting",
    options: {},
    reach: ({ pad }) => pad.until(({ link }) => link === "connecting", START_MS),
  },
  {
    where: "between two connects that the pad refuses",
    options: withFaults({ refuse_connect: true }),
    reach: ({ program }) => program.untilLine(({ code }) => code === "connect-failed", START_MS),
  },
  {
    where: "connected to a pad that has never sent anything",
    options: withFaults({ silent: true }),
    reach: ({ pad }) => pad.until(({ link }) => link === "ready", START_MS),
  },
  {
    where: "connected to a belt at rest",
    options: {},
    reach: ({ pad }) => pad.online(),
  },
  {
    where: "with a start that was just requested",
    options: {},
    reach: async ({ pad }) => {
      await pad.online();
      await pad.send("belt", "ON");
    },
  },
  {
    where: "in the countdown",
    options: {},
    reach: async ({ pad }) => {
      await pad.online();
      await pad.send("belt", "ON");
      await pad.until(({ belt }) => belt === "starting", 15_000);
    },
  },
  {
    where: "during a requested scan",
    options: {},
    reach: async ({ probe, pad }) => {
      await pad.online();
      await probe.publish("walkingpad2mqtt/bridge/request/scan", '{"seconds":60}');
    },
  },
  {
    where: "without any pad",
    options: { pads: [] },
    reach: ({ probe }) => probe.until(bridgeStateIs("online"), START_MS),
  },
];

describe.skipIf(missing)(`SIGTERM${unlessMissing}`, () => {
  it.concurrent.for(CASES)("$where: the belt never moves, exit 0", async ({ options, reach }, ctx) => {
    const scened = await scene(ctx, options);
    const { probe, program, pad } = scened;
    await reach(scened);
    const before = probe.mark();
    program.signal("SIGTERM");
    await probe.until(bridgeStateIs("stopping"), 2_000, before);
    await expectCleanEnd(program, 12_000);
    expect((await everythingSince(probe, before)).at(-1)).toSatisfy(bridgeStateIs("offline"));
    expect(speeds(pad).every((speed) => speed === 0)).toBe(true);
  });
});
