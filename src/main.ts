#!/usr/bin/env node
import { systemClock } from "./clock.js";
import { catchEverything, Ending, EXIT, type ExitCode } from "./lifecycle.js";

// Signals first, everything else after: a signal while modules load must take the one path, too.
const clock = systemClock();
const ending = new Ending(clock);
catchEverything(ending);

const main = async (): Promise<ExitCode> => {
  const { cli } = await import("./cli.js");
  const { readEnvironment } = await import("./config/load.js");
  return cli({
    argv: process.argv.slice(2),
    env: readEnvironment(),
    clock,
    ending,
    terminal: {
      out: (text) => void process.stdout.write(text),
      err: (text) => void process.stderr.write(text),
    },
  });
};

const code = await main().catch((error: unknown) => {
  // Before or beside the bridge, so no belt is in its care: a damaged installation, or a bug of a command.
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return EXIT.internal;
});
// Everything has been closed by now; what a library may have left behind (noble's timers) must not keep us alive.
process.exit(code);
