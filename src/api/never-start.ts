import { type Command, failure } from "../domain/command.js";
import type { ParsedSet } from "./set-message.js";

/** Keys that set a belt at rest in motion, or let the pad do it. */
const starts = ({ key, value }: Command): boolean =>
  (key === "belt" && value === "ON") ||
  value === "auto" ||
  (key === "command" && (value === "start" || value === "resume" || value === "toggle"));

const NOT_A_START = failure(
  "unsupported",
  "The request was sent with start=never, so the belt was not started. Send it without.",
);

/** The same message for a belt that runs: no key of it starts one, a speed that finds the belt at rest included. */
export const neverStarting = (parsed: ParsedSet): ParsedSet => {
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
