import { constants } from "node:os";
import { type Clock, sleep } from "../clock.js";
import { asError } from "../domain/errors.js";
import type { Logger } from "../log/log.js";
import { catchRealTimeSignals } from "./real-time-signals.js";

/** docs/command-line.md. */
export const EXIT = {
  ok: 0,
  unhealthy: 1,
  usage: 64,
  noRadio: 69,
  internal: 70,
  unsafe: 75,
  config: 78,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** npm hands Ctrl-C on, so that it reaches us twice at once (safety rule 8). */
const SAME_KEY_PRESS_MS = 1_000;
/**
 * Whatever would end us without a stop, or open Node's inspector (SIGUSR1). Not SIGSEGV, SIGBUS, SIGFPE and SIGILL: after
 * a fault of our own no JavaScript may run (Node's documentation of signal events); the next run stops the belt then (safety rule 9). Not SIGTRAP either: it is
 * how the watchdog ends a PID 1 whose main loop hangs (ADR 6), which a handler would keep alive for ever (seen).
 */
const SIGNALS = [
  ...([
    "SIGTERM",
    "SIGINT",
    "SIGHUP",
    "SIGQUIT",
    "SIGBREAK",
    "SIGUSR1",
    "SIGUSR2",
    "SIGPWR",
    "SIGALRM",
  ] as const),
  ...(["SIGVTALRM", "SIGPROF", "SIGXCPU", "SIGXFSZ", "SIGIO", "SIGSTKFLT", "SIGABRT", "SIGSYS"] as const),
];

/** Why the program ends. */
export interface End {
  readonly reason: string;
  readonly code: typeof EXIT.ok | typeof EXIT.internal;
}

/** Whatever ends the program comes through here, once; what comes later only hurries it. */
export class Ending {
  readonly #clock: Clock;
  readonly #hurry = new AbortController();
  #begin: (end: End) => void = () => undefined;
  #begun = false;
  #signalledAt: number | null = null;
  #failed: Error | null = null;
  /** Resolves with the first reason. */
  readonly first: Promise<End>;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.first = new Promise((resolve) => {
      this.#begin = resolve;
    });
  }

  /** Something has ended the program: `first` is settled. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Aborted by a later signal: the person does not want to wait. */
  get hurry(): AbortSignal {
    return this.#hurry.signal;
  }

  /** An error that nobody handled, before or during the end; the exit code is 70 then, or worse. */
  get failed(): Error | null {
    return this.#failed;
  }

  /** A signal: the first ends the program, if nothing else does already; one later than the same key press hurries it. */
  signal(name: string): void {
    const now = this.#clock.now();
    this.#signalledAt ??= now;
    this.ask(name);
    if (now - this.#signalledAt >= SAME_KEY_PRESS_MS) this.#hurry.abort();
  }

  /** Asked for otherwise, as often as one likes: nobody stands there and waits. */
  ask(reason: string): void {
    this.#end({ reason, code: EXIT.ok });
  }

  fail(thrown: unknown): void {
    this.#failed ??= asError(thrown);
    this.#end({ reason: "internal error", code: EXIT.internal });
  }

  /** What comes later changes nothing about the first. */
  #end(end: End): void {
    this.#begun = true;
    this.#begin(end);
  }
}

const NOT_SUSPENDED =
  "\nThe bridge is not suspended: a belt that moves must be stopped by somebody. Ctrl-C stops it and ends the bridge; " +
  "where the shell has its prompt back (npm was suspended), type fg first.\n";

/** Not every platform has every signal: macOS knows no SIGPWR. */
const catchSignal = (signal: (typeof SIGNALS)[number], ending: Ending): void => {
  if (signal === "SIGBREAK" || signal in constants.signals) process.on(signal, () => ending.signal(signal));
};

/** Puts the process's signals and unhandled errors on the one path. Installed first, so that no moment is left out. */
export const catchEverything = (ending: Ending): void => {
  for (const signal of SIGNALS) catchSignal(signal, ending);
  catchRealTimeSignals((name) => ending.signal(name));
  // Ctrl-Z would leave a moving belt with nobody who could stop it.
  process.on("SIGTSTP", () => process.stderr.write(NOT_SUSPENDED));
  process.on("uncaughtException", (error) => ending.fail(error));
  process.on("unhandledRejection", (reason) => ending.fail(reason));
  // A reader that went away (`| head`) must not end the bridge: the belts outlive the terminal.
  process.stdout.on("error", () => undefined);
  process.stderr.on("error", () => undefined);
};

/** How the belts were left. */
export type BeltReport = readonly {
  readonly pad: string;
  readonly verdict: "none" | "rest" | "falling" | "moving";
}[];

/** The running program, as its end sees it. Every stage may hang or throw: none skips the next. */
export interface Stoppable {
  /** `stopping` to the broker, commands refused, scans and connects aborted; all of it before this returns. */
  quiesce(reason: string): Promise<void> | void;
  /** Every belt stopped in parallel and seen at rest, then standby; gives up when `signal` aborts. */
  belts(signal: AbortSignal, hurry: AbortSignal): Promise<void>;
  report(): BeltReport;
  save(): Promise<void> | void;
  links(): Promise<void>;
  goodbye(withinMs: number): Promise<void>;
}

/** Milliseconds. The belts get all that is left: with the log's last words, all of the timeout but 1.5 s. */
const CAPS = { quiesce: 100, save: 300, links: 300, goodbye: 600 };
const REST_MS = Object.values(CAPS).reduce((sum, ms) => sum + ms);

/**
 * The one way out (safety rule 8). Each stage gets the smaller of its cap and what is left; whatever it does, the
 * next one runs. Resolves within `budgetMs` with the exit code.
 */
export const shutDown = async (
  app: Stoppable,
  end: End,
  ending: Ending,
  { budgetMs, clock, log }: { readonly budgetMs: number; readonly clock: Clock; readonly log: Logger },
): Promise<ExitCode> => {
  const until = clock.now() + budgetMs;
  // What is refused at its start has no pads yet: no word of belts then.
  const first = attempt(() => app.report(), log)?.length ? ": every belt is brought to rest first" : "";
  log.info({ reason: end.reason }, `stopping (${end.reason})${first}`);
  const said = sayFailure(ending, log);
  const stage = (name: string, cap: number, run: (signal: AbortSignal, ms: number) => Promise<void> | void) =>
    runStage(name, Math.max(0, Math.min(cap, until - clock.now())), run, { clock, log });

  await stage("quiesce", CAPS.quiesce, () => app.quiesce(end.reason));
  await stage("belts", budgetMs - REST_MS, (signal) => app.belts(signal, ending.hurry));
  const report = attempt(() => app.report(), log);
  if (report) tell(report, log);
  await stage("save", CAPS.save, () => app.save());
  await stage("links", CAPS.links, () => app.links());
  await stage("goodbye", CAPS.goodbye, (_, ms) => app.goodbye(ms));
  // An error on the way out decides the exit code, too.
  if (!said) sayFailure(ending, log);
  return exitCode(report, ending);
};

const sayFailure = ({ failed }: Ending, log: Logger): boolean => {
  if (failed) log.fatal({ err: failed }, "An internal error ends the bridge. Please report it.");
  return failed !== null;
};

/** A belt of which nothing can be said is not safe. */
const exitCode = (report: BeltReport | null, ending: Ending): ExitCode => {
  if (report === null || report.some(({ verdict }) => verdict === "moving")) return EXIT.unsafe;
  return ending.failed ? EXIT.internal : EXIT.ok;
};

const tell = (report: BeltReport, log: Logger): void => {
  for (const { pad, verdict } of report) {
    if (verdict === "falling")
      log.warn(
        { pad },
        "The time is up while the belt still slows down; it was let go, and it will come to rest.",
      );
    if (verdict === "moving")
      log.error(
        { pad },
        "The belt was NOT seen at rest, it may still move. Use the pad's remote or its mains switch now.",
      );
  }
};

/** Runs all of them, whatever one of them does; rejects with the first error once all are through. */
export const allOf = async (jobs: readonly (() => Promise<void> | void)[]): Promise<void> => {
  const results = await Promise.allSettled(jobs.map(async (job) => job()));
  for (const result of results) if (result.status === "rejected") throw asError(result.reason);
};

/** Runs them one after the other, whatever one of them does; rejects with the first error once all are through. */
export const inOrder = async (jobs: readonly (() => Promise<void> | void)[]): Promise<void> => {
  const errors: unknown[] = [];
  for (const job of jobs)
    try {
      await job();
    } catch (thrown) {
      errors.push(thrown);
    }
  if (errors.length > 0) throw asError(errors[0]);
};

const attempt = <T>(run: () => T, log: Logger): T | null => {
  try {
    return run();
  } catch (err) {
    log.error({ err }, "an error on the way out; going on");
    return null;
  }
};

const runStage = async (
  name: string,
  ms: number,
  run: (signal: AbortSignal, ms: number) => Promise<void> | void,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Promise<void> => {
  const over = new AbortController();
  const done = new AbortController();
  const work = Promise.resolve()
    .then(() => run(over.signal, ms))
    .catch((err: unknown) => log.error({ err, stage: name }, "a stage of the way out failed; going on"));
  // The stage's own signal comes first, then it gets a moment to wind up before it is left behind.
  const cancel = clock.after(ms, () => over.abort());
  await Promise.race([work, sleep(clock, ms + GRACE_MS, done.signal)]);
  cancel();
  done.abort();
};

const GRACE_MS = 50;
