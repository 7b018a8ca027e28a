import { closeSync, fstatSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { isJournal, withPriority } from "./journal.js";

it.each([
  ["trace", 7],
  ["debug", 7],
  ["info", 6],
  ["warn", 4],
  ["error", 3],
  ["fatal", 2],
])("a line of level %s has syslog priority %i", (level, priority) => {
  const line = `{"level":"${level}","msg":"{\\"level\\":\\"fatal\\"}"}\n`;
  expect(withPriority(line, line)).toBe(`<${priority}>${line}`);
});

it("each line of an error has it, an empty one and the end have none", () =>
  expect(withPriority('{"level":"error"}', "12:00 ERROR x\n    at y\n\n")).toBe(
    "<3>12:00 ERROR x\n<3>    at y\n\n",
  ));

it("only the journal's own stream counts, not a variable that was inherited", () => {
  const folder = mkdtempSync(join(tmpdir(), "w2m-"));
  const fd = openSync(join(folder, "out"), "w");
  const { dev, ino } = fstatSync(fd, { bigint: true });
  expect(isJournal(`${dev}:${ino}`, fd)).toBe(true);
  expect(isJournal(`${dev}:${ino + 1n}`, fd)).toBe(false);
  expect(isJournal("", fd)).toBe(false);
  expect(isJournal(undefined, fd)).toBe(false);
  closeSync(fd);
  expect(isJournal(`${dev}:${ino}`, fd)).toBe(false);
  rmSync(folder, { recursive: true });
});
