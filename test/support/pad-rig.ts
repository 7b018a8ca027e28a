import type { Command, Outcome } from "../../src/domain/command.js";
import type { PadSettings, SafetySettings } from "../../src/domain/pad.js";
import { NO_FAULTS, type SimulatedModel } from "../../src/domain/faults.js";
import { noIdentity, type Identity } from "../../src/pad/identity.js";
import type { PadEvent } from "../../src/pad/journal.js";
import { Pad } from "../../src/pad/pad.js";
import { simulatedRadio } from "../../src/sim/radio.js";
import { beltSpeed, type PadOptions } from "../../src/sim/pad.js";
import type { Logger } from "../../src/log.js";
import { seconds } from "../../src/domain/units.js";
import { toHex } from "../../src/protocol/bytes.js";
import { ManualClock } from "./clock.js";

export const quiet: Logger = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  fatal: () => undefined,
  child: () => quiet,
};

export const SAFETY: SafetySettings = {
  allowStart: true,
  stopOnExit: true,
  standbyOnExit: true,
  stopAfterCrash: true,
  brokerLostStopAfter: null,
  walkedOff: { stop: false, after: 15_000 },
  maxSession: null,
};

export const SETTINGS: PadSettings = {
  id: "office",
  name: "Office",
  address: "57:4c:4e:00:11:22",
  advertisedName: null,
  protocol: "auto",
  maxSpeed: null,
  minSpeed: null,
  startSpeed: null,
};

export interface RigOptions {
  readonly model?: SimulatedModel;
  readonly pad?: PadOptions;
  readonly settings?: Partial<PadSettings>;
  readonly safety?: Partial<SafetySettings>;
  readonly crashedAt?: number | null;
}

/** One pad on the simulated radio with a clock moved by hand: the real supervisor, scheduler and driver. */
export const padRig = (options: RigOptions = {}) => {
  const clock = new ManualClock();
  const settings = { ...SETTINGS, ...options.settings };
  const address = SETTINGS.address ?? "";
  const radio = simulatedRadio(
    [
      {
        address,
        name: null,
        model: options.model ?? "c2",
        faults: NO_FAULTS,
        options: { mode: "manual", ...options.pad },
      },
    ],
    { clock },
  );
  const identities = new Map<string, Identity>();
  const pad = new Pad(settings, {
    radio,
    clock,
    log: quiet,
    memory: {
      recall: (id) => identities.get(id) ?? noIdentity,
      keep: (id, identity) => identities.set(id, identity),
    },
    safety: { ...SAFETY, ...options.safety },
    journal: {
      walk: {
        pauseTimeout: 15 * 60_000,
        minDuration: seconds(30),
        body: { weight: 75, age: null, height: null, sex: null },
      },
      goals: { distance: null, steps: null, duration: null, calories: null },
      walkedOff: SAFETY.walkedOff,
      timeZone: "UTC",
    },
    crashedAt: options.crashedAt ?? null,
  });
  const events: PadEvent[] = [];
  pad.subscribe({ changed: () => undefined, happened: (_, event) => events.push(event) });

  const send = (...commands: Command[]): Outcome[] => {
    const outcomes: Outcome[] = [];
    pad.submit(
      commands.map((command) => ({ command, respond: (outcome) => outcomes.push(outcome) })),
      clock.now(),
      false,
    );
    return outcomes;
  };
  return {
    clock,
    radio,
    pad,
    address,
    events,
    send,
    identities,
    state: () => pad.view().state,
    /** The truth about the belt, km/h. */
    speed: () => beltSpeed(radio.pad(address)),
    /** The frames that reached the pad since `since`, as hex, polls left out. */
    frames: (since = 0) =>
      radio.wire
        .filter((frame) => frame.at >= since)
        .map((frame) => toHex(frame.bytes))
        .filter((hex) => hex !== "f7a20000a2fd"),
    /** Runs until the pad is online. */
    online: async () => {
      pad.start();
      return clock.until(() => pad.view().available, 30_000);
    },
    /** Lets go of everything, and shows that no timer is left. */
    close: async () => {
      await clock.settled(pad.close());
      await clock.settled(radio[Symbol.asyncDispose]());
      return clock.pending;
    },
    /** Starts the belt and lets it settle at `kmh`. */
    walking: async (kmh: number) => {
      const outcomes = send({ key: "speed", value: kmh });
      await clock.until(() => outcomes.length === 1, 60_000);
      if (outcomes[0]?.status !== "ok") throw new Error(`did not walk: ${JSON.stringify(outcomes)}`);
      await clock.advance(4_000);
    },
  };
};
