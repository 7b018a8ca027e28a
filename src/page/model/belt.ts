import type { PadModel, State } from "./state.js";

// What the page may show and request of a belt, from the state alone.

/** At rest as the bridge reports it: a resting state, and no unconfirmed stop. */
export const isAtRest = ({ state }: PadModel): boolean =>
  state !== null &&
  state.stop_confirmed &&
  (state.belt === "standby" || state.belt === "idle" || state.belt === "paused");

/** Moves, is about to, or did when last seen: Space stops it. */
export const mayMove = (pad: PadModel): boolean => {
  const { state } = pad;
  if (state === null || isAtRest(pad)) return false;
  if (state.belt === "unknown") return !state.stop_confirmed || (pad.lastSpeed ?? 0) > 0;
  return true;
};

export const isRunning = ({ state }: PadModel): boolean => state?.belt === "running";

/** A session that was stopped and can be resumed. */
export const isPaused = (pad: PadModel): boolean => isAtRest(pad) && pad.stats?.session.state === "paused";

/** The stream is open and the bridge accepts commands. */
export const isLive = ({ connection, bridge }: State): boolean =>
  connection === "open" && bridge?.state === "online";

/** False: the pad can only be watched. */
export const canControl = ({ about }: PadModel): boolean => about.capabilities?.control !== false;

/** The belt is confirmed at rest, and a start would be accepted. */
export const canStart = (state: State, pad: PadModel): boolean =>
  isLive(state) && pad.online && isAtRest(pad) && canControl(pad);

/** Only for a running belt: at rest a speed would start it. */
export const canSetSpeed = (state: State, pad: PadModel): boolean =>
  isLive(state) && pad.online && isRunning(pad) && canControl(pad);

export const selectedPad = ({ pads, selected }: State): PadModel | null =>
  pads?.find(({ about }) => about.id === selected) ?? pads?.[0] ?? null;

/** Epoch milliseconds of the bridge now; null before its first ping. */
export const serverNow = ({ clock }: State, monotonicMs: number): number | null =>
  clock === null ? null : clock.at + (monotonicMs - clock.seen);
