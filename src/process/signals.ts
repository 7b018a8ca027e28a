import { constants } from "node:os";
import type { Ending } from "./lifecycle.js";
import { catchRealTimeSignals } from "./real-time-signals.js";

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

const NOT_SUSPENDED =
  "\nThe bridge is not suspended: a belt that moves must be stopped by somebody. Ctrl-C stops it and ends the bridge; " +
  "where the shell has its prompt back (npm was suspended), type fg first.\n";

/** Not every platform has every signal: macOS knows no SIGPWR. */
const catchSignal = (signal: (typeof SIGNALS)[number], ending: Ending): void => {
  if (signal === "SIGBREAK" || signal in constants.signals) process.on(signal, () => ending.signal(signal));
};

/** Sends the process's signals and unhandled errors to the one path. Installed before anything else starts. */
export const catchEverything = (ending: Ending): void => {
  for (const signal of SIGNALS) catchSignal(signal, ending);
  catchRealTimeSignals((name) => ending.signal(name));
  // Suspended by Ctrl-Z, the bridge could not stop a moving belt.
  process.on("SIGTSTP", () => process.stderr.write(NOT_SUSPENDED));
  process.on("uncaughtException", (error) => ending.fail(error));
  process.on("unhandledRejection", (reason) => ending.fail(reason));
  // A closed reader (`| head`) must not end the bridge: the belt may still move.
  process.stdout.on("error", () => undefined);
  process.stderr.on("error", () => undefined);
};
