import type { Ledger } from "../domain/session-store.js";
import type { PadRecord, PadSettings, SafetySettings } from "../domain/pad.js";
import type { PadState } from "../domain/state.js";
import type { Stats } from "../domain/stats.js";
import { Announcer, type Listener } from "./events.js";
import { Changes } from "./changes.js";
import { Contact, type ContactDeps } from "./link/pad-link.js";
import type { ContactFacts } from "./link/link-facts.js";
import { type Asked, CommandDesk } from "./commands.js";
import type { Effect, StopCause } from "./control/goals.js";
import { Guard } from "./auto-stop.js";
import { type Identity, UNKNOWN_MACHINE } from "./link/identity.js";
import type { Situation } from "./control/interpret.js";
import type { JournalSettings } from "./session/session-journal.js";
import { Leaving } from "./shutdown.js";
import { LinkSwitch } from "./link-switch.js";
import { Scheduler } from "./scheduler.js";
import { beltOf, isAvailable, type PadFacts, padState } from "./control/pad-state.js";
import { isUrgent, mayMove } from "./control/stop.js";
import { isRunning, type Sample } from "./control/telemetry.js";
import { WalkBook } from "./session/session-tracker.js";

/** How often time alone is looked at: silence, pauses, a new day. */
const TICK_MS = 500;

export interface PadDeps extends ContactDeps {
  readonly safety: SafetySettings;
  readonly journal: JournalSettings;
  readonly ledger: Ledger;
  /** Epoch milliseconds of the last valid status before an unclean end; null after a clean one. */
  readonly crashedAt: number | null;
}

export type PadListener = Listener<Pad>;

export interface PadView {
  readonly state: PadState;
  /** Null until what was walked before is known. */
  readonly stats: Stats | null;
  readonly identity: Identity;
  readonly available: boolean;
  readonly counters: ContactFacts["counters"];
  /** The belt was not seen since an unclean end: its mark must outlive us. */
  readonly crashedAt: number | null;
}

/** One pad: its link, its goals, its walks. Everything published about it is a function of `view()`. */
export class Pad {
  readonly settings: PadSettings;
  readonly leaving: Leaving;
  readonly #deps: PadDeps;
  readonly #announcer: Announcer<Pad>;
  readonly #scheduler: Scheduler;
  readonly #desk: CommandDesk;
  readonly #book: WalkBook;
  readonly #contact: Contact;
  readonly #switch: LinkSwitch;
  readonly #guard: Guard;
  #stopTicking: () => void = () => undefined;

  constructor(settings: PadSettings, deps: PadDeps) {
    const { clock, safety } = deps;
    this.settings = settings;
    this.#deps = deps;
    const changes = new Changes();
    this.#announcer = new Announcer<Pad>(this, clock, deps.log, changes);
    const { crashedAt } = deps;
    this.#book = new WalkBook(deps.journal, clock, deps.ledger, crashedAt !== null, (event) =>
      this.#announcer.happened(event),
    );
    this.#guard = new Guard(safety, clock, this.#book, crashedAt);
    const scheduler = new Scheduler(clock, {
      changed: (effects) => this.#decided(effects),
      broken: (error) => this.#contact.drop(error),
    });
    const contact = new Contact(settings, deps, scheduler, {
      wanted: () => this.#wanted(),
      status: (sample, restored) => this.#status(sample, restored),
      event: ({ type }) => type === "safety-key" && this.#book.safetyKeyPulled(),
      record: (record) => this.#record(record),
      lost: (moving) => this.#lost(moving),
      changed: () => this.#announcer.changed(),
    });
    const desk = new CommandDesk(clock, scheduler, {
      situation: (stale) => this.#situation(stale),
      turnLink: (on, ref) => this.#switch.turn(on, ref),
      startSpeed: settings.startSpeed,
    });
    this.#switch = new LinkSwitch(clock, {
      phase: () => contact.facts.phase,
      radioOn: () => this.#radioOn,
      settle: (refs, outcome) => desk.settle(refs, outcome),
    });
    this.#scheduler = scheduler;
    if (crashedAt !== null) scheduler.leftMoving(safety.stopAfterCrash && this.#guard.crashCounts);
    this.#contact = contact;
    this.#desk = desk;
    this.leaving = new Leaving({
      clock,
      safety,
      scheduler,
      contact,
      desk,
      changes,
      book: this.#book,
      guard: this.#guard,
    });
  }

  start(): void {
    this.#stopTicking = this.#deps.clock.every(TICK_MS, () => this.#tick());
    this.#contact.start();
  }

  subscribe(listener: PadListener): () => void {
    return this.#announcer.subscribe(listener);
  }

  /** `arrived` is when the message came, on the clock; `stale`: it is older than 5 s by its own `at`. */
  submit(asked: readonly Asked[], arrived: number, stale: boolean): void {
    const wanted = this.#wanted();
    this.#desk.submit(asked, arrived, stale);
    if (this.#wanted() !== wanted || this.#isUrgent) this.#contact.reconsider();
  }

  view(): PadView {
    const now = this.#deps.clock.now();
    const facts = this.#facts;
    const state = padState(facts, now);
    return {
      state,
      stats: this.#book.stats(state.speed),
      identity: facts.identity,
      available: isAvailable(facts, now),
      counters: facts.counters,
      crashedAt: this.#guard.crashedAt,
    };
  }

  /** Stops a belt that is not at rest for the sake of safety; `resume` will then start like `start`. False: it rests. */
  stopFor(cause: StopCause): boolean {
    const { telemetry, control, seen, lostMoving } = this.#facts;
    const moves = control.start !== null || mayMove(control, telemetry);
    if (!seen || control.stop || !(lostMoving || (this.#contact.linked && moves))) return false;
    this.#announcer.stopping(cause);
    this.#desk.stop(cause);
    return true;
  }

  /** A stop waits for its frame, or for the link that it is first on: nothing may hold the main loop up. */
  get stopWaits(): boolean {
    const { stop } = this.#scheduler.control;
    return stop?.lastWrite === null && (this.#contact.linked || this.#isUrgent);
  }

  /** Lets go of the link and of every timer. Bounded by the supervisor; idempotent. */
  async close(): Promise<void> {
    this.leaving.end();
    this.#announcer.changed();
    await this.#contact.end();
    this.#stopTicking();
    this.#scheduler.end();
    this.#desk.close();
  }

  get #radioOn(): boolean {
    return this.#deps.radio.state.state === "on";
  }

  get #isUrgent(): boolean {
    return isUrgent(this.#scheduler.control.stop, this.#deps.clock.now());
  }

  #wanted(): boolean {
    if (this.leaving.begun) return this.#contact.linked || this.leaving.mustReturn;
    // A link that the user has switched off is got back for a stop, as long as that would be its first write.
    if (this.#switch.on || this.#isUrgent) return true;
    // Contract rule 1: as long as a stop is unconfirmed its link is kept, and one that a moving belt lost is regained.
    const { facts, linked } = this.#contact;
    return this.#scheduler.control.stop !== null && (linked || facts.lostMoving);
  }

  get #facts(): PadFacts & ContactFacts {
    const { control, telemetry } = this.#scheduler;
    const { begun: ending, over } = this.leaving;
    const contact = this.#contact.facts;
    const { crashCounts } = this.#guard;
    return {
      ...contact,
      ...contact.identity,
      control,
      telemetry,
      ending,
      over,
      crashCounts,
      radioOn: this.#radioOn,
    };
  }

  #situation(stale: boolean): Situation {
    const now = this.#deps.clock.now();
    const facts = this.#facts;
    return {
      ...facts,
      now,
      stale,
      capabilities: facts.capabilities ?? UNKNOWN_MACHINE.capabilities,
      belt: beltOf(facts, now),
      // What is written to a link that is being let go may arrive, and nobody would be there to stop it.
      linked: this.#contact.linked && facts.control.greeted && this.#wanted(),
      allowStart: this.#deps.safety.allowStart,
      paused: this.#book.paused,
      resumeAt: this.#book.resumeSpeed,
    };
  }

  #status(sample: Sample, restored: boolean): void {
    const { control, telemetry } = this.#scheduler;
    if (restored) this.#announcer.linkRestored();
    const holding = isRunning(telemetry) && !control.stop && !control.speed ? control.target : null;
    const walkedOff = this.#book.status(sample.status, control.haltedBy, holding);
    this.#scheduler.wantRecord(this.#book.wonders);
    const reason = this.#guard.reason(telemetry, control, walkedOff);
    if (reason && this.stopFor(reason) && reason === "max_session") this.#book.stoppedForLength();
  }

  #record(record: PadRecord): void {
    this.#book.record(record);
    this.#scheduler.wantRecord(this.#book.wonders);
  }

  #lost(moving: boolean): void {
    this.#book.gap();
    if (moving && !this.leaving.over) this.#announcer.linkLost(this.#wanted());
    this.#announcer.changed();
  }

  #tick(): void {
    this.#contact.checkSilence();
    this.#scheduler.look();
    this.#book.tick();
    this.#switch.review();
    if (!this.#wanted() && this.#contact.facts.phase !== "off") this.#contact.reconsider();
    this.#announcer.changed();
  }

  /** State first, then the results that speak of it (contract 3, rates). */
  #decided(effects: readonly Effect[]): void {
    const { telemetry, lostMoving } = this.#facts;
    // A pad that is merely away cannot be seen at rest, and is no problem (contract 3).
    const isThere = this.#contact.linked || lostMoving;
    for (const effect of effects) {
      if (effect.type === "stopped") this.#guard.restSeen();
      if (effect.type === "stopped" && effect.goal.endsSession) this.#book.end();
      if (effect.type !== "stop-unconfirmed" || isThere) this.#announcer.decided(effect, telemetry);
    }
    this.#announcer.changed();
    for (const effect of effects)
      if (effect.type === "settle") this.#desk.settle(effect.refs, effect.outcome);
  }
}
