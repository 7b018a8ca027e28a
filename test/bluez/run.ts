// npm run test:bluez: the tests of this folder, beside BlueZ's controller emulator (`btvirt`).
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { LE_SOCKET } from "./h4.js";

const SOCKETS = ["bredrle", "bredr", "amp", "le", "mon"].map((kind) => `/tmp/bt-server-${kind}`);
const RESET = Buffer.of(0x01, 0x03, 0x0c, 0x00);
const here = (name: string): string => join(import.meta.dirname, name);

/** An error that is reported in one line, without a stack. */
class Unfit extends Error {}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ENOENT";

/** Whether a controller is behind the socket; "hangs up": there is an emulator, which makes none. */
const probe = (): Promise<"answers" | "hangs up" | "nobody"> =>
  new Promise((resolve) => {
    const socket = connect(LE_SOCKET, () => socket.write(RESET));
    socket.setTimeout(2_000, () => socket.destroy());
    socket.once("data", () => {
      resolve("answers");
      socket.destroy();
    });
    socket.once("error", (error) =>
      resolve(isMissing(error) || error.message.includes("ECONNREFUSED") ? "nobody" : "hangs up"),
    );
    socket.once("close", () => resolve("hangs up"));
  });

/** It would die of writing to a client that has just closed, and so is started with that signal ignored. */
const COMMAND = "trap '' PIPE; exec btvirt -s";
const NO_SUCH_COMMAND = 127;

const start = async (env: Readonly<Record<string, string>> = {}): Promise<ChildProcess> => {
  const child = spawn("sh", ["-c", COMMAND], { stdio: "ignore", env: { ...process.env, ...env } });
  for (let tries = 0; (await probe()) === "nobody"; tries += 1) {
    if (child.exitCode === NO_SUCH_COMMAND)
      throw new Unfit("btvirt is missing: apt-get install bluez-test-tools");
    if (tries === 100 || child.exitCode !== null) throw new Unfit(`btvirt does not listen on ${LE_SOCKET}.`);
    await pause(50);
  }
  return child;
};

const end = async (child: ChildProcess): Promise<void> => {
  const ended = once(child, "exit");
  const { exitCode, signalCode } = child;
  if (exitCode !== null || signalCode !== null)
    process.stderr.write(`test:bluez: btvirt ended by itself (${signalCode ?? exitCode}).\n`);
  else if (child.kill()) await ended;
  for (const path of SOCKETS) rmSync(path, { force: true });
};

const compiled = async (folder: string): Promise<string> => {
  const library = join(folder, "no-af-alg.so");
  try {
    await promisify(execFile)("cc", ["-shared", "-fPIC", "-o", library, here("no-af-alg.c")]);
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new Unfit("cc is missing, and this kernel has no AF_ALG: apt-get install gcc libc6-dev");
  }
  return library;
};

/** The emulator; with a stand-in for the kernel's AES where the kernel has none. */
const emulator = async (folder: string): Promise<ChildProcess> => {
  if ((await probe()) !== "nobody") throw new Unfit(`Another btvirt holds ${LE_SOCKET}: end it first.`);
  const child = await start();
  if ((await probe()) === "answers") return child;
  await end(child);
  const patched = await start({ LD_PRELOAD: await compiled(folder) });
  if ((await probe()) === "answers") return patched;
  await end(patched);
  throw new Unfit("btvirt gives no controllers, the stand-in for AF_ALG notwithstanding.");
};

/** Ends with vitest's exit code; it fails by itself where no test was found. */
const tests = async (): Promise<number> => {
  const vitest = join(here("../.."), "node_modules", ".bin", "vitest");
  const args = ["run", "--config", here("vitest.config.ts"), ...process.argv.slice(2)];
  const child = spawn(vitest, args, { stdio: "inherit", cwd: here("../..") });
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 1;
};

// Ctrl-C reaches vitest too, and then this ends as always.
process.on("SIGINT", () => undefined);
const folder = mkdtempSync(join(tmpdir(), "test-bluez-"));
try {
  const child = await emulator(folder);
  try {
    process.exitCode = await tests();
  } finally {
    await end(child);
  }
} catch (error) {
  if (!(error instanceof Unfit)) throw error;
  process.stderr.write(`test:bluez: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
