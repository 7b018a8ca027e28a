import type { Clock } from "../clock.js";
import { failure, OK } from "../domain/command.js";
import type { PadSettings, SafetySettings } from "../domain/pad.js";
import type { PadState } from "../domain/state.js";
import type { Stats } from "../domain/stats.js";
import { kmh, type Speed } from "../domain/units.js";
import { aimMode } from "./aim.js";
import { Contact, type ContactDeps, type ContactFacts } from "./contact.js";
import { type Asked, CommandDesk } from "./desk.js";
import { type Verdict, verdict } from "./exit.js";
import type { Effect, Ref, StopCause } from "./goals.js";
import { type Identity, UNKNOWN_PAD } from "./identity.js";
import type { Situation } from "./intent.js";
import type { JournalSettings, PadEvent } from "./journal.js";
import { Scheduler } from "./scheduler.js";
import { padState } from "./snapshot.js";
import type { Phase } from "./supervisor.js";
import { isKnown, isMoving, isRunning, type Sample, settledSpeed, showsRest } from "./telemetry.js";
import { WalkBook } from "./walk-book.js";

/** Contract 3, the `link` row. */
const LINK_DEADLINE_MS = 20_000;
/** Contract rule 2: how long a stop alone keeps a link wanted that the user has switched off. */
const STOP_WANTS_LINK_MS = 60_000;
/** How often time alone is looked at: silence, pauses, a new day. */
const TICK_MS = 500;
/** Contract rule 9. */
const CRASH_COUNTS_MS = 10 * 60_000;

export interface PadDeps extends ContactDeps {
  readonly safety: SafetySettings;
  readonly journal: JournalSettings;
  /** Epoch milliseconds of the last valid status before an unclean end; null after a clean one. */
  readonly crashedAt: number | null;
}

export interface PadListener {
  /** Something that `view()` shows may have changed. */
  changed(pad: Pad): void;
  happened(pad: Pad, event: PadEvent): void;
}

export interface PadView {
  readonly state: PadState;
  readonly stats: Stats;
  readonly identity: Identity;
  readonly available: boolean;
  readonly counters: ContactFacts["counters"];
  /** The belt was not seen since an unclean end: its mark must outlive us. */
  readonly crashedAt: number | null;
}

/** One pad: its link, its goals, its walks. Everything published about it is a function of `view()`. */
export class Pad {
  readonly settings: PadSettings;
  readonly #deps: PadDeps;
  readonly #clock: Clock;
  readonly #listeners = new Set<PadListener>();
  readonly #scheduler: Scheduler;
  readonly #desk: CommandDesk;
  readonly #book: WalkBook;
  readonly #contact: Contact;
  readonly #awaiting = new Set<() => void>();
  #linkWaits: { readonly ref: Ref; readonly phase: Phase; readonly deadline: number }[] = [];
  #stopTicking: () => void = () => undefined;
  #linkOn = true;
  #ending = false;
  #exitAskedAt: number | null = null;
  #stopConfirmed = true;
  #target: Speed | null = null;
  /** What is bringing, or brought, the belt to rest; null once it moves again, or when it was not us. */
  #lastStop: StopCause | null = null;
  #crashedAt: number | null;

  constructor(settings: PadSettings, deps: PadDeps) {
    this.settings = settings;
    this.#deps = deps;
    this.#clock = deps.clock;
    this.#crashedAt = deps.crashedAt;
    this.#book = new WalkBook(deps.journal, deps.clock, (event) => this.#tell(event));
    this.#scheduler = new Scheduler(deps.clock, {
      effects: (effects) => this.#effects(effects),
      broken: (error) => this.#contact.drop(error),
    });
    const desk = {
      situation: (stale: boolean) => this.#situation(stale),
      link: (on: boolean, ref: Ref) => this.#switchLink(on, ref),
      stopping: (cause: StopCause) => this.#stopAsked(cause),
    };
    this.#desk = new CommandDesk(this.#scheduler, desk, settings.startSpeed);
    this.#contact = new Contact(settings, deps, this.#scheduler, {
      wanted: () => this.#wanted(),
      status: (sample, restored) => this.#status(sample, restored),
      lost: (moving) => this.#lost(moving),
      changed: () => this.#changed(),
    });
  }

  start(): void {
    this.#stopTicking = this.#clock.every(TICK_MS, () => this.#tick());
    this.#contact.start();
  }

  subscribe(listener: PadListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** `arrived` is when the message came, on the clock; `stale`: it is older than 5 s by its own `at`. */
  submit(asked: readonly Asked[], arrived: number, stale: boolean): void {
    this.#desk.submit(asked, arrived, stale);
    this.#contact.reconsider();
    this.#changed();
  }

  view(): PadView {
    const now = this.#clock.now();
    const { control, telemetry } = this.#scheduler;
    const facts = this.#contact.facts;
    const state = padState(
      {
        ...facts,
        control,
        telemetry,
        ending: this.#ending,
        stopConfirmed: this.#stopConfirmed,
        radioOn: this.#radioOn,
        target: this.#target,
        ...facts.identity,
      },
      now,
    );
    return {
      state,
      stats: this.#book.stats(state.speed),
      identity: facts.identity,
      available: facts.phase === "ready" && control.greeted && isKnown(telemetry, now),
      counters: facts.counters,
      crashedAt: this.#crashedAt,
    };
  }

  /** Stops a belt that is not at rest for the sake of safety; `resume` will then start like `start`. */
  stopFor(cause: StopCause): void {
    const { telemetry, control } = this.#scheduler;
    const { seen, lostMoving } = this.#contact.facts;
    if (!seen || control.stop || (showsRest(telemetry) && !control.start && !lostMoving)) return;
    this.#deps.log.warn({ cause }, `stopping the belt: ${cause}`);
    this.#desk.stop(cause);
    this.#changed();
  }

  /** The program ends: starts are refused, scans and connects that no belt needs are aborted. */
  quiesce(): void {
    this.#ending = true;
    this.#contact.reconsider();
    this.#changed();
  }

  /** Hands a live link one more stop frame at once: the waiting is about to end. */
  pressStop(): void {
    if (this.#contact.linked) this.#desk.stop("exit");
    this.#changed();
  }

  /** A moving belt has no link at this moment: it must be regained before anything else ends. */
  get mustReturn(): boolean {
    const { stop } = this.#scheduler.control;
    return this.#contact.facts.lostMoving && (this.#deps.safety.stopOnExit || stop !== null);
  }

  /**
   * Stops the belt and sees it at rest, reconnecting where it moved when the link was lost; then standby. `signal` ends
   * it at once; `hurry` once a live link has its stop frame, and not while a moving belt is without a link (rule 8).
   */
  async stopForExit(signal: AbortSignal, hurry: AbortSignal): Promise<void> {
    const { stopOnExit, standbyOnExit } = this.#deps.safety;
    const unreachable = (): boolean => !this.#contact.linked && !this.mustReturn;
    const stopped = (): boolean => this.#scheduler.control.stop === null || unreachable();
    if (unreachable() || (!stopOnExit && stopped())) return;
    this.#exitAskedAt = this.#clock.now();
    this.#desk.stop("exit");
    this.#changed();
    const press = (): void => this.pressStop();
    hurry.addEventListener("abort", press, { once: true });
    await this.#until(() => stopped() || (hurry.aborted && this.#stopHanded), signal);
    hurry.removeEventListener("abort", press);
    if (!standbyOnExit || !this.#contact.linked || this.#scheduler.control.stop || signal.aborted) return;
    this.#scheduler.apply((control, _, now) => aimMode(control, [], "standby", now));
    await this.#until(() => this.#scheduler.control.mode === null || hurry.aborted, signal);
  }

  get #stopHanded(): boolean {
    const { stop } = this.#scheduler.control;
    return !this.mustReturn && (stop === null || stop.lastWrite !== null);
  }

  verdict(): Verdict {
    const { control, telemetry } = this.#scheduler;
    const { seen, lostMoving } = this.#contact.facts;
    const askedAt = this.#exitAskedAt;
    return verdict({ seen, lostMoving, linked: this.#contact.linked, control, telemetry, askedAt });
  }

  /** Lets go of the link and of every timer. Bounded by the supervisor; idempotent. */
  async close(): Promise<void> {
    this.#ending = true;
    await this.#contact.end();
    this.#stopTicking();
    this.#scheduler.end();
    this.#desk.close();
  }

  get #radioOn(): boolean {
    return this.#deps.radio.state.state === "on";
  }

  #wanted(): boolean {
    if (this.#ending) return this.#contact.linked || this.mustReturn;
    const { stop } = this.#scheduler.control;
    return this.#linkOn || (stop !== null && this.#clock.now() - stop.since < STOP_WANTS_LINK_MS);
  }

  #situation(stale: boolean): Situation {
    const { control, telemetry } = this.#scheduler;
    const { identity, lostMoving } = this.#contact.facts;
    return {
      now: this.#clock.now(),
      control,
      telemetry,
      capabilities: identity.capabilities ?? UNKNOWN_PAD,
      linked: this.#contact.linked && control.greeted,
      radioOn: this.#radioOn,
      ending: this.#ending,
      allowStart: this.#deps.safety.allowStart,
      stale,
      lostMoving,
      target: this.#target,
      paused: this.#book.paused,
      resumeAt: this.#book.resumeSpeed,
    };
  }

  #switchLink(on: boolean, ref: Ref): void {
    this.#linkOn = on;
    this.#linkWaits.push({
      ref,
      phase: on ? "ready" : "off",
      deadline: this.#clock.now() + LINK_DEADLINE_MS,
    });
    this.#settleLinkWaits();
  }

  #settleLinkWaits(): void {
    const { phase } = this.#contact.facts;
    const now = this.#clock.now();
    const late = failure(
      "unconfirmed",
      "The link did not follow in time; `link` in the state shows where it is.",
    );
    const due = this.#linkWaits.filter((wait) => wait.phase === phase || now >= wait.deadline);
    this.#linkWaits = this.#linkWaits.filter((wait) => !due.includes(wait));
    for (const { ref, phase: wanted } of due) this.#desk.settle([ref], wanted === phase ? OK : late);
  }

  #status(sample: Sample, restored: boolean): void {
    const { control, telemetry } = this.#scheduler;
    if (restored) this.#tell({ type: "link_restored", at: this.#clock.wall() });
    this.#afterCrash();
    const settled = settledSpeed(telemetry);
    const follows = settled !== null && !control.speed && !control.stop;
    if (follows && (this.#target === null || Math.abs(settled - this.#target) > 10)) this.#target = settled;
    if (showsRest(telemetry)) this.#target = null;
    if (isMoving(telemetry) && !control.stop) this.#lastStop = null;
    const holding = isRunning(telemetry) && !control.stop && !control.speed ? this.#target : null;
    const walkedOff = this.#book.status(sample.status, this.#lastStop, holding);
    if (walkedOff && this.#deps.safety.walkedOff.stop) this.stopFor("walked_off");
    const { maxSession } = this.#deps.safety;
    if (maxSession !== null && this.#book.openFor >= maxSession && isMoving(telemetry))
      this.stopFor("max_session");
    this.#changed();
  }

  /** Contract rule 9: a belt that was left moving by a crash is stopped before anything else is done with it. */
  #afterCrash(): void {
    const crashedAt = this.#crashedAt;
    this.#crashedAt = null;
    const recent = crashedAt !== null && this.#clock.wall() - crashedAt <= CRASH_COUNTS_MS;
    if (recent && this.#deps.safety.stopAfterCrash && isMoving(this.#scheduler.telemetry))
      this.stopFor("crash");
  }

  #stopAsked(cause: StopCause): void {
    this.#stopConfirmed = false;
    if (this.#scheduler.control.stop === null || cause === "exit") this.#lastStop = cause;
  }

  #lost(moving: boolean): void {
    this.#book.gap();
    this.#target = null;
    if (moving && !this.#ending)
      this.#deps.log.warn(
        {},
        "The link was lost while the belt moves. It keeps its speed; the link is being regained. The remote still works.",
      );
    if (moving) this.#tell({ type: "link_lost", at: this.#clock.wall() });
    this.#changed();
  }

  #tick(): void {
    this.#contact.checkSilence();
    this.#book.tick();
    this.#settleLinkWaits();
    if (!this.#linkOn && !this.#wanted()) this.#contact.reconsider();
    this.#changed();
  }

  /** State first, then the results that speak of it (contract 3, rates). */
  #effects(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === "speed-reached") this.#target = effect.target;
      if (effect.type === "stopped") this.#stopped(effect.goal.endsSession);
      if (effect.type === "stop-unconfirmed") this.#stopOverdue();
    }
    this.#changed();
    for (const effect of effects)
      if (effect.type === "settle") this.#desk.settle(effect.refs, effect.outcome);
  }

  #stopped(endsSession: boolean): void {
    this.#stopConfirmed = true;
    this.#deps.log.info({}, "the belt was seen at rest");
    if (endsSession) this.#book.end();
  }

  #stopOverdue(): void {
    const { telemetry } = this.#scheduler;
    if (!this.#contact.linked && !this.#contact.facts.lostMoving) return;
    this.#deps.log.error(
      { speed: telemetry.last?.status.speed === undefined ? null : kmh(telemetry.last.status.speed) },
      "The belt was not seen at rest after a stop. The stop goes on. Use the pad's remote or its mains switch now.",
    );
    this.#tell({ type: "stop_unconfirmed", at: this.#clock.wall() });
  }

  #tell(event: PadEvent): void {
    for (const listener of this.#listeners) listener.happened(this, event);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener.changed(this);
    for (const look of [...this.#awaiting]) look();
  }

  #until(condition: () => boolean, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!condition() && !signal.aborted) return;
        this.#awaiting.delete(look);
        signal.removeEventListener("abort", look);
        resolve();
      };
      this.#awaiting.add(look);
      signal.addEventListener("abort", look);
      look();
    });
  }
}
