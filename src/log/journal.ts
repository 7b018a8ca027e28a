import { fstatSync } from "node:fs";

/** syslog(3); journald reads and removes it at the beginning of a line (sd-daemon(3)). */
const PRIORITIES: Readonly<Record<string, number>> = {
  trace: 7,
  debug: 7,
  info: 6,
  warn: 4,
  error: 3,
  fatal: 2,
};

/** Puts the priority of a line of JSON before each line of what is printed for it. */
export const withPriority = (json: string, printed: string): string => {
  const level = /^\{"level":"(\w+)"/.exec(json)?.[1] ?? "info";
  return printed.replace(/^(?=.)/gm, `<${PRIORITIES[level] ?? PRIORITIES["info"]}>`);
};

/**
 * Whether the journal reads this file descriptor: systemd.exec(5), JOURNAL_STREAM. The variable alone is no proof,
 * since a program whose output was redirected inherits it too.
 */
export const isJournal = (stream: string | undefined, fd: number): boolean => {
  if (stream === undefined) return false;
  try {
    const { dev, ino } = fstatSync(fd, { bigint: true });
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
};
