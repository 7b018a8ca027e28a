import { type Command, type CommandKey, VERBS } from "../domain/command.js";
import { MODES } from "../domain/pad.js";

/** The values of each key, as a refusal gives them. */
export const ALLOWED_VALUES: Readonly<Record<CommandKey, string>> = {
  belt: "belt must be ON or OFF.",
  speed: "speed must be a number of km/h such as 3.5, or 0 to stop the belt.",
  mode: "mode must be manual, auto or standby.",
  incline: "incline must be a number of percent such as 2.",
  command: "command must be start, stop, pause, resume, faster, slower or toggle.",
  link: "link must be ON or OFF.",
};

const ON_OFF = ["ON", "OFF"] as const;

const READERS: {
  readonly [Key in CommandKey]: (value: unknown) => Extract<Command, { key: Key }>["value"] | null;
} = {
  belt: (value) => readWord(value, ON_OFF),
  speed: (value) => readNumber(value),
  mode: (value) => readWord(value, MODES),
  incline: (value) => readNumber(value),
  command: (value) => readWord(value, VERBS),
  link: (value) => readWord(value, ON_OFF),
};

/** The command of a key with this value; null where the value cannot be read. */
export const readCommand = (key: CommandKey, value: unknown): Command | null => {
  const read = READERS[key](value);
  return read === null ? readStop(key, value) : ({ key, value: read } as Command);
};

/** Whatever can be read as a stop stops the belt, also under a key of other values. */
const STOPS_UNDER: readonly CommandKey[] = ["belt", "speed", "mode", "command"];
const readStop = (key: CommandKey, value: unknown): Command | null => {
  if (!STOPS_UNDER.includes(key)) return null;
  const word = readWord(value, ["OFF", "stop", "pause"] as const);
  if (word === null) return null;
  return word === "OFF" ? { key: "belt", value: word } : { key: "command", value: word };
};

const readWord = <Word extends string>(value: unknown, words: readonly Word[]): Word | null => {
  if (typeof value !== "string") return null;
  const wanted = trimmed(value).toLowerCase();
  return words.find((word) => word.toLowerCase() === wanted) ?? null;
};

/** A JSON number or a plain decimal; Number() alone would accept "", "0x3" and "1e3". Never -0. */
const readNumber = (value: unknown): number | null => {
  const decimal = typeof value === "string" && /^-?\d+(?:\.\d+)?$/.test(trimmed(value));
  const number = decimal ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number + 0 : null;
};

/** Without ASCII white space around it. By hand: a pattern for the end is quadratic in the white space inside. */
const trimmed = (text: string): string => {
  const isSpace = (at: number): boolean => " \t\n\v\f\r".includes(text.charAt(at));
  let [from, to] = [0, text.length];
  while (from < to && isSpace(from)) from += 1;
  while (to > from && isSpace(to - 1)) to -= 1;
  return text.slice(from, to);
};
