import { readFileSync } from "node:fs";
import { LineCounter, parseDocument } from "yaml";
import { accessProblem } from "./access.js";
import { configError, type ConfigError } from "./errors.js";

/** yaml's own messages quote the file, which may contain a password: an unquoted one that begins with * is an alias. */
const YAML_SENTENCES: Readonly<Record<string, string>> = {
  BAD_ALIAS: "a value that begins with * or & needs quotes",
  BAD_INDENT: "the indentation does not fit the lines above",
  BAD_SCALAR_START: "a value that begins with @, ` or % needs quotes",
  BAD_DQ_ESCAPE: "a backslash in double quotes must be doubled; in single quotes it is literal",
  DUPLICATE_KEY: "this key is given twice",
  MISSING_CHAR: "a quote, comma, bracket or colon is missing",
  MULTILINE_IMPLICIT_KEY: "the line before has no colon and space after its key",
  MULTIPLE_DOCS: "there is more than one document (---)",
  TAB_AS_INDENT: "a tab cannot indent, only spaces can",
  TAG_RESOLVE_FAILED: "a value that begins with ! needs quotes",
};

type Read<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly errors: readonly ConfigError[] };

const failed = (key: string, why: string, allowed: string): { ok: false; errors: ConfigError[] } => ({
  ok: false,
  errors: [configError({ key, why, allowed })],
});

const READ_FAILURES: Readonly<Record<string, string>> = {
  ENOENT: "the file does not exist",
  ENOTDIR: "the file does not exist",
  EACCES: "the file cannot be read: permission denied",
  EPERM: "the file cannot be read: permission denied",
  EISDIR: "this is a folder",
};

const codeOf = (thrown: unknown): string =>
  thrown instanceof Error && "code" in thrown && typeof thrown.code === "string"
    ? thrown.code
    : "unknown error";

/** Refuses other encodings: a password in Latin-1 would silently be decoded to a different one. */
const decode = (bytes: Uint8Array): string => new TextDecoder("utf-8", { fatal: true }).decode(bytes);

const sentence = (thrown: unknown, path: string): string => {
  const code = codeOf(thrown);
  const owned = code === "EACCES" ? accessProblem(path, "R_OK") : null;
  if (owned !== null) return `cannot be read: ${owned}`;
  if (code === "ERR_ENCODING_INVALID_ENCODED_DATA") return "the file is not UTF-8 text";
  return READ_FAILURES[code] ?? `the file cannot be read (${code})`;
};

const isMissing = (thrown: unknown): boolean => ["ENOENT", "ENOTDIR"].includes(codeOf(thrown));

const parse = (text: string, path: string): Read<unknown> => {
  const lines = new LineCounter();
  const document = parseDocument(text, { prettyErrors: false, lineCounter: lines, logLevel: "error" });
  const errors = [...document.errors, ...document.warnings].map(({ code, pos }) => {
    const { line, col } = lines.linePos(pos[0]);
    const why = YAML_SENTENCES[code] ?? "this is not valid YAML";
    return configError({ key: `${path}, line ${line}, column ${col}`, why, allowed: "YAML" });
  });
  if (errors.length > 0) return { ok: false, errors };
  try {
    return { ok: true, value: document.toJS() as unknown };
  } catch {
    return failed(path, "a value that begins with * needs quotes", "YAML");
  }
};

/** Reads the YAML file as plain data; null for an optional file that does not exist. Never throws. */
export const readYamlFile = (path: string, mayBeMissing: boolean): Read<unknown> => {
  try {
    return parse(decode(readFileSync(path)), path);
  } catch (thrown) {
    if (mayBeMissing && isMissing(thrown)) return { ok: true, value: null };
    return failed(path, sentence(thrown, path), "a readable YAML file");
  }
};

/** The value may be a path, or the secret itself by mistake: only what looks like a path is shown. */
const shownPath = (path: unknown): { readonly value?: string } =>
  typeof path === "string" && /^(\.{0,2}|[a-z]:)[/\\]/i.test(path) ? { value: path } : {};

/** Reads the secret in a file, without one trailing newline; `origin` as for `configError`. Never throws. */
export const readSecretFile = (key: string, path: unknown, origin: string | null): Read<string> => {
  const allowed = "the path of a readable file with the secret in it";
  const fail = (why: string): Read<string> => ({
    ok: false,
    errors: [configError({ key, ...shownPath(path), why: `cannot be used: ${why}`, allowed }, origin)],
  });
  if (typeof path !== "string") return fail("it is no text");
  try {
    const secret = decode(readFileSync(path)).replace(/\r?\n$/, "");
    return secret === "" ? fail("the file is empty") : { ok: true, value: secret };
  } catch (thrown) {
    return fail(sentence(thrown, path));
  }
};
