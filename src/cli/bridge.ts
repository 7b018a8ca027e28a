import { isatty } from "node:tty";
import { fileURLToPath } from "node:url";
import { App } from "../app/app.js";
import type { PageOptions } from "../app/page.js";
import type { Invocation } from "./invocation.js";
import { type Clock, machineDay, sleep } from "../clock.js";
import type { Config } from "../config/config.js";
import { secretsOf } from "../config/credentials.js";
import { BridgeError } from "../domain/errors.js";
import { EXIT, type ExitCode, shutDown } from "../process/lifecycle.js";
import { isJournal } from "../log/journal.js";
import { unblockedOutput } from "../log/file-output.js";
import { createLogger, type Logger } from "../log/log.js";
import { statusLine } from "../app/status-line.js";
import { storeInThread } from "../store/store-thread.js";
import { readVersion } from "../version.js";
import { connectBroker } from "../mqtt/client/mqttjs.js";
import { endWithoutThreads, keepsExitCode, poolIsBusy } from "../process/end-without-threads.js";
import { startWatchdog } from "../process/watchdog.js";

/** Milliseconds for the last lines of the log. */
const FLUSH_MS = 200;
/** A request to a file ends within this time, unless the disk hangs. */
const THREAD_MS = 1_000;
/** How often the end looks whether the threads are done. */
const THREAD_LOOK_MS = 20;
/** Between two drawings of the line below the log: people cannot read numbers faster. */
const DRAW_MS = 500;

/** The built page lies beside the program: dist/page. */
const PAGE = fileURLToPath(new URL("../page/", import.meta.url));

/** What the page may do here. */
export type PageSettings = Pick<PageOptions, "file" | "overriddenBy" | "orAnyPort">;

/** Runs the bridge with this config until something ends it; `ready` is called once it is up. Never rejects. */
export const runBridge = async (
  config: Config,
  invocation: Invocation,
  page: PageSettings,
  ready: (log: Logger) => void,
): Promise<ExitCode> => {
  const { clock, ending } = invocation;
  const { log, flush, show } = createLogger({
    ...config.log,
    secrets: secretsOf(config),
    stream: unblockedOutput(process.stdout),
    isTty: process.stdout.isTTY,
    journal: isJournal(invocation.env["JOURNAL_STREAM"], process.stdout.fd),
    clock,
  });
  const stopWatching = startWatchdog(clock);
  const version = readVersion();
  log.info({}, `walkingpad2mqtt ${version}`);
  const app = newApp(config, invocation, page, log, version);
  const endDrawing = show && invocation.env["TERM"] !== "dumb" ? keepDrawing(app, invocation, show) : null;
  const start: { refusal: BridgeError | null } = { refusal: null };
  app.start().then(
    // A bridge that is already ending does not print how to use it.
    () => (ending.begun ? undefined : ready(log)),
    (error: unknown) => {
      if (!(error instanceof BridgeError)) return ending.fail(error);
      start.refusal = error;
      ending.ask(error.code);
    },
  );
  const budgetMs = config.safety.shutdown_timeout * 1000;
  let until = Infinity;
  const code = await new Promise<ExitCode>((resolve) => {
    ending.atFirst((end) => {
      until = clock.now() + budgetMs - FLUSH_MS;
      if (start.refusal) explain(start.refusal, log);
      const path = shutDown(app, end, ending, { budgetMs: budgetMs - FLUSH_MS, clock, log });
      resolve(within(path, budgetMs, clock, () => exitCodeAfterError(app)));
    });
  });
  stopWatching();
  endDrawing?.();
  await threadsDone(app, invocation, until);
  if (app.diskIsBusy)
    log.warn(
      {},
      "The disk of the store still does not answer. The process ends without it; unsaved history is lost.",
    );
  else if (poolIsBusy())
    log.warn(
      {},
      "A name server, or the disk of the log, still does not answer. The process ends without it.",
    );
  // A supervisor starts it again after 75, and never after 78: a belt that a crash left moving may still move.
  const isUnsafe = code === EXIT.unsafe && app.hasPads;
  const exitCode = start.refusal && !isUnsafe ? EXIT.config : code;
  log.info({ code: exitCode }, `Ended (exit code ${exitCode})`);
  await Promise.all([
    within(flush(FLUSH_MS), FLUSH_MS, clock, () => undefined),
    threadsDone(app, invocation, clock.now() + FLUSH_MS),
  ]);
  if (isBusy(app)) endWithoutThreads(exitCode);
  return exitCode;
};

/** A thread works for the store, or on a file, or looks up the broker's name. */
const isBusy = (app: App): boolean => app.diskIsBusy || poolIsBusy();

/**
 * Waits for threads that still work, since one of them may cost the exit code: each gets a moment, and a slow one, such
 * as a slow disk, the rest of the time.
 */
const threadsDone = async (app: App, { clock, ending }: Invocation, until: number): Promise<void> => {
  const soon = clock.now() + THREAD_MS;
  const isWorthWaiting = (): boolean =>
    !ending.hurry.aborted && (app.diskIsBusy ? !app.diskHangs : !keepsExitCode());
  while (isBusy(app) && clock.now() < until && (clock.now() < soon || isWorthWaiting()))
    await sleep(clock, THREAD_LOOK_MS);
};

const newApp = (
  config: Config,
  { clock, ending }: Invocation,
  page: PageSettings,
  log: Logger,
  version: string,
): App => {
  const onTerminal = isatty(1);
  const end: PageOptions["end"] = (reason) => {
    if (reason === "restart" && onTerminal)
      log.warn(
        {},
        "Restart requested, but a bridge on a terminal does not start again by itself. Start it again",
      );
    // The reply to the request is sent first.
    clock.after(0, () => ending.ask(reason));
  };
  return new App(config, {
    clock,
    log,
    version,
    platform: process.platform,
    restart: () => end("restart"),
    page: { ...page, folder: PAGE, onTerminal, end },
    realRadio: async (adapter) =>
      (await import("../ble/noble/radio.js")).nobleRadio({ adapter }, { clock, log }),
    connectBroker,
    memoryUsage: () => process.memoryUsage(),
    openStore: storeInThread,
    random: Math.random,
    localDay: machineDay,
  });
};

/** Draws the belts below the log until the returned function is called. */
const keepDrawing = (app: App, { clock, ending }: Invocation, show: (line: string) => void): (() => void) => {
  const draw = (): void => show(statusLine(app.summary(), ending.begun, process.stdout.columns));
  void ending.first.then(draw);
  const cancel = clock.every(DRAW_MS, draw);
  return () => {
    cancel();
    show("");
  };
};

const explain = ({ code, message, advice }: BridgeError, log: Logger): void =>
  log.fatal({ code }, `${message} ${advice ?? ""}`.trim());

/** The shutdown path missed its deadline: the telemetry of the belts decides the exit code. */
const exitCodeAfterError = (app: App): ExitCode =>
  app.report().some(({ verdict }) => verdict === "moving") ? EXIT.unsafe : EXIT.internal;

const within = async <T>(work: Promise<T>, ms: number, clock: Clock, otherwise: () => T): Promise<T> => {
  const done = new AbortController();
  const late = sleep(clock, ms, done.signal).then(() => (done.signal.aborted ? work : otherwise()));
  try {
    return await Promise.race([work, late]);
  } finally {
    done.abort();
  }
};
