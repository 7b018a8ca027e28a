import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { catches } from "./proc.js";

/** signal(7): the last of the signals that the program installs. */
const SIGQUIT = 3;

/** The checkout, for what is started by npm. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** The built program; `npm test` builds it first. */
export const MAIN = join(ROOT, "dist", "main.js");
/** The test's own --require files. */
export const fixture = (name: string): string => join(ROOT, "test", "process", "fixtures", name);

/** One line of the log, as JSON; a line that is none has only `msg`. */
export interface LogLine {
  readonly level?: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProgramOptions {
  /** Holds the config and the store; used again it is a restart. */
  readonly folder: string;
  /** Default: `run`. */
  readonly args?: readonly string[];
  /** The config file; `store.path` is in the folder unless it sets another. None: no `--config`. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** For node itself, before the program. */
  readonly nodeFlags?: readonly string[];
  /** Turns the command line into the one that is spawned, as a shell, npm or a container does. */
  readonly wrap?: (command: readonly string[]) => readonly string[];
  /** Opens a channel for messages to a --require file. */
  readonly ipc?: boolean;
}

/** Nothing of the developer's own may configure the program under test, npm's colours and node's options included. */
const cleanEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(WALKINGPAD2MQTT_|npm_|NODE_|VITEST|FORCE_COLOR|NO_COLOR)/.test(name),
    ),
  );

const writeConfig = async ({ folder, config }: ProgramOptions): Promise<readonly string[]> => {
  await mkdir(folder, { recursive: true });
  if (!config) return [];
  const file = join(folder, "config.yaml");
  // JSON is YAML.
  await writeFile(file, JSON.stringify({ store: { path: join(folder, "data") }, ...config }));
  return ["--config", file];
};

interface Waiter {
  readonly look: () => void;
  readonly give: (why: string) => void;
}

const living = new Set<Program>();

/** Whatever ends the test run ends the programs: their process groups are beyond the reach of its signals. */
const buryAll = (): void => {
  for (const program of living) program.bury();
};
process.once("exit", buryAll);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.once(signal, () => {
    buryAll();
    process.kill(process.pid, signal);
  });

/** The built program as a process of its own. It never outlives its test: end every test with `dispose`. */
export class Program {
  readonly lines: LogLine[] = [];
  readonly child: ChildProcess;
  /** Epoch milliseconds of the spawn. */
  readonly startedAt = Date.now();
  stdout = "";
  stderr = "";
  exited: Exit | null = null;
  readonly #waiters = new Set<Waiter>();
  #partial = "";

  private constructor(child: ChildProcess) {
    this.child = child;
    child.stdout?.on("data", (chunk: Buffer) => this.#read(chunk.toString()));
    child.stderr?.on("data", (chunk: Buffer) => {
      this.stderr += chunk.toString();
      this.#changed();
    });
    // "close" and not "exit": everything that was written has been read by then.
    child.on("close", (code, signal) => {
      this.exited = { code, signal };
      this.#changed();
    });
    living.add(this);
    child.once("close", () => living.delete(this));
  }

  static async start(options: ProgramOptions): Promise<Program> {
    const {
      args = ["run"],
      env = {},
      nodeFlags = [],
      wrap = (command: readonly string[]) => command,
      ipc = false,
    } = options;
    if (!existsSync(MAIN)) throw new Error("the program is not built: npm run build");
    const flags = await writeConfig(options);
    const [command = "", ...rest] = wrap([process.execPath, ...nodeFlags, MAIN, ...args, ...flags]);
    const child = spawn(command, rest, {
      cwd: options.folder,
      env: { ...cleanEnvironment(), ...env },
      stdio: ["pipe", "pipe", "pipe", ...(ipc ? (["ipc"] as const) : [])],
      // A process group of its own: Ctrl-C of a terminal goes to a group, and so does the end of a test.
      detached: true,
    });
    // Closed by some tests, and by the program's end.
    child.stdin?.on("error", () => undefined);
    return new Program(child);
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error("the program was not spawned");
    return this.child.pid;
  }

  /** Everything it has written, for a message about a failed test. */
  get output(): string {
    return `${this.stdout}${this.stderr}`;
  }

  /** A number where Node has no name for it: real-time signals. */
  signal(signal: NodeJS.Signals | number): void {
    if (typeof signal === "number") process.kill(this.pid, signal);
    else this.child.kill(signal);
  }

  /** To the whole process group, as a terminal does. */
  signalGroup(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal);
  }

  /** The first line with this text, or that matches; rejects when none comes within `ms`, or the program ends. */
  untilLine(match: string | ((line: LogLine) => boolean), ms: number): Promise<LogLine> {
    const matches = typeof match === "string" ? (line: LogLine) => line.msg.includes(match) : match;
    return this.#until(() => this.lines.find(matches), ms, `a line with ${match.toString()}`, true);
  }

  count(text: string): number {
    return this.lines.filter(({ msg }) => msg.includes(text)).length;
  }

  /** How it ended; rejects when it has not within `ms`. */
  exit(ms: number): Promise<Exit> {
    return this.#until(() => this.exited ?? undefined, ms, "the exit", false);
  }

  /** Resolves when the program catches SIGQUIT (as the kernel reports it), the last signal that it installs. Linux only. */
  async catchesSignals(ms: number): Promise<void> {
    const end = Date.now() + ms;
    while (!catches(this.pid, SIGQUIT)) {
      if (Date.now() > end) throw new Error(`no signal handlers within ${ms} ms\n${this.output}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async dispose(): Promise<void> {
    if (this.exited) return;
    this.bury();
    await this.exit(5_000);
  }

  /** Kills whatever of it still lives, its children included. */
  bury(): void {
    try {
      if (this.child.pid !== undefined) process.kill(-this.child.pid, "SIGKILL");
    } catch {
      // Nothing of it is left.
    }
  }

  #read(chunk: string): void {
    this.stdout += chunk;
    const texts = `${this.#partial}${chunk}`.split("\n");
    this.#partial = texts.pop() ?? "";
    for (const text of texts) this.lines.push(parseLine(text));
    this.#changed();
  }

  #changed(): void {
    for (const { look } of [...this.#waiters]) look();
    if (!this.exited) return;
    for (const { give } of [...this.#waiters]) give("the program has ended");
  }

  #until<T>(find: () => T | undefined, ms: number, what: string, endsWithIt: boolean): Promise<T> {
    const known = find();
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter = {
        look: () => {
          const found = find();
          if (found === undefined) return;
          finish();
          resolve(found);
        },
        give: (why) => {
          if (!endsWithIt && why === "the program has ended") return;
          finish();
          reject(new Error(`${what}: ${why}\n${this.output}`));
        },
      };
      const timer = setTimeout(() => {
        finish();
        reject(new Error(`${what}: not within ${ms} ms\n${this.output}`));
      }, ms);
      this.#waiters.add(waiter);
      if (this.exited) waiter.give("the program has ended");
    });
  }
}

const parseLine = (text: string): LogLine => {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return { msg: text };
  }
};
