import { isMap, isSeq, parseDocument, stringify } from "yaml";

/** YAML 1.1 readers take an unquoted address for a number in base 60. */
const FORM = { compat: "yaml-1.1", lineWidth: 0 } as const;

/** The entries as YAML to paste into a file. */
export const padsYaml = (entries: readonly object[]): string => stringify({ pads: entries }, FORM);

/**
 * A config file's text with entries added to its `pads`; comments and everything else stay as they are. Null where the
 * text is no YAML mapping, or its `pads` are not a list: then nothing is touched.
 */
export const withPads = (text: string, entries: readonly object[]): string | null => {
  const document = parseDocument(text, FORM);
  if (document.errors.length > 0) return null;
  if (document.contents === null) return text + padsYaml(entries);
  if (!isMap(document.contents)) return null;
  const pads = document.get("pads") ?? null;
  if (isSeq(pads) && pads.items.length > 0) for (const entry of entries) pads.add(document.createNode(entry));
  else if (pads === null || isSeq(pads)) document.set("pads", document.createNode(entries));
  else return null;
  return document.toString(FORM);
};
