import { type Command, type CommandKey, failure, isStop, type Outcome } from "../domain/command.js";
import { type Member, members } from "./json-members.js";
import { decode, isObject, parseJson, withoutNul } from "./payloads.js";
import { ALLOWED_VALUES, readCommand } from "./read-command.js";

/** A key of a message that is not carried out, and why. `value` is null where it could not be read. */
export interface Rejected {
  readonly command: CommandKey | null;
  readonly value: Command["value"] | null;
  readonly outcome: Outcome;
}

/** A message on `set` or `set/<key>`: the commands in their order, and the keys that are refused already. */
export interface ParsedSet {
  readonly id: string | number | null;
  /** `at` as epoch milliseconds; null when it was not given or cannot be read. */
  readonly at: number | null;
  /** `at` was given and cannot be read: refuse starts and speeds as too old. A stop still runs. */
  readonly stale: boolean;
  readonly commands: readonly Command[];
  readonly rejected: readonly Rejected[];
}

const NOTHING: ParsedSet = { id: null, at: null, stale: false, commands: [], rejected: [] };

const LONGEST_ID = 64;
/** A message may contain thousands of wrong keys; it must not cause thousands of results. */
const MOST_REJECTED = 32;

/** The order in which the keys of one message are carried out (docs/topics.md), and all keys of a JSON message. */
const JSON_KEYS = ["mode", "belt", "speed", "incline", "command"] as const;
const RAW_KEYS: readonly CommandKey[] = [...JSON_KEYS, "link"];

const ALLOWED_ID = "id must be a string of at most 64 characters or a number; the result has none.";
const ALLOWED_AT =
  "at must be an ISO 8601 time with offset or Z, such as 2026-11-22T10:00:00Z; starts are refused.";
const ALLOWED_JSON = "Unknown key: a JSON message takes belt, speed, mode, incline, command, id and at.";
const ALLOWED_RAW = "Unknown key: set/<key> takes belt, speed, mode, incline, command and link.";
const ALLOWED_SET =
  "Send ON, OFF, a value of command such as stop, or a JSON object with belt, speed, mode, incline or command, and id or at.";
const ALLOWED_BYTES = "A payload must be UTF-8 text of at most 64 KiB.";

const STOP_WINS = "Left out, because the message contains a stop. Send it again without the stop.";
const OVERRULED = "Left out, because another key of the message contradicts it. Send only one of them.";

/** Parses a message on `set` (`key` null) or `set/<key>`; total on any bytes. */
export const parseSet = (key: string | null, bytes: Uint8Array): ParsedSet => {
  const cut = withoutNul(bytes);
  const parsed = parseBytes(key, cut);
  if (cut.at(-1) !== 0) return parsed;
  const whole = parseBytes(key, withoutTrailingNuls(cut));
  return whole.commands.some(isStop) ? whole : parsed;
};

const parseBytes = (key: string | null, bytes: Uint8Array): ParsedSet => {
  const text = decode(bytes);
  if (key === null) return text === null ? refused(null, ALLOWED_BYTES) : parseMessage(text);
  const command = RAW_KEYS.find((known) => known === key);
  if (command === undefined) return refused(null, ALLOWED_RAW);
  return text === null ? refused(command, ALLOWED_BYTES) : parseRaw(command, text);
};

/** Some send the whole array that contains the C string: only a stop is read in it. */
const withoutTrailingNuls = (bytes: Uint8Array): Uint8Array =>
  bytes.subarray(0, bytes.findLastIndex((byte) => byte !== 0) + 1);

const wrong = (command: CommandKey | null, message: string): Rejected => ({
  command,
  value: null,
  outcome: failure("invalid-payload", message),
});
const refused = (command: CommandKey | null, message: string): ParsedSet => ({
  ...NOTHING,
  rejected: [wrong(command, message)],
});

const parseRaw = (key: CommandKey, text: string): ParsedSet => {
  const quoted = parseJson(text);
  const command = readCommand(key, typeof quoted === "string" ? quoted : text);
  return command === null ? refused(key, ALLOWED_VALUES[key]) : { ...NOTHING, commands: [command] };
};

const parseMessage = (text: string): ParsedSet => {
  const value = parseJson(text);
  const word = value ?? text;
  const bare = readCommand("belt", word) ?? readCommand("command", word);
  if (bare !== null) return { ...NOTHING, commands: [bare] };
  return isObject(value) ? parseMembers(members(text)) : refused(null, ALLOWED_SET);
};

const parseMembers = (entries: readonly Member[]): ParsedSet => {
  const read: Command[] = [];
  const unread: Rejected[] = [];
  let { id, at, stale } = NOTHING;
  for (const [key, value] of entries) {
    if (key === "id") {
      id = readId(value);
      if (id === null) unread.push(wrong(null, ALLOWED_ID));
    } else if (key === "at") {
      at = readTime(value);
      stale ||= at === null;
      if (at === null) unread.push(wrong(null, ALLOWED_AT));
    } else {
      const command = readMember(key, value);
      if ("key" in command) read.push(command);
      else unread.push(command);
    }
  }
  if (read.length + unread.length === 0) unread.push(wrong(null, ALLOWED_SET));
  return { id, at, stale, ...intent(read, unread) };
};

const readMember = (name: string, value: unknown): Command | Rejected => {
  const key = JSON_KEYS.find((known) => known === name);
  if (key === undefined) return wrong(null, ALLOWED_JSON);
  return readCommand(key, value) ?? wrong(key, ALLOWED_VALUES[key]);
};

/** One message is one intent (docs/topics.md): a readable stop, else its keys together. */
const intent = (
  read: readonly Command[],
  unread: readonly Rejected[],
): Pick<ParsedSet, "commands" | "rejected"> => {
  const stopping = read.some(isStop);
  const kept = stopping ? stops(read) : agreed(read);
  const why = stopping ? STOP_WINS : OVERRULED;
  const left = read.filter((command) => !kept.includes(command) && !(stopping && isStop(command)));
  const failed = stopping ? unread.map((failure) => superseded(failure, why)) : unread;
  const rejected = [
    ...left.map((command) => superseded({ command: command.key, value: command.value }, why)),
    ...failed,
  ];
  return { commands: kept.toSorted((a, b) => rank(a) - rank(b)), rejected: rejected.slice(0, MOST_REJECTED) };
};

const superseded = ({ command, value }: Omit<Rejected, "outcome">, why: string): Rejected => ({
  command,
  value,
  outcome: failure("superseded", why),
});

/** A repeated stop runs once; `stop` and `pause` differ in their effect on the session, so both run. */
const stops = (read: readonly Command[]): readonly Command[] => [
  ...new Map(read.filter(isStop).map((command) => [command.value, command])).values(),
];

/** The last of each key, without those that another one overrules. */
const agreed = (read: readonly Command[]): readonly Command[] => {
  const last = [...new Map(read.map((command) => [command.key, command])).values()];
  return last.filter((command) => !last.some((other) => overrules(other, command)));
};

/**
 * Whether one of two keys that are no stops overrules the other. The cautious one wins: `standby` means rest; `toggle`
 * stops a running belt, which ON or a speed would revert; `faster` must not exceed a given speed. ON with `start` or
 * `resume` has the same meaning, and both run.
 */
const overrules = (winner: Command, { key, value }: Command): boolean => {
  if (winner.key === "mode") return winner.value === "standby" && ["belt", "speed", "command"].includes(key);
  if (winner.value === "toggle") return key === "belt" || key === "speed";
  return winner.key === "speed" && (value === "faster" || value === "slower");
};

/**
 * Mode, belt, speed (docs/topics.md). `start` and `resume` have the rank of the belt, or a former speed would override
 * the new one.
 */
const rank = ({ key, value }: Command): number =>
  value === "start" || value === "resume" ? JSON_KEYS.indexOf("belt") : RAW_KEYS.indexOf(key);

const readId = (value: unknown): string | number | null =>
  typeof value === "string" && value.length <= LONGEST_ID
    ? value
    : typeof value === "number" && Number.isFinite(value)
      ? value
      : null;

const ISO_TIME = /^\d{4}-\d\d-(\d\d)T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)$/;

/** Epoch milliseconds. Date.parse alone accepts many other forms, some of them in this machine's time zone. */
const readTime = (value: unknown): number | null => {
  const day = typeof value === "string" ? ISO_TIME.exec(value)?.[1] : undefined;
  if (typeof value !== "string" || day === undefined) return null;
  const at = Date.parse(value);
  // Date.parse turns 30 February into 2 March.
  const date = new Date(`${value.slice(0, 10)}T00:00:00Z`);
  return Number.isNaN(at) || date.getUTCDate() !== Number(day) ? null : at;
};
