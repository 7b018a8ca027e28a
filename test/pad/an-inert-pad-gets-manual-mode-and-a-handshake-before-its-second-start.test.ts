import { expect, it } from "vitest";
import { ADDRESS, OFF, ON, padRig, speed } from "../support/pad-rig.js";

// wire-facts a.4: an A1 of 2026 takes modes, and ignores starts until one A5 frame came in this connection.
const FIRST = { manual: ["start", "mode manual"], standby: ["mode manual", "start"] } as const;
// Wherever in the rhythm of the polls the command comes.
const PHASES = [0, 100, 200, 300, 400, 500, 600, 700, 800, 900];

it.each((["manual", "standby"] as const).flatMap((mode) => PHASES.map((phase) => ({ mode, phase }))))(
  "an A1 in $mode starts within 5 s of a command, $phase ms on",
  async ({ mode, phase }) => {
    const rig = padRig({ model: "a1", pad: { mode } });
    await rig.online();
    await rig.clock.advance(3_000 + phase);
    const since = rig.clock.now();
    expect(await rig.ask(ON)).toBe("ok");

    expect(rig.frames(since)).toEqual([...FIRST[mode], "handshake", "start"]);
    const [first, second] = rig.wire(since).filter(({ op }) => op === "start");
    // Safety rule 4: the second needs a status 3 s newer than the one, not older than 2 s, that allowed the first.
    expect(second!.at - first!.at).toBeGreaterThan(1_000);
    expect(second!.at - since).toBeLessThanOrEqual(5_000);
    expect(await rig.close()).toBe(0);
  },
);

it.each([0, 20, 40, 100, 200, 300, 400, 600, 800])(
  "an A1 in standby starts within 5 s of a command that comes %i ms after its first status",
  async (phase) => {
    const rig = padRig({ model: "a1", pad: { mode: "standby" } });
    await rig.online();
    await rig.clock.advance(phase);
    expect(await rig.ask(phase % 200 === 0 ? ON : speed(2))).toBe("ok");
    expect(await rig.close()).toBe(0);
  },
);

it("what it needed is remembered on the next connection: the handshake comes first", async () => {
  const rig = padRig({ model: "a1" });
  await rig.online();
  expect(await rig.ask(ON)).toBe("ok");
  expect(await rig.ask(OFF)).toBe("ok");
  rig.radio.disconnect(ADDRESS);
  await rig.clock.until(() => !rig.pad.view().available);
  await rig.clock.until(() => rig.pad.view().available);
  await rig.clock.advance(2_000);

  const since = rig.clock.now();
  expect(await rig.ask(ON)).toBe("ok");
  expect(rig.frames(since)).toEqual(["handshake", "start"]);
  expect(await rig.close()).toBe(0);
});
