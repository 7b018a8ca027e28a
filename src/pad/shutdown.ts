import type { Clock } from "../clock.js";
import { failure } from "../domain/command.js";
import type { SafetySettings } from "../domain/pad.js";
import type { Guard } from "./auto-stop.js";
import type { Changes } from "./changes.js";
import type { Contact } from "./link/pad-link.js";
import type { CommandDesk } from "./commands.js";
import { type Verdict, verdict } from "./exit.js";
import { giveUp } from "./control/goals.js";
import { requestMode } from "./control/mode.js";
import type { Scheduler } from "./scheduler.js";
import { mayMove } from "./control/stop.js";
import { isFresh } from "./control/telemetry.js";
import type { WalkBook } from "./session/session-tracker.js";

export interface LeavingDeps {
  readonly clock: Clock;
  readonly safety: SafetySettings;
  readonly scheduler: Scheduler;
  readonly contact: Contact;
  readonly desk: CommandDesk;
  readonly changes: Changes;
  readonly book: WalkBook;
  readonly guard: Guard;
}

/** A poll comes within a second (wire-facts a.9). */
const COUNTERS_MS = 1_500;

const ENDING = failure("stopping", "The bridge is ending. The command was dropped.");

/** The end of a pad's service (contract rule 8): its belt at rest, then the pad in standby. */
export class Leaving {
  readonly #deps: LeavingDeps;
  #begun = false;
  #over = false;

  constructor(deps: LeavingDeps) {
    this.#deps = deps;
  }

  /** The program ends. */
  get begun(): boolean {
    return this.#begun;
  }

  /** The link is let go, however the belt was left. */
  get over(): boolean {
    return this.#over;
  }

  /** From now on nothing is set in motion: what was about to be is given up, a scan or connect that no belt needs, too. */
  begin(): void {
    const { scheduler, contact } = this.#deps;
    this.#begun = true;
    scheduler.apply((control) => giveUp(control, ENDING));
    contact.reconsider();
  }

  /** A belt that is not known to rest has no link at this moment: it must be regained before anything else ends. */
  get mustReturn(): boolean {
    const { contact, safety, guard } = this.#deps;
    if (contact.linked) return false;
    return this.#stopIsOwed || (safety.stopOnExit && (contact.facts.lostMoving || guard.crashCounts));
  }

  /**
   * Stops the belt and sees it at rest, reconnecting where it moved when the link was lost; then standby. `signal` ends
   * it at once; `hurry` once a live link has its stop frame, and not while a moving belt is without a link.
   */
  async stop(signal: AbortSignal, hurry: AbortSignal): Promise<void> {
    const { safety } = this.#deps;
    if (this.#isWithinReach && (safety.stopOnExit || this.#stopIsDue)) await this.#bringToRest(signal, hurry);
    if (safety.standbyOnExit && !signal.aborted && !hurry.aborted && this.#isAtRest)
      await this.#putToStandby(signal, hurry);
  }

  /** How the belt is being left. */
  verdict(): Verdict {
    const { clock, scheduler, contact, guard } = this.#deps;
    const { control, telemetry } = scheduler;
    const { seen, lostMoving } = contact.facts;
    const crashed = guard.crashedAt !== null;
    const owed = this.#stopIsOwed;
    return verdict(
      { seen, crashed, owed, linked: contact.linked, lostMoving, control, telemetry },
      clock.now(),
    );
  }

  /** Nothing can be waited for any more. */
  end(): void {
    this.#begun = true;
    this.#over = true;
  }

  async #bringToRest(signal: AbortSignal, hurry: AbortSignal): Promise<void> {
    const { desk, changes, contact } = this.#deps;
    desk.stop("exit");
    // The waiting is about to end: a live link is handed one more stop frame at once.
    const press = (): void => {
      if (contact.linked) desk.stop("exit");
    };
    hurry.addEventListener("abort", press, { once: true });
    const done = (): boolean =>
      !this.#stopIsDue || !this.#isWithinReach || (hurry.aborted && this.#stopIsOut);
    await changes.until(done, [signal]);
    hurry.removeEventListener("abort", press);
  }

  async #putToStandby(signal: AbortSignal, hurry: AbortSignal): Promise<void> {
    const { scheduler, changes, book } = this.#deps;
    book.park();
    scheduler.apply((control, _, now) => requestMode(control, [], "standby", now));
    await changes.until(() => scheduler.control.mode === null || this.#over, [signal, hurry]);
    await this.#hearCounters(signal, hurry);
  }

  /** Some pads zero their counters in standby, a status after they have said so (wire-facts a.9): seen, it is no riddle. */
  async #hearCounters(signal: AbortSignal, hurry: AbortSignal): Promise<void> {
    const { clock, scheduler, changes } = this.#deps;
    const { last } = scheduler.telemetry;
    const { elapsed = 0, distance = 0, steps = 0 } = last?.status ?? {};
    const until = clock.now() + COUNTERS_MS;
    const heard = (): boolean => scheduler.telemetry.last !== last || this.#over || clock.now() >= until;
    if (elapsed + distance + steps > 0) await changes.until(heard, [signal, hurry]);
  }

  /**
   * The bridge is responsible for this stop (contract 1): not for the exit's own one to a pad that has never sent a valid
   * status, which no reconnect could confirm.
   */
  get #stopIsOwed(): boolean {
    const { contact, guard, scheduler } = this.#deps;
    const { stop } = scheduler.control;
    return stop !== null && (stop.accepted || contact.facts.seen || guard.crashCounts);
  }

  get #stopIsDue(): boolean {
    return this.#deps.scheduler.control.stop !== null;
  }

  /** A stop frame was handed to a live link. */
  get #stopIsOut(): boolean {
    const { stop } = this.#deps.scheduler.control;
    // One within the pad's gap may be lost: it counts when it was written again.
    return !this.mustReturn && (stop === null || (stop.lastWrite !== null && !stop.inGap));
  }

  get #isWithinReach(): boolean {
    return !this.#over && (this.#deps.contact.linked || this.mustReturn);
  }

  get #isAtRest(): boolean {
    const { clock, scheduler, contact } = this.#deps;
    const { control, telemetry } = scheduler;
    const { capabilities } = contact.facts.identity;
    const hasStandby = capabilities?.modes.includes("standby") ?? false;
    const now = clock.now();
    const rests = isFresh(telemetry, now) && !mayMove(control, telemetry);
    return contact.linked && control.greeted && !control.stop && hasStandby && rests;
  }
}
