import type { Clock } from "../clock.js";
import { type Command, failure, type Outcome } from "../domain/command.js";
import type { Logger } from "../log/log.js";
import type { InMessage } from "./client/broker.js";
import { parseSet, type ParsedSet, type Rejected } from "../api/set-message.js";
import type { Result } from "../api/payloads.js";

/** Contract 3: a start or speed whose own `at` is older than this is refused. */
const STALE_MS = 5_000;

/** What takes the commands of one pad. */
export interface CommandTaker {
  submit(
    asked: readonly { readonly command: Command; readonly respond: (outcome: Outcome) => void }[],
    arrived: number,
    stale: boolean,
  ): void;
}

export interface InboxDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** When what is read now came in, on the clock (contract rule 2). */
  readonly arrived: () => number;
  readonly answer: (padId: string, result: Result) => void;
}

/**
 * A redelivered start, and a speed may be one, would do again what was done already (contract 3); a stop may come as
 * often as it likes, and what only names a state says the same twice.
 */
const REPEATABLE: readonly Command["value"][] = ["OFF", "stop", "pause", 0];
const STATES: readonly Command["key"][] = ["mode", "incline", "link"];
const survivesDup = ({ key, value }: Command): boolean => REPEATABLE.includes(value) || STATES.includes(key);

const RETAINED = failure(
  "retained",
  "The broker had this stored, so nobody is asking for it now; it was not carried out and the topic was cleared. " +
    "Publish commands without the retain flag.",
);

/** Turns a message on `set` or `set/<key>` into commands for a pad and results for its sender. */
export const takeSet = (
  padId: string,
  pad: CommandTaker,
  key: string | null,
  message: InMessage,
  deps: InboxDeps,
): void => {
  const arrived = deps.arrived();
  const parsed = parseSet(key, message.payload);
  const answer = answering(padId, parsed, arrived, deps);
  if (message.retain) {
    for (const one of retained(parsed)) answer(one);
    return;
  }
  for (const rejected of parsed.rejected) answer(rejected);
  const commands = message.dup ? parsed.commands.filter(survivesDup) : parsed.commands;
  if (commands.length < parsed.commands.length)
    deps.log.debug({ pad: padId }, "dropped a redelivered command: it may have been done already");
  const age = parsed.at === null ? 0 : deps.clock.wall() - parsed.at;
  const asked = commands.map((command) => ({
    command,
    respond: (outcome: Outcome) => answer({ command: command.key, value: command.value, outcome }),
  }));
  if (asked.length > 0) pad.submit(asked, arrived, parsed.stale || age > STALE_MS);
};

const answering =
  (padId: string, { id }: ParsedSet, arrived: number, deps: InboxDeps) =>
  ({ command, value, outcome }: Rejected): void =>
    deps.answer(padId, { id, command, value, outcome, tookMs: deps.clock.now() - arrived });

/** One refusal a key, or one for the message where no key could be read. */
const retained = ({ commands, rejected }: ParsedSet): readonly Rejected[] => {
  const keys = [
    ...commands.map(({ key, value }) => ({ command: key, value, outcome: RETAINED })),
    ...rejected.map((one) => ({ ...one, outcome: RETAINED })),
  ];
  return keys.length > 0 ? keys : [NO_KEY];
};

const NO_KEY: Rejected = { command: null, value: null, outcome: RETAINED };
/** What a stored message on `get` is answered with: there is no key to name. */
export const STORED_GET: Result = { ...NO_KEY, id: null, tookMs: 0 };
