import { accessSync, constants, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** The owner alone does not help the user who mounted the folder: the sentence contains the command to run. */
const sentence = (path: string, owner: number, mine: number): string => {
  const has = `${path} belongs to ${owner === 0 ? "root" : `user ${owner}`}`;
  if (owner === mine) return `${has}, as which the bridge runs, and its mode forbids it: chmod u+rwX ${path}`;
  return (
    `${has}; the bridge runs as user ${mine}: chown -R ${mine} ${path} ` +
    "(of a container: the folder that is mounted there)"
  );
};

const folders = (path: string): readonly string[] => {
  const above = dirname(path);
  return above === path ? [path] : [...folders(above), path];
};

const allows = (path: string, mode: number): boolean => {
  try {
    accessSync(path, mode);
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "EACCES");
  }
};

/**
 * The folder or file that keeps this process from reading (`R_OK`) or writing (`W_OK`) `path`, and what to do about it;
 * null where permissions are not the reason, and on systems without them.
 */
export const accessProblem = (path: string, mode: "R_OK" | "W_OK"): string | null => {
  const mine = process.getuid?.();
  if (mine === undefined) return null;
  const whole = resolve(path);
  const closed =
    folders(dirname(whole)).find((folder) => !allows(folder, constants.X_OK)) ??
    (allows(whole, constants[mode]) ? undefined : whole);
  if (closed === undefined) return null;
  try {
    return sentence(closed, statSync(closed).uid, mine);
  } catch {
    return null;
  }
};
