import { createHash } from "node:crypto";
import { mkdir, unlink } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { join, relative, resolve } from "node:path";
import type { Clock } from "../clock.js";
import { BridgeError } from "../domain/errors.js";

/** Longer socket paths are refused by the kernel (sun_path of unix(7), 108 bytes with its end). */
const LONGEST_PATH = 107;
/** A living bridge accepts at once; a file left behind by a crash refuses at once. */
const ANSWER_MS = 1_000;

const socketPath = (storePath: string, platform: NodeJS.Platform): string | null => {
  const full = resolve(storePath);
  if (platform === "win32")
    return `\\\\.\\pipe\\walkingpad2mqtt-${createHash("sha256").update(full).digest("hex").slice(0, 16)}`;
  const path = join(full, "lock");
  return [path, relative(".", path)].find((each) => Buffer.byteLength(each) <= LONGEST_PATH) ?? null;
};

const listen = (path: string): Promise<Server> =>
  new Promise((done, fail) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", fail);
    server.listen(path, () => {
      server.unref();
      done(server);
    });
  });

const isHeld = (path: string, clock: Clock): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect(path);
    const end = (held: boolean): void => {
      cancel();
      socket.destroy();
      done(held);
    };
    const cancel = clock.after(ANSWER_MS, () => end(true));
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });

/**
 * Holds the store for this process: a listening socket in its folder, which dies with us however we die and is seen by
 * other containers that mount the same volume, where a pid file would say nothing. Rejects with
 * BridgeError("store-in-use") when another bridge holds it; with any other error where the folder takes no socket.
 */
export const lockStore = async (
  storePath: string,
  clock: Clock,
  platform: NodeJS.Platform,
): Promise<() => void> => {
  await mkdir(storePath, { recursive: true });
  const path = socketPath(storePath, platform);
  if (path === null) throw new BridgeError("store", "The path of the store is too long for a lock.");
  const server = await listen(path).catch(async (error: unknown) => {
    if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) throw error;
    if (await isHeld(path, clock))
      throw new BridgeError("store-in-use", `Another bridge is running on the store ${storePath}.`, {
        retry: "never",
        advice: "Stop it first, or give this one its own store.path.",
      });
    await unlink(path);
    return listen(path);
  });
  return () => void server.close();
};
