import type { Capabilities } from "../../domain/pad.js";
import { speedFromKmh } from "../../domain/units.js";
import type { Model, Quirks } from "../protocol.js";
import { NO_QUIRKS } from "../quirks.js";

const QUIRKS: Quirks = {
  ...NO_QUIRKS,
  minGap: 300, // the app writes 3 to 6 times a second
  poll: 500, // MC; without it the notifications end, and the link of an RM-01
  spacing: 100, // chosen: OM leaves 300 ms between two frames, the app some 150
  startToggles: false, // the same command starts and sets a speed
  speedStarts: true,
};

const DEFAULTS: Capabilities = {
  minSpeed: speedFromKmh(0.5),
  maxSpeed: speedFromKmh(6),
  step: speedFromKmh(0.1),
  modes: [],
  incline: null,
  heartRate: false,
  steps: true,
  imperial: false,
};

const row = (name: string, advertised: RegExp | null, more: Partial<Capabilities> = {}): Model => ({
  name,
  protocol: "sperax",
  advertised,
  defaults: { ...DEFAULTS, ...more },
  quirks: QUIRKS,
});

export const GENERIC_SPERAX = row("Sperax treadmill", null);

/** more-protocols 2. A unit that advertises SPERAX_RM-01 was seen with FTMS: the name does not decide the protocol. */
export const SPERAX_MODELS: readonly Model[] = [
  row("Sperax P3 Max", /^SPERAX_P3MAX/i, {
    maxSpeed: speedFromKmh(12), // its owner confirms both (MC)
    incline: { min: 0, max: 10, step: 1 },
  }),
  row("Sperax RM-01", /^SPERAX_RM-?01/i),
  row("Sperax RM-02", /^SPERAX_RM-?02/i),
];
