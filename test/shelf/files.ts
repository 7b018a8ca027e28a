import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parse, type ScalarTag } from "yaml";
import { ROOT } from "../support/program.js";

/** A file of the checkout, as text. */
export const text = (path: string): string => readFileSync(join(ROOT, path), "utf8");

/** Files of a folder and below, by their paths from the root. */
export const filesBelow = (folder: string, end: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(end))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));

/** `!input stop_button` and its like. */
export class Tagged {
  readonly tag: string;
  readonly name: string;

  constructor(tag: string, name: string) {
    this.tag = tag;
    this.name = name;
  }
}

const tags: ScalarTag[] = ["!input", "!secret", "!include"].map((tag) => ({
  tag,
  resolve: (name) => new Tagged(tag, name),
}));

/** As Home Assistant and the Supervisor read it: YAML 1.1, where a bare `on` is true; throws for what is no YAML. */
export const homeAssistantYaml = (path: string): unknown =>
  parse(text(path), { version: "1.1", customTags: tags, logLevel: "error", prettyErrors: true });

/** As Docker Compose reads it. */
export const yaml = (path: string): unknown => parse(text(path), { merge: true });

export type Node = Readonly<Record<string, unknown>>;
export const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Tagged);

/** Every value below `tree` with the key that it stands under; entries of a list have the list's key. */
export const walk = (tree: unknown, key = ""): (readonly [key: string, value: unknown])[] => [
  [key, tree],
  ...(Array.isArray(tree) ? tree.flatMap((value) => walk(value, key)) : []),
  ...(isNode(tree) ? Object.entries(tree).flatMap(([name, value]) => walk(value, name)) : []),
];
