import type { Capabilities } from "../../domain/pad.js";
import { speedFromKmh } from "../../domain/units.js";
import type { Model, Quirks } from "../protocol.js";
import { NO_QUIRKS } from "../quirks.js";

const QUIRKS: Quirks = {
  ...NO_QUIRKS,
  minGap: 500, // no source gives one; a notification comes once a second and its heartbeat at once
  spacing: 100, // the app leaves as much between a heartbeat and the next frame (WM2, trace)
  startToggles: false, // the same number starts and sets a speed (more-protocols 3)
  speedStarts: true,
};

const DEFAULTS: Capabilities = {
  minSpeed: speedFromKmh(1), // PW; a pad with a higher minimum ends a lower speed as `unconfirmed`
  maxSpeed: speedFromKmh(6), // each status reports the pad's own
  step: speedFromKmh(0.1),
  modes: [],
  incline: null, // a mechanical switch (PW)
  heartRate: false,
  steps: true,
  imperial: false,
};

const row = (name: string, advertised: RegExp | null, min = 1): Model => ({
  name,
  protocol: "pitpat",
  advertised,
  defaults: { ...DEFAULTS, minSpeed: speedFromKmh(min) },
  quirks: QUIRKS,
});

export const GENERIC_PITPAT = row("PitPat treadmill", null);

/** more-protocols 3. Most of them advertise PitPat-T…, whatever brand is printed on them. */
export const PITPAT_MODELS: readonly Model[] = [
  row("BA10-B", /^BA10-?B/i, 1.5), // clamps lower speeds (HB)
  row("PitPat", /^PITPAT/i),
  row("DeerRun", /^DEERRUN/i),
  row("Superun", /^SUPERUN/i),
];
