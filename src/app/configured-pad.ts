import type { Radio } from "../ble/radio.js";
import type { Clock } from "../clock.js";
import type { Config } from "../config/config.js";
import { dailyGoals, type padSettings, safetySettings, walkSettings } from "../config/settings.js";
import type { LocalDay } from "../domain/totals.js";
import type { Logger } from "../log/log.js";
import type { RightOfWay } from "../pad/link/right-of-way.js";
import { Pad } from "../pad/pad.js";
import type { Store } from "../store/store.js";

interface PadParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly localDay: LocalDay;
  readonly radio: Radio;
  readonly store: Store;
  readonly rightOfWay: RightOfWay;
}

/** A configured pad on its radio, with its data from the store. */
export const configuredPad = (
  config: Config,
  settings: ReturnType<typeof padSettings>[number],
  { clock, log, localDay, radio, store, rightOfWay }: PadParts,
): Pad => {
  const safety = safetySettings(config);
  const { id } = settings;
  return new Pad(settings, {
    clock,
    radio,
    rightOfWay,
    log: log.child({ pad: id }),
    memory: store,
    safety,
    journal: {
      walk: walkSettings(config),
      goals: dailyGoals(config),
      walkedOff: safety.walkedOff,
      localDay,
    },
    ledger: store.sessionStoreOf(id),
    crashedAt: store.crashedAt(id),
  });
};

/** Updates the pad's crash mark in the store with each status, until the returned function is called. */
export const trackCrashMark = (pad: Pad, store: Store): (() => void) =>
  pad.subscribe({
    changed: ({ state, crashedAt }) => {
      // The mark of an unclean end stays until the belt has been seen (safety rule 9).
      if (state.lastStatusAt !== null && crashedAt === null)
        store.statusSeen(pad.settings.id, state.lastStatusAt);
    },
    happened: () => undefined,
  });
