import { canControl } from "../domain/capabilities.js";
import type { Capabilities } from "../domain/pad.js";
import { kmh } from "../domain/units.js";
import type { CapabilitiesPayload, PadPayload } from "./page.js";
import type { PadPort } from "./pad-port.js";

const capabilitiesPayload = (of: Capabilities): CapabilitiesPayload => ({
  min_speed: kmh(of.minSpeed),
  max_speed: kmh(of.maxSpeed),
  speed_step: kmh(of.step),
  modes: of.modes,
  incline: of.incline,
  heart_rate: of.heartRate,
  steps: of.steps,
  imperial: of.imperial,
  control: canControl(of),
});

/** Slow, comfortable, brisk: fractions of the highest speed. Of 6 km/h these are 2, 3.5 and 5. */
const SHARES = [1 / 3, 7 / 12, 5 / 6];

/** Rounded to half a km/h; to the pad's own step where that is larger. */
const fromRange = ({ max_speed, speed_step }: CapabilitiesPayload): readonly number[] => {
  const step = Math.max(0.5, speed_step);
  return SHARES.map((share) => Math.round((share * max_speed) / step) * step);
};

/** The configured presets within the pad's range, else three from its range; none while the range is unknown. */
const presetsOf = (
  configured: readonly number[] | null,
  capabilities: CapabilitiesPayload | null,
): readonly number[] => {
  if (capabilities === null) return [];
  const { min_speed, max_speed } = capabilities;
  const wanted = configured ?? fromRange(capabilities);
  const possible = wanted.filter((speed) => speed >= min_speed && speed <= max_speed);
  return [...new Set(possible)].sort((a, b) => a - b);
};

/** One entry of the page's `pads`. */
export const padPayload = (
  pad: Pick<PadPort, "settings" | "view">,
  presets: readonly number[] | null,
): PadPayload => {
  const { protocol, model, capabilities: known } = pad.view().identity;
  const capabilities = known && capabilitiesPayload(known);
  const { id, name } = pad.settings;
  return { id, name, model, protocol, capabilities, presets: presetsOf(presets, capabilities) };
};
