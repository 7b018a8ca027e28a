/** A parsed expression: its value for one payload. */
type Lazy = (payload: unknown) => unknown;

/**
 * The part of Jinja that our templates use, rendered as Home Assistant renders: null is "None". Stricter than that:
 * whatever it would log a warning for (a missing key, arithmetic with null), and whatever is not known here, throws.
 */
export const render = (template: string, payload: unknown): string => {
  const [, expression = ""] = /^\{\{ (.*) \}\}$/.exec(template) ?? [];
  const tokens = expression.match(/'[^']*'|[\w.]+|[<>=]=|\S/g) ?? [];
  const result = parseChoice(tokens)(payload);
  if (tokens.length > 0) throw new Error(`not understood: ${tokens.join(" ")} in ${template}`);
  if (result === null) return "None";
  if (typeof result === "boolean") return result ? "True" : "False";
  if (typeof result !== "string" && typeof result !== "number")
    throw new Error(`no plain value: ${template}`);
  return String(result);
};

const take = (tokens: string[], ...wanted: readonly string[]): string | null =>
  wanted.includes(tokens[0] ?? "") ? (tokens.shift() ?? null) : null;

const need = (tokens: string[], wanted: string): void => {
  if (take(tokens, wanted) === null) throw new Error(`${wanted} expected, not ${tokens[0] ?? "the end"}`);
};

const number = (value: unknown): number => {
  if (typeof value !== "number" || Number.isNaN(value)) throw new Error(`no number: ${String(value)}`);
  return value;
};

/** `a if b else c`: only the branch that is taken is looked at. */
const parseChoice = (tokens: string[]): Lazy => {
  const then = parseEither(tokens);
  if (take(tokens, "if") === null) return then;
  const test = parseEither(tokens);
  need(tokens, "else");
  const otherwise = parseChoice(tokens);
  return (payload) => (test(payload) ? then(payload) : otherwise(payload));
};

const parseEither = (tokens: string[]): Lazy => {
  const left = parseComparison(tokens);
  if (take(tokens, "or") === null) return left;
  const right = parseEither(tokens);
  return (payload) => left(payload) || right(payload);
};

const COMPARE: Readonly<Record<string, (a: unknown, b: unknown) => boolean>> = {
  "==": (a, b) => a === b,
  "<=": (a, b) => number(a) <= number(b),
  in: (a, b) => Array.isArray(b) && b.includes(a),
};

/** `a <= b <= c` as in Python: every pair has to hold. */
const parseComparison = (tokens: string[]): Lazy => {
  const first = parseProduct(tokens);
  if (take(tokens, "is") !== null) {
    ["not", "none"].forEach((token) => need(tokens, token));
    return (payload) => first(payload) !== null;
  }
  const pairs: ((payload: unknown) => boolean)[] = [];
  let left = first;
  for (
    let sign = take(tokens, ...Object.keys(COMPARE));
    sign !== null;
    sign = take(tokens, ...Object.keys(COMPARE))
  ) {
    const [a, b, compare] = [left, parseProduct(tokens), COMPARE[sign]];
    pairs.push((payload) => compare?.(a(payload), b(payload)) ?? false);
    left = b;
  }
  return pairs.length === 0 ? first : (payload) => pairs.every((holds) => holds(payload));
};

const parseProduct = (tokens: string[]): Lazy => {
  const left = parseFiltered(tokens);
  const sign = take(tokens, "*", "/");
  if (sign === null) return left;
  const right = parseProduct(tokens);
  return (payload) => {
    const [a, b] = [number(left(payload)), number(right(payload))];
    return sign === "*" ? a * b : a / b;
  };
};

const parseFiltered = (tokens: string[]): Lazy => {
  const input = parseAtom(tokens);
  if (take(tokens, "|") === null) return input;
  if (take(tokens, "tojson") !== null) return (payload) => JSON.stringify(input(payload));
  ["round", "("].forEach((token) => need(tokens, token));
  const scale = 10 ** Number(tokens.shift());
  need(tokens, ")");
  return (payload) => Math.round(number(input(payload)) * scale) / scale;
};

const parseAtom = (tokens: string[]): Lazy => {
  const token = tokens.shift() ?? "";
  if (token === "(") {
    const inner = parseChoice(tokens);
    need(tokens, ")");
    return inner;
  }
  if (token === "[") return parseList(tokens);
  if (token === "{") return parseObject(tokens);
  if (token === "-") return negative(parseAtom(tokens));
  if (token.startsWith("'")) return () => token.slice(1, -1);
  if (token === "none") return () => null;
  return token.startsWith("value_json.") ? path(token.split(".").slice(1)) : () => number(Number(token));
};

const parseList = (tokens: string[]): Lazy => {
  const items = [parseAtom(tokens)];
  while (take(tokens, ",") !== null) items.push(parseAtom(tokens));
  need(tokens, "]");
  return (payload) => items.map((item) => item(payload));
};

const parseObject = (tokens: string[]): Lazy => {
  const entries: (readonly [string, Lazy])[] = [];
  do {
    const key = String(parseAtom(tokens)(null));
    need(tokens, ":");
    entries.push([key, parseChoice(tokens)]);
  } while (take(tokens, ",") !== null);
  need(tokens, "}");
  return (payload) => Object.fromEntries(entries.map(([key, value]) => [key, value(payload)]));
};

const negative =
  (of: Lazy): Lazy =>
  (payload) =>
    -number(of(payload));

const path =
  (keys: readonly string[]): Lazy =>
  (payload) =>
    keys.reduce<unknown>((at, key) => {
      if (typeof at !== "object" || at === null || !Object.hasOwn(at, key))
        throw new Error(`no ${keys.join(".")}`);
      return (at as Readonly<Record<string, unknown>>)[key];
    }, payload);
