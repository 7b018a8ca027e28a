import type { Outcome } from "../domain/command.js";
import { TIME_UNREADABLE, whyStale } from "../domain/message-age.js";
import type { PadPort } from "./pad-port.js";
import type { Result } from "./payloads.js";
import type { ParsedSet, Rejected } from "./set-message.js";

export interface SetContext {
  /** When the message arrived, on the clock of `now` (safety rule 2). */
  readonly arrived: number;
  readonly now: () => number;
  /** The wall clock's epoch milliseconds. */
  readonly wall: number;
  /** Called once for every key of the message. */
  readonly answer: (result: Result) => void;
}

/**
 * Submits a parsed message to its pad: keys that were refused by the parser get their results at once, the others from
 * the pad.
 */
export const submitSet = (
  pad: Pick<PadPort, "submit">,
  { id, at, stale, commands, rejected }: ParsedSet,
  { arrived, now, wall, answer }: SetContext,
): void => {
  const respond = ({ command, value, outcome }: Rejected): void =>
    answer({ id, command, value, outcome, tookMs: now() - arrived });
  for (const one of rejected) respond(one);
  const requests = commands.map((command) => ({
    command,
    respond: (outcome: Outcome) => respond({ command: command.key, value: command.value, outcome }),
  }));
  const why = stale ? TIME_UNREADABLE : at === null ? null : whyStale(at, wall);
  if (requests.length > 0) pad.submit(requests, arrived, why);
};
