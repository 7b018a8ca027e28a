import { type Command, failure } from "../domain/command.js";
import type { ParsedSet } from "./set-message.js";

/** Commands that start a belt at rest, or let the pad start it. */
const starts = ({ key, value }: Command): boolean =>
  (key === "belt" && value === "ON") ||
  value === "auto" ||
  (key === "command" && (value === "start" || value === "resume" || value === "toggle"));

const NOT_A_START = failure(
  "unsupported",
  "The request was sent with start=never, so the belt was not started. Send it without start=never.",
);

/** The same message restricted to a running belt: no key starts one, and a speed does not start a belt at rest. */
export const withoutStarts = (parsed: ParsedSet): ParsedSet => {
  const dropped = parsed.commands.filter(starts);
  const kept = parsed.commands.filter((command) => !starts(command));
  return {
    ...parsed,
    commands: kept.map((command) => (command.key === "speed" ? { ...command, keepsRest: true } : command)),
    rejected: [
      ...dropped.map(({ key, value }) => ({ command: key, value, outcome: NOT_A_START })),
      ...parsed.rejected,
    ],
  };
};
