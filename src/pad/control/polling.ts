import type { Quirks } from "../../protocol/protocol.js";
import type { Context } from "./context.js";
import type { Control } from "./goals.js";
import type { Due } from "./start.js";
import { showsRest, type Telemetry } from "./telemetry.js";

/** A pad that does not answer a query gets it three times per connection. */
const TRIES = 3;
const AGAIN_MS = 2_000;
/** The number of queries before a speed is written without the answer. */
const ASKED_FOR_LIMIT = 2;
/** Safety rule 7: a machine that sends nothing at rest is read this often as a sign of life. */
const ALIVE_MS = 4_000;

/** The next query: for an unknown value, else a poll. `gapEnd`: no write before that. */
export const readDue = (context: Context, gapEnd: number): Due => {
  const { control, telemetry, machine } = context;
  const { quirks } = machine;
  const { stop, start, speed, mode } = control;
  const moves = start !== null || speed !== null;
  const busy = stop !== null || mode !== null || moves;
  // An inert pad's second start must follow within 5 s of the command (safety rule 2): until the first one shows, every
  // gap is needed for its proof.
  const awaitsStart = start !== null && start.wroteAt !== null && !(control.started?.seen ?? false);
  const ask =
    !busy || (stop === null && moves && !awaitsStart && isUnitPending({ ...context, now: gapEnd }))
      ? questionDue(control, quirks, gapEnd)
      : null;
  if (quirks.poll === null) return ask ?? aliveDue(control, telemetry, gapEnd);
  // With a goal every gap carries a poll: its results, and the proof of rest, need the answers (safety rule 7).
  const interval = busy ? quirks.minGap : quirks.poll;
  const pollAt = Math.max(gapEnd, (control.lastPoll ?? -Infinity) + interval);
  return ask && ask.at <= pollAt ? ask : { operation: { op: "poll" }, at: pollAt };
};

/**
 * A pad that is set to miles interprets its numbers as mph, so that they are capped lower (docs/topics.md); it reports
 * the unit only when asked, after its first status. An earlier speed waits for the answer.
 */
export const isUnitPending = ({ control, machine: { quirks }, now }: Context): boolean => {
  const { known, tries, askedAt } = control.preferences;
  if (quirks.readsPreferences || quirks.poll === null || known) return false;
  return tries < ASKED_FOR_LIMIT || now < (askedAt ?? -Infinity) + AGAIN_MS;
};

/** The pending query of the machine: none before its first status (safety rule 6). */
const questionDue = ({ statusSeen, preferences, record }: Control, quirks: Quirks, gapEnd: number): Due => {
  const at = ({ askedAt }: { askedAt: number | null }): number =>
    Math.max(gapEnd, (askedAt ?? -Infinity) + AGAIN_MS);
  // A read is not a write, and an early sign of life.
  const listens = statusSeen || quirks.readsPreferences;
  if (listens && !preferences.known && preferences.tries < TRIES)
    return { operation: { op: "preferences" }, at: at(preferences) };
  const asks = statusSeen && quirks.keepsRecord && record.wanted && record.tries < TRIES;
  return asks ? { operation: { op: "record" }, at: at(record) } : null;
};

/** A read of a machine that has stopped notifying at rest; a moving machine that stops notifying is silent. */
const aliveDue = (control: Control, telemetry: Telemetry, gapEnd: number): Due => {
  if (control.statusSeen && !showsRest(telemetry)) return null;
  const seen = Math.max(
    telemetry.last?.at ?? -Infinity,
    control.lastPoll ?? -Infinity,
    control.preferences.askedAt ?? -Infinity,
  );
  return { operation: { op: "poll" }, at: Math.max(gapEnd, seen + ALIVE_MS) };
};
