// The lines of a pad (more-protocols 1.4, 1.5). A line of another form is not understood, and its meaning is never
// guessed.

const KEYS = [
  "runState",
  "ControlMode",
  "CurrentSpeed",
  "RunningTotalTime",
  "RunningDistance",
  "BurnCalories",
  "RunningSteps",
  "spm",
  "Max",
  "StartSpeed",
  "ChildLockSwitch",
  "VelocitySensitivity",
  "PanelDisplay",
  "unit",
  "initial",
  "goal",
  "user_id",
  "AuToStop",
  "NoloadStop",
  "mcu_version",
] as const;
export type Key = (typeof KEYS)[number];

const VALUE = '(?:-?[0-9]{1,12}(?:\\.[0-9]{1,3})?|"[ !#-~]{0,64}")';
const PROPS = new RegExp(`^props(?: +(?:${KEYS.join("|")}) +${VALUE})+(?: +(?:${KEYS.join("|")}))? *$`);
/** Other firmware may report unpublished properties: their names are ignored. */
const NAME = "[A-Za-z_]{2,32}";
const ANY_PROPS = new RegExp(`^props(?: +${NAME} +${VALUE})+(?: +${NAME})? *$`);
/** One source has quotes around the second word (wire-facts c). */
const ERROR = /^props +Error +(?:ErrorCode|"ErrorCode") +(-[0-9]{4}) *$/;
const ANSWERS: readonly RegExp[] = [
  /^format error$/,
  /^shake 00$/,
  /^net (?:cloud|unprov|local|offline|uap)$/,
  /^get_dn (?:3|[0-9]{18})$/,
  /^get_pk (?:3|[A-Za-z0-9]{11})$/,
  /^version [0-9]{4}$/,
  /^time_posix 0$/,
  /^servers 0$/,
];

/** The content of a line, its values as numbers; quoted ones are left out. */
export type Line =
  | { readonly type: "answer"; readonly word: string }
  | { readonly type: "error"; readonly code: number }
  | {
      readonly type: "props";
      readonly values: Readonly<Partial<Record<Key, number>>>;
      readonly keys: number;
    };

/** The pad may put one `\r` inside the payload as well (more-protocols 1.2). */
const trimmed = (text: string): string => text.replace(/\r$/, "");

/** Parsed by name, never by position; of a repeated key the last counts, one without a value is ignored. */
const readProps = (text: string): Line => {
  const words = text
    .trim()
    .split(/ +(?=(?:[^"]*"[^"]*")*[^"]*$)/)
    .slice(1);
  const values: Partial<Record<Key, number>> = {};
  let keys = 0;
  for (let at = 0; at + 1 < words.length; at += 2) {
    keys += 1;
    const key = KEYS.find((each) => each === words[at]);
    const value = Number(words[at + 1]);
    if (key !== undefined && Number.isFinite(value)) values[key] = value;
  }
  return { type: "props", values, keys };
};

/** The content of a decoded line; null where unknown. */
export const readLine = (decoded: string): Line | null => {
  const text = trimmed(decoded);
  if (ANSWERS.some((form) => form.test(text))) return { type: "answer", word: text.split(" ")[0] ?? "" };
  const error = ERROR.exec(text);
  if (error) return { type: "error", code: Number(error[1]) };
  return PROPS.test(text) ? readProps(text) : null;
};

/** A line with unknown keys among known ones; only for a proven table, since more than real lines matches this form. */
export const readUnknownProps = (decoded: string): Line | null => {
  const text = trimmed(decoded);
  return ANY_PROPS.test(text) ? readProps(text) : null;
};

/** A pad that sends more than this without an end of line sends no lines (BC). */
const MAX_LINE = 4_096;
const END = 0x0d;

const isOfALine = (byte: number): boolean =>
  byte === END ||
  byte === 0x2b ||
  byte === 0x2f ||
  byte === 0x3d ||
  (byte >= 0x30 && byte <= 0x39) ||
  (byte >= 0x41 && byte <= 0x5a) ||
  (byte >= 0x61 && byte <= 0x7a);

/**
 * Splits received data into complete lines, without their ends; `rest` is the beginning of the next. Null: the data is
 * no part of a line, but of the binary side channel on the same characteristic (more-protocols 1.3): it is dropped, and
 * the line continues after it.
 */
export const cutLines = (
  pending: string,
  bytes: Uint8Array,
): { readonly lines: readonly string[]; readonly rest: string } | null => {
  if (!bytes.every(isOfALine)) return null;
  const parts = (pending + String.fromCharCode(...bytes.subarray(0, MAX_LINE))).split("\r");
  const rest = parts.pop() ?? "";
  return { lines: parts.filter((line) => line !== ""), rest: rest.length > MAX_LINE ? "" : rest };
};
