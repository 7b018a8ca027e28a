import type { Clock } from "../clock.js";
import { failure } from "../domain/command.js";
import type { SafetySettings } from "../domain/pad.js";
import type { AutoStop } from "./auto-stop.js";
import type { ChangeSignal } from "./events.js";
import type { PadLink } from "./link/pad-link.js";
import type { PadCommands } from "./commands.js";
import { cancelGoals } from "./control/goals.js";
import { requestMode } from "./control/mode.js";
import type { Scheduler } from "./scheduler.js";
import { mayMove } from "./control/stop.js";
import type { SessionTracker } from "./session/session-tracker.js";
import type { Control } from "./control/goals.js";
import { isFalling, isFresh, type Telemetry } from "./control/telemetry.js";

/** How a belt was left (docs/command-line.md, exit codes). Only `moving` makes the program end with 75. */
export type BeltOutcome = "none" | "rest" | "falling" | "moving";

export interface ShutdownFacts {
  /** A valid status arrived since the start: the bridge is responsible for this belt. */
  readonly seen: boolean;
  /** The mark of an earlier, unclean end is set. */
  readonly crashed: boolean;
  /** A stop that the bridge is responsible for is not confirmed. */
  readonly owed: boolean;
  readonly linked: boolean;
  readonly lostMoving: boolean;
  readonly control: Control;
  readonly telemetry: Telemetry;
}

/** The last telemetry decides; a link lost while the belt moved, and not restored, is `moving`. */
const beltOutcome = (facts: ShutdownFacts, now: number): BeltOutcome => {
  const { seen, crashed, owed, linked, lostMoving, control, telemetry } = facts;
  if (lostMoving || (owed && !linked)) return "moving";
  // A stop that cannot be confirmed for lack of a status, as on a pad of an unknown variant, is not safe either.
  if (!seen) return owed || crashed ? "moving" : "none";
  // An accepted stop needs two statuses for its proof: the last one may be older than the movement.
  if (!control.stop?.accepted && (!linked || !mayMove(control, telemetry))) return "rest";
  const falls = control.stop !== null && isFresh(telemetry, now) && isFalling(telemetry, control.stop.asked);
  return falls ? "falling" : "moving";
};

/** An accepted stop of a belt seen at rest, as while another belt slows down, is confirmed before the stage ends. */
export const proveAll = async (
  all: readonly PadShutdown[],
  signal: AbortSignal,
  hurry: AbortSignal,
): Promise<void> => {
  while (!signal.aborted && all.some((each) => each.isAwaited(hurry)))
    await Promise.all(all.map((each) => each.prove(signal, hurry)));
};

export interface PadShutdownDeps {
  readonly clock: Clock;
  readonly safety: SafetySettings;
  readonly scheduler: Scheduler;
  readonly link: PadLink;
  readonly commands: PadCommands;
  readonly changes: ChangeSignal;
  readonly sessions: SessionTracker;
  readonly autoStop: AutoStop;
}

/** A poll follows within a second (wire-facts a.9). */
const COUNTERS_MS = 1_500;

const ENDING = failure("stopping", "The bridge is ending. The command was dropped.");

/** The end of a pad's service (safety rule 8): its belt at rest, then the pad in standby. */
export class PadShutdown {
  readonly #deps: PadShutdownDeps;
  #begun = false;
  #over = false;

  constructor(deps: PadShutdownDeps) {
    this.#deps = deps;
  }

  /** The program ends. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Every belt that moves is to be stopped, also one that somebody starts again at the pad. */
  get stopsAll(): boolean {
    return this.#begun && !this.#over && this.#deps.safety.stopOnExit;
  }

  /** The link is closed, however the belt was left. */
  get over(): boolean {
    return this.#over;
  }

  /**
   * Writes the belt's stop before it returns. From now on nothing is started: pending starts are cancelled, and so is a
   * scan or connect that no belt needs.
   */
  begin(): void {
    const { scheduler, link, commands } = this.#deps;
    this.#begun = true;
    scheduler.together(() => {
      scheduler.apply(({ control }) => cancelGoals(control, ENDING));
      if (this.#wantsStop) commands.stop("exit");
    });
    link.reconsider();
  }

  /** A belt that is not known to rest has no link at this moment: the link must be restored before the stage ends. */
  get mustReturn(): boolean {
    const { link, safety, autoStop } = this.#deps;
    if (link.linked) return false;
    return this.#stopIsOwed || (safety.stopOnExit && (link.facts.lostMoving || autoStop.crashCounts));
  }

  /**
   * Stops the belt and waits for rest, reconnecting where it moved when the link was lost; then standby. `signal` ends
   * it at once; `hurry` once a live link has its stop frame, and not while a moving belt has no link. A belt that is
   * started again at the pad meanwhile is stopped again.
   */
  async stop(signal: AbortSignal, hurry: AbortSignal): Promise<void> {
    const { safety } = this.#deps;
    do {
      if (this.#wantsStop) await this.#bringToRest(signal, hurry);
      if (safety.standbyOnExit && !signal.aborted && !hurry.aborted && this.#isAtRest)
        await this.#putToStandby(signal, hurry);
    } while (!signal.aborted && this.isAwaited(hurry));
  }

  /** A stop is not confirmed yet, and can be. */
  isAwaited(hurry: AbortSignal): boolean {
    return this.#stopIsDue && this.#isWithinReach && !(hurry.aborted && this.#stopIsOut);
  }

  /** Resolves when no stop is awaited. */
  prove(signal: AbortSignal, hurry: AbortSignal): Promise<void> {
    return this.#deps.changes.until(() => !this.isAwaited(hurry), [signal]);
  }

  /** A stop that somebody asked for is under way. */
  get isAsked(): boolean {
    return this.#deps.scheduler.control.stop?.accepted ?? false;
  }

  /** How the belt is being left. */
  verdict(): BeltOutcome {
    const { clock, scheduler, link, autoStop } = this.#deps;
    const { control, telemetry } = scheduler;
    const { seen, lostMoving } = link.facts;
    const crashed = autoStop.crashedAt !== null;
    const owed = this.#stopIsOwed;
    return beltOutcome(
      { seen, crashed, owed, linked: link.linked, lostMoving, control, telemetry },
      clock.now(),
    );
  }

  /** Ends every wait. */
  end(): void {
    this.#begun = true;
    this.#over = true;
  }

  async #bringToRest(signal: AbortSignal, hurry: AbortSignal): Promise<void> {
    const { commands, link } = this.#deps;
    // Requested by `begin`, unless the pad was not in range then.
    if (!this.#stopIsDue) commands.stop("exit");
    // The wait is about to end: one more stop frame where the pad's gap allows it, beside the one in flight (safety
    // rule 8).
    const press = (): void => {
      if (link.linked) commands.stop("exit");
    };
    hurry.addEventListener("abort", press, { once: true });
    await this.prove(signal, hurry);
    hurry.removeEventListener("abort", press);
  }

  async #putToStandby(signal: AbortSignal, hurry: AbortSignal): Promise<void> {
    const { scheduler, changes, sessions } = this.#deps;
    sessions.park();
    scheduler.apply((context) => requestMode(context, [], "standby"));
    await changes.until(() => scheduler.control.mode === null || this.#over, [signal, hurry]);
    await this.#awaitCounters(signal, hurry);
  }

  /**
   * Some pads zero their counters in standby, a status after they have reported it (wire-facts a.9): that status is
   * awaited, so that the next run need not explain the decrease.
   */
  async #awaitCounters(signal: AbortSignal, hurry: AbortSignal): Promise<void> {
    const { clock, scheduler, changes } = this.#deps;
    const { last } = scheduler.telemetry;
    const { elapsed = 0, distance = 0, steps = 0 } = last?.status ?? {};
    const until = clock.now() + COUNTERS_MS;
    const isReceived = (): boolean => scheduler.telemetry.last !== last || this.#over || clock.now() >= until;
    if (elapsed + distance + steps > 0) await changes.until(isReceived, [signal, hurry]);
  }

  /**
   * The bridge is responsible for this stop (docs/command-line.md, exit codes): not for the exit's own stop of a pad
   * that has never sent a valid status, which no reconnect could confirm.
   */
  get #stopIsOwed(): boolean {
    const { link, autoStop, scheduler } = this.#deps;
    const { stop } = scheduler.control;
    return stop !== null && (stop.accepted || link.facts.seen || autoStop.crashCounts);
  }

  get #stopIsDue(): boolean {
    return this.#deps.scheduler.control.stop !== null;
  }

  /** A stop frame was written to a live link. */
  get #stopIsOut(): boolean {
    const { stop } = this.#deps.scheduler.control;
    // A frame within the pad's gap may be lost: it counts once it was written again.
    return !this.mustReturn && (stop === null || (stop.lastWrite !== null && !stop.inGap));
  }

  get #wantsStop(): boolean {
    const { stopOnExit } = this.#deps.safety;
    return this.#isWithinReach && (this.#stopIsDue || (stopOnExit && this.#isStoppable));
  }

  /** Nothing is written to a pad of an unknown variant; a pad that was never understood is not awaited for itself. */
  get #isStoppable(): boolean {
    const { scheduler, link, autoStop } = this.#deps;
    return scheduler.control.access !== "none" || link.facts.seen || autoStop.crashCounts;
  }

  get #isWithinReach(): boolean {
    return !this.#over && (this.#deps.link.linked || this.mustReturn);
  }

  get #isAtRest(): boolean {
    const { clock, scheduler, link } = this.#deps;
    const { control, telemetry } = scheduler;
    const { capabilities } = link.facts.identity;
    const hasStandby = capabilities?.modes.includes("standby") ?? false;
    const now = clock.now();
    const rests = isFresh(telemetry, now) && !mayMove(control, telemetry);
    return link.linked && control.statusSeen && !control.stop && hasStandby && rests;
  }
}
