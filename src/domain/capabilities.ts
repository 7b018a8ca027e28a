import type { Capabilities, PadPreferences, PadSettings } from "./pad.js";
import { KM_PER_MILE, type Speed } from "./units.js";

const floorToStep = (speed: number, step: Speed): Speed => (Math.floor(speed / step + 1e-9) * step) as Speed;

/**
 * What a pad may be asked for: the pad's own report, else the config, else the model's default; where the pad reports,
 * the config only narrows (contract 2). A pad that counts in miles is capped as if its numbers were mph: raw 30 moved
 * an imperial KS-F0 at what felt like 3.0 mph, elsewhere the arithmetic says km/h (wire-facts a.9, Units [X]).
 */
export const capabilitiesOf = (
  defaults: Capabilities,
  reported: PadPreferences | null,
  settings: Pick<PadSettings, "minSpeed" | "maxSpeed">,
): Capabilities => {
  const max = reported?.maxSpeed
    ? Math.min(reported.maxSpeed, settings.maxSpeed ?? Infinity)
    : (settings.maxSpeed ?? defaults.maxSpeed);
  const imperial = reported?.imperial ?? defaults.imperial;
  const min = Math.max(reported?.minSpeed ?? defaults.minSpeed, settings.minSpeed ?? 0);
  const step = reported?.step ?? defaults.step;
  const maxSpeed = floorToStep(imperial ? max / KM_PER_MILE : max, step);
  return {
    ...defaults,
    imperial,
    minSpeed: Math.min(min, maxSpeed) as Speed,
    maxSpeed,
    step,
    incline: reported?.incline === undefined ? defaults.incline : reported.incline,
    heartRate: reported?.heartRate ?? defaults.heartRate,
    steps: reported?.steps ?? defaults.steps,
  };
};
