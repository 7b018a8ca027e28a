import type { Quirks } from "./protocol.js";

/** A pad that notifies by itself and has no peculiarities; a protocol's row names only what differs. */
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
