import { failure, type Outcome } from "./command.js";
import { isUnset } from "./unset-clock.js";

/** docs/topics.md and safety rule 2: an older start or speed is refused. */
export const STALE_MS = 5_000;

export const TOO_OLD = failure(
  "superseded",
  "The message is more than 5 s old, so it was not carried out. The belt is unchanged.",
);

export const TIME_UNREADABLE = failure(
  "superseded",
  "The time in at cannot be read, so the message may be old and was not carried out. The belt is unchanged.",
);

const CLOCK_UNSET = failure(
  "superseded",
  "The clock of the bridge's machine is not set yet, so the message may be old and was not carried out. " +
    "The belt is unchanged. Wait until the clock is set, as by NTP, or leave out at.",
);

const clockAhead = (ms: number): Outcome =>
  failure(
    "superseded",
    `The sender's clock is ${Math.round(ms / 1000)} s ahead of the bridge's, so the message may be old and was not ` +
      "carried out. The belt is unchanged. Set both clocks by NTP, check the time zone of at, or leave out at.",
  );

/**
 * Why a start or speed that was sent at `at` counts as too old at `wall`; null: it is recent. Both in epoch milliseconds.
 * A time further ahead than the limit is of a clock that shows nothing about the age: after an hour on its way a message
 * of a clock one hour ahead would look new.
 */
export const whyStale = (at: number, wall: number): Outcome | null => {
  if (wall - at > STALE_MS) return TOO_OLD;
  if (at - wall <= STALE_MS) return null;
  return isUnset(wall) ? CLOCK_UNSET : clockAhead(at - wall);
};
