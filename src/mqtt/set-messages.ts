import type { PadPort } from "../api/pad-port.js";
import type { Result } from "../api/payloads.js";
import { parseSet, type ParsedSet, type Rejected } from "../api/set-message.js";
import { submitSet } from "../api/submit-set.js";
import type { Clock } from "../clock.js";
import { type Command, failure, isStop, type Outcome } from "../domain/command.js";
import type { Logger } from "../log/log.js";
import type { InMessage } from "./client/broker.js";
import { noAnswer } from "./stop-merger.js";

/** What a message on `set` may still do. */
export interface SetLimits {
  /** Above the limit of its pad: only a stop in it is carried out. */
  readonly onlyStops: boolean;
  /** A later stop was handled before it: nothing in it may start the belt any more (safety rule 1). */
  readonly isOvertaken: boolean;
  /** Whether a stop above the limit gets a result; each call counts. */
  readonly answersStop: () => boolean;
  /** The number of results beyond the first. */
  readonly charge: (results: number) => void;
  readonly dropped: () => void;
}

/** For stored messages: they arrive once per connect, and each is answered and cleared (safety rule 3). */
export const UNLIMITED: SetLimits = {
  onlyStops: false,
  isOvertaken: false,
  answersStop: () => true,
  charge: () => undefined,
  dropped: () => undefined,
};

export interface SetDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly answer: (padId: string, result: Result) => void;
}

/**
 * A redelivered start, and a speed may be one, would repeat what was already done (docs/topics.md); a stop may be
 * repeated at any time, and setting a state twice has no further effect.
 */
const REPEATABLE: readonly Command["value"][] = ["OFF", "stop", "pause", 0];
const STATES: readonly Command["key"][] = ["mode", "incline", "link"];
const survivesDup = ({ key, value }: Command): boolean => REPEATABLE.includes(value) || STATES.includes(key);

const OVERTAKEN = failure("superseded", "A later stop was carried out first.");

const RETAINED = failure(
  "retained",
  "The broker had stored this message, so it may be old; it was not carried out and the topic was cleared. " +
    "Publish commands without the retain flag.",
);

/** Turns a message on `set` or `set/<key>` into commands for a pad and results for its sender. */
export const handleSet = (
  padId: string,
  pad: Pick<PadPort, "submit">,
  key: string | null,
  message: InMessage,
  deps: SetDeps,
  limits: SetLimits = UNLIMITED,
): void => {
  const { arrived } = message;
  const read = parseSet(key, message.payload);
  const parsed = limits.isOvertaken ? withoutOvertaken(read) : read;
  if (limits.onlyStops) return takeStops(padId, pad, parsed, arrived, deps, limits);
  limits.charge(Math.max(0, parsed.commands.length + parsed.rejected.length - 1));
  const { clock } = deps;
  const answer = (result: Result): void => deps.answer(padId, result);
  if (message.retain) {
    for (const one of retained(parsed)) answer({ ...one, id: parsed.id, tookMs: clock.now() - arrived });
    return;
  }
  const commands = message.dup ? parsed.commands.filter(survivesDup) : parsed.commands;
  if (commands.length < parsed.commands.length)
    deps.log.debug({ pad: padId }, "Redelivered command dropped: it may have been carried out already");
  submitSet(pad, { ...parsed, commands }, { arrived, now: () => clock.now(), wall: clock.wall(), answer });
};

/** Keys that move nothing are carried out. */
const withoutOvertaken = (parsed: ParsedSet): ParsedSet => {
  const stays = (command: Command): boolean => isStop(command) || command.key === "link";
  const refused = parsed.commands
    .filter((command) => !stays(command))
    .map(({ key, value }) => ({ command: key, value, outcome: OVERTAKEN }));
  return {
    ...parsed,
    commands: parsed.commands.filter(stays),
    rejected: [...parsed.rejected, ...refused],
  };
};

/** Above the limit: a stop is carried out, and gets a result while the limit of stops allows it. */
const takeStops = (
  padId: string,
  pad: Pick<PadPort, "submit">,
  parsed: ParsedSet,
  arrived: number,
  deps: SetDeps,
  limits: SetLimits,
): void => {
  const answer = answering(padId, parsed, arrived, deps);
  const asked = parsed.commands.filter(isStop).map((command) => ({
    command,
    respond: limits.answersStop()
      ? (outcome: Outcome) => answer({ command: command.key, value: command.value, outcome })
      : noAnswer,
  }));
  if (asked.length > 0) pad.submit(asked, arrived, null);
  if (asked.every(({ respond }) => respond === noAnswer)) limits.dropped();
};

const answering =
  (padId: string, { id }: ParsedSet, arrived: number, deps: SetDeps) =>
  ({ command, value, outcome }: Rejected): void =>
    deps.answer(padId, { id, command, value, outcome, tookMs: deps.clock.now() - arrived });

/** One refusal for each key, or one for the message where no key could be read. */
const retained = ({ commands, rejected }: ParsedSet): readonly Rejected[] => {
  const keys = [
    ...commands.map(({ key, value }) => ({ command: key, value, outcome: RETAINED })),
    ...rejected.map((one) => ({ ...one, outcome: RETAINED })),
  ];
  return keys.length > 0 ? keys : [NO_KEY];
};

const NO_KEY: Rejected = { command: null, value: null, outcome: RETAINED };
/** The result of a stored message on `get`: it has no key. */
export const STORED_GET: Result = { ...NO_KEY, id: null, tookMs: 0 };
