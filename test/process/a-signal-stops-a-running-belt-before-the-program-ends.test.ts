import { describe, expect, it, vi } from "vitest";
import type { Recorded } from "../support/mqtt-probe.js";
import { isFalling, type PadOnBroker, speeds } from "./pad-on-broker.js";
import {
  bridgeStateIs,
  everythingSince,
  expectCleanEnd,
  missing,
  retained,
  scene,
  unlessMissing,
} from "./scene.js";

vi.setConfig({ testTimeout: 90_000, maxConcurrency: 8 });

/** From 2 km/h a belt needs some 4 s, its proof 2 s and standby 1 s; the rest is for a busy machine. */
const ENDED_MS = 20_000;

/** Safety rule 8: the order on the way out, as a subscriber sees it. */
const expectTheWayOut = (seen: readonly Recorded[], pad: PadOnBroker): void => {
  const first = (matches: (message: Recorded) => boolean): number => seen.findIndex(matches);
  const stopping = first(bridgeStateIs("stopping"));
  const slower = first(
    ({ topic, payload }) => topic === `${pad.topic}/state` && !payload.includes('"belt":"running"'),
  );
  const gone = first(
    ({ topic, payload }) => topic === `${pad.topic}/availability` && payload.includes("offline"),
  );
  expect(stopping).toBeGreaterThanOrEqual(0);
  expect(slower).toBeGreaterThan(stopping);
  expect(gone).toBeGreaterThan(slower);
  expect(seen.at(-1)).toSatisfy(bridgeStateIs("offline"));
};

describe.skipIf(missing)(`a signal at a running belt${unlessMissing}`, () => {
  it.concurrent.for(["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGPWR", "SIGUSR2"] as const)(
    "%s: stopping, falling speeds, at rest, offline, exit 0, and nothing after that",
    async (signal, ctx) => {
      const { broker, probe, program, pad } = await scene(ctx);
      await pad.walk(2);
      const before = probe.mark();
      program.signal(signal);
      await probe.until(bridgeStateIs("stopping"), 3_000, before);
      expect(await pad.ask({ belt: "ON" })).toMatchObject({ status: "error", code: "stopping" });
      expect(await program.exit(ENDED_MS)).toEqual({ code: 0, signal: null });
      expectTheWayOut(await everythingSince(probe, before), pad);
      const falling = speeds(pad, before);
      expect(falling.length).toBeGreaterThanOrEqual(4);
      expect(isFalling(falling)).toBe(true);
      expect(falling.at(-1)).toBe(0);
      const kept = await retained(ctx, broker.url);
      expect(kept.get("walkingpad2mqtt/bridge/state")).toContain('"offline"');
      expect(kept.get(`${pad.topic}/availability`)).toBe('{"state":"offline"}');
      expect(program.stderr).toBe("");
    },
  );

  const suspends = "%s: nothing is suspended, and the belt can still be stopped";
  it.concurrent.for(["SIGTSTP", "SIGTTIN"] as const)(suspends, async (signal, ctx) => {
    const { program, pad } = await scene(ctx);
    await pad.walk(2);
    program.signal(signal);
    expect(await pad.ask({ belt: "OFF" })).toMatchObject({ status: "ok" });
    expect(program.stderr).toBe(
      "\nThe bridge is not suspended: a moving belt needs a running bridge. Ctrl-C stops the belt and ends the " +
        "bridge; if the shell shows its prompt (npm was suspended), type fg first.\n",
    );
    program.signal("SIGINT");
    expect(await program.exit(ENDED_MS)).toEqual({ code: 0, signal: null });
  });

  it.concurrent("at 6 km/h the default budget is enough: seen at rest, exit 0", async (ctx) => {
    const { program, pad } = await scene(ctx);
    await pad.online();
    expect(await pad.ask({ speed: 6 }, 40_000)).toMatchObject({ status: "ok" });
    program.signal("SIGTERM");
    await expectCleanEnd(program, 27_000);
    expect(program.count("Belt at rest")).toBe(1);
    expect(speeds(pad).at(-1)).toBe(0);
  });
});
