import { parseFaults, NO_FAULTS, type SimulatedPadSettings } from "../domain/faults.js";
import type { PadSettings, SafetySettings } from "../domain/pad.js";
import type { Goals } from "../domain/stats.js";
import type { WalkSettings } from "../domain/session.js";
import { seconds, speedFromKmh, type Speed } from "../domain/units.js";
import type { Config } from "./config.js";

const speed = (kmh: number | null): Speed | null => (kmh === null ? null : speedFromKmh(kmh));

/** The pads that are enabled. */
export const padSettings = (config: Config): readonly PadSettings[] =>
  config.pads
    .filter((pad) => pad.enabled)
    .map((pad) => ({
      id: pad.id,
      name: pad.name,
      address: pad.address,
      advertisedName: pad.advertised_name,
      taken: config.pads.filter((other) => other !== pad).flatMap(({ address }) => address ?? []),
      protocol: pad.protocol,
      maxSpeed: speed(pad.max_speed),
      minSpeed: speed(pad.min_speed),
      startSpeed: speed(pad.start_speed),
    }));

/** km/h by the id of the pad; null: computed from the pad's own range. */
export const padPresets = (config: Config): ReadonlyMap<string, readonly number[] | null> =>
  new Map(config.pads.map(({ id, presets }) => [id, presets]));

export const safetySettings = ({ safety }: Config): SafetySettings => ({
  allowStart: safety.allow_start,
  stopOnExit: safety.stop_on_exit,
  standbyOnExit: safety.standby_on_exit,
  stopAfterCrash: safety.stop_after_crash,
  brokerLostStopAfter: safety.broker_lost.action === "stop" ? safety.broker_lost.after * 1000 : null,
  walkedOff: { stop: safety.walked_off.action === "stop", after: safety.walked_off.after * 1000 },
  // Rounded up: a limit below a second would be 0.
  maxSession: safety.max_session === null ? null : seconds(Math.ceil(safety.max_session * 60)),
});

export const walkSettings = ({ session, calories }: Config): WalkSettings => ({
  pauseTimeout: session.pause_timeout * 60_000,
  minDuration: seconds(session.min_duration),
  body: calories,
});

/** Metres, steps, seconds, kcal. */
export const dailyGoals = ({ goals }: Config): Goals => ({
  distance: goals.distance === null ? null : goals.distance * 1000,
  steps: goals.steps,
  duration: goals.duration === null ? null : goals.duration * 60,
  calories: goals.calories,
});

export const simulatedPads = (config: Config): readonly SimulatedPadSettings[] =>
  config.simulator.pads.map(({ faults, ...pad }) => {
    const parsed = parseFaults(faults);
    return { ...pad, faults: parsed.ok ? parsed.faults : NO_FAULTS };
  });
