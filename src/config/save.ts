import { promises } from "node:fs";
import { isMap, isNode, isSeq, type Node, parseDocument, stringify } from "yaml";
import { BridgeError } from "../domain/errors.js";
import { rewriteFile, whyNotWritten } from "./rewrite.js";

/** YAML 1.1 parsers read an unquoted address as a number in base 60. */
const FORM = { compat: "yaml-1.1", lineWidth: 0 } as const;

/** The entries as YAML to paste into a file. */
export const padsYaml = (entries: readonly object[]): string => stringify({ pads: entries }, FORM);

/**
 * A config file's text with entries added to its `pads`; comments and everything else stay unchanged. Null where the
 * text is not a YAML mapping, or its `pads` are not a list.
 */
export const withPads = (text: string, entries: readonly object[]): string | null => {
  const document = parseDocument(text, FORM);
  if (document.errors.length > 0) return null;
  if (document.contents === null) return text + padsYaml(entries);
  if (!isMap(document.contents)) return null;
  const before = document.get("pads", true);
  const pads = document.get("pads") ?? null;
  if (isSeq(pads) && pads.items.length > 0) for (const entry of entries) pads.add(document.createNode(entry));
  else if (pads === null || isSeq(pads))
    document.set("pads", withComments(document.createNode(entries), isNode(before) ? before : null));
  else return null;
  return document.toString(FORM);
};

/** An empty `pads` may be full of comments, as in the example file: they come before the first entry. */
const withComments = <Entries extends Node>(entries: Entries, before: Node | null): Entries => {
  const comments = [before?.commentBefore, before?.comment].filter((each) => typeof each === "string");
  if (comments.length > 0) entries.commentBefore = comments.join("\n");
  return entries;
};

const textOf = async (file: string): Promise<string> => {
  try {
    return await promises.readFile(file, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return "";
    throw new BridgeError("config", `${file} cannot be read.`, { cause });
  }
};

/**
 * Adds entries to the `pads` of a config file, which may be missing. Rejects with BridgeError("config") and leaves the
 * file unchanged.
 */
export const savePads = async (file: string, entries: readonly object[]): Promise<void> => {
  const changed = withPads(await textOf(file), entries);
  if (changed === null)
    throw new BridgeError("config", `${file} was not changed: its \`pads\` are not a list.`, {
      advice: "Paste the entry by hand.",
    });
  await rewriteFile(file, () => [changed]).catch((cause: unknown) => {
    throw new BridgeError("config", `${file} was not changed: ${whyNotWritten(cause)}.`, {
      advice: "Paste the entry by hand, or make the file and its folder writable and try again.",
      cause,
    });
  });
};
