import type { Quirks } from "./protocol.js";

/** The quirks of a pad that notifies by itself; a protocol's row contains only the differences. */
export const NO_QUIRKS: Quirks = {
  minGap: 0,
  poll: null,
  pushes: true,
  spacing: 0,
  modeSettle: 0,
  speedAfter: 0,
  startToggles: false,
  manualFirst: false,
  manualBeforeRetry: false,
  startTries: Infinity,
  showsStart: true,
  speedStarts: false,
  readsPreferences: false,
  keepsRecord: false,
  handshake: 0,
  ftms: null,
  text: null,
};
