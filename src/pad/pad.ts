import type { CommandRequest, Outcome } from "../domain/command.js";
import type { Identity } from "../domain/identity.js";
import type { SessionStore } from "../domain/session-store.js";
import type { PadRecord, PadSettings, SafetySettings } from "../domain/pad.js";
import type { PadState } from "../domain/state.js";
import type { Stats } from "../domain/stats.js";
import { PadEvents, type Listener } from "./events.js";
import { ChangeSignal } from "./events.js";
import { PadLink, type PadLinkDeps } from "./link/pad-link.js";
import type { PadLinkFacts } from "./link/link-facts.js";
import { PadCommands } from "./commands.js";
import type { Effect, StopCause } from "./control/goals.js";
import { AutoStop } from "./auto-stop.js";
import { UNKNOWN_MACHINE } from "./control/context.js";
import type { CommandContext } from "./control/interpret.js";
import type { JournalSettings } from "./session/session-journal.js";
import { PadShutdown } from "./shutdown.js";
import { LinkSwitch } from "./link-switch.js";
import { Scheduler } from "./scheduler.js";
import { beltOf, isAvailable, type PadFacts, padState } from "./control/pad-state.js";
import { isRecentlyRequested, mayMove } from "./control/stop.js";
import { isRunning, type Sample } from "./control/telemetry.js";
import { SessionTracker } from "./session/session-tracker.js";

/** The interval of changes that depend on time alone: silence, pauses, a new day. */
const TICK_MS = 500;

export interface PadDeps extends PadLinkDeps {
  readonly safety: SafetySettings;
  readonly journal: JournalSettings;
  readonly ledger: SessionStore;
  /** Epoch milliseconds of the last valid status before an unclean end; null after a clean one. */
  readonly crashedAt: number | null;
}

export type PadListener = Listener<PadView>;

export interface PadView {
  readonly state: PadState;
  /** Null until earlier sessions have been read. */
  readonly stats: Stats | null;
  readonly identity: Identity;
  readonly available: boolean;
  readonly counters: PadLinkFacts["counters"];
  /** The belt was not seen since an unclean end: the mark must be kept across restarts. */
  readonly crashedAt: number | null;
}

/** One pad: its link, its goals, its sessions. Everything published about it is a function of `view()`. */
export class Pad {
  readonly settings: PadSettings;
  readonly shutdown: PadShutdown;
  readonly #deps: PadDeps;
  readonly #events: PadEvents<PadView>;
  readonly #scheduler: Scheduler;
  readonly #commands: PadCommands;
  readonly #sessions: SessionTracker;
  readonly #link: PadLink;
  readonly #switch: LinkSwitch;
  readonly #autoStop: AutoStop;
  #stopTicking: () => void = () => undefined;
  #commandsBlocked = false;

  constructor(settings: PadSettings, deps: PadDeps) {
    const { clock, safety } = deps;
    this.settings = settings;
    this.#deps = deps;
    const changes = new ChangeSignal();
    this.#events = new PadEvents<PadView>(() => this.view(), clock, deps.log, changes);
    const { crashedAt } = deps;
    this.#sessions = new SessionTracker(deps.journal, clock, deps.ledger, crashedAt !== null, (event) =>
      this.#events.happened(event),
    );
    this.#autoStop = new AutoStop(safety, clock, this.#sessions, crashedAt);
    const scheduler = new Scheduler(clock, {
      changed: (effects) => this.#decided(effects),
      broken: (error) => this.#link.drop(error),
    });
    const link = new PadLink(settings, deps, scheduler, {
      wanted: () => this.#wanted(),
      leftMoving: () => safety.stopAfterCrash && this.#autoStop.crashCounts && !this.#link.facts.seen,
      status: (sample, restored) => this.#status(sample, restored),
      event: ({ type }) => type === "safety-key" && this.#sessions.safetyKeyPulled(),
      record: (record) => this.#record(record),
      lost: (moving) => this.#lost(moving),
      changed: () => this.#events.changed(),
    });
    const commands = new PadCommands(clock, scheduler, {
      situation: (stale) => this.#situation(stale),
      turnLink: (on, ref) => this.#switch.turn(on, ref),
      startSpeed: settings.startSpeed,
    });
    this.#switch = new LinkSwitch(clock, {
      phase: () => link.facts.phase,
      radioOn: () => this.#radioOn,
      resolve: (refs, outcome) => commands.resolve(refs, outcome),
    });
    this.#scheduler = scheduler;
    if (crashedAt !== null) scheduler.leftMoving(safety.stopAfterCrash && this.#autoStop.crashCounts);
    this.#link = link;
    this.#commands = commands;
    this.shutdown = new PadShutdown({
      clock,
      safety,
      scheduler,
      link,
      commands,
      changes,
      sessions: this.#sessions,
      autoStop: this.#autoStop,
    });
  }

  start(): void {
    this.#stopTicking = this.#deps.clock.every(TICK_MS, () => this.#tick());
    this.#link.start();
  }

  subscribe(listener: PadListener): () => void {
    return this.#events.subscribe(listener);
  }

  /**
   * `arrived`: when the message arrived, on the clock; `stale`: why it counts as too old by its own `at`, null: it is
   * recent.
   */
  submit(asked: readonly CommandRequest[], arrived: number, stale: Outcome | null): void {
    const wanted = this.#wanted();
    this.#commands.submit(asked, arrived, stale);
    if (this.#wanted() !== wanted || this.#isUrgent) this.#link.reconsider();
  }

  view(): PadView {
    const now = this.#deps.clock.now();
    const facts = this.#facts;
    const state = padState(facts, now);
    return {
      state,
      stats: this.#sessions.stats(state.speed),
      identity: facts.identity,
      available: isAvailable(facts, now),
      counters: facts.counters,
      crashedAt: this.#autoStop.crashedAt,
    };
  }

  /** Stops a belt that is not at rest for safety; `resume` then acts like `start`. False: the belt is at rest. */
  stopFor(cause: StopCause): boolean {
    const { telemetry, control, seen, lostMoving } = this.#facts;
    const moves = control.start !== null || mayMove(control, telemetry);
    if (!seen || control.stop || !(lostMoving || (this.#link.linked && moves))) return false;
    this.#events.stopping(cause);
    this.#commands.stop(cause);
    return true;
  }

  /** Whether the broker withholds commands from this pad: `problem` shows it, since a stop would not arrive. */
  blockCommands(blocked: boolean): void {
    this.#commandsBlocked = blocked;
    this.#events.changed();
  }

  /** A stop waits for its frame, or for the link on which it is written first: nothing may block the main loop. */
  get stopWaits(): boolean {
    const { stop } = this.#scheduler.control;
    return stop?.lastWrite === null && (this.#link.linked || this.#isUrgent);
  }

  /** Closes the link and stops every timer. Bounded by the supervisor; idempotent. */
  async close(): Promise<void> {
    this.shutdown.end();
    this.#events.changed();
    await this.#link.end();
    this.#stopTicking();
    this.#scheduler.end();
    this.#commands.close();
  }

  get #radioOn(): boolean {
    return this.#deps.radio.state.state === "on";
  }

  get #isUrgent(): boolean {
    return isRecentlyRequested(this.#scheduler.control.stop, this.#deps.clock.now());
  }

  #wanted(): boolean {
    if (this.shutdown.begun) return this.#link.linked || this.shutdown.mustReturn;
    // A link that the user has switched off is restored for a stop, as long as the stop would be its first write.
    if (this.#switch.on || this.#isUrgent) return true;
    // Safety rule 1: while a stop is unconfirmed its link is kept, and a link that a moving belt lost is restored.
    const { facts, linked } = this.#link;
    return this.#scheduler.control.stop !== null && (linked || facts.lostMoving);
  }

  get #facts(): PadFacts & PadLinkFacts {
    const { control, telemetry } = this.#scheduler;
    const { begun: ending, over } = this.shutdown;
    const link = this.#link.facts;
    const { crashCounts } = this.#autoStop;
    return {
      ...link,
      ...link.identity,
      control,
      telemetry,
      ending,
      over,
      crashCounts,
      radioOn: this.#radioOn,
      commandsBlocked: this.#commandsBlocked,
    };
  }

  #situation(stale: Outcome | null): CommandContext {
    const now = this.#deps.clock.now();
    const facts = this.#facts;
    return {
      ...facts,
      now,
      stale,
      capabilities: facts.capabilities ?? UNKNOWN_MACHINE.capabilities,
      belt: beltOf(facts, now),
      // A frame on a link that is being closed may still arrive, and no stop could follow it.
      linked: this.#link.linked && facts.control.statusSeen && this.#wanted(),
      allowStart: this.#deps.safety.allowStart,
      paused: this.#sessions.paused,
      resumeAt: this.#sessions.resumeSpeed,
    };
  }

  #status(sample: Sample, restored: boolean): void {
    const { control, telemetry } = this.#scheduler;
    if (restored) this.#events.linkRestored();
    const holding = isRunning(telemetry) && !control.stop && !control.speed ? control.target : null;
    const walkedOff = this.#sessions.status(sample.status, control.haltedBy, holding);
    this.#scheduler.wantRecord(this.#sessions.needsRecord);
    const reason =
      this.#autoStop.reason(telemetry, control, walkedOff) ?? (this.shutdown.stopsAll ? "exit" : null);
    if (reason && this.stopFor(reason) && reason === "max_session") this.#sessions.stoppedForLength();
  }

  #record(record: PadRecord): void {
    this.#sessions.record(record);
    this.#scheduler.wantRecord(this.#sessions.needsRecord);
  }

  #lost(moving: boolean): void {
    this.#sessions.gap();
    if (moving && !this.shutdown.over) this.#events.linkLost(this.#wanted());
    this.#events.changed();
  }

  #tick(): void {
    this.#link.checkSilence();
    this.#scheduler.look();
    this.#sessions.tick();
    this.#switch.review();
    if (!this.#wanted() && this.#link.facts.phase !== "off") this.#link.reconsider();
    this.#events.changed();
  }

  /** State first, then the results that refer to it (docs/topics.md, rates). */
  #decided(effects: readonly Effect[]): void {
    const { telemetry } = this.#scheduler;
    // A pad that is merely away cannot be seen at rest, and is no problem (docs/topics.md).
    const isThere = this.#link.linked || this.#link.facts.lostMoving;
    for (const effect of effects) {
      if (effect.type === "stopped") this.#autoStop.onStopConfirmed();
      if (effect.type === "stopped" && effect.goal.endsSession) this.#sessions.end();
    }
    // Before the log line, whose reader may take CPU time.
    this.#events.changed();
    for (const effect of effects)
      if (effect.type !== "stop-unconfirmed" || isThere) this.#events.decided(effect, telemetry);
    for (const effect of effects)
      if (effect.type === "settle") this.#commands.resolve(effect.refs, effect.outcome);
  }
}
