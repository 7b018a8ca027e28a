import { createHash } from "node:crypto";
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir, uptime } from "node:os";
import { dirname, join, resolve } from "node:path";
import { bootId } from "../clock.js";

/** The clock is read shortly after the file was written; a time further in the future is from another clock. */
const EARLY_MS = 5_000;

/**
 * The places for a heartbeat, the best first. Health concerns the main loop, so a store that cannot be written must not
 * make a healthy bridge unhealthy: then the heartbeat is in a temporary folder, which a container has at least as
 * /dev/shm.
 */
const places = (storePath: string): readonly string[] => {
  const name = createHash("sha256").update(resolve(storePath)).digest("hex").slice(0, 16);
  const elsewhere = [tmpdir(), "/dev/shm"].map((folder) => join(folder, `walkingpad2mqtt-${name}.heartbeat`));
  return [join(storePath, "heartbeat"), ...elsewhere];
};

const writeAt = async (path: string): Promise<void> => {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 }).catch(() => undefined);
  const text = `${JSON.stringify({ uptime: uptime(), boot: bootId(), pid: process.pid })}\n`;
  await writeFile(path, text, { mode: 0o644 });
};

/** The heartbeats of the main loop, which never waits for the disk. */
export class Heartbeat {
  readonly #places: readonly string[];
  /**
   * One write at a time in each place: a disk that hangs blocks a thread, and Node.js has four for all file operations.
   */
  readonly #busy = new Map<string, Promise<void>>();
  #ended = false;

  constructor(storePath: string) {
    this.#places = places(storePath);
  }

  /** Writes a heartbeat to the first place whose last write has ended. Never rejects. */
  async beat(): Promise<void> {
    for (const path of this.#places) {
      if (this.#ended) return;
      if (!this.#busy.has(path) && (await this.#alone(path, () => writeAt(path)))) return;
    }
  }

  /** The main loop ends normally: its last heartbeat must not outlive it. Never rejects. */
  async remove(): Promise<void> {
    this.#ended = true;
    const remove = async (path: string): Promise<void> => {
      await this.#busy.get(path);
      await this.#alone(path, () => rm(path, { force: true }));
    };
    await Promise.all(this.#places.map(remove));
  }

  /** A thread waits for the disk. */
  get isBusy(): boolean {
    return this.#busy.size > 0;
  }

  /** Returns whether the work succeeded. */
  async #alone(path: string, work: () => Promise<void>): Promise<boolean> {
    const done = work().then(
      () => true,
      () => false,
    );
    const over = done.then(() => void this.#busy.delete(path));
    this.#busy.set(path, over);
    await over;
    return done;
  }
}

const ageOf = async (path: string, wall: number): Promise<number | null> => {
  try {
    const { uptime: at, boot: its } = JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;
    const { mtimeMs } = await stat(path);
    const age = (uptime() - Number(at)) * 1000;
    // By the uptime, which nothing can set; the file's own time only excludes one from another boot.
    const isOurs = its === bootId() && Number.isFinite(age) && age > -EARLY_MS && wall - mtimeMs > -EARLY_MS;
    return isOurs ? Math.max(0, age) : null;
  } catch {
    return null;
  }
};

/** Milliseconds since the last heartbeat, by a clock that cannot be set; null where there is none of this boot. */
export const heartbeatAge = async (storePath: string, wall: number): Promise<number | null> => {
  const ages = await Promise.all(places(storePath).map((path) => ageOf(path, wall)));
  const known = ages.filter((age) => age !== null);
  return known.length === 0 ? null : Math.min(...known);
};

/** docs/command-line.md, `health`: three beats of the main loop may be missed. */
const ALIVE_MS = 30_000;

/** Whether a heartbeat of this age means a running bridge. */
export const isAlive = (age: number | null): boolean => age !== null && age < ALIVE_MS;
