import { constants } from "node:os";
import type { Ending } from "./lifecycle.js";
import { catchRealTimeSignals } from "./real-time-signals.js";

/**
 * Every signal that would end the program without a stop, or open Node's inspector (SIGUSR1). Not SIGSEGV, SIGBUS,
 * SIGFPE and SIGILL: after a fault of the process no JavaScript may run (Node's documentation of signal events); the
 * next run then stops the belt (safety rule 9). Not SIGTRAP either: with it the watchdog ends a PID 1 whose main loop
 * hangs (ADR 6), and a handler would keep that process alive for ever (seen).
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

const NOT_SUSPENDED =
  "\nThe bridge is not suspended: a moving belt needs a running bridge. Ctrl-C stops the belt and ends the bridge; " +
  "if the shell shows its prompt (npm was suspended), type fg first.\n";

/** Not every platform has every signal: macOS has no SIGPWR. */
const catchSignal = (signal: (typeof SIGNALS)[number], ending: Ending): void => {
  if (signal === "SIGBREAK" || signal in constants.signals) process.on(signal, () => ending.signal(signal));
};

/**
 * Routes the process's signals and unhandled errors to the one shutdown path. Installed before anything else starts.
 */
export const catchEverything = (ending: Ending): void => {
  for (const signal of SIGNALS) catchSignal(signal, ending);
  catchRealTimeSignals((name) => ending.signal(name));
  // A bridge suspended by Ctrl-Z could not stop a moving belt. Not SIGTTOU: with `stty tostop` Node would repeat the
  // write that caused it without end (seen).
  for (const signal of ["SIGTSTP", "SIGTTIN"] as const)
    process.on(signal, () => process.stderr.write(NOT_SUSPENDED));
  process.on("uncaughtException", (error) => ending.fail(error));
  process.on("unhandledRejection", (reason) => ending.fail(reason));
  // A closed reader (`| head`) must not end the bridge: the belt may still move.
  process.stdout.on("error", () => undefined);
  process.stderr.on("error", () => undefined);
};
