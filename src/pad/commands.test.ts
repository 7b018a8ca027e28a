import { describe, expect, it } from "vitest";
import { ManualClock } from "../../test/support/clock.js";
import { OK, type Outcome } from "../domain/command.js";
import { PadCommands } from "./commands.js";
import type { CommandContext } from "./control/interpret.js";
import { Scheduler } from "./scheduler.js";

const rig = () => {
  const clock = new ManualClock();
  const scheduler = new Scheduler(clock, { changed: () => undefined, broken: () => undefined });
  const commands = new PadCommands(clock, scheduler, {
    situation: () => ({ lostMoving: false }) as CommandContext,
    turnLink: () => undefined,
    startSpeed: null,
  });
  const results: Outcome[] = [];
  const send = (value: "stop" | "pause"): void =>
    commands.submit(
      [{ command: { key: "command", value }, respond: (outcome) => void results.push(outcome) }],
      0,
      null,
    );
  return { scheduler, commands, results, send };
};

describe("stops while a stop is under way", () => {
  it("share one request, and each has its result", () => {
    const { scheduler, commands, results, send } = rig();
    for (let sent = 0; sent < 1_000; sent += 1) send("pause");
    const refs = scheduler.control.stop?.refs ?? [];
    expect(refs).toHaveLength(1);
    commands.resolve(refs, OK);
    expect(results).toHaveLength(1_000);
  });

  it("end the session when one of them does", () => {
    const { scheduler, send } = rig();
    send("pause");
    expect(scheduler.control.stop?.endsSession).toBe(false);
    send("stop");
    expect(scheduler.control.stop?.endsSession).toBe(true);
  });

  it("are a new request once the results of the former were given", () => {
    const { scheduler, commands, results, send } = rig();
    send("pause");
    commands.resolve(scheduler.control.stop?.refs ?? [], OK);
    send("pause");
    commands.resolve(scheduler.control.stop?.refs.slice(-1) ?? [], OK);
    expect(results).toEqual([OK, OK]);
  });
});
