import { rmSync } from "node:fs";
import { mkdir, open, rename, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Replaces a file whole: a crash in between leaves the old one or the new one, never half of either. */
export const writeWhole = async (path: string, text: string): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.new`;
  const file = await open(draft, "w");
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
};

const heartbeatFile = (storePath: string): string => join(storePath, "heartbeat");

/** One sign of life of the main loop; `health` reads its age, so nothing waits for the disk to have it. */
export const beat = async (storePath: string, now: number): Promise<void> => {
  await mkdir(storePath, { recursive: true });
  await writeFile(heartbeatFile(storePath), `${new Date(now).toISOString()}\n`);
};

/** The main loop ends as it should: its last sign of life must not outlive it. */
export const stopBeating = (storePath: string): void => {
  try {
    rmSync(heartbeatFile(storePath), { force: true });
  } catch {
    // It is 30 s from being too old.
  }
};

/** Contract 1, `health`: three beats of the main loop may be missed. */
const ALIVE_MS = 30_000;

/** Whether a heartbeat of this age is that of a bridge that is alive. */
export const isAlive = (age: number | null): boolean => age !== null && age < ALIVE_MS;

/** Milliseconds since the last sign of life; null where there is none. */
export const heartbeatAge = async (storePath: string, now: number): Promise<number | null> => {
  try {
    const { mtimeMs } = await stat(heartbeatFile(storePath));
    return now - mtimeMs;
  } catch {
    return null;
  }
};
