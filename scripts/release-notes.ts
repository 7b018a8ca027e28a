// Prints the changelog's text of a version: npx tsx scripts/release-notes.ts VERSION
import { readFileSync } from "node:fs";
import { notesOf } from "./changelog.js";

const notes = notesOf(readFileSync("CHANGELOG.md", "utf8"), process.argv[2] ?? "");
if (notes === null) throw new Error(`CHANGELOG.md has no version ${process.argv[2] ?? ""}`);
process.stdout.write(`${notes}\n`);
