import { createRequire } from "node:module";
import type { prettyFactory as PrettyFactory } from "pino-pretty";
import { visible, visibleLines } from "../domain/visible.js";

/** Loaded on first use: JSON output, as in containers, does not need it. */
const load = (): { readonly prettyFactory: typeof PrettyFactory } =>
  createRequire(import.meta.url)("pino-pretty") as { readonly prettyFactory: typeof PrettyFactory };

type Fields = Readonly<Record<string, unknown>>;
type Paint = (text: string) => string;
/** Colours; without effect where there are none. */
type Colors = Readonly<Partial<Record<string, Paint>>>;

const LEVEL_COLORS: Fields = {
  trace: "gray",
  debug: "blue",
  info: "green",
  warn: "yellow",
  error: "red",
  fatal: "bgRed",
};

/** Names and messages can come from the air: nothing in them may move a terminal's cursor or forge a line. */
const printable = (value: unknown): string => visible(text(value));
const text = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** hh:mm:ss in the program's time zone. */
const clockTime = (iso: unknown): string => {
  const time = new Date(text(iso));
  return Number.isNaN(time.getTime()) ? "--:--:--" : time.toTimeString().slice(0, 8);
};

const head = (log: Fields, colors: Colors): string => {
  const level = text(log["level"]);
  const paint = (color: unknown, what: string): string => colors[text(color)]?.(what) ?? what;
  const pad = log["pad"] === undefined ? "" : `${paint("bold", printable(log["pad"]))}: `;
  const word = paint(LEVEL_COLORS[level], level.toUpperCase().padEnd(5));
  return `${paint("gray", clockTime(log["time"]))} ${word} ${pad}${printable(log["msg"])}`;
};

const isObject = (value: unknown): value is Fields => typeof value === "object" && value !== null;

/** A serialised error: what happened, what to do about it, and its cause. */
const errorLines = (error: unknown): string[] => {
  if (!isObject(error)) return [printable(error)];
  const { type, code, message, advice, stack, cause, errors } = error;
  const causes = [
    ...(cause === undefined ? [] : [cause]),
    ...(Array.isArray(errors) ? (errors as unknown[]) : []),
  ];
  return [
    `${printable(code ?? type)}: ${printable(message)}`,
    ...(advice === undefined ? [] : [`advice: ${printable(advice)}`]),
    ...(stack === undefined ? [] : text(stack).split("\n").slice(1).map(printable)),
    ...causes.flatMap(because),
  ];
};

const because = (cause: unknown): string[] =>
  errorLines(cause).map((line, index) => (index === 0 ? `because ${line}` : `  ${line}`));

const prettyError = (error: unknown): string => errorLines(error).join("\n");

/** A line of JSON in readable form: `12:00:01 INFO  office: belt running at 3.5 km/h`. */
export const prettyPrinter = (colorize: boolean): ((line: string) => string) => {
  const print = load().prettyFactory({
    colorize,
    ignore: "time,level,pad",
    singleLine: true,
    // The default is cyan for the whole head.
    customColors: "message:reset",
    // Advice is printed below the line, as an error is.
    errorLikeObjectKeys: ["err", "error", "advice"],
    messageFormat: (log, _key, _label, { colors }) => head(log, colors as unknown as Colors),
    customPrettifiers: { err: prettyError, error: prettyError, advice: printable },
  });
  return (line) =>
    // JSON escapes ESC in the fields, but neither C1 nor bidi controls; every ESC that is left is a colour of ours.
    print(line).replaceAll(/ +$/gm, "").split("\u001b").map(visibleLines).join("\u001b");
};
