import { encodeText, KNOWN_TABLES, type Table } from "../../src/protocol/kingsmith-text/tables.js";
import { decoded, type TextPad } from "../../src/sim/kingsmith-text/state.js";

// What a line to a text pad must not be, whoever wants it: with a wrong table a stop can be read as a start, and the rest
// of another line is read as nothing (issue 14, more-protocols 1.2 and 1.3).

const beginning = (table: Table): string => encodeText("props ", table);
const USUAL = beginning(KNOWN_TABLES[0]!);
/** In any table at most 4 of its 8 characters are others; in any other line of the bridge's at least 5 are. */
const OTHERS = 4;
/** Of `props runState 0`, `props ControlMode 1` and `props CurrentSpeed 1.0`; what was cut off is shorter by pieces. */
const LENGTHS: readonly number[] = [24, 28, 32];
const COMMAND = /^props (?:runState [01]|ControlMode 1|CurrentSpeed [0-9]\.[0-9])$/;

/** It is a whole command in some table, if not in the pad's. */
export const isCommandLine = (line: string): boolean =>
  LENGTHS.includes(line.length) && Array.from(USUAL).filter((char, i) => char !== line[i]).length <= OTHERS;

/** Why a line must not be written to a pad of a known kind of table; null: it may. */
export const wrongLine = (line: string, { state }: TextPad): string | null => {
  if (line.lastIndexOf(beginning(state.options.table)) > 0)
    return "a command is the rest of a line that was cut off";
  const text = decoded(state, line);
  return isCommandLine(line) && !COMMAND.test(text ?? "") ? `the pad reads a command as "${text}"` : null;
};

/** Puts the pieces that are handed to one link together; gives the lines that end with them. */
export const lineCutter = (): ((bytes: Uint8Array) => readonly string[]) => {
  let pending = "";
  return (bytes) => {
    const lines = (pending + Buffer.from(bytes).toString("latin1")).split("\r");
    pending = lines.pop() ?? "";
    return lines;
  };
};
