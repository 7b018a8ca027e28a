import type { Logger } from "../../log/log.js";

/** The state of the unlock request that a machine's firmware may require before it sends anything. */
export type Unlock = "not-required" | "requested" | "accepted";

const HELP: Readonly<Record<Unlock, string>> = {
  "not-required": "",
  requested:
    " It did not answer the unlock request that firmware V0.0.6 of a Z1 requires. Close the phone's app, then switch the " +
    "treadmill off and on at its mains. Some send data only while the belt runs: start it by its own button.",
  accepted:
    " It accepted the unlock request, so it may send data only while the belt runs, as one Z1 does. Start it by its own button.",
};

/** Why a link without data is made again, and the remedy. */
export const silentReason = (unlock: Unlock): string =>
  `The pad is connected but has sent no valid status for 5 s; reconnecting.${HELP[unlock]}`;

export const logUnlocked = (log: Logger): void =>
  log.info(
    {},
    "The pad accepted the unlock request that firmware V0.0.6 of a Z1 requires. It sends its data and obeys commands until " +
      "the link is closed.",
  );

/** The pad answers reads, and sends no data. */
export const logNoData = (log: Logger, unlock: Unlock): void =>
  log.warn(
    {},
    "The pad is connected but sends no data, so its belt is unknown: a stop is written and cannot be confirmed, a start is " +
      `not possible.${HELP[unlock]}`,
  );
