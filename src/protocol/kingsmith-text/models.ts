import type { Capabilities } from "../../domain/pad.js";
import { speedFromKmh } from "../../domain/units.js";
import type { Model, Quirks, TextQuirks } from "../protocol.js";
import { NO_QUIRKS } from "../quirks.js";

const QUIRKS: Quirks = {
  ...NO_QUIRKS,
  minGap: 500, // TT leaves 150 ms between two lines, BC 60; a poll is six pieces long
  poll: 1000, // the footpod project and KS Fit 6.0.2 (more-protocols 1.4)
  // BC leaves 30 ms between two pieces and 60 between two lines, TT 120 and 150, QZ2 none (1.3): here a line may follow
  // on any piece.
  spacing: 60,
  speedAfter: 600, // BC (1.6)
  startToggles: false, // 1.6
  startTries: 3, // a KS-C2 often takes only the third (1.6)
  // A started belt moves some 5 s later, and shows rest until then (1.6): as with FTMS (safety rule 7).
  showsStart: false,
};

/** KS Fit 6.5.6 to a KS-C2 [C]; the rest is polled by KS Fit 6.0.2 and the footpod project [S] (1.4). */
const C2: TextQuirks = {
  telemetry: "servers getProp 1 9 15 2 10 11 12 13 14",
  reportsConfig: true,
  clockFirst: false,
};
const OTHERS: TextQuirks = {
  telemetry: "servers getProp 1 2 3 4 5 7 9 12 13 16 17 23 24 31",
  reportsConfig: false,
  clockFirst: true, // QZ#813: errors before the handshake is done, which has the clock in it (1.4)
};

const DEFAULTS: Capabilities = {
  // No source gives a lower limit: with too low a minimum a speed ends as `unconfirmed`.
  minSpeed: speedFromKmh(0.5),
  maxSpeed: speedFromKmh(6), // the KS-C2's own Max (1.5); of R2 and X21 it is 12 (wire-facts d)
  step: speedFromKmh(0.1),
  // ControlMode shows who is in control; 0 and 2 were never captured as commands, so the bridge does not write them.
  modes: [],
  incline: null,
  heartRate: false,
  steps: true,
  imperial: false,
};

const row = (name: string, advertised: RegExp | null, text: TextQuirks = OTHERS, max = 6): Model => ({
  name,
  protocol: "kingsmith-text",
  advertised,
  defaults: { ...DEFAULTS, maxSpeed: speedFromKmh(max) },
  quirks: { ...QUIRKS, text },
});

export const GENERIC_TEXT = row("KingSmith text treadmill", null);

/**
 * wire-facts d and c, more-protocols 1.8. The name does not decide the protocol: some of these exist with FTMS or
 * WiLink as well.
 */
export const TEXT_MODELS: readonly Model[] = [
  row("C2", /^KS-C2/i, C2),
  row("R2", /^KS-(R1AC|HC-R1A)/i, OTHERS, 12),
  row("X21", /^KS-(X21|(HDSC|HDSY|NACH|NGCH)-X21C)/i, OTHERS, 12),
  row("X23", /^KS-NACH-MXG/i),
  row("G1", /^KS-NGCH-G1C/i),
  row("K12 Pro", /^KS-ST-K12PRO/i),
  row("K9", /^KS-K9/i),
];
