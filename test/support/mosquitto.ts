import { spawn, type ChildProcess } from "node:child_process";
import { pbkdf2Sync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const START_MS = 10_000;
const STOP_MS = 5_000;

/** Debian puts mosquitto into sbin, which is not on everybody's PATH. */
const PLACES = [
  ...(process.env["PATH"] ?? "").split(delimiter),
  "/usr/sbin",
  "/usr/local/sbin",
  "/opt/homebrew/sbin",
];

/** The path of Mosquitto; null: suites that need it are skipped, with a message. */
export const mosquittoBinary = (): string | null =>
  PLACES.map((place) => join(place, "mosquitto")).find((file) => existsSync(file)) ?? null;

/** A port that was free a moment ago. */
export const freePort = async (): Promise<number> => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
};

export interface MosquittoOptions {
  readonly username?: string;
  readonly password?: string;
  readonly port?: number;
  /** More lines for its configuration, of the listener or global. */
  readonly config?: readonly string[];
}

/** A line of Mosquitto's password file: PBKDF2-SHA512, 101 rounds, as mosquitto_passwd 2.0 writes it. */
const passwordLine = (username: string, password: string): string => {
  const salt = randomBytes(12);
  const hash = pbkdf2Sync(password, salt, 101, 64, "sha512");
  return `${username}:$7$101$${salt.toString("base64")}$${hash.toString("base64")}\n`;
};

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const answer = (yes: boolean) => () => {
      socket.destroy();
      resolve(yes);
    };
    socket.once("connect", answer(true)).once("error", answer(false));
  });

/** A test run that is killed runs no handler; the shell sees its end of the pipe close, and ends the broker. */
const diesWithUs = (child: ChildProcess): void => {
  const watcher = spawn("sh", ["-c", `read _; kill -9 ${child.pid}`], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  watcher.on("error", () => undefined);
  child.once("exit", () => watcher.kill("SIGKILL"));
};

/** A real Mosquitto on a port of its own: no persistence, so that a restart has forgotten everything. */
export class Mosquitto {
  readonly port: number;
  readonly url: string;
  readonly #folder: string;
  #child: ChildProcess | null = null;
  #output = "";

  private constructor(port: number, folder: string) {
    this.port = port;
    this.url = `mqtt://127.0.0.1:${port}`;
    this.#folder = folder;
  }

  /** Tries three ports, since a free one may be taken by another test before Mosquitto has it. */
  static async start(options: MosquittoOptions = {}): Promise<Mosquitto> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await Mosquitto.#startOn(options.port ?? (await freePort()), options);
      } catch (error) {
        if (options.port !== undefined || tries === 3) throw error;
      }
    }
  }

  static async #startOn(port: number, options: MosquittoOptions): Promise<Mosquitto> {
    const folder = await mkdtemp(join(tmpdir(), "mosquitto-"));
    const broker = new Mosquitto(port, folder);
    try {
      await broker.#configure(options);
      await broker.#run();
    } catch (error) {
      await broker.dispose();
      throw error;
    }
    return broker;
  }

  /** What it has written to its log so far. */
  get output(): string {
    return this.#output;
  }

  /** Ends it (by default with SIGTERM, at which it disconnects its clients) and keeps port and configuration. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGCONT");
    child.kill(signal);
    const hard = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await ended;
    clearTimeout(hard);
  }

  async restart(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    await this.stop(signal);
    await this.#run();
  }

  /** Its sockets stay open, and it neither reads nor answers until `resume`. */
  freeze(): void {
    this.#child?.kill("SIGSTOP");
  }

  resume(): void {
    this.#child?.kill("SIGCONT");
  }

  /** Ends it for good and removes its folder. */
  async dispose(): Promise<void> {
    await this.stop("SIGKILL");
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #configure({ username, password, config = [] }: MosquittoOptions): Promise<void> {
    const passwords = join(this.#folder, "passwords");
    if (username !== undefined) await writeFile(passwords, passwordLine(username, password ?? ""));
    const lines = [
      // Started by root it would become a user who cannot read this folder.
      ...(process.getuid?.() === 0 ? ["user root"] : []),
      "persistence false",
      "log_type all",
      "log_dest stdout",
      `listener ${this.port} 127.0.0.1`,
      ...(username === undefined
        ? ["allow_anonymous true"]
        : ["allow_anonymous false", `password_file ${passwords}`]),
      ...config,
    ];
    await writeFile(join(this.#folder, "mosquitto.conf"), `${lines.join("\n")}\n`);
  }

  async #run(): Promise<void> {
    const binary = mosquittoBinary();
    if (binary === null) throw new Error("no mosquitto on this machine: skip the suite by mosquittoBinary()");
    const child = spawn(binary, ["-c", join(this.#folder, "mosquitto.conf")], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    const keep = (chunk: Buffer): void => {
      this.#output += chunk.toString();
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    diesWithUs(child);
    const end = Date.now() + START_MS;
    while (!(await accepts(this.port))) {
      if (child.exitCode !== null || Date.now() > end)
        throw new Error(`mosquitto did not start:\n${this.#output}`);
      await sleep(20);
    }
    // What accepted may be somebody else's: ours then ends, unable to listen.
    await sleep(20);
    if (child.exitCode !== null) throw new Error(`mosquitto did not stay:\n${this.#output}`);
  }
}
