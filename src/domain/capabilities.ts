import type { Capabilities, PadPreferences, PadSettings } from "./pad.js";
import { AT_REST, KM_PER_MILE, type Speed } from "./units.js";

/** Decimal fractions are inexact: a value this close to a whole number of steps counts as one. */
const EPSILON = 1e-9;

type Limits = Pick<PadSettings, "minSpeed" | "maxSpeed">;
type Range = Pick<Capabilities, "minSpeed" | "maxSpeed" | "step">;

const slowest = (defaults: Capabilities, reported: PadPreferences | null, { minSpeed }: Limits): number => {
  if (reported?.minSpeed === undefined) return minSpeed ?? defaults.minSpeed;
  return Math.max(reported.minSpeed, minSpeed ?? 0);
};

const fastest = (defaults: Capabilities, reported: PadPreferences | null, { maxSpeed }: Limits): number =>
  reported?.maxSpeed ? Math.min(reported.maxSpeed, maxSpeed ?? Infinity) : (maxSpeed ?? defaults.maxSpeed);

/**
 * Speeds are the machine's minimum plus whole steps (safety rule 5). A pad that counts in miles is capped as if its
 * numbers were mph: raw 30 moved an imperial KS-F0 at what felt like 3.0 mph, while the arithmetic of other sources
 * says km/h (wire-facts a.9, Units [X]).
 */
const rangeOf = (
  defaults: Capabilities,
  reported: PadPreferences | null,
  limits: Limits,
  imperial: boolean,
): Range => {
  const step = reported?.step ?? defaults.step;
  // A pad that reports its steps without a minimum counts them from 0, which is a stop and no speed.
  const base = reported?.minSpeed ?? (reported?.step === undefined ? defaults.minSpeed : AT_REST);
  const onStep = (speed: number, round: (steps: number) => number): number =>
    base + round((speed - base) / step) * step;
  const max = fastest(defaults, reported, limits);
  const maxSpeed = imperial ? onStep(max / KM_PER_MILE, (steps) => Math.floor(steps + EPSILON)) : max;
  const min = onStep(slowest(defaults, reported, limits), (steps) => Math.ceil(steps - EPSILON));
  // A minimum that comes from the model table alone must not refuse the maximum that the user has set.
  const isCertain = reported?.minSpeed !== undefined || limits.minSpeed !== null;
  const minSpeed = isCertain ? min : Math.min(min, maxSpeed);
  return { minSpeed: minSpeed as Speed, maxSpeed: maxSpeed as Speed, step };
};

/**
 * The speeds and commands that a pad accepts: from the pad's own report, else the config, else the model's defaults;
 * where the pad reports, the config only narrows (docs/configuration.md). `maxSpeed` below `minSpeed`: the config
 * leaves no speed that the machine has.
 */
export const capabilitiesOf = (
  defaults: Capabilities,
  reported: PadPreferences | null,
  settings: Limits,
): Capabilities => {
  // A model that is known to count in miles does, whatever was once stored for a machine of that name.
  const imperial = defaults.imperial || (reported?.imperial ?? false);
  return {
    ...defaults,
    ...rangeOf(defaults, reported, settings, imperial),
    imperial,
    incline: reported?.incline === undefined ? defaults.incline : reported.incline,
    heartRate: reported?.heartRate ?? defaults.heartRate,
    steps: reported?.steps ?? defaults.steps,
    ...(reported?.control === false && { control: false }),
  };
};

/** False: the pad can only be watched. An unknown pad is assumed to be controllable. */
export const canControl = (capabilities: Capabilities | null): boolean => capabilities?.control !== false;

/** The config leaves no speed that the machine has. */
export const hasNoSpeed = ({ minSpeed, maxSpeed }: Capabilities): boolean => maxSpeed < minSpeed;

/** The nearest valid speed: the minimum plus whole steps, within the range. */
export const toStep = (speed: Speed, { minSpeed, maxSpeed, step }: Range): Speed => {
  const steps = Math.round((speed - minSpeed) / step);
  const most = Math.floor((maxSpeed - minSpeed) / step + EPSILON);
  return (minSpeed + Math.max(0, Math.min(steps, most)) * step) as Speed;
};
