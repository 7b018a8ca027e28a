import { type Clock, sleep } from "../clock.js";
import { asError } from "../domain/errors.js";
import type { Logger } from "../log/log.js";

/** Exit codes: docs/command-line.md. */
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

/** npm forwards Ctrl-C, so the process receives it twice at once (safety rule 8). */
const SAME_KEY_PRESS_MS = 1_000;
/** Why the program ends. */
export interface End {
  readonly reason: string;
  readonly code: typeof EXIT.ok | typeof EXIT.internal;
}

/** Every request to end the program; the first one counts, a later signal only shortens the wait. */
export class Ending {
  readonly #clock: Clock;
  readonly #hurry = new AbortController();
  #begin: (end: End) => void = () => undefined;
  #atOnce: (end: End) => void = () => undefined;
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

  /** The program is ending: `first` is settled. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Aborted by a later signal: the user does not want to wait. */
  get hurry(): AbortSignal {
    return this.#hurry.signal;
  }

  /** An unhandled error, before or during the shutdown; the exit code is then 70, or 75. */
  get failed(): Error | null {
    return this.#failed;
  }

  /** Calls `run` with the first reason in the same turn, since a belt's stop must not wait. `run` must not throw. */
  atFirst(run: (end: End) => void): void {
    if (this.#begun) void this.first.then(run);
    else this.#atOnce = run;
  }

  /** The first signal ends the program; one later than the same key press shortens the wait. */
  signal(name: string): void {
    const now = this.#clock.now();
    this.#signalledAt ??= now;
    this.ask(name);
    if (now - this.#signalledAt >= SAME_KEY_PRESS_MS) this.#hurry.abort();
  }

  /** Any other request to end; repeated ones do not shorten the wait. */
  ask(reason: string): void {
    this.#end({ reason, code: EXIT.ok });
  }

  fail(thrown: unknown): void {
    this.#failed ??= asError(thrown);
    this.#end({ reason: "internal error", code: EXIT.internal });
  }

  /** Later requests do not change the first. */
  #end(end: End): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#begin(end);
    this.#atOnce(end);
  }
}

/** The state of each belt at the end. */
export type BeltReport = readonly {
  readonly pad: string;
  readonly verdict: "none" | "rest" | "falling" | "moving";
  /** False: the time ran out before a second status at rest could confirm the stop (safety rule 7). */
  readonly confirmed: boolean;
  /** A stop that somebody asked for is under way. */
  readonly asked: boolean;
}[];

/** The running program, as the shutdown path sees it. A stage may hang or throw; the next one runs anyway. */
export interface Stoppable {
  /**
   * Before it returns: every belt's stop is written, commands are refused, `stopping` is published, scans and connects
   * are aborted.
   */
  quiesce(reason: string): Promise<void> | void;
  /** Stops every belt in parallel and waits for rest, then standby; ends early when `signal` aborts. */
  belts(signal: AbortSignal, hurry: AbortSignal): Promise<void>;
  report(): BeltReport;
  save(): Promise<void> | void;
  links(): Promise<void>;
  offline(withinMs: number): Promise<void>;
}

/** Milliseconds. The belts get all that is left: with the flush of the log, all of the timeout but 1.5 s. */
const CAPS = { quiesce: 100, save: 300, links: 300, offline: 600 };
const REST_MS = Object.values(CAPS).reduce((sum, ms) => sum + ms);

/**
 * The one shutdown path (safety rule 8). Each stage gets the smaller of its limit and the time left; the next stage
 * runs whatever its result. Resolves within `budgetMs` with the exit code.
 */
export const shutDown = async (
  app: Stoppable,
  end: End,
  ending: Ending,
  { budgetMs, clock, log }: { readonly budgetMs: number; readonly clock: Clock; readonly log: Logger },
): Promise<ExitCode> => {
  // First of all, in the turn of the signal: it writes the stop of each belt.
  const begun = (async () => app.quiesce(end.reason))();
  const until = clock.now() + budgetMs;
  const stage = (name: string, cap: number, run: (signal: AbortSignal, ms: number) => Promise<void> | void) =>
    runStage(name, Math.max(0, Math.min(cap, until - clock.now())), run, { clock, log });
  const quiesced = stage("quiesce", CAPS.quiesce, () => begun);
  // A start that failed has no pads yet: the line mentions no belts then.
  const first = attempt(() => app.report(), log)?.length ? ": every belt is stopped first" : "";
  log.info({ reason: end.reason }, `Stopping (${end.reason})${first}`);
  const logged = logFailure(ending, log);
  await quiesced;
  const timedOut = await stage("belts", budgetMs - REST_MS, (signal) => app.belts(signal, ending.hurry));
  // After a stall the timer comes first: what the pads have sent meanwhile is read in the next turn, and counts.
  await sleep(clock, TURN_MS);
  const report = attempt(() => app.report(), log);
  if (report) logBelts(report, timedOut ? "Shutdown timeout reached" : "Wait for rest cut short", log);
  await stage("save", CAPS.save, () => app.save());
  await stage("links", CAPS.links, () => app.links());
  const last = attempt(() => app.report(), log);
  const left = report && last && withLateStops(report, last);
  for (const belt of left ?? []) if (!report?.includes(belt)) logMoving(belt.pad, log);
  await stage("offline", CAPS.offline, (_, ms) => app.offline(ms));
  // An error during the shutdown decides the exit code too.
  if (!logged) logFailure(ending, log);
  return exitCode(left, ending);
};

/** `report`, and what `last` says of belts with a stop that came after it: nothing has confirmed that one. */
export const withLateStops = (report: BeltReport, last: BeltReport): BeltReport =>
  report.map((belt) => {
    const late = last.find(({ pad, verdict }) => pad === belt.pad && verdict === "moving");
    const isAsked = late?.asked === true && !belt.asked && belt.verdict !== "falling";
    return late && (belt.confirmed || isAsked) ? late : belt;
  });

const logFailure = ({ failed }: Ending, log: Logger): boolean => {
  if (failed) log.fatal({ err: failed }, "An internal error ends the bridge. Please report it.");
  return failed !== null;
};

/** A belt whose state is unknown is not safe. */
const exitCode = (report: BeltReport | null, ending: Ending): ExitCode => {
  if (report === null || report.some(({ verdict }) => verdict === "moving")) return EXIT.unsafe;
  return ending.failed ? EXIT.internal : EXIT.ok;
};

const logBelts = (report: BeltReport, cause: string, log: Logger): void => {
  for (const { pad, verdict, confirmed } of report) {
    if (verdict === "rest" && !confirmed)
      log.warn(
        { pad },
        `${cause}: the last status shows the belt at rest, but no second one confirms it. Watch the belt.`,
      );
    if (verdict === "falling")
      log.warn({ pad }, `${cause}: the belt is still slowing down and should come to rest. Watch the belt.`);
    if (verdict === "moving") logMoving(pad, log);
  }
};

const logMoving = (pad: string, log: Logger): void =>
  log.error(
    { pad },
    "Belt not confirmed stopped; it may still be moving. Use the pad's remote or its mains switch.",
  );

/** Runs all jobs, whatever one of them does; rejects with the first error once all have ended. */
export const allOf = async (jobs: readonly (() => Promise<void> | void)[]): Promise<void> => {
  const results = await Promise.allSettled(jobs.map(async (job) => job()));
  for (const result of results) if (result.status === "rejected") throw asError(result.reason);
};

/** Runs the jobs in sequence, whatever one of them does; rejects with the first error once all have ended. */
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
    log.error({ err }, "Error during shutdown, continuing");
    return null;
  }
};

/** True: the time of the stage ran out. */
const runStage = async (
  name: string,
  ms: number,
  run: (signal: AbortSignal, ms: number) => Promise<void> | void,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Promise<boolean> => {
  const over = new AbortController();
  const done = new AbortController();
  const work = (async () => run(over.signal, ms))().catch((err: unknown) =>
    log.error({ err, stage: name }, "Shutdown stage failed, continuing"),
  );
  // The stage's own signal aborts first, then the stage has a moment to end before the next one starts.
  const cancel = clock.after(ms, () => over.abort());
  await Promise.race([work, sleep(clock, ms + GRACE_MS, done.signal)]);
  cancel();
  done.abort();
  return over.signal.aborted;
};

const GRACE_MS = 50;
const TURN_MS = 1;
